"""What the timed cases share: a step, and the step that trains."""

from collections.abc import Callable
from types import SimpleNamespace

Step = Callable[[], object]


def fed(lib: SimpleNamespace, step: Callable, stream) -> Step:
    """A step on the stream's next batch, compiled where that is measured."""
    step = lib.compiled(step)
    return lambda: step(*next(stream))


def updating(lib: SimpleNamespace, optimizer, loss: Callable, stream) -> Step:
    """A step that takes the gradients of `loss(*batch)` and updates."""
    def step(*batch):
        optimizer.zero_grad()
        loss(*batch).backward()
        optimizer.step()

    return fed(lib, step, stream)


def training(lib: SimpleNamespace, model, optimizer, stream) -> Step:
    """A step of a classifier on the stream's next batch."""
    loss_fn = lib.nn.CrossEntropyLoss()
    return updating(lib, optimizer, lambda x, y: loss_fn(model(x), y), stream)
