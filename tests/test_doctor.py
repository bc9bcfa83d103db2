"""nn.doctor: planted faults are found, sound programs are not accused, and nothing is changed."""

from __future__ import annotations

import pytest

import nn
from tests.doctor.faults import FAULTS
from tests.doctor.sound import SOUND


def examine(model, loader, criterion, optimizer, validation=None):
    return nn.doctor(model, loader, criterion, optimizer, validation=validation)


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_found(name):
    program, check, where, words = FAULTS[name]
    report = examine(*program())
    found = [one for one in report.findings if one.check == check]
    assert found, f"{check} was not found:\n{report}"
    assert where in found[0].where
    for word in words:
        assert word in str(found[0])
    others = {one.check for one in report.findings} - {check}
    assert len(others) <= 2, f"one fault, and so many findings:\n{report}"


@pytest.mark.parametrize("program", SOUND, ids=lambda program: program.__name__)
def test_a_sound_program_is_not_accused(program):
    assert not examine(*program()).findings
