"""DataLoader: batches, order, seeds, lengths, settings, errors."""

import numpy as np
import pytest

import autograd
from data import (
    BatchSampler,
    DataLoader,
    Dataset,
    IterableDataset,
    RandomSampler,
    Subset,
    TensorDataset,
)
from data.datasets import Digits
from data.transforms import Compose, ToTensor


def seeded(seed=0):
    generator = autograd.Generator()
    generator.manual_seed(seed)
    return generator


def pairs(n=10):
    xs = autograd.from_numpy(np.arange(2.0 * n).reshape(n, 2))
    return TensorDataset(xs, autograd.from_numpy(np.arange(n)))


class PerSample(Dataset):
    """The same samples as another dataset, without its ways to fetch many."""

    def __init__(self, dataset):
        self.dataset = dataset

    def __getitem__(self, index):
        return self.dataset[index]

    def __len__(self):
        return len(self.dataset)


class Stream(IterableDataset):
    def __init__(self, n):
        self.n = n

    def __iter__(self):
        return iter(range(self.n))


def labels(loader):
    return [y.numpy().tolist() for _, y in loader]


def test_batches_in_order():
    batches = list(DataLoader(pairs(5), batch_size=2))
    assert all(type(batch) is list for batch in batches)
    assert [tuple(x.shape) for x, _ in batches] == [(2, 2), (2, 2), (1, 2)]
    assert labels(batches) == [[0, 1], [2, 3], [4]]
    assert labels(DataLoader(pairs(5), batch_size=2, drop_last=True)) == [[0, 1], [2, 3]]
    assert labels(DataLoader(pairs(2))) == [[0], [1]]


@pytest.mark.parametrize("drop_last", [False, True])
@pytest.mark.parametrize("n", [1, 4, 5, 8])
def test_len_is_the_number_of_batches(n, drop_last):
    loader = DataLoader(pairs(n), batch_size=4, drop_last=drop_last)
    assert len(loader) == len(list(loader))


def test_one_piece_and_per_sample_give_the_same_batches():
    settings = dict(batch_size=3, shuffle=True)
    whole = DataLoader(pairs(), generator=seeded(4), **settings)
    single = DataLoader(PerSample(pairs()), generator=seeded(4), **settings)
    for a, b in zip(whole, single, strict=True):
        for left, right in zip(a, b, strict=True):
            assert left.dtype == right.dtype and type(a) is type(b)
            np.testing.assert_array_equal(left.numpy(), right.numpy())


def test_same_seed_same_batches_and_each_pass_is_new():
    loader = DataLoader(pairs(40), batch_size=8, shuffle=True, generator=seeded(3))
    again = DataLoader(pairs(40), batch_size=8, shuffle=True, generator=seeded(3))
    first, second = labels(loader), labels(loader)
    assert [labels(again), labels(again)] == [first, second]
    assert first != second
    assert sorted(sum(first, [])) == list(range(40))


def test_default_generator_is_seeded_by_manual_seed():
    state = autograd.default_generator.get_state()
    try:
        loader = DataLoader(pairs(40), batch_size=8, shuffle=True)
        autograd.manual_seed(11)
        first = labels(loader)
        autograd.manual_seed(11)
        assert labels(loader) == first
    finally:
        autograd.default_generator.set_state(state)


def test_two_passes_at_once_do_not_disturb_each_other():
    loader = DataLoader(pairs(4), batch_size=2)
    assert [a[1].numpy().tolist() for a, _ in zip(loader, loader, strict=True)] == [[0, 1], [2, 3]]


def test_sampler_and_batch_sampler():
    assert labels(DataLoader(pairs(), batch_size=2, sampler=[3, 1, 2])) == [[3, 1], [2]]
    chosen = DataLoader(pairs(), batch_sampler=[[5], [1, 9]])
    assert labels(chosen) == [[5], [1, 9]] and len(chosen) == 2
    assert chosen.batch_size is None
    sampler = BatchSampler(RandomSampler(range(10), generator=seeded()), 5, False)
    drawn = labels(DataLoader(pairs(), batch_sampler=sampler))
    assert sorted(sum(drawn, [])) == list(range(10))


def test_subset_and_plain_list():
    assert labels(DataLoader(Subset(pairs(), [9, 0, 4]), batch_size=2)) == [[9, 0], [4]]
    batches = list(DataLoader([1.5, 2.5, 3.5], batch_size=2))
    assert [b.numpy().tolist() for b in batches] == [[1.5, 2.5], [3.5]]


