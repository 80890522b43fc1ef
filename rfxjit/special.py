"""Special functions: on arrays and numbers, and inside everything that is compiled.

    rfx.erf  rfx.erfc  rfx.gamma  rfx.lgamma  rfx.digamma  rfx.sinpi  rfx.cospi  rfx.fma

NumPy has none of these. On arrays they are computed here, element by element through
Python's `math`, in float64 and rounded once: these are also the definitions that
compiled code is tested against. Results have the dtype of the arguments, float64 for
integers. `scipy.special`'s ufuncs of the same meaning are traced as well.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

# ---- one element ---------------------------------------------------------------------


def _gamma(x: float) -> float:
    """As C's tgamma: a pole at 0, NaN at negative integers."""
    if x == 0.0:
        return math.copysign(math.inf, x)
    try:
        return math.gamma(x)
    except OverflowError:
        return math.copysign(math.inf, x)
    except ValueError:
        return math.nan


def _lgamma(x: float) -> float:
    """As C's lgamma: infinite at the poles."""
    try:
        return math.lgamma(x)
    except (OverflowError, ValueError):
        return math.inf


_BERNOULLI = (1 / 12, -1 / 120, 1 / 252, -1 / 240, 1 / 132, -691 / 32760, 1 / 12)
"""B_2k / 2k, of the asymptotic series of digamma."""


def _digamma(x: float) -> float:
    """The logarithmic derivative of gamma, by recurrence and asymptotic series."""
    if math.isnan(x) or x == math.inf:
        return x
    if x == 0.0:
        return math.copysign(math.inf, -x)
    if x < 0.0:
        sine = _sinpi(x)
        if math.isnan(sine) or sine == 0.0:
            return math.nan
        return _digamma(1.0 - x) - math.pi * _cospi(x) / sine
    total = 0.0
    while x < 12.0:
        total -= 1.0 / x
        x += 1.0
    z = 1.0 / (x * x)
    series = 0.0
    for b in reversed(_BERNOULLI):
        series = (series + b) * z
    return total + math.log(x) - 0.5 / x - series


def _turned(x: float, quarters: int) -> float:
    """sin(pi (|x| + quarters / 2)), exact at multiples of 1/2."""
    if not math.isfinite(x):
        return math.nan
    rest = math.fmod(abs(x), 2.0)
    n = round(2.0 * rest)
    r = math.pi * (rest - 0.5 * n)
    quadrant = (n + quarters) % 4
    y = math.cos(r) if quadrant % 2 else math.sin(r)
    return (-y if quadrant > 1 else y) + 0.0


def _sinpi(x: float) -> float:
    y = _turned(x, 0)
    return -y if math.copysign(1.0, x) < 0.0 else y


def _cospi(x: float) -> float:
    return _turned(x, 1)


# ---- arrays --------------------------------------------------------------------------


def _fma(a: Any, b: Any, c: Any) -> Any:
    """`a * b + c` rounded once: exact in the next wider type, then rounded."""
    if np.asarray(a).dtype == np.float64:
        wide = np.longdouble
        return (np.asarray(a, wide) * b + c).astype(np.float64)
    wide64 = np.asarray(a, np.float64) * np.asarray(b, np.float64)
    return (wide64 + np.asarray(c, np.float64)).astype(np.asarray(a).dtype)


def _each(function: Callable[[float], float]) -> Callable[[Any], Any]:
    """A function of one float, on arrays of any float dtype."""

    def apply(x: Any) -> Any:
        dtype = np.asarray(x).dtype
        with np.errstate(all="ignore"):
            return np.vectorize(function, otypes=[dtype])(x)

    return apply


ON_ARRAYS: dict[str, Callable[..., Any]] = {
    "erf": _each(math.erf),
    "erfc": _each(math.erfc),
    "gamma": _each(_gamma),
    "lgamma": _each(_lgamma),
    "digamma": _each(_digamma),
    "sinpi": _each(_sinpi),
    "cospi": _each(_cospi),
    "fma": _fma,
}
"""The definitions, on arrays of one float dtype."""

_SCIPY = {"erf": "erf", "erfc": "erfc", "gamma": "gamma", "gammaln": "lgamma",
          "psi": "digamma"}  # fmt: skip


def scipy_name(function: Any) -> str | None:
    """Which function a ufunc of `scipy.special` is; scipy is not loaded for that."""
    module = sys.modules.get("scipy.special")
    name = getattr(function, "__name__", "")
    if module is None or getattr(module, name, None) is not function:
        return None
    return _SCIPY.get(name)


def result_dtype(*types: Any) -> np.dtype[Any]:
    """The float dtype of a result; Python's numbers are weak, integers float64.

    Raises TypeError for complex numbers and objects, as a ufunc does.
    """
    dtype = np.result_type(*types)
    if dtype.kind in "biu":
        return np.dtype(np.float64)
    if dtype.kind != "f":
        raise TypeError(f"special functions are not defined for {dtype}")
    return dtype


def _call(name: str, *args: Any) -> Any:
    for x in args:
        if (traced := getattr(x, "call_special", None)) is not None:
            return traced(name, args)
    weak = [x if type(x) in (int, float, bool) else np.asarray(x).dtype for x in args]
    dtype = result_dtype(*weak)
    arrays = np.broadcast_arrays(*(np.asarray(x, dtype) for x in args))
    return np.asarray(ON_ARRAYS[name](*arrays), dtype)[()]


def erf(x: Any) -> Any:
    """The error function, `2 / sqrt(pi) * integral of exp(-t^2) from 0 to x`."""
    return _call("erf", x)


def erfc(x: Any) -> Any:
    """`1 - erf(x)`, exact to a few ULP where that is tiny."""
    return _call("erfc", x)


def gamma(x: Any) -> Any:
    """The gamma function: +-inf at +-0, NaN at negative integers, as C's tgamma."""
    return _call("gamma", x)


def lgamma(x: Any) -> Any:
    """`log(abs(gamma(x)))`: inf at 0, negative integers and both infinities."""
    return _call("lgamma", x)


def digamma(x: Any) -> Any:
    """The derivative of `lgamma`: -+inf at +-0, NaN at negative integers."""
    return _call("digamma", x)


def sinpi(x: Any) -> Any:
    """`sin(pi * x)`, exactly 0 at integers; a zero has the sign of x."""
    return _call("sinpi", x)


def cospi(x: Any) -> Any:
    """`cos(pi * x)`, exactly 0 halfway between integers."""
    return _call("cospi", x)


def fma(x: Any, y: Any, z: Any) -> Any:
    """`x * y + z`, rounded once."""
    return _call("fma", x, y, z)


PUBLIC = (erf, erfc, gamma, lgamma, digamma, sinpi, cospi, fma)

__all__ = [
    "cospi",
    "digamma",
    "erf",
    "erfc",
    "fma",
    "gamma",
    "lgamma",
    "sinpi",
]
