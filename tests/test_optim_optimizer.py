"""The base of the optimizers: groups, state, checkpoints, and what step() does around an update."""

import numpy as np
import pytest

import autograd
import nn
import optim


def parameter(values, dtype=autograd.float64):
    return autograd.tensor(values, dtype=dtype, requires_grad=True)


def descend(optimizer, *params, steps=1):
    """Some steps down sum(w^2) / 2, whose gradient is w."""
    for _ in range(steps):
        optimizer.zero_grad()
        sum(((w * w).sum() * 0.5 for w in params), autograd.tensor(0.0)).backward()
        optimizer.step()


KINDS = [
    lambda params: optim.SGD(params, lr=0.1),
    lambda params: optim.SGD(params, lr=0.1, momentum=0.9, nesterov=True),
    lambda params: optim.Adam(params, lr=0.1, amsgrad=True),
    lambda params: optim.AdamW(params, lr=0.1),
    lambda params: optim.Adamax(params, lr=0.1),
    lambda params: optim.NAdam(params, lr=0.1),
    lambda params: optim.RAdam(params, lr=0.1, betas=(0.9, 0.8)),
    lambda params: optim.RMSprop(params, lr=0.1, momentum=0.5, centered=True),
    lambda params: optim.Adagrad(params, lr=0.3, lr_decay=0.1),
    lambda params: optim.Adadelta(params, lr=9.0),
    lambda params: optim.ASGD(params, lr=0.1, t0=2),
    lambda params: optim.Rprop(params, lr=0.1),
]
kinds = pytest.mark.parametrize("make", KINDS, ids=[
    "sgd", "nesterov", "adam", "adamw", "adamax", "nadam", "radam", "rmsprop", "adagrad",
    "adadelta", "asgd", "rprop"])  # fmt: skip


class TestParameters:
    def test_an_empty_list_names_the_usual_cause(self):
        with pytest.raises(ValueError, match=r"SGD: got no parameters.*nn\.ModuleList"):
            optim.SGD([], lr=0.1)

    def test_a_used_up_iterator_is_an_empty_list(self):
        params = iter([parameter([1.0])])
        optim.SGD(params)
        with pytest.raises(ValueError, match="it gives its parameters once"):
            optim.Adam(params)

    @pytest.mark.parametrize(
        ("params", "message"),
        [
            (
                autograd.ones(2),
                r"SGD: params must be an iterable .* got Tensor \(2,\) float32; put",
            ),
            ({"params": []}, "got dict; put it into a list"),
            (3, "SGD: params must be an iterable of Tensors, got int 3"),
            (
                nn.Linear(1, 1).parameters,
                r"got the method Linear.parameters; write \(\) behind it",
            ),
            ({autograd.ones(2)}, "params is a set, whose order changes"),
            (
                ["weight"],
                r"params\[0\] of group 0 must be a Tensor, got str; pass model.parameters",
            ),
            ([("weight", 1)], r"params\[0\] of group 0 must be a Tensor, got int"),
            ([{"lr": 0.1}], "a parameter group is a dict with the key 'params', got dict"),
            ([{"params": [1.0]}], r"params\[0\] of group 0 must be a Tensor, got float 1.0"),
        ],
    )
    def test_what_is_not_parameters(self, params, message):
        with pytest.raises(TypeError, match=message):
            optim.SGD(params)

    def test_a_module_is_told_of_its_parameters(self):
        class Module:
            def parameters(self):
                return iter(())

        with pytest.raises(TypeError, match=r"got Module; pass its \.parameters\(\)"):
            optim.SGD(Module())
        with pytest.raises(TypeError, match=r"got Module; pass its \.parameters\(\)"):
            optim.SGD([Module()])

    def test_a_result_is_no_parameter(self):
        with pytest.raises(
            ValueError,
            match=r"Adam: params\[1\] of group 0, Tensor \(1,\) float64, "
            "is no leaf but the result of mul",
        ):
            optim.Adam([parameter([1.0]), parameter([1.0]) * 2.0])

    @pytest.mark.parametrize("apart", [True, False])
    def test_no_parameter_twice(self, apart):
        w = parameter([1.0])
        params = [{"params": [w]}, {"params": [w]}] if apart else [w, w]
        with pytest.raises(ValueError, match="was given before; a parameter belongs into one"):
            optim.SGD(params)

    def test_a_failing_group_is_not_added(self):
        w, v = parameter([1.0]), parameter([2.0])
        optimizer = optim.SGD([w])
        with pytest.raises(ValueError, match="lr must be a number of at least 0, got -1"):
            optimizer.add_param_group({"params": [v], "lr": -1})
        assert len(optimizer.param_groups) == 1


