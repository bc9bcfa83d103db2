"""Checkpoints and copies of optimizers: what goes there and back, and what is refused."""

import copy
import pickle

import numpy as np
import pytest

import autograd
import optim

from .test_optim_optimizer import descend, kinds, parameter


class TestStateDict:
    @kinds
    def test_resumed_equals_uninterrupted(self, make):
        w, v = parameter([1.0, -2.0]), parameter([[3.0]])
        optimizer = make([w, v])
        descend(optimizer, w, v, steps=3)
        saved = copy.deepcopy(optimizer.state_dict())
        values = [p.detach().clone() for p in (w, v)]
        descend(optimizer, w, v, steps=4)

        again = [parameter(value.numpy()) for value in values]
        resumed = make(again)
        resumed.param_groups[0]["lr"] = 9.0
        resumed.load_state_dict(saved)
        descend(resumed, *again, steps=4)
        for mine, other in zip(again, (w, v), strict=True):
            np.testing.assert_array_equal(mine.detach().numpy(), other.detach().numpy())
        assert resumed.param_groups[0]["lr"] == optimizer.param_groups[0]["lr"]
        before, after = optimizer.state_dict(), resumed.state_dict()
        assert before["param_groups"] == after["param_groups"]
        assert before["state"].keys() == after["state"].keys()

    def test_layout(self):
        w, v, unused = parameter([1.0, 2.0]), parameter([3.0]), parameter([4.0])
        optimizer = optim.SGD([{"params": [w, unused]}, {"params": [v], "lr": 1}], 0.5, 0.9)
        descend(optimizer, w, v)
        saved = optimizer.state_dict()
        assert [group["params"] for group in saved["param_groups"]] == [[0, 1], [2]]
        assert [group["lr"] for group in saved["param_groups"]] == [0.5, 1]
        assert list(saved["state"]) == [0, 2]
        assert saved["state"][0]["momentum_buffer"].tolist() == [1.0, 2.0]

    def test_loading_copies_and_casts(self):
        w, v = parameter([1.0, 2.0]), parameter([1.0, 2.0], autograd.float32)
        first, second = optim.Adam([w]), optim.Adam([v])
        descend(first, w)
        second.load_state_dict(first.state_dict())
        state = second.state[v]
        assert state["exp_avg"].dtype == state["exp_avg_sq"].dtype == autograd.float32
        assert state["step"].item() == 1
        before = first.state[w]["exp_avg"].tolist()
        descend(second, v)
        assert first.state[w]["exp_avg"].tolist() == before and first.state[w]["step"].item() == 1

    def test_a_step_that_is_a_number_is_taken(self):
        w = parameter([1.0])
        optimizer = optim.Adam([w])
        descend(optimizer, w)
        saved = optimizer.state_dict()
        saved["state"][0]["step"] = 5
        optimizer.load_state_dict(saved)
        descend(optimizer, w)
        assert optimizer.state[w]["step"].item() == 6

    @pytest.mark.parametrize(
        ("saved", "message"),
        [
            ([], "SGD.load_state_dict: expected a dict with the keys 'state' and 'param_groups'"),
            ({"state": {}}, "expected a dict with the keys"),
            (
                optim.SGD([autograd.ones(1)], 0.1).state_dict(),
                r"saved groups hold \[1\] parameters, this optimizer's \[2\]; build it from",
            ),
            (
                optim.Adam([autograd.ones(2), autograd.ones(1)]).state_dict(),
                "no momentum, dampening, nesterov; were they saved by another kind of optimizer",
            ),
        ],
    )
    def test_what_does_not_fit(self, saved, message):
        optimizer = optim.SGD([parameter([1.0, 2.0]), parameter([1.0])], 0.1, momentum=0.9)
        with pytest.raises(ValueError, match=message):
            optimizer.load_state_dict(saved)

    def test_parameters_in_another_order(self):
        w, v = parameter([1.0, 2.0]), parameter([1.0])
        first, second = optim.SGD([w, v], 0.1, 0.9), optim.SGD([v, w], 0.7, 0.9)
        descend(first, w, v)
        with pytest.raises(
            ValueError,
            match=r"momentum_buffer of parameter 0 has shape \(2,\), but "
            r"the parameter \(1,\); were",
        ):
            second.load_state_dict(first.state_dict())
        assert second.param_groups[0]["lr"] == 0.7 and not second.state

    @kinds
    @pytest.mark.parametrize("copied", [copy.deepcopy, lambda o: pickle.loads(pickle.dumps(o))])
    def test_copies_are_independent(self, make, copied):
        w = parameter([1.0, 2.0])
        optimizer = make([w])
        descend(optimizer, w, steps=2)
        other = copied(optimizer)
        (v,) = other.param_groups[0]["params"]
        assert v is not w
        descend(optimizer, w, steps=2)
        descend(other, v, steps=2)
        np.testing.assert_array_equal(v.detach().numpy(), w.detach().numpy())


