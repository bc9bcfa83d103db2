"""Sequential, ModuleList, ModuleDict, ParameterList, ParameterDict."""

from collections import OrderedDict

import pytest

import autograd
import nn


class Add(nn.Module):
    """x + n: shows which modules ran, and in which order."""

    def __init__(self, n):
        super().__init__()
        self.n = n

    def forward(self, x):
        return x * 10 + self.n


def digits(container):
    """The numbers of the modules in a Sequential, in the order in which they run."""
    return str(int(container(autograd.tensor(0)).item()))


def row(*numbers):
    return nn.Sequential(*[Add(n) for n in numbers])


# ---- Sequential -------------------------------------------------------------------------------


def test_sequential_runs_in_order():
    assert digits(row(1, 2, 3)) == "123"
    assert nn.Sequential()(5) == 5
    named = nn.Sequential(OrderedDict(a=Add(4), b=Add(5)))
    assert digits(named) == "45" and named.a.n == 4
    assert [name for name, _ in named.named_children()] == ["a", "b"]
    assert digits(nn.Sequential({"x": Add(6)})) == "6"


def test_sequential_as_a_list():
    model = row(1, 2, 3)
    assert len(model) == 3 and model[-1].n == 3 and [m.n for m in model] == [1, 2, 3]
    assert model[0] in model and Add(1) not in model
    model[1] = Add(7)
    assert digits(model) == "173"
    del model[0]
    assert digits(model) == "73" and [n for n, _ in model.named_children()] == ["0", "1"]
    assert model.append(Add(4)) is model and digits(model) == "734"
    assert digits(model.insert(1, Add(5))) == "7534"
    assert digits(model.insert(-1, Add(9))) == "75394"
    assert digits(model.extend([Add(1), Add(2)])) == "7539412"
    assert model.pop().n == 2 and model.pop(0).n == 7 and digits(model) == "53941"
    assert digits(row(1) + row(2, 3)) == "123"
    model = row(1)
    model += row(2)
    assert digits(model) == "12"
    del model[0:2]
    assert len(model) == 0


def test_slices_share_modules():
    model = row(1, 2, 3, 4)
    part = model[1:3]
    assert isinstance(part, nn.Sequential) and digits(part) == "23" and part[0] is model[1]
    assert [n for n, _ in part.named_children()] == ["0", "1"]
    assert digits(model[::2]) == "13" and digits(model[-2:]) == "34"
    named = nn.Sequential(dict(a=Add(1), b=Add(2), c=Add(3)))
    assert [n for n, _ in named[1:].named_children()] == ["b", "c"]


def test_names_stay_where_there_are_names():
    named = nn.Sequential(dict(a=Add(1), b=Add(2)))
    named.append(Add(3)).insert(1, Add(4))
    assert [n for n, _ in named.named_children()] == ["a", "3", "b", "2"]
    assert digits(named) == "1423"
    del named[0]
    assert digits(named) == "423"


def test_a_parameter_of_a_sequential_is_not_called():
    model = row(1, 2)
    model.scale = nn.Parameter(autograd.ones(1))
    assert digits(model) == "12" and len(model) == 2


@pytest.mark.parametrize(("value", "text"), [
    (nn.functional.relu, r"Sequential\[1\] must be a Module, got <function relu.*nn\.ReLU\(\)"),
    ([Add(1)], r"unpack it: Sequential\(\*layers\)"),
    (nn.ReLU, r"call it: ReLU\(\.\.\.\)"),
    (None, r"must be a Module, got None"),
])
def test_only_modules_fit(value, text):
    with pytest.raises(TypeError, match=text):
        nn.Sequential(Add(1), value)


def test_indices_are_checked():
    for index in (2, -3):
        with pytest.raises(IndexError, match=f"Sequential has 2 entries; {index} is out of range"):
            row(1, 2)[index]


# ---- ModuleList -------------------------------------------------------------------------------


def test_module_list_registers():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = nn.ModuleList([nn.Linear(2, 2) for _ in range(3)])

        def forward(self, x):
            for layer in self.layers:
                x = layer(x)
            return x

    net = Net()
    assert len(list(net.parameters())) == 6
    assert list(net.state_dict())[:2] == ["layers.0.weight", "layers.0.bias"]
    assert net(autograd.ones(1, 2)).shape == (1, 2)
    assert len(net.layers[1:]) == 2 and isinstance(net.layers[1:], nn.ModuleList)
    assert len(net.layers + [nn.ReLU()]) == 4 and len(net.layers) == 3
    net.layers.insert(0, nn.Linear(2, 2))
    assert len(list(net.parameters())) == 8


def test_module_list_is_not_called():
    with pytest.raises(NotImplementedError, match="loop over its modules, or use nn.Sequential"):
        nn.ModuleList([nn.ReLU()])(1)
    with pytest.raises(TypeError, match="give one flat list"):
        nn.ModuleList([[nn.ReLU()]])


