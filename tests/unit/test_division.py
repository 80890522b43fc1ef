"""Division by what is the same for a whole array has the bits of NumPy's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import rfxjit as rfx


def _values(dtype: str, count: int) -> np.ndarray:
    """All exponents, and what is special; a few thousand zeros of both signs."""
    info = np.finfo(dtype)
    rng = np.random.default_rng(5)
    exponents = rng.integers(info.minexp - info.nmant, info.maxexp, count)
    edges = [0.0, -0.0, np.inf, -np.inf, np.nan, info.max, info.tiny, 1.0, -1.0,
             info.smallest_subnormal, 1 + info.eps, 2 - info.eps]  # fmt: skip
    ends = (-512, -200, -84, -24, 24, 44, 200, 512)
    below = 1 - float(info.eps) / 2
    powers = [2.0**k * f for k in ends for f in (1, -1, below)]
    spread = np.ldexp(rng.uniform(-2, 2, count), exponents)
    with np.errstate(over="ignore"):
        return np.concatenate([edges, powers, spread]).astype(dtype)


def _same(a: Any, b: Any) -> None:
    np.testing.assert_array_equal(a, b)
    known = ~np.isnan(b)
    np.testing.assert_array_equal(np.signbit(a[known]), np.signbit(b[known]))


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_divisors_of_all_magnitudes(dtype: str) -> None:
    @rfx.jit
    def divided(x, d):
        return x / d

    x = _values(dtype, 3000)
    for d in _values(dtype, 300):
        with np.errstate(all="ignore"):
            _same(divided(x, np.asarray(d)), x / d)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_ordinary_numbers_of_all_fractions(dtype: str) -> None:
    """The case in which nothing is rare; divisors next to powers of two are hard."""

    @rfx.jit
    def divided(x, d):
        return x / d

    rng = np.random.default_rng(6)
    eps = float(np.finfo(dtype).eps)
    near = [1 + k * eps for k in range(1, 20)] + [2 - k * eps for k in range(1, 20)]
    x = rng.uniform(1, 2, 20_000).astype(dtype)
    for d in np.asarray([*near, *rng.uniform(1, 2, 100)], dtype):
        _same(divided(x, np.asarray(d)), x / d)


def test_constants_rows_and_signs() -> None:
    @rfx.jit
    def third(x):
        return x / 3, x / -7.5, x / 0.0

    @rfx.jit
    def rows(x, s):
        return x / s[:, None]

    x = _values("f8", 1000)
    with np.errstate(all="ignore"):
        for a, b in zip(third(x), (x / 3, x / -7.5, x / 0.0), strict=True):
            _same(a, b)
        table, s = x[:999].reshape(9, 111), x[:9]
        _same(rows(table, s), table / s[:, None])
        _same(rows(table[:4, :70], s[:4]), table[:4, :70] / s[:4, None])
