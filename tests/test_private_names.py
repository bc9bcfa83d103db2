"""What errors say to bad input: never the name of a private op, nor what Python says of itself."""

from __future__ import annotations

import re
from functools import partial
from types import NoneType

import numpy as np
import pytest

import autograd
import nn
from autograd.record import REGISTRY
from autograd.tensors import Tensor
from tests.module_rows import REFUSED, ROWS, build
from tests.test_ops_memory import NAMELESS, PUBLIC, calls

HOMES = (autograd, Tensor, nn, nn.functional, autograd.linalg, autograd.special, autograd.fft)
PRIVATE = {name for name in REGISTRY
           if name.startswith("_") or not any(hasattr(home, name) for home in HOMES)}
KNOWN = {"getitem"}  # what __getitem__ is called in messages
PYTHON = re.compile(r"unsupported operand|has no attribute|not supported between|object is not|"
                    r"not iterable|cannot be interpreted|ufunc|not subscriptable")
DTYPES = (autograd.float64, autograd.float32, autograd.float16, autograd.int64, autograd.uint8,
          autograd.bool, autograd.complex128)


def unfit(tensor: Tensor):
    """What stands in for a tensor: nothing, texts, lists, other sizes, ranks and dtypes."""
    yield from (None, "text", [1, 2], 3, tensor.numpy(), autograd.tensor(1.5),
                autograd.ones(*[1] * 7), tensor.unsqueeze(0))
    if tensor.ndim and tensor.numel():
        yield from (tensor[0], tensor[:0], autograd.cat([tensor, tensor]),
                    autograd.cat([tensor, tensor], -1))
    yield from (tensor.to(dtype) for dtype in DTYPES if not tensor.is_complex()
                and tensor.dtype != dtype)


def private(error: Exception) -> set[str]:
    """The names in a message that no user knows."""
    text = str(error)
    words = set(re.findall(r"(?<![\w.'])_*[a-z]\w*", text))
    first = re.match(r"\w+", text)
    leads = {first.group()} & PRIVATE - KNOWN if first else set()
    dunders = {word for word in words if word.startswith("__")}
    hidden = {word for word in words if word.startswith("_")} - dunders
    return leads | hidden | {name for name in words & PRIVATE if "_" in name} | set(
        PYTHON.findall(text)) | ({type(error).__name__} if isinstance(error, KeyError) else set())


def check(function, tensors: list) -> None:
    """The messages for each of the tensors replaced by what does not fit there."""
    for place, tensor in enumerate(tensors):
        for value in unfit(tensor) if isinstance(tensor, Tensor) else ():
            changed = [*tensors[:place], value, *tensors[place + 1:]]
            try:
                function(*changed)
            except Exception as error:
                assert not private(error), (place, value, error)
                assert isinstance(error.__cause__, NoneType), "a chain of exceptions"


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", [name for name in PUBLIC
                                  if not name.startswith("_") and name not in NAMELESS])
def test_messages_of_ops_name_what_is_public(name):
    for call in calls(name)[:2]:
        check(lambda *tensors, call=call: call.function(
            *call.arguments(tensors, autograd.tensor), **call.case.kwargs),
            [tensor.detach() for tensor in call.tensors(grad=False)])


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", sorted(ROWS.keys() - REFUSED.keys()))
def test_messages_of_modules_name_what_is_public(name):
    module, use = build(name), ROWS[name].call
    check(partial(use, module) if use else module, [
        autograd.tensor(x) if isinstance(x, np.ndarray) else x for x in ROWS[name].inputs])


@pytest.mark.parametrize(("program", "message"), [
    (lambda x: x.float(), "^float: complex64 as float32 would lose the imaginary parts"),
    (lambda x: x.long(), "^long: complex64 as int64 would lose the imaginary parts"),
    (lambda x: x.bool(), "^bool: complex64 as bool would lose the imaginary parts"),
    (lambda x: nn.GRU(3, 4)(x.abs().double()), r"^GRU: input is float64, its weights are float32, "
     r"which do not mix; input.float\(\) gives it the weight's, model.double\(\)"),
    (lambda x: nn.LSTMCell(3, 4)(x.abs(), (autograd.zeros(2, 4), autograd.zeros(2, 4).double())),
     r"^LSTMCell: c is float64, .*c.float\(\)"),
    (lambda x: x.abs().mean(5), r"^mean: dim 5 is out of range for 2 dimensions"),
    (lambda x: autograd.grad(x.abs().requires_grad_().sum(), "w"), r"^grad: inputs\[0\] must be"),
    (lambda x: x.abs().requires_grad_().sum().backward("g"), "^backward: a gradient must be a Ten"),
    (lambda x: nn.ModuleList(nn.Linear(1, 1)), r"^ModuleList: modules must be .*ModuleList\(\[...")
])
def test_messages_that_named_what_is_private(program, message):
    with pytest.raises((TypeError, IndexError), match=message):
        program(autograd.ones(2, 3, dtype=autograd.complex64))
