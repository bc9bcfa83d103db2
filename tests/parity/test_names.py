"""The list of PyTorch's names is that of the installed PyTorch."""

import pytest

from tests import pytorch_names

pytest.importorskip("torch", reason="parity needs PyTorch: pip install wengert[parity]")


def test_the_list_is_complete():
    assert pytorch_names.known() == pytorch_names.read(), (
        "python -m tests.pytorch_names writes it anew")
