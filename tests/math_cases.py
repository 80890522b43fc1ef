"""The math functions, what they should equal, and the bounds that are promised.

`test_math.py` holds the functions to them on a sample, `accuracy.py` measures them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import mpmath
import numpy as np

from rfxjit.passes.math import FUNCTIONS, LIBRARY
from rfxjit.passes.math.common import Function

Array = np.ndarray[Any, np.dtype[Any]]

BY_NAME: dict[str, Function] = {
    op.name.removeprefix("math."): function for op, function in FUNCTIONS.items()
} | dict(LIBRARY)
FLOATS = (np.float32, np.float64)


@dataclass(frozen=True)
class Case:
    """A function, what it should equal, and its bounds for f32 and f64."""

    name: str
    numpy: Callable[..., Any] | None
    exact: Callable[..., Any]
    bounds: tuple[float, float]
    arity: int = 1
    size: Callable[..., Any] = lambda exact, *_: abs(exact)
    """The number whose ULP counts, given the exact result and the operands."""


def _largest_term(exact: Any, x: Any) -> Any:
    """digamma(x) for negative x is digamma(-x) - 1/x + pi cot(pi x), which cancel."""
    if x > 0:
        return abs(exact)
    cotangent = mpmath.pi * mpmath.cospi(x) / mpmath.sinpi(x)
    return max(abs(exact), abs(1 / x), abs(cotangent))


def _erfc(x: Any) -> Any:
    """mpmath fails on huge arguments."""
    return mpmath.erfc(min(max(x, -100), 100))


def _cube_root(x: Any) -> Any:
    return mpmath.sign(x) * mpmath.cbrt(abs(x))


CASES = {
    case.name: case
    for case in (
        Case("acos", np.arccos, mpmath.acos, (1.3, 1.3)),
        Case("acosh", np.arccosh, mpmath.acosh, (2.0, 1.6)),
        Case("asin", np.arcsin, mpmath.asin, (1.2, 1.3)),
        Case("asinh", np.arcsinh, mpmath.asinh, (1.7, 1.5)),
        Case("atan", np.arctan, mpmath.atan, (1.5, 1.4)),
        Case("atan2", np.arctan2, mpmath.atan2, (1.8, 1.5), 2),
        Case("atanh", np.arctanh, mpmath.atanh, (1.3, 1.4)),
        Case("cbrt", np.cbrt, _cube_root, (1.1, 0.9)),
        Case("cos", np.cos, mpmath.cos, (2.2, 1.5)),
        Case("cosh", np.cosh, mpmath.cosh, (2.1, 1.7)),
        Case("cospi", None, mpmath.cospi, (1.0, 1.0)),
        Case("digamma", None, mpmath.digamma, (4.0, 4.0), 1, _largest_term),
        Case("erf", None, mpmath.erf, (1.1, 1.0)),
        Case("erfc", None, _erfc, (4.0, 4.0)),
        Case("exp", np.exp, mpmath.exp, (1.2, 1.2)),
        Case("exp2", np.exp2, lambda x: mpmath.mpf(2) ** x, (1.2, 1.2)),
        Case("expm1", np.expm1, mpmath.expm1, (1.7, 1.2)),
        Case("gamma", None, mpmath.gamma, (4.0, 4.0)),
        Case("hypot", np.hypot, mpmath.hypot, (1.3, 1.3), 2),
        Case(
            "lgamma",
            None,
            lambda x: mpmath.re(mpmath.loggamma(x)),
            (4.0, 4.0),
            1,
            lambda exact, x: abs(exact) if x > 0 else max(abs(exact), 1),
        ),
        Case("log", np.log, mpmath.log, (1.3, 0.9)),
        Case("log10", np.log10, mpmath.log10, (2.6, 1.3)),
        Case("log1p", np.log1p, mpmath.log1p, (1.9, 1.6)),
        Case("log2", np.log2, lambda x: mpmath.log(x, 2), (2.5, 1.3)),
        Case("powf", np.power, mpmath.power, (1.4, 1.4), 2),
        Case("rsqrt", lambda x: 1 / np.sqrt(x), lambda x: x**-0.5, (1.5, 1.5)),
        Case("sin", np.sin, mpmath.sin, (2.2, 1.5)),
        Case("sinpi", None, mpmath.sinpi, (1.0, 1.0)),
        Case("sinh", np.sinh, mpmath.sinh, (1.9, 1.85)),
        Case("tan", np.tan, mpmath.tan, (3.1, 1.4)),
        Case("tanh", np.tanh, mpmath.tanh, (2.35, 2.1)),
    )
}
SPECIALS = (0.0, 0.5, 1.0, 2.0, 3.0, np.inf, np.nan, 1e-20, 88.8, 104.0, 1e5, 1e30)


def unit(values: Array, dtype: Any) -> Array:
    """One ULP of `dtype` at each value (of a wider format)."""
    info = np.finfo(dtype)
    exponent = np.maximum(np.frexp(np.abs(values))[1] - 1, info.minexp)
    return np.ldexp(values.dtype.type(1), (exponent - info.nmant).astype(np.int32))


def errors(got: Array, exact: Array) -> Array:
    """|got - exact| in ULP; infinite where NaN, infinity or a zero's sign is wrong."""
    rounded = exact.astype(got.dtype)
    same = (got == rounded) | (np.isnan(got) & np.isnan(rounded))
    same &= (got != 0) | (np.signbit(got) == np.signbit(rounded))
    finite = np.isfinite(got) & np.isfinite(exact) & (got != 0)
    distance = np.abs(got.astype(exact.dtype) - exact) / unit(exact, got.dtype)
    return np.where(same & ~finite, 0.0, np.where(finite, distance, np.inf))


def points(case: Case, dtype: Any, n: int) -> tuple[Array, ...]:
    """Values near 0, near 1, over many magnitudes, any bits at all, and specials."""
    rng = np.random.default_rng(list(case.name.encode()))
    size = np.dtype(dtype).itemsize
    info = np.finfo(dtype)

    def column() -> Array:
        anywhere = rng.bytes(n * size)
        scaled = np.ldexp(rng.uniform(1, 2, n), rng.integers(-40, 11, n))
        special = [*SPECIALS, info.tiny, info.smallest_subnormal, info.max]
        parts = [
            rng.uniform(-1, 1, n),
            rng.uniform(-4, 4, n),
            scaled,
            -scaled,
            1 + np.ldexp(rng.uniform(-1, 1, n), rng.integers(-info.nmant, 0, n)),
            np.frombuffer(anywhere, dtype),
            special,
            np.negative(special),
        ]
        return np.concatenate([np.asarray(p, dtype) for p in parts])

    columns = [column()] + [rng.permutation(column()) for _ in range(case.arity - 1)]
    if case.arity == 2:
        grid = np.array([*SPECIALS, *np.negative(SPECIALS)], dtype)
        pairs = np.meshgrid(grid, grid)
        columns = [
            np.concatenate([c, p.ravel()]) for c, p in zip(columns, pairs, strict=True)
        ]
    return tuple(columns)