class TestGroups:
    def test_options_are_the_defaults_unless_given(self):
        w, v = parameter([1.0]), parameter([1.0])
        groups = [{"params": w}, {"params": [v], "lr": 0.5, "name": "head"}]
        optimizer = optim.SGD(groups, lr=0.1, momentum=0.9)
        first, second = optimizer.param_groups
        assert (first["lr"], first["momentum"]) == (0.1, 0.9) and first["params"] == [w]
        assert (second["lr"], second["momentum"], second["name"]) == (0.5, 0.9, "head")
        assert groups[0] == {"params": w}
        descend(optimizer, w, v)
        assert (w.item(), v.item()) == (0.9, 0.5)

    def test_one_default_for_all_groups_is_not_changed_by_one(self):
        optimizer = optim.SGD([{"params": [parameter([1.0])]}, {"params": [parameter([1.0])]}], 0.1)
        optimizer.param_groups[0]["lr"] = 7
        assert optimizer.param_groups[1]["lr"] == optimizer.defaults["lr"] == 0.1

    def test_parameters_added_later_begin_their_own_history(self):
        w, v = parameter([1.0]), parameter([1.0])
        fresh = parameter([1.0])
        for make in KINDS:
            for p in (w, v, fresh):
                p.data = autograd.ones(1, dtype=autograd.float64)
            optimizer, alone = make([w]), make([fresh])
            descend(optimizer, w, steps=3)
            optimizer.add_param_group({"params": [v]})
            descend(optimizer, w, v, steps=4)
            descend(alone, fresh, steps=4)
            assert v.item() == fresh.item()

    def test_repr(self):
        optimizer = optim.SGD([parameter([1.0])], lr=0.1)
        optimizer.add_param_group({"params": [parameter([1.0])], "lr": 0.2})
        assert repr(optimizer) == (
            "SGD (\nParameter Group 0\n    dampening: 0\n    lr: 0.1\n    maximize: False\n"
            "    momentum: 0\n    nesterov: False\n    variant: torch\n    weight_decay: 0\n"
            "Parameter Group 1\n    dampening: 0\n    lr: 0.2\n    maximize: False\n"
            "    momentum: 0\n    nesterov: False\n    variant: torch\n    weight_decay: 0\n)"
        )


class TestZeroGrad:
    def test_forgets_by_default(self):
        w = parameter([1.0, 2.0])
        w.grad = autograd.ones(2, dtype=autograd.float64)
        optim.SGD([w]).zero_grad()
        assert w.grad is None

    def test_fills_with_zeros_on_request(self):
        w, without = parameter([1.0, 2.0]), parameter([1.0])
        (w * w * w).sum().backward(create_graph=True)
        optim.SGD([w, without]).zero_grad(set_to_none=False)
        assert w.grad.tolist() == [0.0, 0.0] and not w.grad.requires_grad
        assert without.grad is None


