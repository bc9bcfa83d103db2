"""Slips with losses: an activation before a loss that has it within, or that takes something else.

What made a loss's input is the name of its node, so looking costs as much as a dict.
"""

from __future__ import annotations

from ..slips import NOTED, hint, hinting

_REARRANGE = frozenset(("reshape", "view", "_flatten", "squeeze", "unsqueeze", "transpose",
                        "permute"))
_OF_CLASSES = ("cross_entropy", "nll_loss", "binary_cross_entropy_with_logits")
_CHOICES = frozenset(("matmul", "mul", "true_divide", "squeeze"))
_LOGARITHMS = "{loss} takes logarithms of probabilities: log_softmax(scores, dim=1) makes them"
_SLIPS = {
    ("cross_entropy", "softmax"):
        "{loss} applies softmax itself; pass the scores before softmax: cross_entropy(scores, "
        "target)",
    ("cross_entropy", "sigmoid"):
        "{loss} applies softmax to scores; pass the scores before sigmoid, or, where several "
        "classes hold at once, binary_cross_entropy_with_logits(scores, target)",
    ("binary_cross_entropy_with_logits", "sigmoid"):
        "{loss} applies sigmoid itself; pass the scores before sigmoid: "
        "binary_cross_entropy_with_logits(scores, target)",
    ("binary_cross_entropy_with_logits", "softmax"):
        "{loss} applies sigmoid to scores; pass the scores before softmax, or, where one class "
        "holds, cross_entropy(scores, target.argmax(1))",
    **{("nll_loss", name): _LOGARITHMS + "; or cross_entropy(scores, target)"
       for name in ("softmax", "sigmoid", "linear", "convolution")},
    **{("kl_div", name): _LOGARITHMS for name in ("softmax", "sigmoid", "linear")},
    ("poisson_nll_loss", "exp"):
        "{loss} takes the logarithm of the expected count; pass what exp was given, or "
        "log_input=False",
}


def look_at_input(loss: str, input) -> None:
    """Tell of an input that was made by what does not fit the loss."""
    node = input._node
    if node is None or not hinting():
        return
    if "in turn" in NOTED and loss in _OF_CLASSES:
        NOTED["of classes"] = True
    made_by, direct = node.op.name, True
    while made_by in _REARRANGE:
        node, direct = node.parents[0], False
        if node is None:
            return
        made_by = node.op.name
    text = _SLIPS.get((loss, made_by))
    if text is None or direct and made_by == "softmax" and not _over_classes(node):
        return
    hint(f"{made_by} before {loss}", f"{loss}: the input comes out of {made_by}, but "
         + text.format(loss=loss))


def _over_classes(node) -> bool:
    """Whether a softmax, unless its graph has been freed, goes over dimension 1, or the only one,
    or the last: over others it is a step on the way, such as attention."""
    dims = len(node.shape)
    return node.saved is None or node.saved[-1] % dims in (0 if dims == 1 else 1, dims - 1)


def look_at_classes(loss: str, input) -> None:
    """Tell of a single class: its probability is 1 whatever the score."""
    shape, node = input._array.shape, input._node
    if node is not None and node.op.name in _CHOICES:  # of as many as there are at present
        return
    if shape[1 if len(shape) > 1 else 0] == 1:
        hint(f"one class for {loss}", f"{loss}: input {tuple(shape)} has one class, so the loss "
             "and its gradient are always 0; for yes or no use "
             "binary_cross_entropy_with_logits(scores, target.float()) with a target of scores' "
             "shape, or give the last layer as many outputs as there are classes")
