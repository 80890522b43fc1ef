"""Arrays that a loop writes are not filled before, and keep their meaning."""

from __future__ import annotations

import numpy as np
import pytest

import rfxjit as rfx
from rfxjit.passes import dead_fills


def doubled(x):
    y = np.empty(x.shape[0])
    for i in range(x.shape[0]):
        y[i] = x[i, 0] * 2
    return y


def table(x):
    y = np.empty_like(x)
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            y[i, j] = x[i, j] * 2
    return y


def turned(x):
    y = np.empty((x.shape[1], x.shape[0]))
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            y[j, i] = x[i, j] * 2
    return y


def positive(x):
    y = np.zeros_like(x)
    for i in range(x.shape[0]):
        if x[i, 0] > 0:
            y[i, 0] = x[i, 0]
    return y


def column(x):
    y = np.zeros_like(x)
    for i in range(x.shape[0]):
        y[i, 1] = x[i, 1]
    return y


def end(x):
    y = x[:, 0].copy()
    y[5:] = 0.0
    for i in range(x.shape[0] - 5):
        y[i] = x[i, 1]
    return y


def sums(x):
    y = np.zeros(x.shape[0])
    for i in range(x.shape[0]):
        y[i] = x[i, 0] + y[i - 1]  # of the last element, first
    return y


def far(x):
    y = np.zeros(x.shape[0])
    for i in range(x.shape[0]):
        y[i] = x[i + i, 0]
    return y


@pytest.mark.parametrize("rows", [99, None])
@pytest.mark.parametrize(
    ("fn", "dead"),
    [
        (doubled, 1),
        (table, 1),
        (turned, 1),
        (positive, 0),
        (column, 0),
        (sums, 0),
    ],
)
def test_fills_and_results(fn, dead, rows, monkeypatch):
    x = np.random.default_rng(8).standard_normal((99, 77))
    lowered = rfx.jit(fn).lower(rfx.ArraySpec((rows, 77), "f8"))
    np.testing.assert_array_equal(lowered.compile()(x), fn(x))
    loops = lowered.text("scalars").count("scf.parallel")
    monkeypatch.setattr(dead_fills, "_is_dead", lambda fill, store: False)
    filled = rfx.jit(fn).lower(rfx.ArraySpec((rows, 77), "f8")).text("scalars")
    # Of an array turned around, the number of columns may vary: that is not looked at.
    known = fn is not turned or rows is not None
    assert filled.count("scf.parallel") - loops == (dead if known else 0)


def test_a_part_that_is_filled_stays():
    x = np.random.default_rng(8).standard_normal((99, 2))
    np.testing.assert_array_equal(rfx.jit(end, strict=True)(x), end(x))


def test_what_fails_has_no_result():
    with pytest.raises(IndexError):
        rfx.jit(far, strict=True)(np.ones((99, 1)))