def test_collate_fn_gets_the_list_of_samples():
    batches = list(DataLoader(pairs(3), batch_size=2, collate_fn=lambda samples: samples))
    assert [len(b) for b in batches] == [2, 1]
    assert isinstance(batches[0][0], tuple) and batches[0][1][1].item() == 1


def test_batch_size_none_yields_converted_samples():
    class Arrays(Dataset):
        def __getitem__(self, index):
            return np.full(2, index), "name"

        def __len__(self):
            return 2

    loader = DataLoader(Arrays(), batch_size=None)
    samples = list(loader)
    assert len(samples) == len(loader) == 2
    assert isinstance(samples[1][0], autograd.Tensor) and tuple(samples[1][0].shape) == (2,)
    assert labels(DataLoader(pairs(3), batch_size=None, sampler=[2, 0])) == [2, 0]


def test_iterable_dataset():
    batches = [b.numpy().tolist() for b in DataLoader(Stream(5), batch_size=2)]
    assert batches == [[0, 1], [2, 3], [4]]
    assert len(list(DataLoader(Stream(5), batch_size=2, drop_last=True))) == 2
    assert list(DataLoader(Stream(3), batch_size=None)) == [0, 1, 2]
    with pytest.raises(TypeError, match="len"):
        len(DataLoader(Stream(3)))

    class Sized(Stream):
        def __len__(self):
            return self.n

    assert len(DataLoader(Sized(5), batch_size=2)) == 3
    assert len(DataLoader(Sized(5), batch_size=2, drop_last=True)) == 2
    assert len(DataLoader(Sized(5), batch_size=None)) == 5


@pytest.mark.parametrize(
    ("settings", "kind", "text"),
    [
        (dict(batch_size=0), ValueError, "batch_size must be a positive int, got 0"),
        (dict(batch_size=2.0), TypeError, "batch_size must be a positive int, got 2.0"),
        (dict(shuffle=True, sampler=[0]), ValueError, "sampler and shuffle=True exclude"),
        (dict(batch_sampler=[[0]], batch_size=2), ValueError, "leave out batch_size"),
        (dict(batch_sampler=[[0]], shuffle=True), ValueError, "leave out batch_size"),
        (dict(batch_sampler=[[0]], drop_last=True), ValueError, "leave out batch_size"),
        (dict(batch_size=None, drop_last=True), ValueError, "drop_last=True needs a batch_size"),
    ],
)
def test_settings_that_do_not_fit(settings, kind, text):
    with pytest.raises(kind, match=text):
        DataLoader(pairs(), **settings)


def test_datasets_that_do_not_fit():
    for settings in (dict(shuffle=True), dict(sampler=[0]), dict(batch_sampler=[[0]])):
        with pytest.raises(ValueError, match="Stream is an IterableDataset and comes in its own"):
            DataLoader(Stream(3), **settings)
    with pytest.raises(TypeError, match="must define .*generator has no __getitem__"):
        DataLoader(x for x in range(3))
    with pytest.raises(ValueError, match="data_source is empty"):
        DataLoader([], shuffle=True)
    assert list(DataLoader([])) == []


def test_settings_are_fixed_after_construction():
    loader = DataLoader(pairs())
    for name in ("batch_size", "sampler", "dataset", "drop_last", "batch_sampler"):
        with pytest.raises(ValueError, match=f"{name} cannot be changed, make a new DataLoader"):
            setattr(loader, name, None)


def test_a_failing_sample_is_named():
    class Broken(Dataset):
        def __getitem__(self, index):
            if index == 3:
                raise KeyError("no label")
            return index

        def __len__(self):
            return 5

    with pytest.raises(KeyError) as caught:
        list(DataLoader(Broken(), batch_size=2))
    assert caught.value.__notes__ == [
        "raised by sample 3 of Broken",
        "raised in the batch of the samples [2, 3] of Broken, in this order",
    ]


def ended(*ignored):
    return next(iter([]))


class Ending(Dataset):
    """Reads sample 3 from an iterator that has ended."""

    def __getitem__(self, index):
        return ended() if index == 3 else index

    def __len__(self):
        return 5


class EndingInOnePiece(Ending):
    def __getbatch__(self, indices):
        return ended()


