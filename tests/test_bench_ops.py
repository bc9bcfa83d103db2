"""The cases of `make bench-ops`: every op has one, and every text can run."""

import builtins

import pytest

import optim
from bench import op_tables
from nn import functional
from tests.samples import COMPOSITES, REGISTRY  # imports every family of ops

CASES = op_tables.cases()
TIMED = {name for case in CASES.values() for name in case.names}
REASONS = set().union(*op_tables.WITHOUT.values())
OPTIMIZERS = {name for name in optim.__all__ if hasattr(getattr(optim, name), "step")}


def test_every_op_has_a_case_or_a_reason():
    functions = {name for name in functional.__all__ if callable(getattr(functional, name))}
    ops = set(REGISTRY) | set(COMPOSITES)
    wanted = ops | functions | OPTIMIZERS - {"Optimizer"}
    assert wanted - TIMED - REASONS == set(), "give each a line in bench/op_tables"
    assert ops - TIMED >= REASONS, "reasons for what is timed, or is no op"


def test_every_size_times_every_op():
    """No name stands for two cases, so that the JSON keeps all."""
    assert len([case for group in op_tables.GROUPS for case in group.cases()]) == len(CASES)


@pytest.mark.parametrize("group", op_tables.GROUPS, ids=lambda group: next(group.cases()).name)
def test_texts_name_what_the_group_draws(group):
    for case in group.cases():
        made = op_tables.free_names(case.setup) | set(op_tables.PACKAGES) | set(dir(builtins))
        lost = op_tables.free_names(case.text) - made - set(case.inputs) - {"again"}
        assert not lost, f"{case.name}: {lost} are not among the inputs"
