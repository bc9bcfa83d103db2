"""What errors say of a call: the function as it was called, what it got, and what fits there."""

from __future__ import annotations

import inspect
import re

import numpy as np
import pytest

import autograd
import nn
from autograd.later import METHODS as METHODS_LATER
from autograd.record import COMPOSITES, REGISTRY
from autograd.tensors import Tensor
from tests.test_ops_memory import NAMELESS, PUBLIC, Thing, calls, check_errors

every = pytest.mark.parametrize("name", [
    name for name in PUBLIC if not name.startswith("_") and name not in NAMELESS])
NO_TENSOR = ["text", Thing(), {}, [1], [None], 1j, 99, 1.5, True, np.ones(3), autograd.tensor(True)]
SHAPES = [autograd.tensor(2.), autograd.ones(3, 0), autograd.ones(*[1] * 7), autograd.ones(5)]
INTERNAL = ("unsupported operand", "has no attribute", "not supported between", "must be real",
            "cannot be interpreted", "ufunc", "object is not", "not iterable", "loop of",
            "subscript")


def speaks_of_the_call(error, name) -> bool:
    """Whether an error is of a usual kind and begins with the function that was called, in words
    that are neither Python's nor NumPy's about what happened inside."""
    kinds = TypeError, ValueError, IndexError, RuntimeError, OverflowError, ZeroDivisionError
    text = str(error)
    return (type(error) in kinds and text.startswith((f"{name}: ", f"{name}()"))
            and not any(words in text for words in INTERNAL))


@every
def test_what_is_no_tensor_of_the_kind_that_is_wanted(name):
    """The error names the function as it was called, what it got and what fits."""
    check_errors(name, lambda argument: NO_TENSOR + SHAPES if isinstance(argument, Tensor) else
                 ["text", Thing()] if isinstance(argument, (bool, int, float)) else [],
                 speaks_of_the_call)


@every
def test_wrong_count_and_misspelt_keyword(name):
    call = calls(name)[0]
    function, arguments = call.function, call.arguments(call.tensors(grad=False), autograd.tensor)
    wrongs = [lambda: function(), lambda: function(*arguments, **call.case.kwargs, bogus=1)]
    if "*" not in str(inspect.signature(function)).replace("*, ", ""):
        wrongs.append(lambda: function(*arguments, *[None] * 12))
    for wrong in wrongs:
        with pytest.raises(TypeError, match=rf"^{name}(\(\)|:)"):
            wrong()


MESSAGES = [
    (lambda x: autograd.mm(99, x), "mm: input must be a Tensor, got int 99; autograd.tensor"),
    (lambda x: x.mm([1]), "mm: mat2 must be a Tensor, got list of 1"),
    (lambda x: nn.functional.prelu(x, None), "prelu: weight must be a Tensor, got NoneType"),
    (lambda x: autograd.hstack([x, 2]), r"hstack: tensors\[1\] must be a Tensor, got int 2"),
    (lambda x: autograd.hstack("text"), "hstack: tensors must be a list or tuple of Tensors, got"),
    (lambda x: nn.functional.leaky_relu(x, "0.1"), "leaky_relu: negative_slope must be a number"),
    (lambda x: x.std("a"), "std: dim must be an integer or a tuple of integers, got str"),
    (lambda x: x.std(correction="2"), "std: correction must be a number, got str"),
    (lambda x: nn.functional.batch_norm(x, None, None, training=True, momentum="0.1"),
     "batch_norm: momentum must be a number, got str"),
    (lambda x: nn.functional.batch_norm(x, 1, None, training=True, momentum="0.1"),
     "batch_norm: running_mean must be a Tensor or None, got int 1"),
    (lambda x: autograd.broadcast_to(x, [None]), r"broadcast_to: size must be .* got \[None\]"),
    (lambda x: x.sum(0, keepdim="yes"), r"sum: keepdim must be True or False, got 'yes'$"),
    (lambda x: x ^ x, r"bitwise_xor: it is not defined for these dtypes; .*\(2, 2\) float32"),
    (lambda x: x.__setitem__(0, 1j), "^setitem: a number is needed, got complex 1j; writing"),
    (lambda x: nn.functional.dropout(3), "dropout: input must be a Tensor, got int 3"),
    (lambda x: nn.functional.relu("x"), "relu: input must be a Tensor, got str"),
    (lambda x: nn.functional.scaled_dot_product_attention(x, x, x, scale="a"),
     "scaled_dot_product_attention: scale must be a number, got str"),
    (lambda x: nn.functional.scaled_dot_product_attention(x, x, x, dropout_p="a"),
     "scaled_dot_product_attention: dropout_p must be a number, got str"),
    (lambda x: nn.functional.threshold(x, 0.1, "v"), "threshold: .* must be numbers, got .* str"),
    (lambda x: x.sum().backward(retain_graph="x"), "backward: retain_graph must be True or False"),
    (lambda x: x.sum().backward(create_graph=2), "backward: create_graph must be True or False"),
    (lambda x: autograd.grad(x.sum(), x, allow_unused="no"), "grad: allow_unused must be True or"),
    (lambda x: nn.Unflatten(1, 3), r"Unflatten: unflattened_size must be .* as \(3, -1\); got int"),
    (lambda x: nn.functional.one_hot(1j), "one_hot: index must be a Tensor of integers"),
    (lambda x: nn.functional.gaussian_nll_loss(x, x, 1j), "gaussian_nll_loss: a number is needed"),
]