class EndingBatches(BatchSampler):
    def __iter__(self):
        yield [1]
        yield ended()


class EndingStream(Stream):
    def __iter__(self):
        yield 1
        yield ended()


@pytest.mark.parametrize(("make", "text"), [
    (lambda: DataLoader(Ending(), batch_size=2), "sample 3 of Ending raised StopIteration: an it"),
    (lambda: DataLoader(Ending(), batch_size=None), "sample 3 of Ending raised StopIteration"),
    (lambda: DataLoader(Subset(Ending(), [1, 3])), "sample 3 of Ending raised StopIteration"),
    (lambda: DataLoader(EndingInOnePiece(), 2), r"the batch \[0, 1\] of EndingInOnePiece raised"),
    (lambda: DataLoader(Digits(transform=ended)), "sample 0 of Digits raised StopIteration"),
    (lambda: DataLoader(Digits(transform=Compose([ToTensor(), ended]))), "sample 0 of Digits"),
    (lambda: DataLoader(Digits(target_transform=ended)), "sample 0 of Digits raised"),
    (lambda: DataLoader(range(5), 2, collate_fn=ended), "the DataLoader's collate_fn raised"),
    (lambda: DataLoader(range(5), None, collate_fn=ended), "the DataLoader's collate_fn raised"),
    (lambda: DataLoader(Stream(5), 2, collate_fn=ended), "the DataLoader's collate_fn raised"),
    (lambda: DataLoader(Stream(5), None, collate_fn=ended), "the DataLoader's collate_fn raised"),
    (lambda: DataLoader(EndingStream(5), 2), "generator raised StopIteration"),
    (lambda: DataLoader(EndingStream(5), None), "generator raised StopIteration"),
    (lambda: DataLoader(range(5), sampler=EndingStream(5)), "generator raised StopIteration"),
    (lambda: DataLoader(range(5), batch_sampler=EndingBatches([], 1, False)), "raised Stop"),
])
def test_an_iterator_that_ends_inside_a_sample_does_not_end_the_pass(make, text):
    with pytest.raises(RuntimeError, match=text):
        for _ in make():
            pass


@pytest.mark.parametrize("indices", [[2.7], [1.0], [True], np.array([0.5]), [2**70], ["1"],
                                     [autograd.tensor(1.5)], [[0, 1]], np.array([2**63], "u8")])
@pytest.mark.parametrize("dataset", [pairs(), Digits(), Subset(pairs(), range(5))])
def test_nothing_but_integers_is_an_index(dataset, indices):
    with pytest.raises((TypeError, IndexError), match="integer"):
        list(DataLoader(dataset, batch_sampler=[indices]))


def test_all_kinds_of_integers_are_indices():
    for indices in ([np.int16(2), 0], np.array([2, 0], np.uint64), autograd.tensor([2, 0]),
                    [autograd.tensor(2), autograd.tensor(0)], (2, 0)):
        assert labels(DataLoader(pairs(), batch_sampler=[indices])) == [[2, 0]]
    assert labels(DataLoader(pairs(), batch_sampler=[[]])) == [[]]


def test_a_failing_batch_of_indices_that_come_once_is_named():
    with pytest.raises(IndexError):
        list(DataLoader(pairs(2), batch_sampler=[iter([0, 5])], collate_fn=list))


def test_a_failing_collation_names_the_samples():
    ragged = [np.zeros(2), np.zeros(2), np.zeros(5), np.zeros(2)]
    with pytest.raises(ValueError, match=r"sample 1 of the batch has \(5,\)") as caught:
        list(DataLoader(ragged, sampler=[3, 2], batch_size=2))
    assert "the samples [3, 2] of list" in caught.value.__notes__[0]


def test_a_batch_fetched_in_one_piece_is_named_too():
    with pytest.raises(IndexError) as caught:
        list(DataLoader(pairs(20), batch_size=18, sampler=[*range(17), 50]))
    shown = ", ".join(map(str, range(16)))
    assert f"the samples [{shown}, ...] of TensorDataset" in caught.value.__notes__[0]


def test_a_subclass_with_its_own_getitem_is_obeyed():
    class Noisy(TensorDataset):
        def __getitem__(self, index):
            x, y = super().__getitem__(index)
            return x, y + 100

    assert labels(DataLoader(Noisy(*pairs(3).tensors), batch_size=2)) == [[100, 101], [102]]
