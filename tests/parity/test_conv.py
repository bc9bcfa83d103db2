"""Convolution layers and functions against torch.nn: outputs, gradients, state dicts."""

import numpy as np
import pytest

import autograd
import nn
from tests.parity.test_nn import compare, numbers

torch = pytest.importorskip("torch", reason="parity needs PyTorch: pip install wengert[parity]")

pytestmark = pytest.mark.parity


@pytest.fixture(params=[np.float64, np.float32], ids=lambda d: d.__name__)
def dtype(request):
    torch.manual_seed(0)
    return request.param


LAYERS = [
    ("Conv1d", (4, 6, 3), dict(stride=2, padding=1, groups=2), (2, 4, 11)),
    ("Conv1d", (2, 3, 4), dict(padding="same", dilation=2), (2, 2, 9)),
    ("Conv1d", (2, 3, 5), dict(padding=2, padding_mode="circular"), (3, 2, 7)),
    ("Conv2d", (1, 6, 5), dict(padding=2), (3, 1, 14, 14)),
    ("Conv2d", (3, 20, 3), dict(stride=2, padding=1, bias=False), (2, 3, 9, 8)),
    ("Conv2d", (8, 40, 3), dict(padding="same"), (2, 8, 9, 9)),
    ("Conv2d", (4, 8, (3, 2)), dict(stride=(1, 3), padding=(2, 0), dilation=(2, 1), groups=4),
     (2, 4, 8, 9)),
    ("Conv2d", (6, 4, 1), dict(stride=2), (2, 6, 7, 6)),
    ("Conv2d", (2, 3, 3), dict(padding=2, padding_mode="reflect"), (2, 2, 5, 6)),
    ("Conv2d", (2, 3, 3), dict(padding=(1, 3), padding_mode="replicate"), (2, 2, 5, 6)),
    ("Conv2d", (2, 3, (2, 3)), dict(padding="same", padding_mode="circular"), (2, 2, 5, 6)),
    ("Conv2d", (5, 5, 3), dict(padding=1, groups=5), (2, 5, 6, 7)),
    ("Conv2d", (64, 14, 3), dict(padding=1), (2, 64, 4, 4)),
    ("Conv2d", (3, 2, 3), {}, (3, 6, 7)),
    ("Conv3d", (2, 4, (2, 3, 1)), dict(stride=(1, 2, 1), padding=1, groups=2), (2, 2, 4, 5, 3)),
    ("Conv3d", (2, 3, 3), dict(padding="same"), (2, 4, 5, 3)),
    ("ConvTranspose1d", (4, 6, 3), dict(stride=2, padding=1, output_padding=1, groups=2),
     (2, 4, 5)),
    ("ConvTranspose1d", (2, 3, 3), dict(dilation=3, output_padding=2), (2, 5)),
    ("ConvTranspose2d", (6, 4, 3), dict(stride=2, padding=1, output_padding=1), (2, 6, 4, 5)),
    ("ConvTranspose2d", (3, 2, (2, 3)), dict(stride=(3, 1), bias=False), (2, 3, 4, 5)),
    ("ConvTranspose2d", (40, 20, 3), dict(padding=1), (2, 40, 5, 5)),
]


def layer_id(value):
    return value if isinstance(value, str) else None


@pytest.mark.parametrize(("name", "args", "options", "shape"), LAYERS, ids=layer_id)
def test_layers(name, args, options, shape, dtype):
    ours, theirs = (getattr(library, name)(*args, **options) for library in (nn, torch.nn))
    assert repr(ours) == repr(theirs)
    compare(ours, theirs, [numbers(*shape)], dtype)
    theirs = theirs.to(torch.float32 if dtype is np.float32 else torch.float64)
    back = {k: torch.from_numpy(v.numpy()) for k, v in ours.state_dict().items()}
    theirs.load_state_dict(back)
    compare(ours.eval(), theirs.eval(), [numbers(*shape)], dtype)


@pytest.mark.parametrize("name", ["Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d",
                                  "ConvTranspose2d"])
def test_initial_values_have_the_same_range(name):
    autograd.manual_seed(0)
    ours, theirs = (getattr(library, name)(12, 8, 3, groups=2) for library in (nn, torch.nn))
    for name, parameter in ours.named_parameters():
        wanted = dict(theirs.named_parameters())[name]
        assert tuple(parameter.shape) == tuple(wanted.shape)
        if parameter.numel() > 100:
            a, b = parameter.detach().numpy(), wanted.detach().numpy()
            assert abs(a.min() / b.min() - 1) < 0.1 and abs(a.max() / b.max() - 1) < 0.1


def test_output_size_of_the_transpose(dtype):
    options = dict(stride=3, padding=1)
    ours, theirs = (library.ConvTranspose2d(2, 3, 4, **options) for library in (nn, torch.nn))
    ours = ours.to(dtype)
    x = numbers(1, 2, 3, 3).astype(dtype)
    for size in ((8, 8), (10, 9)):
        got = ours(autograd.tensor(x), size)
        wanted = theirs(torch.tensor(x.astype(np.float32)), size)
        assert tuple(got.shape) == tuple(wanted.shape)
