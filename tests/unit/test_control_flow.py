"""Control flow on traced values: as plain Python does it, on every executor."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
from control_code import CASES

import rfxjit as rfx


def flat(value: Any) -> list[Any]:
    """The numbers and arrays in a result."""
    if isinstance(value, (tuple, list)):
        return [leaf for item in value for leaf in flat(item)]
    if isinstance(value, dict):
        return [leaf for item in value.values() for leaf in flat(item)]
    return [value]


@pytest.mark.parametrize("backend", ["interpreter", "cpu"])
@pytest.mark.parametrize(
    ("function", "arguments"), CASES, ids=[f.__name__ for f, _ in CASES]
)
def test_as_python(function: Any, arguments: Any, backend: str) -> None:
    jitted = rfx.jit(function, strict=True, backend=backend)
    for given in arguments:
        own, theirs = copy.deepcopy(given), copy.deepcopy(given)
        expected, got = function(*theirs), jitted(*own)
        assert type(got) in (type(expected), np.float64, np.float32, np.int64, np.bool_)
        pairs = zip(flat([got, own]), flat([expected, theirs]), strict=True)
        for a, b in pairs:
            assert np.shape(a) == np.shape(b)
            if isinstance(b, (str, type(None))):
                assert a == b
            else:
                np.testing.assert_allclose(a, b, rtol=1e-13, atol=1e-15)
