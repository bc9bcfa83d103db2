"""PyTorch's public names: each is here, or its error says why not and what to use."""

import re
import warnings
from pathlib import Path

import pytest

import autograd
from autograd.absent import FAMILIES
from autograd.refused import REFUSED
from tests import pytorch_names
from tests.test_lazy import fresh

README = Path(__file__).resolve().parent.parent / "README.md"


@pytest.fixture(scope="module")
def lacking():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some warn where they are touched
        return list(pytorch_names.missing())


def test_every_name_is_here_or_refused_with_a_reason(lacking):
    reasons = (*REFUSED.values(), *(reason for reason, _ in FAMILIES))
    silent = [f"{home}.{name}" for home, name, message in lacking
              if not message.endswith(reasons)]
    assert not silent, "absent.FAMILIES or refused.REFUSED should say why these are not here"


def test_the_readme_promises_no_more_than_there_is(lacking):
    rows = dict(re.findall(r"^\| `(torch[\w.]*)` \| (\d+) \|", README.read_text(), re.M))
    here = {home: len(names) - sum(home == lack for lack, *_ in lacking)
            for home, names in pytorch_names.known().items()}
    assert rows.keys() == here.keys()
    assert {home: n for home, n in here.items() if n < int(rows[home])} == {}


def test_a_module_that_is_here_is_imported_whatever_is_said_of_it():
    assert fresh("from autograd import refused; refused.REFUSED['nn.metrics'] = 'gone'; "
                 "import nn.metrics; print(nn.metrics.__name__)") == "nn.metrics"


def test_a_method_that_is_not_here_is_as_if_it_were_none():
    x = autograd.ones(2)
    assert not hasattr(x, "to_sparse_csr") and getattr(x, "record_stream", None) is None
    with pytest.raises(AttributeError, match="no attribute 'to_mkldnn': it is another library's"):
        x.to_mkldnn()
    with pytest.raises(AttributeError, match="no attribute 'nothing'$"):
        x.nothing  # noqa: B018
