"""Random NumPy code at changing sizes, dtypes and strides, through the front door.

Each drawn function is called with several sizes: the first call compiles for one, later
ones for any. Its results must be NumPy's. `RFX_FUZZ=2000` is the long run.
"""

from __future__ import annotations

import fuzzing
import numpy as np
import pytest
from fuzz_coverage import saw
from hypothesis import given
from hypothesis import strategies as st
from programs import draw_array

import rfxjit as rfx

DTYPES = [np.dtype(c) for c in "?bhilBHILefd"]

# What takes one array of one dim, of any size, to another.
STEPS = {
    "reversed": lambda x: x[::-1],
    "twice": lambda x: np.concatenate([x, x]),
    "between": lambda x: x[: len(x) // 2] if len(x) > 1 else x,
    "every other": lambda x: x[::2],
    "table": lambda x: (x[:, None] + x).min(axis=1) if len(x) else x,
    "rows": lambda x: np.stack([x, x * 2]).sum(axis=0),
    "column": lambda x: x.reshape(-1, 1).T.reshape(-1),
    "largest": lambda x: np.maximum(x, x.max()) if len(x) else x,
    "places": lambda x: x[np.array([0, -1])] if len(x) else x,
    "where": lambda x: np.where(x > 1, x, x + x),
    "clipped": lambda x: np.minimum(x, x[::-1]),
    "filled": lambda x: np.zeros(len(x)) + x,
    "counted": lambda x: x + len(x),
    "padded": lambda x: np.concatenate([np.ones(2), x]),
}  # fmt: skip


def applied(names, x):
    for name in names:
        x = STEPS[name](x)
    return x


def laid_out(x, how):
    """The same elements, otherwise in memory."""
    if how == "strided":
        return np.repeat(x, 3)[::3]
    if how == "reversed":
        return x[::-1].copy()[::-1]
    if how == "misaligned":
        return np.frombuffer(b"\0" + x.tobytes(), np.uint8)[1:].view(x.dtype)
    if how == "swapped":
        return x.astype(x.dtype.newbyteorder(">"))
    return x


@fuzzing.fuzz(60, shrink=True)
@given(st.data())
def test_any_size_means_what_numpy_means(data):
    names = data.draw(st.lists(st.sampled_from(sorted(STEPS)), min_size=1, max_size=4))
    dtype = data.draw(st.sampled_from(DTYPES))
    saw("NumPy step", names)
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    jitted = rfx.jit(lambda x: applied(names, x), strict=True)
    for n in data.draw(st.lists(st.sampled_from((0, 1, 2, 3, 7, 40)), max_size=4)):
        x = draw_array(rng, dtype, (n,))
        with np.errstate(all="ignore"):
            want = applied(names, x)
        layouts = ["plain", "strided", "reversed", "swapped", "misaligned"]
        layout = data.draw(st.sampled_from(layouts))
        saw("layout", [layout])
        got = jitted(laid_out(x, layout))
        native = got.dtype.newbyteorder("=")  # an argument is returned as it is
        assert (native, got.shape) == (want.dtype, want.shape)
        np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize("how", ["strided", "reversed", "misaligned", "swapped"])
def test_layouts_are_what_they_say(how):
    x = np.arange(5.0)
    y = laid_out(x, how)
    np.testing.assert_array_equal(x, y)
    assert not (y.flags.c_contiguous and y.flags.aligned and y.dtype.isnative)
