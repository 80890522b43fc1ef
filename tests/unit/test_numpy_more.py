"""NumPy functions composed of traced ones: equal to NumPy, bit for bit."""

from __future__ import annotations

import numpy as np
import pytest

import rfxjit as rfx

PROGRAMS = [
    lambda x: np.roll(x, 2),
    lambda x: np.roll(x, -1, axis=-1),
    lambda x: np.roll(x, 7, axis=0),
    lambda x: np.diff(x, axis=-2),
    lambda x: np.diff(x, n=2, axis=0),
    lambda x: np.ptp(x, axis=-1),
    lambda x: np.tril(x, -1),
    lambda x: np.triu(x, 1),
    lambda x: np.split(x, [1], axis=-1)[0],
    lambda x: np.split(x, 1)[0] + 1,
    lambda x: np.repeat(x, 3),
    lambda x: np.repeat(x, 2, axis=-1),
    lambda x: np.fliplr(x),  # noqa: PLW0108
    lambda x: np.flipud(x),  # noqa: PLW0108
]


@pytest.mark.parametrize("dtype", ["f8", "f4", "i4"])
@pytest.mark.parametrize("shape", [(4, 5), (1, 1)])
@pytest.mark.parametrize("program", PROGRAMS)
def test_equals_numpy(program, shape, dtype):
    x = (np.random.default_rng(3).standard_normal(shape) * 9).astype(dtype)
    traced = rfx.jit(program)
    want, got = program(x), traced(x)
    assert traced.stats()["fallbacks"] == 0
    assert got.dtype == want.dtype
    np.testing.assert_array_equal(got, want)


def test_bad_axis():
    with pytest.raises(np.exceptions.AxisError):
        rfx.jit(lambda x: np.roll(x, 1, axis=2))(np.ones((2, 2)))


@pytest.mark.parametrize(
    ("program", "name"),
    [
        (lambda x: np.var(x, where=x > 0), "where"),
        (lambda x: np.cov(x, fweights=[1, 2]), "fweights"),
    ],
)
def test_other_keywords_are_refused_by_name(program, name):
    with pytest.raises(rfx.errors.TraceError, match=name):
        rfx.jit(program, strict=True)(np.ones((2, 2)))
