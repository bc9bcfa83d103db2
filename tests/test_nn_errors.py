"""Errors inside a model say where in the model, and what would mend it; modules that the model
cannot see are warned of."""

import traceback

import pytest

import autograd
import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(100, 10), nn.ReLU())
        self.classifier = nn.Sequential(nn.ReLU(), nn.Identity(), nn.Linear(12, 3))

    def forward(self, x):
        return self.classifier(self.body(x))


def message(function, *args, kind=RuntimeError):
    with pytest.raises(kind) as error:
        function(*args)
    return str(error.value)


def test_path_numbers_producer_and_fix():
    text = message(Net(), autograd.zeros(2, 100))
    assert "(2, 10)" in text and "(3, 12)" in text
    assert text.endswith(
        "\n  in Net.classifier.2 (Linear(in_features=12, out_features=3)), whose input came from "
        "Net.classifier.1 (Identity())\n  in_features=10 fits this input")
    model = Net()
    model.classifier[2] = nn.Linear(10, 3)
    assert model(autograd.zeros(2, 100)).shape == (2, 3)


def test_forgotten_flatten():
    model = nn.Sequential(nn.Linear(784, 10))
    text = message(model, autograd.zeros(2, 1, 28, 28))
    assert "in Sequential.0 (Linear(in_features=784, out_features=10))" in text
    assert "put nn.Flatten() before it, or in_features=28 fits this input" in text
    model.insert(0, nn.Flatten())
    assert model(autograd.zeros(2, 1, 28, 28)).shape == (2, 10)


def test_wrong_dtype():
    text = message(Net(), autograd.zeros(2, 100, dtype=autograd.float64))
    assert "float64" in text and "float32" in text and "in Net.body.0 (Linear(" in text
    assert "fits this input" not in text


@pytest.mark.parametrize(("layer", "shape", "advice"), [
    (nn.BatchNorm1d(8), (5, 3), "num_features=3"),
    (nn.BatchNorm2d(8), (2, 3, 4, 4), "num_features=3"),
    (nn.BatchNorm3d(8), (2, 3, 4, 4, 4), "num_features=3"),
    (nn.InstanceNorm1d(8), (2, 3, 4), "num_features=3"),
    (nn.InstanceNorm2d(8, affine=True), (3, 4, 4), "num_features=3"),
    (nn.GroupNorm(2, 8), (2, 6, 4), "num_channels=6"),
    (nn.GroupNorm(2, 8), (2, 3, 4), "num_channels=3"),
    (nn.LayerNorm(8), (2, 3), r"normalized_shape=\(3,\)"),
    (nn.RMSNorm((4, 8)), (5, 2, 3), r"normalized_shape=\(2, 3\)"),
    (nn.PReLU(8), (2, 3, 4), "num_parameters=3"),
    (nn.Linear(8, 2), (2, 3), "in_features=3"),
    (nn.Conv1d(8, 2, 3), (3, 5), "in_channels=3"),
    (nn.Conv2d(8, 2, 3), (2, 3, 5, 5), "in_channels=3"),
    (nn.ConvTranspose2d(8, 2, 3), (2, 3, 5, 5), "in_channels=3"),
])
def test_a_number_that_does_not_fit_names_the_option(layer, shape, advice):
    """The path, both numbers, the constructor's option and the value that fits."""
    model = nn.Sequential(nn.Identity(), layer)
    pattern = (rf"(?=(.|\n)*\b8\b)(.|\n)*  in Sequential\.1 \({type(layer).__name__}\(.*\n"
               rf"  {advice} fits this input")
    with pytest.raises((RuntimeError, ValueError), match=pattern):
        model(autograd.ones(*shape))


def test_numbers_that_do_not_fit_in_layers_of_other_inputs():
    with pytest.raises(IndexError, match="index 9 (.|\n)*num_embeddings=10 fits this input"):
        nn.Embedding(8, 3)(autograd.tensor([1, 9]))
    with pytest.raises(IndexError) as told:
        nn.Embedding(8, 3)(autograd.tensor([1, -1]))
    assert "fits this input" not in str(told.value)
    with pytest.raises(RuntimeError, match="\n  in2_features=4 fits this input"):
        nn.Bilinear(8, 2, 3)(autograd.ones(2, 8), autograd.ones(2, 4))


