"""nn.doctor: planted faults are found, sound programs are not accused, and nothing is changed."""

from __future__ import annotations

import multiprocessing
import random
import re
import threading

import numpy as np
import pytest

import autograd
import data
import nn
import optim
from nn.checkup.report import Finding
from tests.doctor.faults import classifier, mlp, points
from tests.doctor.faults_of_data import FAULTS
from tests.doctor.sound import SOUND


def examine(model, loader, criterion, optimizer, validation=None):
    return nn.doctor(model, loader, criterion, optimizer, validation=validation)


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_found(name):
    program, check, where, words = FAULTS[name]
    report = examine(*program())
    found = [one for one in report.findings if one.check == check]
    assert found, f"{check} was not found:\n{report}"
    assert where in found[0].where
    for word in words:
        assert word in str(found[0])
    others = {one.check for one in report.findings} - {check}
    assert len(others) <= 2, f"one fault, and so many findings:\n{report}"


@pytest.mark.parametrize("program", SOUND, ids=lambda program: program.__name__)
def test_a_sound_program_is_not_accused(program):
    assert not examine(*program()).findings


class Whole(nn.Module):
    """Has all that a run could change: statistics, dropout, a lazy layer, a list."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.LazyLinear(8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.5))
        self.head = nn.Linear(8, 3)
        self.extra = [nn.Linear(3, 3)]
        self.calls = 0

    def forward(self, x):
        self.calls += 1
        return self.extra[0](self.head(self.body(x)))


def snapshot(model, optimizer, loader, running):
    """All of it as bytes and plain values."""
    def plain(value):
        if isinstance(value, autograd.Tensor):
            grad = None if value.grad is None else plain(value.grad)
            return value.detach().numpy().tobytes(), value.requires_grad, id(value), grad
        if isinstance(value, dict):
            return {str(key): plain(part) for key, part in value.items()}
        return [plain(part) for part in value] if isinstance(value, (list, tuple)) else repr(value)

    modules = [(path, {name: plain(part) if not isinstance(part, nn.Module) else id(part)
                       for name, part in vars(module).items()})
               for path, module in (*model.named_modules(), ("extra", model.extra[0]))]
    return (modules, plain(optimizer.state_dict()), plain(autograd.get_rng_state()),
            plain(loader.state_dict()), plain(loader.generator.get_state()), repr(vars(running)),
            random.getstate(), plain(np.random.get_state()[1].tolist()))


@pytest.mark.filterwarnings("ignore:.*plain list")
def test_nothing_is_changed_bit_for_bit():
    x, y = points(40)
    model = Whole()
    model(x)  # now the lazy layer has its shape
    order = autograd.Generator().manual_seed(3)
    loader = data.DataLoader(data.TensorDataset(x, y), 8, shuffle=True, generator=order)
    criterion = nn.CrossEntropyLoss()
    optimizer = optim.Adam(model.parameters(), 0.01)
    criterion(model(x), y).backward()
    optimizer.step()
    model.body[3].eval()
    running = iter(loader)
    first = next(running)
    before = snapshot(model, optimizer, loader, running)

    def with_penalty(output, target):  # uses the program's own model
        return criterion(output, target) + 1e-3 * (model.head.weight ** 2).sum()

    nn.doctor(model, loader, with_penalty, optimizer)
    report = nn.doctor(model, loader, criterion, optimizer, validation=loader)
    assert any(one.check == "not registered" for one in report.findings)
    assert snapshot(model, optimizer, loader, running) == before
    rest = [batch[0] for batch in running]
    assert len(rest) == 4
    assert autograd.cat([first[0], *rest]).sort(0)[0].tolist() == x.sort(0)[0].tolist()


def test_workers_are_not_started():
    x, y = points(40)
    model = mlp()
    loader = data.DataLoader(data.TensorDataset(x, y), 8, shuffle=True, num_workers=2)
    report = nn.doctor(model, loader, nn.CrossEntropyLoss(), optim.Adam(model.parameters(), 0.01))
    assert not report.findings and loader.num_workers == 2
    assert not multiprocessing.active_children()


def test_a_model_that_gives_no_numbers():
    class Root(nn.Linear):
        def forward(self, x):
            return super().forward(x).sqrt()

    report = examine(*classifier(Root(4, 3)))
    assert [one.check for one in report.findings] == ["bad numbers"]
    assert report.findings[0].where == "loss" and "nan" in report.findings[0].what


def test_the_worst_comes_first_and_the_text_names_fix_and_place():
    report = examine(*FAULTS["evaluation_mode"][0]())
    worse = nn.checkup.report.Report([*FAULTS_FOUND, *report.findings], {"one batch": "fell"})
    assert [one.severity for one in worse.findings] == ["error", "error", "warning"]
    assert [one.check for one in worse.findings] == ["not in the optimizer", "mode", "order"]
    text = str(worse)
    assert text.startswith("doctor: 2 errors and 1 warning\n\nERROR  head.weight  (not in the")
    assert "  > model.train()" in text and text.endswith("one batch  fell")
    assert max(map(len, text.splitlines())) <= 110
    assert str(nn.checkup.report.Report([], {})) == "doctor: nothing found"


FAULTS_FOUND = [
    Finding("warning", "order", "loader", "sorted <b>", 0.9, "shuffle=True"),
    Finding("error", "not in the optimizer", "head.weight", "it never changes", 1, "add it"),
]


def test_the_page_is_whole_and_escaped(tmp_path):
    report = nn.checkup.report.Report(FAULTS_FOUND, {"one batch": "2 -> 1 & less"})
    path = report.save(tmp_path / "x.html")
    page = (tmp_path / "x.html").read_text("utf-8")
    assert path == str(tmp_path / "x.html")
    assert page.startswith("<!DOCTYPE html>") and page.endswith("</html>\n")
    assert "sorted &lt;b&gt;" in page and "2 -&gt; 1 &amp; less" in page
    assert "http" not in page and page.index("never changes") < page.index("sorted")
    with pytest.raises(ValueError, match=r"must end in .html"):
        report.save("x.txt")


@pytest.mark.parametrize(("wrong", "kind", "words"), [
    (lambda m, d, c, o: (mlp, d, c, o), TypeError, "model must be a Module"),
    (lambda m, d, c, o: (m, d, nn.MSELoss, o), TypeError, "write () behind it"),
    (lambda m, d, c, o: (m, d, o, c), TypeError, "criterion must be a function"),
    (lambda m, d, c, o: (m, d, c, m), TypeError, "the order is model, loader, criterion"),
    (lambda m, d, c, o: (m, iter(d), c, o), TypeError, "an iterator, which cannot begin anew"),
    (lambda m, d, c, o: (m, 3, c, o), TypeError, "must be a DataLoader or a list"),
    (lambda m, d, c, o: (m, [], c, o), ValueError, "gave no batch"),
    (lambda m, d, c, o: (m, [(1, 2, 3)], c, o), TypeError, "must be a pair (inputs, targets)"),
])
def test_arguments_of_another_kind(wrong, kind, words):
    with pytest.raises(kind, match=re.escape(words)):
        examine(*wrong(*classifier()))


def test_a_model_that_cannot_be_copied():
    model, *rest = classifier()
    model.lock = threading.Lock()
    with pytest.raises(TypeError, match="copy.deepcopy copies them: cannot pickle"):
        examine(model, *rest)


class Last(nn.Module):
    """Classes from the last state of a recurrent layer."""

    def __init__(self):
        super().__init__()
        self.body, self.head = nn.LSTM(3, 8, batch_first=True), nn.Linear(8, 2)

    def forward(self, x):
        return self.head(self.body(x)[0][:, -1])


class Routed(nn.Module):
    """Each sample goes to the one expert of the largest gate."""

    def __init__(self, experts=4):
        super().__init__()
        self.gate = nn.Linear(4, experts)
        self.experts = nn.ModuleList([nn.Linear(4, 2) for _ in range(experts)])
        nn.init.eye_(self.gate.weight)

    def forward(self, x):
        best, which = self.gate(x).softmax(1).max(1)
        rows = [best[i] * self.experts[int(which[i].item())](x[i]) for i in range(len(x))]
        return autograd.stack(rows)


def short_sequences_first():
    batches = [(autograd.randn(8, length, 3), autograd.arange(8) % 2) for length in (1, 4, 3, 5)]
    return Last(), batches


def exclusive_or():
    corners = autograd.tensor([[0., 0.], [0., 1.], [1., 0.], [1., 1.]])
    answers = autograd.tensor([0, 1, 1, 0])
    return mlp(2, 2), [(corners[i:i + 1], answers[i:i + 1]) for i in range(4)]


def empty_bag_first():
    bags = [autograd.zeros(8, 6), *[(autograd.rand(8, 6) > 0.5).float() for _ in range(3)]]
    return mlp(6, 2), [(bag, autograd.arange(8) % 2) for bag in bags]


def experts_by_turns():
    batches = [(4 * autograd.eye(4)[i % 4:i % 4 + 1] + 0.1 * autograd.randn(6, 4),
                autograd.arange(6) % 2) for i in (0, 0, 0, 0, 1, 2, 3)]
    return Routed(), batches


@pytest.mark.parametrize("program", [short_sequences_first, exclusive_or, empty_bag_first,
                                     experts_by_turns])
def test_a_gradient_that_another_batch_gives_is_not_missed(program):
    model, batches = program()
    report = examine(model, batches, nn.CrossEntropyLoss(), optim.Adam(model.parameters(), 0.01))
    assert not {"no gradient", "not reached"} & {one.check for one in report.findings}, report


class Rounded(nn.Module):
    """The first layer's results are rounded, which passes no gradient on."""

    def __init__(self):
        super().__init__()
        self.body, self.head = nn.Linear(4, 8), nn.Linear(8, 3)

    def forward(self, x):
        return self.head(self.body(x).round())