class TestStep:
    @kinds
    def test_leaves_parameters_without_gradient_alone(self, make):
        w, frozen = parameter([1.0, -2.0]), parameter([3.0])
        fixed = autograd.tensor([4.0])
        optimizer = make([w, frozen, fixed])
        descend(optimizer, w, steps=3)
        assert frozen.item() == 3.0 and fixed.item() == 4.0
        assert frozen not in optimizer.state and fixed not in optimizer.state
        assert abs(w.detach().numpy()).max() < 2

    @kinds
    def test_a_gradient_that_comes_and_goes(self, make):
        w, v, alone = parameter([1.0]), parameter([1.0]), parameter([1.0])
        both, single = make([w, v]), make([alone])
        descend(both, w, v)
        descend(both, w, steps=2)
        descend(both, w, v, steps=3)
        descend(single, alone, steps=4)
        np.testing.assert_array_equal(v.detach().numpy(), alone.detach().numpy())

    def test_closure_is_called_with_gradients_recorded_and_its_loss_returned(self):
        w = parameter([1.0])
        optimizer = optim.SGD([w], lr=0.1)

        def closure():
            assert autograd.is_grad_enabled()
            optimizer.zero_grad()
            loss = (w * w).sum()
            loss.backward()
            return loss

        with autograd.no_grad():
            loss = optimizer.step(closure)
        assert loss.item() == 1.0 and w.item() == 0.8
        assert optimizer.step() is None

    @kinds
    def test_nothing_is_recorded(self, make):
        w = parameter([1.0])
        (w * w).sum().backward(create_graph=True)
        make([w]).step()
        assert w.is_leaf and w.requires_grad

    @kinds
    def test_warns_when_there_is_nothing_to_do(self, make):
        optimizer = make([parameter([1.0]), parameter([2.0])])
        with pytest.warns(
            UserWarning, match=r"step: none of the 2 parameters has a grad"
        ) as caught:
            loss = optimizer.param_groups[0]["params"][0] * 2  # noqa: F841 - backward() is forgotten
            optimizer.step()
        assert caught[0].filename == __file__ and not optimizer.state

    @kinds
    def test_backward_through_overwritten_weights_names_the_step(self, make):
        w = parameter([1.0, 2.0])
        optimizer = make([w])
        loss = (w * w).sum()
        descend(optimizer, w)
        name = type(optimizer).__name__
        with pytest.raises(
            RuntimeError,
            match=rf"mul saved .* {name}\.step has since changed in "
            rf"place at .*test_optim_optimizer\.py:\d+",
        ):
            loss.backward()

    @kinds
    def test_weights_keep_their_memory(self, make):
        w = parameter([1.0, 2.0])
        shown = w.detach().numpy()
        descend(make([w]), w, steps=2)
        assert np.shares_memory(shown, w.detach().numpy()) and shown[0] != 1

    @kinds
    def test_new_memory_is_followed(self, make):
        w = parameter([1.0])
        optimizer = make([w])
        descend(optimizer, w)
        w.data = autograd.tensor([10.0], dtype=autograd.float64)
        descend(optimizer, w)
        assert 8 < w.item() < 10

    @kinds
    def test_any_layout(self, make):
        values = np.arange(24.0).reshape(2, 3, 4) - 7
        straight, other = parameter(values), parameter(np.zeros((4, 3, 4)))
        other.data = autograd.from_numpy(np.zeros((4, 6, 4)))[:2, ::2].transpose(0, 1)
        other.data = other.data.transpose(0, 1)
        other.data.copy_(autograd.tensor(values))
        assert not other.is_contiguous() and other.shape == (2, 3, 4)
        for w in (straight, other):
            descend(make([w]), w, steps=3)
        np.testing.assert_allclose(other.detach().numpy(), straight.detach().numpy(), rtol=1e-13)

    @kinds
    def test_dtypes_may_mix(self, make):
        w, v = parameter([1.0, 2.0]), parameter([1.0, 2.0], autograd.float32)
        optimizer = make([w, v])
        descend(optimizer, w, v, steps=5)
        assert w.dtype == autograd.float64 and v.dtype == autograd.float32
        np.testing.assert_allclose(w.detach().numpy(), v.detach().numpy(), rtol=1e-6)
        for param, state in optimizer.state.items():
            assert all(
                state[name].dtype == param.dtype for name in state.keys() - optimizer._scalars
            )

    @kinds
    def test_empty_and_scalar_parameters(self, make):
        empty, scalar = parameter(np.zeros((0, 3))), parameter(2.0)
        descend(make([empty, scalar]), empty, scalar, steps=2)
        assert empty.shape == (0, 3) and scalar.shape == () and scalar.item() < 2

    def test_a_subclass_may_define_step_as_in_pytorch(self):
        class Plain(optim.Optimizer):
            def __init__(self, params):
                super().__init__(params, {"lr": 0.5})

            @autograd.no_grad()
            def step(self, closure=None):
                for group in self.param_groups:
                    for p in group["params"]:
                        p.add_(p.grad * -group["lr"])

        w = parameter([1.0])
        descend(Plain([w]), w)
        assert w.item() == 0.5

    def test_a_subclass_without_update_says_so(self):
        w = parameter([1.0])
        w.grad = autograd.ones(1, dtype=autograd.float64)
        with pytest.raises(NotImplementedError, match=r"Optimizer must define _update\(\) or step"):
            optim.Optimizer([w], {}).step()
