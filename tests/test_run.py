"""PyTorch's modules by their names, and programs run as they are: `python -m autograd run`."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import autograd
import nn
import nn.functional as F
from autograd import aliases, refused

ROOT = Path(__file__).resolve().parent.parent


def run(folder: Path, *words: str, **files: str):
    """The end of `python -m autograd run main.py WORDS` with these files in a folder, its cwd."""
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "AUTOGRAD_KERNELS": "numpy"}
    return subprocess.run([sys.executable, "-m", "autograd", "run", "main.py", *words],
                          capture_output=True, text=True, cwd=folder, env=environment)


PROGRAM = """
import sys, os
import torch
import torch.nn as nn, torch.nn.functional as F, torch.backends.cudnn as cudnn
import torch.utils.data as loading, torch.nn.parallel
from torch.utils.data.dataset import TensorDataset
from torch.cuda.amp import GradScaler, autocast
from torch.nn.modules.batchnorm import _BatchNorm
from torchvision import datasets, transforms
from torchvision.utils import make_grid
import data, helper.tool as tool
from helper import size

class Net(nn.Module):
    def __init__(self):
        super(Net, self).__init__()
        self.fc = nn.Linear(2, 1)

if __name__ == "__main__":
    cudnn.benchmark = True
    net, scaler = Net(), GradScaler()
    with autocast():
        scaler.scale(net.fc(torch.ones(3, 2)).sum()).backward()
    torch.cuda.synchronize()
    assert torch.nn is nn and torch.backends.cudnn.benchmark and Net.__module__ == "__main__"
    assert isinstance(nn.BatchNorm1d(2), _BatchNorm) and not torch.cuda.is_available()
    assert sys.path[0] == os.getcwd() and __file__ == "main.py"
    print(sys.argv, data.here, tool.both, size, torch.__version__.split(".")[0])
    print(F.softmax(torch.zeros(1, 2)).tolist())
    sys.exit(7)