def test_module_list_repr_counts_repetitions():
    layers = nn.ModuleList([*[nn.Linear(2, 2) for _ in range(3)], nn.ReLU()])
    assert repr(layers) == ("ModuleList(\n"
                            "  (0-2): 3 x Linear(in_features=2, out_features=2)\n"
                            "  (3): ReLU()\n"
                            ")")


# ---- ModuleDict -------------------------------------------------------------------------------


def test_module_dict():
    table = nn.ModuleDict({"a": nn.Linear(2, 1), "b": nn.ReLU()})
    assert list(table) == ["a", "b"] == list(table.keys()) and len(table) == 2
    assert "a" in table and "c" not in table
    assert [type(m) for m in table.values()] == [nn.Linear, nn.ReLU]
    assert dict(table.items())["b"] is table["b"]
    assert list(table.state_dict()) == ["a.weight", "a.bias"]
    table["a"] = nn.Tanh()
    table.update([("c", nn.Sigmoid())])
    table.update(nn.ModuleDict({"d": nn.ReLU()}))
    assert list(table) == ["a", "b", "c", "d"]
    assert isinstance(table.pop("c"), nn.Sigmoid)
    del table["b"]
    assert list(table) == ["a", "d"]
    table.clear()
    assert len(table) == 0


def test_module_dict_errors():
    table = nn.ModuleDict({"encoder": nn.ReLU()})
    with pytest.raises(KeyError, match="ModuleDict has no entry 'encodr'; did you mean 'encoder'"):
        table["encodr"]
    with pytest.raises(TypeError, match=r"ModuleDict\['x'\] must be a Module, got 3"):
        table["x"] = 3
    with pytest.raises(KeyError, match="attribute 'keys' already exists"):
        table["keys"] = nn.ReLU()
    with pytest.raises(KeyError):
        del table["nothing"]


# ---- ParameterList and ParameterDict ----------------------------------------------------------


def test_parameter_list():
    values = nn.ParameterList([autograd.ones(2), nn.Parameter(autograd.zeros(3))])
    assert [n for n, _ in values.named_parameters()] == ["0", "1"]
    assert all(isinstance(v, nn.Parameter) for v in values)
    values.append(autograd.ones(1))
    values[0] = autograd.zeros(5)
    assert [v.numel() for v in values] == [5, 3, 1]
    assert len(values[1:]) == 2 and isinstance(values[1:], nn.ParameterList)
    assert repr(values[:1]) == "ParameterList(\n  (0): Parameter (5,) float32\n)"
    with pytest.raises(TypeError, match=r"ParameterList\[0\] must be a Parameter or a Tensor"):
        nn.ParameterList([[1.0]])


def test_parameter_dict():
    values = nn.ParameterDict({"a": autograd.ones(2)})
    values["b"] = nn.Parameter(autograd.ones(3))
    assert list(values.state_dict()) == ["a", "b"] and values.get("a").numel() == 2
    assert values.get("c") is None and values.get("c", 3) == 3
    assert repr(values) == ("ParameterDict(\n  (a): Parameter (2,) float32\n"
                            "  (b): Parameter (3,) float32\n)")
    assert values.pop("a").requires_grad and list(values.keys()) == ["b"]
    assert repr(nn.ParameterDict()) == "ParameterDict()"
    with pytest.raises(TypeError, match=r"ParameterDict\['x'\] must be a Parameter or a Tensor"):
        values["x"] = 1.0


def test_dicts_of_parameters_as_dicts():
    a, b, c = (nn.Parameter(autograd.full((1,), value)) for value in (1.0, 2.0, 3.0))
    first = nn.ParameterDict({"a": a, "b": b})
    assert list(reversed(first)) == ["b", "a"] and first.copy()["a"] is a
    both = first | {"b": c, "d": a}
    assert [*both.items()] == [("a", a), ("b", c), ("d", a)] and first["b"] is b
    assert ({"b": c} | first)["b"] is b
    both |= {"e": b}
    assert both.popitem() == ("e", b) and both.setdefault("a", c) is a
    assert both.setdefault("f", c) is c and list(both) == ["a", "b", "d", "f"]
    with pytest.raises(KeyError, match="popitem: there is no entry"):
        nn.ParameterDict().popitem()


def test_rows_several_times():
    row = nn.Sequential(nn.Tanh(), nn.ReLU())
    twice = row * 2
    assert len(twice) == 4 and twice[2] is row[0] and len(3 * row) == 6 and len(row) == 2
    row *= 3
    assert len(row) == 6 and row[4] is twice[0]
    for times in (0, True, 1.5):
        with pytest.raises(ValueError, match="a number of times, 1 or more"):
            row * times
