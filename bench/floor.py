"""How near each kernel comes to what the machine can do: GFLOP/s or GB/s against measured peaks.

The peaks are PyTorch's: a 1024x1024 matrix product, and a copy of 16 MiB.
Bytes are those that must move: each array once.  A share above 1 is memory that a cache answered,
or products that Winograd's method did without.
"""

import json
import time
from collections.abc import Callable
from functools import partial
from statistics import median

import numpy as np

from . import libraries, measure

IMAGES, LONG = 64, 1 << 22
CONVOLUTIONS = (  # channels in and out, size, kernel, stride
    (1, 32, 28, 3, 1), (6, 16, 14, 5, 1), (32, 64, 28, 3, 1), (64, 64, 16, 3, 1),
    (128, 128, 8, 3, 1), (32, 64, 16, 3, 2), (32, 64, 16, 1, 1))
Case = tuple[str, float, Callable[[], object]]  # "GFLOP/s" or "GB/s", units of work, one call

_PEAKS = "from bench import floor; floor.report(floor.peaks())"
_KERNELS = "from bench import floor; floor.report(floor.kernel_speeds())"


def report(figures: dict) -> None:
    print(json.dumps(figures))


def _seconds(call: Callable[[], object], at_least: float = 0.25) -> list[float]:
    call()
    times: list[float] = []
    end = time.perf_counter() + at_least
    while len(times) < 5 or time.perf_counter() < end:
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return times


def peaks() -> dict[str, float]:
    """GFLOP/s and GB/s at best, in the calling process, which loads PyTorch."""
    torch = libraries.load("torch").core
    a, b = torch.ones(1024, 1024), torch.ones(LONG)
    out = torch.empty_like(b)
    return {"GFLOP/s": 2 * 1024**3 / min(_seconds(lambda: a @ a)) / 1e9,
            "GB/s": 2 * b.nbytes / min(_seconds(lambda: out.copy_(b))) / 1e9}


def _random(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).standard_normal(shape, dtype=np.float32)


def _products(kernels) -> dict[str, Case]:
    cases: dict[str, Case] = {}
    for m, k, n in ((1024, 1024, 1024), (256, 784, 1024), (64, 784, 64)):
        a, b = _random(m, k), _random(k, n)
        cases[f"gemm {m}x{k}x{n}"] = (
            "GFLOP/s", 2e-9 * m * k * n, partial(kernels.gemm, a, b))
    a, b = _random(96, 128, 64), _random(96, 64, 128)
    cases["bmm 96x128x64x128"] = (
        "GFLOP/s", 2e-9 * 96 * 128 * 64 * 128, partial(kernels.bmm, a, b))
    return cases


def _convolutions(kernels) -> dict[str, Case]:
    """FLOPs are those of the definition, whatever the method needs."""
    cases: dict[str, Case] = {}
    for inputs, outputs, size, kernel, stride in CONVOLUTIONS:
        pad = kernel // 2
        geometry = (stride, stride), ((pad, pad), (pad, pad)), (1, 1), 1
        x, w = _random(IMAGES, inputs, size, size), _random(outputs, inputs, kernel, kernel)
        g = _random(IMAGES, outputs, size // stride, size // stride)
        calls = {
            "conv": partial(kernels.conv, x, w, None, *geometry),
            "  input grad": partial(kernels.conv_input_grad, g, w, None, x.shape[2:], *geometry),
            "  weight grad": partial(kernels.conv_weight_grad, g, x, (kernel, kernel), *geometry),
        }
        work = 2e-9 * g.size * inputs * kernel**2
        what = f"{inputs} to {outputs}, {size}x{size}, {kernel}x{kernel} by {stride}"
        cases |= {f"{name} {what}": ("GFLOP/s", work, call) for name, call in calls.items()}
    return cases


def _sweeps(lib) -> dict[str, Case]:
    """What moves memory: bytes are counted in arrays the size of the largest."""
    f, core = lib.nn.functional, lib.core
    long, images = core.tensor(_random(LONG)), core.tensor(_random(IMAGES, 64, 32, 32))
    zeros = core.zeros(LONG)
    rows, target = long.reshape(-1, 1024), core.arange(LONG // 1024) % 1024
    calls = {  # name: (input, arrays moved forward, backward, function)
        "sum": (long, 1, None, lambda x: x.sum()),
        "x + x": (long, 2, None, lambda x: x + x),
        "relu": (long, 2, 3, f.relu),
        "tanh": (long, 2, 3, core.tanh),
        "gelu": (long, 2, 3, f.gelu),
        "dropout": (long, 2, 2, f.dropout),
        "softmax": (rows, 2, 3, lambda x: f.softmax(x, 1)),
        "cross entropy": (rows, 1, 2, lambda x: f.cross_entropy(x, target)),
        "squared error": (long, 2, 3, lambda x: f.mse_loss(x, zeros)),
        "batch norm": (images, 3, 5, lib.nn.BatchNorm2d(64)),
        "layer norm": (rows, 2, 3, lib.nn.LayerNorm(1024)),
        "max pool 2x2": (images, 1.5, 1.5, lambda x: f.max_pool2d(x, 2)),
        "average pool 2x2": (images, 1.25, 1.25, lambda x: f.avg_pool2d(x, 2)),
    }
    cases: dict[str, Case] = {}
    for name, (x, forward, backward, function) in calls.items():
        gigabytes, x = x.nbytes / 1e9, x.detach().requires_grad_()
        cases[name] = "GB/s", forward * gigabytes, lambda x=x, f=function: f(x)
        if backward:
            out = function(x)
            g = core.ones(*out.shape)
            cases[f"  {name}, gradient"] = (
                "GB/s", backward * gigabytes,
                lambda x=x, out=out, g=g: core.grad(out, x, g, retain_graph=True))
    return cases


def _optimizers(lib) -> dict[str, Case]:
    cases: dict[str, Case] = {}
    for name, arrays, options in (("SGD", 3, {}), ("SGD", 5, {"momentum": 0.9}), ("Adam", 7, {})):
        weight = lib.core.zeros(LONG, requires_grad=True)
        weight.grad = lib.core.ones(LONG)
        optimizer = getattr(lib.optim, name)([weight], lr=1e-3, **options)
        title = " ".join([name, *options])
        cases[f"{title} step"] = "GB/s", arrays * weight.nbytes / 1e9, optimizer.step
    return cases


def kernel_speeds() -> dict[str, tuple[str, float]]:
    """name -> (unit, speed by the median time), in the calling process."""
    lib = libraries.load("ours")
    from autograd import kernels

    cases = {**_products(kernels), **_convolutions(kernels), **_sweeps(lib), **_optimizers(lib)}
    return {name: (unit, work / median(_seconds(call)))
            for name, (unit, work, call) in cases.items()}


def table() -> dict[str, dict[str, object]]:
    """Speed, unit and share of the peak of each kernel; the peaks are measured before and after."""
    before, speeds, after = (measure.once(code) for code in (_PEAKS, _KERNELS, _PEAKS))
    best = {unit: max(before[unit], after[unit]) for unit in before}
    peak = {f"peak, {unit}": {"speed": top, "unit": unit, "share": 1.0}
            for unit, top in best.items()}
    return peak | {name: {"speed": speed, "unit": unit, "share": speed / best[unit]}
                   for name, (unit, speed) in speeds.items()}
