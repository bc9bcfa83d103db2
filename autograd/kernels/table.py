"""The list of all kernels, with the modules in which the two tiers have them."""

from importlib import import_module

# kernels, their module in reference/, and the one in compiled/ where it is called otherwise
_TABLE = (
    ("attention", "attention"),
    ("attention_grad", "attention", "attention_grad"),
    ("conv conv_input_grad", "conv"),
    ("conv_bias_grad conv_weight_grad", "conv", "conv_weight"),
    ("converted", "conversion"),
    ("copy_", "copies"),
    ("cross_entropy cross_entropy_grad", "softmax", "cross_entropy"),
    ("deviation", "sums", "deviation"),
    ("distances", "distances"),
    ("dropout", "dropout"),
    ("elementwise", "elementwise"),
    ("extreme placed", "order", "extreme"),
    ("bce bce_grad bce_with_logits bce_with_logits_grad huber_loss huber_loss_grad", "loss"),
    ("l1_loss l1_loss_grad mse_loss mse_loss_grad", "loss"),
    ("argwhere compress spread", "mask"),
    ("bmm gemm", "matmul"),
    ("standardize standardize_grad", "norm"),
    ("adam_ adamax_ nadam_ radam_", "optimizer_adam"),
    ("adadelta_ adagrad_ rmsprop_", "optimizer_adaptive"),
    ("clamp_ clip_ sum_of_squares", "optimizer_norm"),
    ("asgd_ rprop_ sgd_", "optimizer_sgd"),
    ("ranked sort topk", "order"),
    ("gather_along scatter_along scatter_src_grad take", "pick"),
    ("avg_pool2d avg_pool2d_grad", "pool"),
    ("max_pool2d max_pool2d_grad", "pool", "pool_max"),
    ("max_pool_at", "pool", "pool_random"),
    ("recurrent recurrent_cell recurrent_cell_grad recurrent_grad", "recurrent"),
    ("resample", "resample"),
    ("sample_points sample_points_grad sample_slopes", "sampled"),
    ("cumprod cumprod_grad cumsum prod_grad", "scan"),
    ("scatter_sum sum_rows", "scatter"),
    ("scatter_fold scatter_prod_grad", "scatter_fold"),
    ("log_softmax log_softmax_grad softmax softmax_grad", "softmax"),
    ("reduce_over sum_over", "sums"),
)


def tier(package: str) -> dict:
    """Name and function of every kernel of a tier, "reference" or "compiled"."""
    compiled = package == "compiled"
    return {name: getattr(import_module(f"{__package__}.{package}.{row[-1 if compiled else 1]}"),
                          name)
            for row in _TABLE for name in row[0].split()}
