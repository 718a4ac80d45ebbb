"""The examples in the docstrings of these modules are true."""

import doctest
from types import ModuleType

import pytest

from core import clock, ids, money, numberset, phone, text


@pytest.mark.parametrize(
    "module", [clock, ids, money, numberset, phone, text], ids=lambda m: m.__name__
)
def test_examples_run(module: ModuleType) -> None:
    result = doctest.testmod(module)

    assert result.attempted > 0
    assert result.failed == 0
