"""Three runs of one kernel that must agree: vectors, interpreter, plain Python."""

from __future__ import annotations

from typing import Any

import numpy as np

import rfxjit as rfx


def plain(function: Any, *args: Any, like: Any) -> list[np.ndarray]:
    """`function` for each element, on NumPy scalars, in the dtypes of `like`."""
    arrays = [np.asarray(a) if isinstance(a, np.ndarray) else None for a in args]
    shape = np.broadcast_shapes(*(a.shape for a in arrays if a is not None))
    wide = [None if a is None else np.broadcast_to(a, shape) for a in arrays]
    results = [np.empty(shape, r.dtype) for r in like]
    with np.errstate(all="ignore"):
        for where in np.ndindex(shape):
            values = function(
                *(g if w is None else w[where] for w, g in zip(wide, args, strict=True))
            )
            values = values if isinstance(values, tuple) else (values,)
            for result, value in zip(results, values, strict=True):
                result[where] = value
    return results


def same(a: Any, b: Any) -> None:
    """Equal dtypes, shapes and bits; a NaN is a NaN."""
    a, b = np.asarray(a), np.asarray(b)
    assert a.dtype == b.dtype
    np.testing.assert_array_equal(a, b)
    if a.dtype.kind == "f":
        zeros = (a == 0) & (b == 0)
        np.testing.assert_array_equal(np.signbit(a[zeros]), np.signbit(b[zeros]))


def check(function: Any, *args: Any, oracle: bool = True) -> Any:
    """The result of `function` as a kernel, which three ways agree on."""
    native = rfx.kernel(function)(*args)
    results = native if isinstance(native, tuple) else (native,)
    interpreted = rfx.kernel(backend="interpreter")(function)(*args)
    interpreted = interpreted if isinstance(interpreted, tuple) else (interpreted,)
    for a, b in zip(results, interpreted, strict=True):
        same(a, b)
    if oracle:
        like = [np.asarray(r) for r in results]
        for a, b in zip(results, plain(function, *args, like=like), strict=True):
            same(a, b)
    return native
