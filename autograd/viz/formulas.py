"""The rules of ops whose code is a call of a kernel or of a helper, as formulas: one text for each,
which steps and explain both show. All other ops show the code of their rules, which is a formula.

A text is Python. `g` is the gradient of the result, `out` the result, `k` the number of the input
among several; other names are the op's inputs and attributes. `a if c else b` is decided where the
attributes are known. `(name := value)` is what textbooks give a name, and `fʹ` the slope of f;
`others` are all dimensions but 1, the channels'.
"""

from __future__ import annotations

_UNDER = "dim is None or keepdim or not input_shape"


def _mean(text: str, known: str = "input, target") -> str:
    """The formula of a loss, divided by the number of its elements where it is their mean."""
    return f"{text} / count({known}) if reduction == 'mean' else {text}"


def _expanded(text: str) -> str:
    """The formula of a reduction, in the shape of what it reduced; {} is the gradient."""
    under = text.format("unsqueeze(g, dim=dim)")
    return (f"expand({text.format('g')}, input_shape) if {_UNDER} else "
            f"expand({under}, input_shape)")


def _spread(text: str) -> str:
    """The formula of a variance; {} are the gradient and its deviations, over their number."""
    parts = "(input - mean(input{dim})) / (length(input.shape, dim) - correction)"
    under = text.format("unsqueeze(g, dim=dim)", parts.format(dim=", dim=dim, keepdim=True"),
                        out="unsqueeze(out, dim=dim)")
    kept = text.format("g", parts.format(dim=", dim=dim, keepdim=True"), out="out")
    whole = text.format("g", parts.format(dim=""), out="out")
    return f"{whole} if dim is None else {kept} if keepdim else {under}"


def _cell(text: str) -> str:
    """A formula of a recurrent cell; {} is the gradient before its activation."""
    tanh, relu = text.format("(g * (1 - out ** 2))"), text.format("(g * (out > 0))")
    return f"{tanh} if nonlinearity == 'tanh' else {relu}"


_PLAIN = "weight is None and (target != ignore_index).all()"
_SCORES = "((ŷ := softmax(input, dim=1)) - (y := one_hot(target)))"
_HARD = f"{_PLAIN} and not label_smoothing"
_NORMAL = ("(input - mean(input, {over})) / (σ := sqrt(var(input, {over}, correction=0) + eps))")
_CHANNELS, _LAST = "dim=others, keepdim=True", "dim=-1, keepdim=True"
_KNOWN, _OF_ROWS = _NORMAL.format(over=_CHANNELS), _NORMAL.format(over=_LAST)
_GIVEN = "(input - per_channel(mean)) / (σ := sqrt(per_channel(var) + eps))"
_IS_ROWS = "kind == 'group' and layout[1] == layout[3] == 1 and layout[2] == g.shape[-1]"
_CENTRED = "((u := {u}) - mean(u, {over}) - (x̂ := {known}) * mean(u * x̂, {over})) / σ"
_REST = "norm_grad(g, input, weight, mean, var)"


def _norm(batch: str, rows: str, fixed: str) -> str:
    """A formula of batch norm in training, one of layer norm, one of batch norm in evaluation."""
    return (f"{batch} if kind == 'batch' else {rows} if {_IS_ROWS} else "
            f"{fixed} if kind == 'fixed' else {_REST}")


_SHARED = ("share(g, input == out) if dim is None or dim == () else share(g, input == out, dim) "
           "if keepdim else share(unsqueeze(g, dim), input == unsqueeze(out, dim), dim)")
_SCALED = "(g if weight is None else g * per_channel(weight))"