ADAM = {"step": 1.0, "exp_avg": np.ones(2), "exp_avg_sq": np.ones(2)}


class TestStateOfAWrongKind:
    @pytest.mark.parametrize(
        ("entry", "error", "message"),
        [
            ({"exp_avg": "x"}, TypeError, r"exp_avg of parameter 0 must be a tensor \(2,\), got"),
            ({"exp_avg": None}, TypeError, r"exp_avg of parameter 0 must be a .* got NoneType"),
            ({"exp_avg": [1.0, 2.0]}, TypeError, "exp_avg of parameter 0 must be .* got list of 2"),
            ({"exp_avg": np.array(["a", "b"])}, TypeError, r".* got ndarray \(2,\) <U1"),
            ({"exp_avg": autograd.tensor(1.0)}, ValueError, r"exp_avg .* has shape \(\), but"),
            ({"exp_avg": np.ones(3)}, ValueError, r"exp_avg .* has shape \(3,\), but the param"),
            ({"step": "1"}, TypeError, "step of parameter 0 must be a number, got str"),
            ({"step": None}, TypeError, "step of parameter 0 must be a number, got NoneType"),
            ({"step": np.ones(2)}, TypeError, r"step .* number, got ndarray \(2,\) float64"),
        ],
    )  # fmt: skip
    def test_entries(self, entry, error, message):
        w = parameter([1.0, 2.0])
        optimizer = optim.Adam([w], lr=0.5)
        saved = optimizer.state_dict()
        saved["param_groups"][0]["lr"], saved["state"] = 0.25, {0: {**ADAM, **entry}}
        with pytest.raises(error, match=f"Adam.load_state_dict: {message}"):
            optimizer.load_state_dict(saved)
        assert optimizer.param_groups[0]["lr"] == 0.5 and not optimizer.state

    @pytest.mark.parametrize(
        ("saved", "error", "message"),
        [
            ({0: {"step": 1.0, "exp_avg": np.ones(2)}}, ValueError, "has state, but no exp_avg_sq"),
            ({0: [1.0]}, TypeError, "the state of parameter 0 must be a dict, got list of 1"),
            ({1: ADAM}, ValueError, r"state of 1, which is none of the saved .* parameters \[0\]"),
            ({"0": ADAM}, ValueError, "state of '0', which is none of the saved groups' param"),
            ([ADAM], TypeError, "'state' must be a dict, got list of 1"),
        ],
    )
    def test_what_is_around_them(self, saved, error, message):
        optimizer = optim.Adam([parameter([1.0, 2.0])])
        with pytest.raises(error, match=message):
            optimizer.load_state_dict({**optimizer.state_dict(), "state": saved})
        assert not optimizer.state

    def test_groups(self):
        optimizer = optim.Adam([parameter([1.0, 2.0])])
        saved = optimizer.state_dict()
        for groups in ({}, [1], [{"lr": 1.0}], [{"params": 0}]):
            with pytest.raises(TypeError, match="'param_groups' must be a list of dicts with"):
                optimizer.load_state_dict({**saved, "param_groups": groups})
        saved["param_groups"][0]["lr"] = -1.0
        with pytest.raises(ValueError, match="Adam: lr must be a number of at least 0, got -1"):
            optimizer.load_state_dict(saved)
        assert optimizer.param_groups[0]["lr"] == 1e-3

    def test_arrays_are_taken_as_tensors(self):
        w, v = parameter([1.0, 2.0]), parameter([1.0, 2.0])
        first, second = optim.Adam([w]), optim.Adam([v])
        descend(first, w)
        saved = first.state_dict()
        saved["state"][0] = {
            name: value.numpy().copy() for name, value in saved["state"][0].items()
        }
        v.data.copy_(w.data)
        second.load_state_dict(saved)
        descend(first, w)
        descend(second, v)
        assert v.tolist() == w.tolist()

    def test_no_momentum_yet(self):
        w = parameter([1.0, 2.0])
        optimizer = optim.SGD([w], 0.5, momentum=0.9)
        saved = {**optimizer.state_dict(), "state": {0: {"momentum_buffer": None}}}
        optimizer.load_state_dict(saved)
        descend(optimizer, w)
        assert w.tolist() == [0.5, 1.0]

    @pytest.mark.parametrize(
        ("name", "value", "error"),
        [
            ("d", np.ones(3), ValueError), ("d", "x", TypeError), ("old_dirs", 3, TypeError),
            ("old_stps", [None], TypeError), ("ro", ["x"], TypeError), ("n_iter", "x", TypeError),
            ("H_diag", [1.0], TypeError),
        ],
    )  # fmt: skip
    def test_lbfgs(self, name, value, error):
        optimizer = optim.LBFGS([parameter([1.0, 2.0])])
        saved = {**optimizer.state_dict(), "state": {0: {name: value}}}
        with pytest.raises(error, match=f"LBFGS.load_state_dict: {name} of parameter 0"):
            optimizer.load_state_dict(saved)
