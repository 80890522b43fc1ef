"""Code that writes into arrays: results and arguments are NumPy's, in two backends."""

from __future__ import annotations

import numpy as np
import pytest
from in_place_code import MASKS, PLACES, VIEWS
from numpy_same import check

import rfxjit as rfx

CODE = {**VIEWS, **PLACES, **MASKS}


def arguments(seed=3):
    rng = np.random.default_rng(seed)
    x, y = (rng.integers(-6, 7, (4, 6)) / 2 for _ in range(2))
    return x, y, rng.integers(-4, 5, 8) / 2, 1


def agrees(function, make=arguments, **options):
    """The results and the arguments afterwards are those of NumPy."""
    theirs = make()
    want = function(*theirs)
    mine = make()
    got = rfx.jit(function, strict=True, **options)(*mine)
    check(got, want, ulps=0)
    check(mine, theirs, ulps=0)


@pytest.mark.parametrize("name", CODE)
def test_is_numpys(name):
    agrees(CODE[name])
    agrees(CODE[name], lambda: arguments(8))


@pytest.mark.parametrize("name", CODE)
def test_the_reference_agrees(name):
    agrees(CODE[name], backend="interpreter")
