"""Are two results the same? As NumPy gives them: structure, types, dtypes and bits."""

from __future__ import annotations

import numpy as np
import pytest

import rfxjit as rfx


def same(got, want, *, ulps=0, zeros=True):
    """Equal bits, but for the sign of NaN; or close."""
    got, want = np.asarray(got), np.asarray(want)
    assert (got.dtype, got.shape) == (want.dtype, want.shape)
    if want.dtype.kind != "f":
        np.testing.assert_array_equal(got, want)
        return
    assert np.array_equal(np.isnan(got), np.isnan(want))
    assert np.array_equal(np.isinf(got), np.isinf(want))
    finite = np.isfinite(want)
    got, want = got[finite], want[finite]
    if not ulps:
        np.testing.assert_array_equal(got, want)
        if zeros:
            np.testing.assert_array_equal(np.signbit(got), np.signbit(want))
        return
    step = np.spacing(np.abs(want), dtype=want.dtype)
    assert np.all(np.abs(got - want) <= ulps * step)


def check(got, want, ulps=8):
    """The same structure of the same arrays, numbers and types."""
    assert type(got) is type(want)
    if isinstance(want, (tuple, list)):
        assert len(got) == len(want)
        for g, w in zip(got, want, strict=True):
            check(g, w, ulps)
    elif isinstance(want, (np.ndarray, np.generic)):
        same(got, want, ulps=1 if want.dtype == np.float16 else ulps)
    else:
        assert got == want


def fails(error, function, *args):
    """NumPy and ours raise the same error."""
    with pytest.raises(error):
        function(*args)
    with pytest.raises(error):
        rfx.jit(function)(*args)