"""


def test_a_program_runs_as_it_is(tmp_path):
    """With its own `data` beside it, and a folder of modules."""
    done = run(tmp_path, "--lr", "0.1", "run", main=PROGRAM, data="here = 'mine'",
               helper__tool="import data\nfrom .size import both", helper__size="both = 3",
               helper____init__="from . import size")
    assert done.returncode == 7, done.stderr
    argv, softmax = done.stdout.splitlines()
    assert argv.startswith("['main.py', '--lr', '0.1', 'run'] mine 3 <module") and argv[-1] == "2"
    assert softmax == "[[0.5, 0.5]]"
    at = PROGRAM[:PROGRAM.index("F.softmax(")].count("\n") + 1
    assert f"main.py:{at}: Hint: softmax: dim is not given" in done.stderr
    told = done.stderr[done.stderr.index("autograd run: without effect:"):].split()
    assert {"torch.amp.autocast", "torch.amp.GradScaler", "torch.cuda.synchronize",
            "torch.nn.functional.softmax,"} <= set(told)


def test_a_traceback_is_the_programs_own(tmp_path):
    done = run(tmp_path, main="import torch\n\ndef f():\n    torch.ones(2).nothing()\n\nf()\n")
    lines = done.stderr.splitlines()
    assert done.returncode == 1
    assert lines[:2] == ["Traceback (most recent call last):",
                         '  File "main.py", line 6, in <module>']
    assert "AttributeError: 'Tensor' object has no attribute 'nothing'" in lines
    assert lines[-2:] == ["autograd run: missing:", "  torch.Tensor.nothing"]
    done = run(tmp_path, main="print('a'\n")
    assert done.returncode == 1 and done.stderr.startswith('  File "main.py", line 1\n')
    done = run(tmp_path, main="raise SystemExit('no data')")
    assert done.returncode == 1 and done.stderr == "no data\n"
    (tmp_path / "main.py").unlink()
    assert "there is no file main.py" in run(tmp_path).stderr


def test_an_interrupt_ends_it_as_it_ends_python(tmp_path):
    (tmp_path / "main.py").write_text("import time\nprint('ready', flush=True)\ntime.sleep(30)\n")
    process = subprocess.Popen(
        [sys.executable, "-c", "import signal, runpy, sys; "
         "signal.signal(signal.SIGINT, signal.default_int_handler); "
         "sys.argv = ['autograd', 'run', 'main.py']; "
         "runpy.run_module('autograd', run_name='__main__')"],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout.readline() == "ready\n"
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == -signal.SIGINT
    assert errors.count("Traceback") == 1 and errors.rstrip().endswith("KeyboardInterrupt")


def test_what_is_refused_says_what_to_use(tmp_path):
    program = ("import torch, torchvision\n"
               "try: from torch.utils.cpp_extension import load\n"
               "except ImportError as error: print(error)\n"
               "try: from torch.distributed.fsdp import FullyShardedDataParallel\n"
               "except ImportError as error: print(error)\n"
               "print(hasattr(torch, 'package'), torch.bfloat16)\n"
               "torchvision.models.resnet18()\n")
    done = run(tmp_path, main=program)
    assert done.stdout.splitlines() == [
        f"No module named 'torch.utils.cpp_extension': {refused.REFUSED['utils.cpp_extension']}",
        "No module named 'torch.distributed.fsdp': " + refused.REFUSED["distributed"],
        "False bfloat16"]
    assert f"no attribute 'resnet18': {refused.REFUSED['torchvision.models']}" in done.stderr
    report = done.stderr.split("autograd run: missing:\n")[1]
    assert [line.split(":")[0].strip() for line in report.splitlines()] == [
        "torch.distributed.fsdp", "torch.package", "torch.utils.cpp_extension",
        "torchvision.models.resnet18"]


IMPORTED = """
import torch
import torch.distributed as dist
import torch.jit
from torch.compiler import disable, is_compiling
from torch.distributed import ReduceOp, destroy_process_group, init_process_group
from torch.hub import load_state_dict_from_url
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.init import _calculate_fan_in_and_fan_out
from torch.nn.modules.transformer import _get_activation_fn, _get_clones
from torch.nn.modules.utils import _ntuple, _pair
from torch.nn.parallel import DistributedDataParallel as DDP
from torch.nn.utils.rnn import unpack_sequence
from torch.optim.lr_scheduler import LRScheduler, _LRScheduler
from torch.optim.optimizer import Optimizer, required
from torch.profiler import ProfilerActivity, profile, record_function
from torch.utils.dlpack import from_dlpack
from torchvision import datasets, models, transforms
from torchvision.transforms import functional as TF

if dist.is_available() and dist.is_initialized():
    init_process_group("nccl")

@torch.jit.script
def scaled(x, by: float):
    return x * by

@record_function("twice")
def twice(x):
    return scaled(x, 2.0)

@disable
def thrice(x):
    return 3 * x

layers = _get_clones(torch.nn.Linear(2, 3), 2)
with sdpa_kernel([SDPBackend.MATH]), record_function("step"):
    x = torch.ones(1, 2)
    attended = torch.nn.functional.scaled_dot_product_attention(x, x, x)