@pytest.mark.parametrize(("call", "message"), MESSAGES)
def test_messages(call, message):
    with pytest.raises(TypeError, match=message):
        call(autograd.ones(2, 2))


def test_a_message_that_speaks_for_itself_is_left():
    with pytest.raises(RuntimeError) as told:
        autograd.mm(autograd.ones(2, 3), autograd.ones(2, 3))
    assert str(told.value).endswith(": the 3 columns of input must equal the 2 rows of mat2")
    assert told.value.__cause__ is None


def test_a_composite_shows_its_signature_and_source():
    assert str(inspect.signature(autograd.narrow)) == "(input, dim, start, length)"
    assert "def narrow" in inspect.getsource(autograd.narrow)
    assert autograd.Tensor.narrow is autograd.narrow


RESHAPES = METHODS_LATER["memory"].split()  # they write nothing
METHODS = [name for name in vars(autograd.Tensor)
           if name.endswith("_") and not name.startswith("_") and hasattr(autograd.Tensor, name)
           and name not in ("requires_grad_", "detach_", "resize_as_", "set_", "share_memory_",
                            *RESHAPES)
           and getattr(autograd.Tensor, name).__name__ == name]  # not those with a second name


@pytest.mark.parametrize("name", METHODS)
def test_errors_name_the_method_that_was_called(name):
    """Whatever is wrong: the tensor, the arguments, their count."""
    x, y = autograd.ones(2, requires_grad=True), autograd.ones(3)
    count = len(inspect.signature(getattr(x, name)).parameters)
    for target in (x, x[:1], y.expand(2, 3)):
        with pytest.raises(RuntimeError, match=rf"^{name}: (a .*leaf that|cannot write)"):
            getattr(target, name)(*[autograd.ones(())] * count)
    wrong = "text", object(), autograd.ones(4, 7)
    for args in [*((value,) * count for value in wrong), (1,) * 9]:
        try:
            getattr(y, name)(*args)
        except Exception as error:
            assert str(error).startswith((f"{name}: ", f"{name}()")), (args, error)
    with pytest.raises(TypeError, match=rf"^{name}\(\)"):
        getattr(y, name)(bogus=1)


def test_augmented_assignment_names_the_method_it_stands_for():
    x = autograd.ones(2, requires_grad=True)
    with pytest.raises(RuntimeError, match="^add_: a leaf that requires grad"):
        x += 1
    with pytest.raises(TypeError, match="^pow_: "):
        x.detach().__ipow__("2")


def switches(function) -> list[str]:
    """The parameters of a function that are True or False."""
    return [name for name, p in inspect.signature(function).parameters.items()
            if isinstance(p.default, bool) or p.annotation in ("bool", "bool | None")]


HOLDERS = (autograd, nn.functional, nn.init, nn.utils, nn.utils.rnn, Tensor, nn.Module)
FUNCTIONS = {f"{holder.__name__}.{name}": function for holder in HOLDERS for name in dir(holder)
             if hasattr(holder, name)
             for function in [getattr(holder, name)]
             if not name.startswith("_") and inspect.isroutine(function)
             and str(function.__module__).split(".")[0] in ("autograd", "nn")
             and function.__module__ != "autograd.engine"}
