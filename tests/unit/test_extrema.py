"""Maxima and minima: NaN wins, -0.0 < 0.0, wherever in the array they are."""

from __future__ import annotations

import numpy as np
import pytest

import rfxjit as rfx

SIZES = (64, 100, 1000, 4096, 9001)


@rfx.jit(strict=True)
def extrema(x):
    return np.max(x, axis=1), np.min(x, axis=1)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_one_value_at_each_place(size: int, dtype: str) -> None:
    places = sorted({*range(min(size, 130)), size // 2, *range(size - 70, size)})
    x = np.zeros((len(places), size), dtype)
    rows = np.arange(len(places))
    for background in (-1.0, 0.0, -0.0, 1.0, -np.inf, np.inf):
        for value in (np.nan, -np.nan, 0.0, -0.0, -0.5, 0.5, np.inf, -np.inf):
            x[:] = background
            x[rows, places] = value
            # The order of NumPy's own zeros depends on the CPU.
            both = {np.copysign(1.0, background), np.copysign(1.0, value)}
            for ours, numpys, sign in zip(
                extrema(x), (x.max(axis=1), x.min(axis=1)), (1.0, -1.0), strict=True
            ):
                np.testing.assert_array_equal(ours, numpys)
                if background == value == 0:
                    expected = sign if len(both) == 2 else min(both)
                    assert (np.copysign(1.0, ours) == expected).all()


@pytest.mark.parametrize("size", SIZES)
def test_two_zeros_among_others(size: int) -> None:
    x = -np.random.default_rng(0).random((1, size)) - 1.0
    x[0, [3, size - 1]] = -0.0, 0.0
    assert not np.signbit(extrema(x)[0])
    x[0, size - 1] = -0.0
    assert np.signbit(extrema(x)[0])
    x = -x
    assert not np.signbit(extrema(x)[1])
    x[0, 3] = -0.0
    assert np.signbit(extrema(x)[1])


@pytest.mark.parametrize("dtype", ["f2", "i4", "u8", "?"])
def test_other_types(dtype: str) -> None:
    x = np.random.default_rng(0).integers(0, 2, (3, 1000)).astype(dtype)
    for ours, numpys in zip(extrema(x), (x.max(axis=1), x.min(axis=1)), strict=True):
        np.testing.assert_array_equal(ours, numpys)
        assert ours.dtype == numpys.dtype