def test_a_module_alone():
    text = message(nn.Linear(3, 2), autograd.zeros(1, 4))
    assert "\n  in Linear(in_features=3, out_features=2)\n  in_features=4 fits" in text


def test_error_in_the_users_own_forward():
    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = nn.Identity()

        def forward(self, x):
            return self.inner(x) + autograd.zeros(5)

    text = message(nn.Sequential(nn.ReLU(), Block()), autograd.zeros(4), kind=ValueError)
    assert "in Sequential.1 (Block), whose input came from Sequential.0 (ReLU())" in text


def test_called_through_a_grandchild():
    class Direct(Net):
        def forward(self, x):
            return self.classifier[2](x)

    assert "in Direct.classifier.2 (Linear(" in message(Direct(), autograd.zeros(1, 5))


def test_unregistered_modules_are_named_themselves():
    class Hidden(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = [nn.Linear(3, 2)]

        def forward(self, x):
            return self.layers[0](x)

    assert "\n  in Linear(in_features=3" in message(Hidden(), autograd.zeros(1, 5))


def test_embedding_index_and_its_place():
    model = nn.Sequential(nn.Embedding(5, 2))
    text = message(model, autograd.tensor([[0, 1], [5, 2]]), kind=IndexError)
    assert "index 5 at position (1, 0)" in text and "from 0 to 4" in text
    assert "in Sequential.0 (Embedding(5, 2))" in text


def test_wrong_number_of_arguments():
    text = message(nn.Sequential(nn.Linear(1, 1)), kind=TypeError)
    assert "missing 1 required positional argument" in text and text.endswith("\n  in Sequential")


def test_other_exceptions_pass_untouched():
    class Custom(ValueError):
        pass

    class Raises(nn.Module):
        def __init__(self, error):
            super().__init__()
            self.error = error

        def forward(self):
            raise self.error

    for error in (Custom("mine"), KeyError("key"), ValueError(), ValueError("a", "b")):
        args = error.args
        with pytest.raises(type(error)) as caught:
            Raises(error)()
        assert caught.value is error and error.args == args


def test_the_traceback_shows_the_user_line():
    try:
        Net()(autograd.zeros(2, 100))
    except RuntimeError as error:
        shown = "".join(traceback.format_exception(error))
    assert "self.classifier(self.body(x))" in shown and "in Net.classifier.2" in shown


def test_located_with_hooks_too():
    model = Net()
    model.classifier[2].register_forward_hook(lambda *_: None)
    assert "in Net.classifier.2 (Linear(" in message(model, autograd.zeros(2, 100))


# ---- what a plain container hides (U6) --------------------------------------------------------


class Hidden(nn.Module):
    def __init__(self, value):
        super().__init__()
        self.layers = value


@pytest.mark.parametrize(("value", "text"), [
    ([nn.Linear(1, 1)], r"Hidden\.layers is a plain list that holds a Linear.*nn\.ModuleList"),
    ((nn.PReLU(),), r"Hidden\.layers is a plain tuple that holds a PReLU.*nn\.ModuleList"),
    ({"a": nn.Linear(1, 1)}, r"plain dict that holds a Linear.*nn\.ModuleDict"),
    ([nn.Parameter(autograd.ones(1))], r"plain list that holds a Parameter.*nn\.ParameterList"),
    ([[1], [nn.Linear(1, 1)]], r"plain list that holds a Linear"),
])
def test_strays_are_warned_of_once(value, text):
    net = nn.Sequential(Hidden(value))
    with pytest.warns(UserWarning, match=text.replace("Hidden", "Sequential.0")) as caught:
        net.parameters()
    assert caught[0].filename == __file__
    net.parameters()
    list(net.named_parameters())


def test_registered_modules_may_also_stand_in_a_list():
    net = Hidden([])
    net.fc = nn.Linear(1, 1)
    net.layers = [net.fc, net.fc.weight, 3, "text"]
    assert len(list(net.parameters())) == 2


def test_reading_parameters_of_an_ordinary_model_warns_of_nothing():
    assert len(list(Net().parameters())) == 4  # warnings are errors here