# helpers of recurrent layers; and what raises ValueError, as in PyTorch
UNCHECKED = {"pack", "pack_in_any_order", "whole_lengths", "train"}
OPS = {name: declared.function for name, declared in REGISTRY.items()} | COMPOSITES
SWITCHES = [(name, function, which) for name, function in (FUNCTIONS | OPS).items()
            for which in switches(function)
            if name.split(".")[-1] not in UNCHECKED]
GIVEN = {"self": autograd.ones(2), "size": (2,), "fill_value": 1, "start": 0, "end": 2, "steps": 2,
         "n": 2, "data": autograd.ones(2), "input": autograd.ones(2), "src": autograd.ones(2),
         "inputs": autograd.ones(2, dtype=autograd.float64, requires_grad=True),
          "state_dict": {}, "name": "x", "func": autograd.exp, "hook": print,
         "add_zero_attn": False}


def test_there_are_many_switches():
    assert len(SWITCHES) > 150


@pytest.mark.parametrize(("name", "function", "which"), SWITCHES,
                         ids=lambda x: x if isinstance(x, str) else "")
def test_what_is_neither_true_nor_false_is_refused(name, function, which):
    """In every function that takes a truth, before anything else is asked of its arguments."""
    kinds = inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD
    needed = {each: GIVEN.get(each) for each, p in inspect.signature(function).parameters.items()
              if p.kind not in kinds and (p.default is p.empty or each in ("start", "end"))}
    if name.startswith("Module."):
        needed["self"] = nn.Linear(2, 2)
    called = name.split(".")[-1].rstrip("_").removeprefix("new_").removesuffix("_like")
    for value in ("yes", 1, 0.0, [], autograd.tensor(True)):
        with pytest.raises(TypeError, match=rf"^\w*{called}_?: {which} must be True or False, got"):
            list(function(**needed | {which: value}))


def test_beginners_slips_are_answered_with_what_to_do():
    x, labels = autograd.ones(4, 3), autograd.tensor([0, 1, 1, 0])
    net = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
    recurrent = nn.Sequential(nn.LSTM(3, 5), nn.Linear(5, 2))
    for call, text in [
            (lambda: recurrent(x), r"got tuple of 2; take the one that is meant: recurrent layers"),
            (lambda: net(None), "got NoneType; a function that ends without return gives None"),
            (lambda: nn.functional.mse_loss(None, x), "got NoneType; a function that ends without"),
            (lambda: net(x.double()), r"; input.float\(\) gives it the weight's, model.double\(\)"),
            (lambda: net(x.long()), r"do not mix; input.float\(\) gives it the weight's$"),
            (lambda: nn.Embedding(10, 3)(x), r"got Tensor \(4, 3\) float32; .long\(\) makes one"),
            (lambda: nn.CrossEntropyLoss(net(x), labels),
             r"; make it first, then call it, as in CrossEntropyLoss\(...\)\(input\)$"),
            (lambda: nn.ReLU(x), r"; make it first, then call it, as in ReLU\(...\)\(input\)$"),
            (lambda: x.view(5, -1), r"^view: cannot reshape into \(5, -1\): 12 elements are no "),
            (lambda: x.reshape(5), r"^reshape: .* there are 12 elements, and room for 5 \(got in"),
            (lambda: nn.functional.cross_entropy(labels, net(x)), "; the outputs come first, the "),
            (lambda: x.reshape(-2, 6), r"into \(-2, 6\): sizes are not negative"),
            (lambda: x.view(-2, 6), r"into \(-2, 6\): sizes are not negative"),
            (lambda: x.reshape(-1, -1), "sizes are not negative, and one may be -1")]:
        with pytest.raises((RuntimeError, TypeError, ValueError)) as caught:
            call()
        assert re.search(text, str(caught.value).split("\n")[0]), str(caught.value)
    loss = nn.functional.cross_entropy(net(x), labels)
    loss.backward()
    with pytest.raises(RuntimeError, match="^backward: the graph of cross_entropy "):
        loss.backward()
