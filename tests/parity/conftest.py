"""Everything below compares with PyTorch: skipped, with the reason, where it is not installed."""

import pytest

try:
    import torch
except ImportError:
    torch = None


def pytest_collection_modifyitems(items):
    for item in items:
        item.add_marker(pytest.mark.parity)


@pytest.fixture(autouse=True)
def one_torch_thread():
    """PyTorch's threads only get into the way of arrays this small."""
    if torch is not None:
        before = torch.get_num_threads()
        torch.set_num_threads(1)
        yield
        torch.set_num_threads(before)
    else:
        yield