print(twice(x).tolist(), thrice(x).tolist(), attended.tolist(), is_compiling())
print(isinstance(layers[0], DDP), layers[0].weight is layers[1].weight, len(layers))
print(_pair(3), _pair([1, 2]), _ntuple(3)(5), _get_activation_fn("relu")(-x).tolist())
print(_calculate_fan_in_and_fan_out(torch.empty(4, 3, 5)), _LRScheduler is LRScheduler)
print(TF.hflip(torch.arange(3.0).view(1, 1, 3)).tolist(), torch.jit.is_scripting())
"""


def test_what_programs_import_and_one_process_does_without(tmp_path):
    done = run(tmp_path, main=IMPORTED)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "[[2.0, 2.0]] [[3.0, 3.0]] [[1.0, 1.0]] False", "False False 2",
        "(3, 3) (1, 2) (5, 5, 5) [[0.0, 0.0]]", "(15, 20) True", "[[[2.0, 1.0, 0.0]]] False"]
    told = done.stderr.split("autograd run: without effect:\n")[1].splitlines()
    assert [line.split(":")[0].strip() for line in told] == [
        "torch.jit.script", "torch.nn.attention.sdpa_kernel",
        "torch.profiler.record_function, 2 times"]


@pytest.mark.parametrize(("call", "advice"), [
    (lambda: autograd.distributed.init_process_group("nccl"), "in one process; leave the group"),
    (lambda: autograd.distributed.all_reduce(autograd.ones(1), autograd.distributed.ReduceOp.SUM),
     "in one process; leave the group"),
    (lambda: autograd.profiler.profile(activities=[autograd.profiler.ProfilerActivity.CPU]),
     "autograd.viz measures"),
    (lambda: autograd.jit.trace(nn.Linear(1, 1), autograd.ones(1)), "autograd.compile"),
    (lambda: autograd.hub.load_state_dict_from_url("https://example.org"), "autograd.load"),
    (lambda: nn.parallel.DistributedDataParallel(nn.Linear(1, 1)), "one process"),
])
def test_what_needs_more_than_this_process_says_so_when_it_is_called(call, advice):
    with pytest.raises(RuntimeError, match=advice):
        call()


def test_a_place_of_layers_that_pytorch_has_not_is_not_there():
    with pytest.raises(ImportError, match="_nothing"):
        from autograd.nn.modules.utils import _nothing  # noqa: F401
    with pytest.raises(ModuleNotFoundError, match="autograd.nn.modules.nothing"):
        import autograd.nn.modules.nothing  # noqa: F401


def test_a_function_knows_that_it_is_recorded():
    seen = []

    @autograd.compile
    def step(x):
        seen.append(autograd.compiler.is_compiling())
        return x + 1

    for _ in range(3):
        step(autograd.ones(2))
    assert seen == [False, True, True]


@pytest.mark.parametrize("name", sorted(aliases.PLACES))
def test_every_place_is_there(name):
    found = aliases.place(name.removesuffix(".*"))
    module, _, part = found.partition(":")
    home = __import__(module, fromlist=["_"])
    assert not part or hasattr(home, part)


def test_modules_by_pytorchs_names_are_the_modules_themselves():
    import autograd.nn.functional
    import autograd.nn.modules.conv as conv
    import autograd.optim.lr_scheduler as schedules
    import autograd.utils.data as loading
    import data
    import optim

    assert autograd.nn is nn and autograd.nn.functional is F and loading is data
    assert autograd.optim.adamw.AdamW is optim.AdamW and schedules.StepLR
    assert conv.Conv2d is nn.Conv2d is nn.modules.Conv2d
    assert autograd.autograd.grad is autograd.grad
    assert sys.modules["autograd.nn"].__spec__.name == "nn"
    with pytest.raises(ModuleNotFoundError, match="nothing"):
        import autograd.nn.nothing  # noqa: F401


def test_devices_that_are_not_here():
    x = autograd.ones(2)
    for move in (x.cuda, nn.Linear(1, 1).cuda, autograd.cuda.current_device,
                 lambda: autograd.cuda.FloatTensor(2), lambda: autograd.set_default_device("cuda")):
        with pytest.raises(RuntimeError, match=r"CPU; use device\('cpu'\)"):
            move()
    for use in (x.bfloat16, lambda: x.to(autograd.bfloat16)):
        with pytest.raises(TypeError, match="not supported.*use float32"):
            use()
    assert autograd.cuda.manual_seed_all(3) is None and autograd.cuda.max_memory_allocated() == 0
    assert not isinstance(x, autograd.cuda.FloatTensor) and x.pin_memory() is x
    assert not autograd.backends.mps.is_available() and autograd.get_default_device().type == "cpu"
    with autograd.random.fork_rng():
        inside = autograd.rand(3)
    assert (autograd.rand(3) == inside).all()


def test_legacy_types():
    x = autograd.FloatTensor([1, 2])
    assert isinstance(x, autograd.FloatTensor) and not isinstance(x, autograd.LongTensor)
    assert x.type(autograd.LongTensor).dtype == np.int64
    assert x.type("torch.ByteTensor").dtype == np.uint8
    assert x.type() == "torch.FloatTensor" and autograd.zeros(1).bool().type() == "torch.BoolTensor"
    with pytest.warns(FutureWarning, match="use set_default_dtype"):
        autograd.set_default_tensor_type(autograd.DoubleTensor)
        assert autograd.zeros(1).dtype == np.float64
        autograd.set_default_tensor_type("torch.FloatTensor")


def test_what_numbers_a_dtype_has():
    for name in ("float16", "float32", "float64"):
        ours, numpys = autograd.finfo(getattr(autograd, name)), np.finfo(name)
        assert (ours.bits, ours.eps, ours.min, ours.max, ours.tiny) == (
            numpys.bits, numpys.eps, numpys.min, numpys.max, numpys.tiny)
    assert autograd.iinfo(autograd.int8).min == -128 and autograd.finfo().dtype == "float32"
    with pytest.raises(TypeError, match="iinfo is for integers"):
        autograd.finfo(autograd.int64)


X = autograd.arange(6.).reshape(2, 3)


@pytest.mark.parametrize(("other", "usual"), [
    (lambda: X.sum(axis=1, keepdims=True), lambda: X.sum(1, True)),
    (lambda: autograd.cat([X, X], axis=1), lambda: autograd.cat([X, X], 1)),
    (lambda: autograd.stack((X, X), axis=2), lambda: autograd.stack((X, X), 2)),
    (lambda: X.unsqueeze(axis=1), lambda: X.unsqueeze(1)),
    (lambda: X.std(axis=0), lambda: X.std(0)),
    (lambda: F.softmax(X, axis=1), lambda: F.softmax(X, 1)),
    (lambda: autograd.zeros(size=(2, 3)), lambda: autograd.zeros(2, 3)),
    (lambda: X.new_ones(size=(2,)), lambda: X.new_ones(2)),
])
def test_arguments_by_other_names(other, usual):
    assert autograd.equal(other(), usual())


def test_arguments_by_both_names():
    for call in (lambda: X.sum(0, axis=1), lambda: X.sum(0, False, 1), lambda: X.amax(1, axis=0)):
        with pytest.raises(TypeError, match="dim and axis are one argument"):
            call()
    with pytest.raises(TypeError, match="unsqueeze.*missing 1 required .*'dim'"):
        X.unsqueeze()


@pytest.mark.parametrize(("switches", "reduction"), [
    (dict(size_average=False), "sum"), (dict(reduce=False), "none"), (dict(size_average=True),
                                                                      "mean")])
def test_the_old_switches_of_losses(switches, reduction):
    y = X + 1
    with pytest.warns(FutureWarning, match=f"use reduction='{reduction}'"):
        made = nn.MSELoss(**switches)
    with pytest.warns(FutureWarning, match=f"mse_loss: .*'{reduction}'"):
        direct = F.mse_loss(X, y * y, **switches)
    assert made.reduction == reduction
    assert autograd.equal(direct, F.mse_loss(X, y * y, reduction=reduction))
    with pytest.raises(TypeError, match="MSELoss.*'size_averaged'.*'size_average'"):
        nn.MSELoss(size_averaged=True)


def test_names_of_pytorchs_first_years():
    with pytest.warns(FutureWarning, match="use nn.init.constant_"):
        assert nn.init.constant(autograd.empty(2), 3).tolist() == [3, 3]
    weight = autograd.ones(2, requires_grad=True)
    weight.sum().backward()
    with pytest.warns(FutureWarning, match="use nn.utils.clip_grad_norm_"):
        nn.utils.clip_grad_norm([weight], 0.5)
    assert np.isclose(weight.grad.norm().item(), 0.5, rtol=1e-5)