RULES: dict[str, dict[str, str]] = {
    # arithmetic
    "true_divide": {"input": "g / other", "other": "-g * input / other ** 2"},
    "pow": {"input": "g * other * input ** (other - 1)", "other": "g * out * log(input)"},
    "square": {"input": "2 * g * input"},
    "reciprocal": {"input": "-g * out ** 2"},
    "sqrt": {"input": "g / (2 * out)"},
    # sums and products
    "sum": {"input": _expanded("{}")},
    "mean": {"input": _expanded("{} / length(input_shape, dim)")},
    "amax": {"input": _SHARED},
    "amin": {"input": _SHARED},
    "_var": {"input": _spread("2 * {} * {}")},
    "_std": {"input": _spread("{} * {} / {out}")},
    "max_dim": {"input": "place_along(g, places, dim, input_shape)"},
    "min_dim": {"input": "place_along(g, places, dim, input_shape)"},
    "maximum": {"input": "g * ((input > other) + (input == other) / 2)",
                "other": "g * ((other > input) + (input == other) / 2)"},
    "minimum": {"input": "g * ((input < other) + (input == other) / 2)",
                "other": "g * ((other < input) + (input == other) / 2)"},
    "lerp": {"input": "g * (1 - weight)", "end": "g * weight",
             "weight": "g * (end - input)"},
    "matmul": {
        "input": "g @ other.mT if len(input_shape) > 1 and other.ndim > 1 else "
                 "g * other if len(input_shape) == 1 and other.ndim == 1 else "
                 "outer(g, other) if len(input_shape) == 2 and other.ndim == 1 else "
                 "unsqueeze(g, dim=-1) * other if other.ndim == 1 else "
                 "other @ g if len(input_shape) == 1 and other.ndim == 2 else "
                 "sum_to_size(unsqueeze(g, dim=-2) @ other.mT, input_shape)",
        "other": "input.mT @ g if input.ndim == 2 else "
                 "g * input if input.ndim == 1 and len(other_shape) == 1 else "
                 "outer(input, g) if input.ndim == 1 and len(other_shape) == 2 else "
                 "unsqueeze(input, dim=-1) * unsqueeze(g, dim=-2) if input.ndim == 1 else "
                 "rows(input).mT @ reshape(g, -1) if len(other_shape) == 1 else "
                 "rows(input).mT @ rows(g) if len(other_shape) == 2 else input.mT @ g"},
    "addmm": {"input": "beta * g", "mat1": "alpha * (g @ mat2.mT)",
              "mat2": "alpha * (mat1.mT @ g)"},
    "baddbmm": {"input": "beta * g", "batch1": "alpha * (g @ batch2.mT)",
                "batch2": "alpha * (batch1.mT @ g)"},
    "linear": {"input": "g @ weight",
               "weight": "g.mT @ input if g.ndim == 2 else rows(g).mT @ rows(input)",
               "bias": "sum(g, dim=0) if g.ndim == 2 else sum(rows(g), dim=0)"},
    # shapes
    "permute": {"input": "permute(g, inverse_order(dims, more))"},
    "roll": {"input": "roll(g, negated(shifts), dims)"},
    "flip": {"input": "flip(g, each(dims, more))"},
    "getitem": {"input": "place(g, index, input_shape)"},
    "cat": {"tensors": "part(g, dim, k)"},
    "stack": {"tensors": "unbind(g, dim)[k]"},
    "overwrite": {"input": "overwrite(g, 0, region)"},
    "put_at": {"input": "put_at(g, 0, index)"},
    "scatter_along": {"input": "scatter_along(g, index, 0, dim)"},
    "embedding": {"weight": "add_rows(zeros(weight_shape), input, g) if padding_idx is None else "
                            "embedding_grad(g, input, weight_shape, padding_idx)"},
    # activations
    "relu": {"input": "g * (reluʹ := out > 0)"},
    "sigmoid": {"input": "g * (sigmoidʹ := out * (1 - out))"},
    "tanh": {"input": "g * (tanhʹ := 1 - out ** 2)"},
    "_leaky_relu": {"input": "g * (leaky_reluʹ := where(input > 0, 1, negative_slope))"},
    "_elu": {"input": "g * (eluʹ := where(input > 0, scale, "
                      "alpha * scale * inner * exp(inner * input)))"},
    "_silu": {"input": "g * (siluʹ := sigmoid(input) * (1 + input * (1 - sigmoid(input))))"},
    "gelu": {"input": "g * (geluʹ := Φ(input) + input * φ(input)) if approximate == 'none' else "
                      "gelu_tanh_grad(g, input)"},
    "softmax": {"input": "out * (g - sum(g * out, dim=dim, keepdim=True))"},
    "log_softmax": {"input": "g - exp(out) * sum(g, dim=dim, keepdim=True)"},
    "drop": {"input": "g * mask / (1 - p)"},
    # losses
    "mse_loss": {"input": _mean("2 * g * (input - target)"),
                 "target": _mean("2 * g * (target - input)")},
    "l1_loss": {"input": _mean("g * sign(input - target)"),
                "target": _mean("g * sign(target - input)")},
    "huber_loss": {"input": _mean("g * clamp(input - target, -delta, delta)"),
                   "target": _mean("g * clamp(target - input, -delta, delta)")},
    "_binary_cross_entropy": {
        "input": _mean("g * (input - target) / (input * (1 - input))"),
        "target": _mean("g * (log(1 - input) - log(input))", "input")},
    "_with_logits": {"input": _mean("g * ((ŷ := sigmoid(input)) - target)"),
                     "target": _mean("-g * input", "input")},
    "_cross_entropy": {
        "input": f"g * {_SCORES} / total if {_HARD} and not g.shape else "
                 f"unsqueeze(g, dim=1) * {_SCORES} if {_HARD} else "
                 "cross_entropy_grad(g, input, target, weight, ignore_index, label_smoothing)"},
    "_nll_loss": {
        "input": f"-(g * (y := one_hot(target))) / total if {_PLAIN} and not g.shape else "
                 f"-unsqueeze(g, dim=1) * (y := one_hot(target)) if {_PLAIN} else "
                 "nll_loss_grad(g, target, weight, ignore_index)"},
    # images
    "convolution": {
        "input": "conv_transpose(g, weight, stride=stride, padding=padding, dilation=dilation, "
                 "groups=groups)",
        "weight": "correlate(input, g, stride=stride, padding=padding, dilation=dilation, "
                  "groups=groups)",
        "bias": "sum(g, dim=others)"},
    "max_pool": {"input": "max_unpool(g, indices)"},
    "avg_pool": {"input": "avg_unpool(g)"},
    # normalisation
    "_standardize": {
        "input": _norm(_CENTRED.format(u=_SCALED, over=_CHANNELS, known=_KNOWN),
                       _CENTRED.format(u="(g if weight is None else g * weight)",
                                       over=_LAST, known=_OF_ROWS),
                       f"{_SCALED} / sqrt(per_channel(var) + eps)"),
        "weight": _norm(f"sum(g * (x̂ := {_KNOWN}), dim=others)",
                        f"sum(rows(g * (x̂ := {_OF_ROWS})), dim=0)",
                        f"sum(g * (x̂ := {_GIVEN}), dim=others)"),
        "bias": _norm("sum(g, dim=others)", "sum(rows(g), dim=0)", "sum(g, dim=others)")},
    # recurrent cells
    "rnn_cell": {"input": _cell("{} @ w_ih"), "h": _cell("{} @ w_hh"),
                 "w_ih": _cell("{}.mT @ input"), "w_hh": _cell("{}.mT @ h"),
                 "b_ih": _cell("sum({}, dim=0)"), "b_hh": _cell("sum({}, dim=0)")},
}

