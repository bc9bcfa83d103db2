"""`torch.utils.tensorboard`: logs that TensorBoard shows, written by tensorboardX, an extra, which
is given arrays in the place of tensors."""

from __future__ import annotations

import os
import tempfile
from functools import wraps
from typing import Any

from .. import onnx
from ..transforms.trees import mapped

try:
    import tensorboardX
except ImportError as error:
    raise ModuleNotFoundError("utils.tensorboard needs tensorboardX, which comes with the extra "
                              "tensorboard: pip install 'wengert[tensorboard]'") from error


class SummaryWriter(tensorboardX.SummaryWriter):
    """Writes scalars, histograms, images, figures, texts, embeddings and hyper-parameters to a
    folder, `runs/` with the time and the machine's name if none is given, for
    `tensorboard --logdir FOLDER`.

    The methods are tensorboardX's, and so PyTorch's: `add_scalar(tag, value, step)` and others.

    Raises: ModuleNotFoundError without tensorboardX, the extra "tensorboard".

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder, SummaryWriter(folder) as writer:
    ...     writer.add_scalar("loss", autograd.tensor(0.5), 1)
    ...     writer.add_histogram("weights", nn.Linear(3, 2).weight, 1)
    """

    def __init__(self, log_dir: str | os.PathLike | None = None, comment: str = "",
                 purge_step: int | None = None, max_queue: int = 10, flush_secs: int = 120,
                 filename_suffix: str = "") -> None:
        super().__init__(None if log_dir is None else os.fspath(log_dir), comment, purge_step,
                         max_queue, flush_secs, filename_suffix)

    def add_graph(self, model: Any, input_to_model: Any = None, verbose: bool = False,
                  use_strict_trace: bool = True) -> None:
        """Write the operations of a model on an input, as `autograd.onnx.export` names them.

        Raises: TypeError without an input; what `onnx.export` raises.
        """
        if input_to_model is None:
            raise TypeError("SummaryWriter.add_graph: input_to_model is needed, an input of the "
                            "model or a tuple of its inputs")
        args = input_to_model if isinstance(input_to_model, tuple) else (input_to_model,)
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "model.onnx")
            onnx.export(model, args, path)
            super().add_onnx_graph(path)


def _given_arrays(method):
    """The method, which gets arrays for the tensors in its arguments."""

    @wraps(method)
    def call(self, *args: Any, **kwargs: Any) -> Any:
        return method(self, *_arrays(args), **_arrays(kwargs))

    return call


def _arrays(tree):
    return mapped(lambda tensor: tensor.detach().numpy(), tree)


for _name in dir(tensorboardX.SummaryWriter):
    if _name.startswith("add_") and _name not in vars(SummaryWriter):
        setattr(SummaryWriter, _name, _given_arrays(getattr(tensorboardX.SummaryWriter, _name)))
