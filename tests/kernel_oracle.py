"""Three runs of one kernel that must agree: vectors, interpreter, plain Python."""

from __future__ import annotations

from typing import Any

import numpy as np

import rfxjit as rfx

F4 = np.array([-2.5, -1.0, -0.0, 0.0, 0.3, 1.0, 2.5, np.inf, -np.inf, np.nan], "f4")
F8 = np.linspace(-3.0, 3.0, 37)


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


SEEDS = (7, 8, 9)


def inputs(dtype: str, kind: str, seed: int) -> list[np.ndarray]:
    """Ordinary and special values; more than one vector, and not a whole number."""
    rng = np.random.default_rng(seed)
    size = 43
    special = [0.0, -0.0, np.inf, -np.inf, np.nan, 1e30, -1e-30]
    floats = [rng.normal(size=size) * 3 for _ in "xy"]
    floats[0][: len(special)] = special
    floats[1][3 : 3 + len(special)] = special
    info = np.iinfo(kind)
    whole = [rng.integers(-9, 9, size) for _ in "nm"]
    whole[0][:3] = info.max, info.min, 0
    whole[1][1:4] = -1, 0, info.min
    if seed != SEEDS[0]:  # the special values meet others
        rng.shuffle(floats[1])
        rng.shuffle(whole[1])
    return [*(f.astype(dtype) for f in floats), *(w.astype(kind) for w in whole)]


def _zeros(*values: Any) -> bool:
    """Whether all are numbers, not traced ones, and 0."""
    return all(isinstance(v, (np.generic, int, float)) and v == 0 for v in values)


class Exact:
    """NumPy on numbers, where two of its answers are not those of a number.

    Of two zeros the sign decides: NumPy's answer depends on the CPU. `where` gives a
    number: NumPy's array without dims would be shared by `a = b`, then `a += 1`.
    """

    def __getattr__(self, name: str) -> Any:
        return getattr(np, name)

    def maximum(self, a: Any, b: Any) -> Any:
        return a + b if _zeros(a, b) else np.maximum(a, b)

    def minimum(self, a: Any, b: Any) -> Any:
        return -(-a + -b) if _zeros(a, b) else np.minimum(a, b)

    def where(self, condition: Any, a: Any, b: Any) -> Any:
        result = np.where(condition, a, b)
        number = isinstance(result, np.ndarray) and not result.shape
        return result[()] if number else result