FORWARDS: dict[str, str] = {
    "add": "input + other if alpha == 1 else input + alpha * other",
    "sub": "input - other if alpha == 1 else input - alpha * other",
    "mul": "input * other", "true_divide": "input / other", "matmul": "input @ other",
    "neg": "-input", "square": "input ** 2", "pow": "input ** other",
    "linear": "input @ weight.mT + bias",
}

WORDS: dict[str, str] = {
    "add_rows": "adds each row of the last to the row that the index names",
    "avg_unpool": "divides each gradient among the places of its window",
    "conv_transpose": "sends each gradient back through the kernel to the places it saw",
    "correlate": "sums, over images and places, each gradient times the patch that it came from",
    "per_channel": "has a channel's number at all its places",
    "expand": "repeats a gradient for all elements that were reduced to it",
    "mask": "is 1 where dropout kept an element, 0 elsewhere",
    "max_unpool": "puts each gradient where the maximum of its window stood, 0 elsewhere",
    "one_hot": "has a 1 in each row, at its class",
    "part": "is the piece of the gradient that belongs to one of the joined tensors",
    "place": "adds the gradient to zeros of that shape, at the index",
    "place_along": "puts each gradient where the chosen element stood, 0 elsewhere",
    "rows": "is (…, n) as (rows, n)",
    "share": "divides each gradient among the elements that are the extreme",
    "Φ": "is the distribution function of the normal distribution, φ its density",
}