def test_only_a_certain_cut_is_an_error():
    found = [next(one for one in examine(*program).findings if one.check == "no gradient")
             for program in (classifier(Rounded()), FAULTS["zero_weights"][0]())]
    assert [one.severity for one in found] == ["error", "warning"]
    assert "in the 6 batches that were run" in found[1].what


@pytest.mark.parametrize(("criterion", "width", "advice"), [
    (nn.CrossEntropyLoss(), 2, "nn.CrossEntropyLoss(weight=1 / counts)"),
    (nn.BCEWithLogitsLoss(), 1, "nn.BCEWithLogitsLoss(pos_weight=negatives / positives)"),
])
def test_the_advice_on_imbalance_fits_the_criterion(criterion, width, advice):
    x, _ = points(200)
    y = autograd.arange(200) % 20 == 0
    y = y.long() if width == 2 else y.float().unsqueeze(1)
    report = examine(*classifier(mlp(classes=width), [(x, y)], criterion))
    assert advice in next(one for one in report.findings if one.check == "imbalance").fix


@pytest.mark.parametrize("as_given", [lambda x: x, lambda x: x.numpy()])
def test_an_empty_batch_is_named(as_given):
    x, y = points(8)
    with pytest.raises(ValueError, match="doctor: batch 1 of the loader is empty"):
        examine(*classifier(loader=[(as_given(x), y), (as_given(x[:0]), y[:0])]))


def test_arrays_are_looked_at_as_tensors_are():
    class Taking(nn.Sequential):
        def forward(self, x):
            return super().forward(autograd.tensor(x))

    x, y = points(40)
    x[3, 2] = float("nan")
    report = examine(*classifier(Taking(*mlp()), [(x.numpy(), y)]))
    assert report.facts["looked at"].startswith("40 samples")
    broken = next(one for one in report.findings if one.check == "bad numbers")
    assert broken.where == "inputs" and "batch 0 at index (3, 2)" in broken.what


def test_a_data_set_may_hold_a_generator_of_numpy():
    class Drawn(data.Dataset):
        generator = np.random.default_rng(0)

        def __len__(self):
            return 32

        def __getitem__(self, index):
            x = self.generator.standard_normal(5).astype(np.float32)
            return autograd.tensor(x), autograd.tensor(x[:1])

    dataset, model = Drawn(), nn.Linear(5, 1)
    dataset.generator = Drawn.generator
    nn.doctor(model, data.DataLoader(dataset, batch_size=8, shuffle=True), nn.MSELoss(),
              optim.SGD(model.parameters(), 0.01))
