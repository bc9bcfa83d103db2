"""What gradcheck takes of PyTorch's arguments."""

from __future__ import annotations

import pickle

import pytest

import autograd


def test_pytorchs_switches_are_taken_or_refused():
    x = autograd.tensor([0.5, 2.0], dtype=autograd.float64, requires_grad=True)
    for check in (autograd.gradcheck, autograd.gradgradcheck):
        assert check(autograd.log, (x,), check_undefined_grad=False, check_batched_grad=True,
                     check_forward_ad=False, check_backward_ad=True, masked=None)
        with pytest.raises(ValueError, match=f"^{check.__name__}: masked=True is not offered: inp"):
            check(autograd.log, (x,), masked=True)
        with pytest.raises(ValueError, match="check_backward_ad=False is not offered: there is no"):
            check(autograd.log, (x,), check_backward_ad=False)
        with pytest.raises(TypeError, match="'rtoll'; did you mean 'rtol'"):
            check(autograd.log, (x,), rtoll=1e-3)


@pytest.mark.parametrize(("given", "wanted"), [
    (dict(eps=0), "eps must be a number above 0, got 0"),
    (dict(eps=-1e-5), "eps must be a number above 0"), (dict(eps="x"), "eps must be a number"),
    (dict(rtol=-1), "rtol must be a number 0 or more"), (dict(atol="x"), "atol must be a number"),
])  # fmt: skip
def test_sizes_that_are_none_are_refused(given, wanted):
    x = autograd.ones(2, dtype=autograd.float64, requires_grad=True)
    with pytest.raises(ValueError, match=f"gradcheck: {wanted}"):
        autograd.gradcheck(autograd.exp, (x,), **given)


def test_the_error_goes_to_other_processes():
    x = autograd.ones(2, dtype=autograd.float64, requires_grad=True)
    with pytest.raises(autograd.GradcheckError) as caught:
        autograd.gradcheck(lambda x: x * x.detach(), (x,))
    sent = pickle.loads(pickle.dumps(caught.value))
    assert type(sent) is autograd.GradcheckError and str(sent) == str(caught.value) != ""
