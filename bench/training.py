"""What the timed cases share: a step, and the step that trains."""

from collections.abc import Callable
from types import SimpleNamespace

Step = Callable[[], object]


def updating(optimizer, loss: Callable) -> Step:
    """A step that takes the gradients of `loss()` and updates."""
    def step():
        optimizer.zero_grad()
        loss().backward()
        optimizer.step()

    return step


def training(lib: SimpleNamespace, model, optimizer, stream) -> Step:
    """A step of a classifier on the stream's next batch."""
    loss_fn = lib.nn.CrossEntropyLoss()

    def loss():
        x, y = next(stream)
        return loss_fn(model(x), y)

    return updating(optimizer, loss)
