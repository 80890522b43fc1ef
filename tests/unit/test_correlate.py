"""`np.convolve` and `np.correlate`: any lengths, and sums in the order of the taps."""

from __future__ import annotations

import numpy as np
import pytest

import rfxjit as rfx

# Around vectors, blocks of 64 places, and what is written out (16 taps).
LENGTHS = [
    (1, 1),
    (9, 2),
    (40, 16),
    (64, 17),
    (65, 64),
    (66, 66),
    (130, 65),
    (300, 200),
]


def in_order(a, v, mode):
    """NumPy's definition, one tap after the other."""
    total = np.zeros(a.size + v.size - 1, a.dtype)
    for k, factor in enumerate(v):
        first = v.size - 1 - k
        total[first : first + a.size] += a * factor
    cut = {"full": 0, "same": v.size - 1 - v.size // 2, "valid": v.size - 1}[mode]
    size = {"full": total.size, "same": a.size, "valid": a.size - v.size + 1}[mode]
    return total[cut : cut + size]


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
@pytest.mark.parametrize(("n", "m"), LENGTHS)
def test_sums_take_the_taps_in_order(n, m, mode):
    rng = np.random.default_rng(0)
    a, v = rng.normal(size=n), rng.normal(size=m)
    correlate = rfx.jit(lambda a, v: np.correlate(a, v, mode), strict=True)
    convolve = rfx.jit(lambda a, v: np.convolve(a, v, mode), strict=True)

    for x, y in ((a, v), (a.astype("f4"), v.astype("f4"))):
        want = in_order(x, y, mode)
        np.testing.assert_array_equal(correlate(x, y), want)
        np.testing.assert_array_equal(convolve(x, y[::-1].copy()), want)
        np.testing.assert_allclose(want, np.correlate(x, y, mode), rtol=0, atol=1e-4)


def test_any_length_is_one_program():
    convolve = rfx.jit(np.convolve, strict=True)
    for n, m in LENGTHS[1:]:
        for a, v in ((np.arange(n), np.arange(m)), (np.arange(m), np.arange(n))):
            np.testing.assert_array_equal(convolve(a, v), np.convolve(a, v))

    assert convolve.compile_count == 2


@pytest.mark.parametrize(("n", "m"), LENGTHS[3:6])
def test_gradients(n, m):
    rng = np.random.default_rng(0)
    a, v, w = rng.normal(size=n), rng.normal(size=m), rng.normal(size=n + m - 1)
    by_a, by_v = rfx.grad(lambda a, v: (np.convolve(a, v) * w).sum(), (0, 1))(a, v)

    # Each is linear in what it is taken by.
    np.testing.assert_allclose(by_a, np.correlate(w, v, "valid"))
    np.testing.assert_allclose(by_v, np.correlate(w, a, "valid"))


def test_what_hangs_over_is_left_out():
    a, v = np.ones(5), np.array([np.inf, 1.0, np.nan])
    got = rfx.jit(np.convolve, strict=True)(a, v)
    np.testing.assert_array_equal(got, np.convolve(a, v))
