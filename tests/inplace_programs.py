"""Programs that write in place, through views too, as functions of the library that runs them.

Each takes the library (`autograd` or `torch`) and two float64 leaves `x` (3, 4) and `w` (4,) and
returns a scalar.  `test_inplace.py` holds their gradients to finite differences,
`parity/test_inplace.py` to PyTorch's.
"""

from __future__ import annotations


def add_to_a_result(lib, x, w):
    h = x * 2
    h.add_(w)
    return (h * h).sum()


def scaled_add(lib, x, w):
    h = x * 2
    h.add_(w, alpha=3).sub_(x, alpha=0.5)
    return (h * h).sum()


def multiply_by_what_requires_grad(lib, x, w):
    h = x + 0
    h *= w
    h += x
    return (h * h).sum()


def divide_and_power(lib, x, w):
    h = x * x + 1
    h.div_(w * w + 1)
    h **= 2
    return h.sum()


def functions_of_one_number(lib, x, w):
    h = x * w
    h.tanh_()
    k = (x * 0.5).exp_()
    return (h * k).sum() + (x * x + 1).sqrt_().sum() + (x + 0).neg_().sum()


def through_a_slice(lib, x, w):
    h = x * 2
    h[1:].mul_(w)
    return (h * h).sum()


def through_a_view_of_a_view(lib, x, w):
    h = x * 2
    v = h[1:]
    u = v[0]
    u.mul_(w)
    return (h * h).sum() + (v * 3).sum() + (u * u).sum()


def base_written_then_view_used(lib, x, w):
    h = x * 2
    v = h[0]
    h.mul_(w)
    return (v * v).sum() + h.sum()


def sibling_views(lib, x, w):
    h = x * 2
    a, b = h[:2], h[1:]
    a.mul_(w)
    b.add_(w)
    return (a * a).sum() + (b * b * b).sum() + h.sum()


def through_a_transpose(lib, x, w):
    h = x * 2
    h.transpose(0, 1)[1].mul_(5.0)
    h.t()[2:].add_(1.0)
    return (h * h).sum()


def through_a_reshape(lib, x, w):
    h = x * 2
    h.reshape(2, 6)[1].mul_(3.0)
    h.view(-1)[4:8].mul_(w)
    return (h * h).sum()


def through_unsqueeze_and_permute(lib, x, w):
    h = x * 2
    h.unsqueeze(0).permute(2, 1, 0)[1].mul_(2.0)
    return (h * h).sum()


def through_narrow_and_select(lib, x, w):
    h = x * 2
    h.narrow(1, 1, 2).mul_(3.0)
    h[:, 3].add_(w[0])
    return (h * h).sum()


def assign_a_row(lib, x, w):
    h = x * 2
    h[1] = w * 3
    return (h * h).sum()


def assign_numbers_and_broadcast(lib, x, w):
    h = x * 2
    h[0, 0] = 7.0
    h[:, 1] = w[0]
    h[1:, 2:] = w[2:]
    return (h * h).sum()


def assign_where_a_mask_is_true(lib, x, w):
    h = x * 2
    h[x.detach() > 0] = 0.5
    return (h * h).sum() + (h * x).sum()


def assign_at_integer_indices(lib, x, w):
    h = x * 2
    h[lib.tensor([0, 2]), lib.tensor([1, 3])] = w[:2]
    h[[1]] = w * w
    return (h * h).sum()


def assign_into_what_needs_no_grad(lib, x, w):
    out = lib.zeros(3, 4, dtype=lib.float64)
    for i in range(3):
        out[i] = x[i] * w
    return (out * out).sum()


def add_into_a_view_of_what_needs_no_grad(lib, x, w):
    out = lib.zeros(3, 4, dtype=lib.float64)
    out[1].add_(w)
    out[2].copy_(x[0])
    return (out * out).sum()


def assign_through_a_view(lib, x, w):
    h = x * 2
    v = h[1:]
    v[0] = w
    v[:, 0] = 3.0
    return (h * h).sum() + (v * w).sum()


def assign_the_tensor_to_a_part_of_itself(lib, x, w):
    h = x * 2
    h[0] = h[1] + w
    return (h * h).sum()


def copy_zero_and_fill(lib, x, w):
    h, k, m = x * 2, x * 3, x * 4
    h.copy_(w)
    k[0].zero_()
    m[1:].fill_(2.0)
    return (h * h).sum() + (k * k).sum() + (m * m).sum()


def masked_fill_and_clamp(lib, x, w):
    h = x * w
    h.masked_fill_(x.detach() > 0, 0.25)
    k = x * 3
    k.clamp_(-1.0, 1.0)
    return (h * h).sum() + (k * k).sum()


def a_loop_that_accumulates(lib, x, w):
    state = lib.zeros(4, dtype=lib.float64)
    for i in range(3):
        state = state * w
        state += x[i]
    return (state * state).sum()


def an_empty_buffer_filled_in_a_loop(lib, x, w):
    out = lib.empty(4, 4, dtype=lib.float64)
    out[0] = w
    for i in range(3):
        out[i + 1] = out[i].clone() * x[i]
    return (out * out).sum()


def detached_alias_keeps_no_history(lib, x, w):
    h = x * 2
    d = h.detach().clone()
    d.mul_(3.0)
    return (h * d).sum() * 0 + (h * w).sum()


def written_view_of_an_input_with_no_grad(lib, x, w):
    h = (x * 2).clone()
    with lib.no_grad():
        h.mul_(3.0)
    return (h * w).sum()


PROGRAMS = [value for name, value in list(globals().items())
            if callable(value) and name not in ("annotations",) and value.__module__ == __name__]
