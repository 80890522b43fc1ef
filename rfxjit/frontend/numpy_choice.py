"""Functions that choose, round and test element by element."""

# NumPy's functions are duck typed, and so are these.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false, reportUnknownLambdaType=false

from __future__ import annotations

import math
from typing import Any

import numpy as np

from rfxjit.frontend.context import refuse
from rfxjit.frontend.numpy_composed import number, truth
from rfxjit.frontend.numpy_registry import implements, lift_all
from rfxjit.frontend.tracer import Tracer, broadcast_to, elementwise, lift


def common_dtype(*operands: Any) -> np.dtype[Any]:
    """The dtype by NEP 50, weak Python numbers included."""
    values = [{"float": 0.0, "int": 0, "bool": False}.get(x.kind, x.dtype)
              for x in operands]  # fmt: skip
    return np.result_type(*values)


@implements("where", arrays="condition x y", weak=True)
def where(condition: Any, x: Any = None, y: Any = None, /) -> Any:
    """As `np.where` with three arguments."""
    if x is None and y is None:
        raise refuse(
            "np.where with one argument has a result shape that depends on data"
        )
    if x is None or y is None:
        raise ValueError("either both or neither of x and y should be given")
    dtype = common_dtype(x, y)
    operands = [truth(condition), x, y]
    result = elementwise(
        x.trace, "select", operands, [np.dtype(np.bool_), dtype, dtype]
    )
    return Tracer(x.trace, result.value, "array", shape=result.shape)


@implements("clip")
def _clip(a: Any, a_min: Any = None, a_max: Any = None, *, min: Any = None,  # noqa: A002 - NumPy's names
          max: Any = None) -> Any:  # noqa: A002  # fmt: skip
    low = a_min if a_min is not None else min
    high = a_max if a_max is not None else max
    if low is None and high is None:
        return a.copy()
    result = a if low is None else np.maximum(a, low)
    return result if high is None else np.minimum(result, high)


@implements("round", "around")
def round_(a: Any, decimals: Any = 0) -> Any:
    """As `np.round`: by scaling, so that the last digit may be off, as NumPy's."""
    decimals = decimals.__index__()
    if a.dtype.kind == "b":
        if decimals:
            raise TypeError(
                "Cannot cast ufunc 'multiply' output from dtype('float64') to"
                " dtype('bool') with casting rule 'same_kind'"
            )
        return a.astype(np.float16)
    if a.dtype.kind in "iu":
        if decimals >= 0:
            return a.copy()
        scale = number(a.astype(np.float64), 10.0**-decimals)
        return np.multiply(np.rint(np.true_divide(a, scale)), scale).astype(a.dtype)
    if decimals == 0:
        return np.rint(a)
    scale = number(a, 10.0 ** abs(decimals))
    if decimals > 0:
        return np.true_divide(np.rint(np.multiply(a, scale)), scale)
    return np.multiply(np.rint(np.true_divide(a, scale)), scale)


@implements("fix", arrays="x")
def _fix(x: Any) -> Any:
    return np.trunc(x)


@implements("select", arrays="")
def _select(condlist: Any, choicelist: Any, default: Any = 0) -> Any:
    if len(condlist) != len(choicelist):
        raise ValueError("list of cases must be same length as list of conditions")
    if not condlist:
        raise ValueError("select with an empty condition list is not possible")
    n = len(condlist)
    every = lift_all([*condlist, *choicelist, default])
    masks, values, rest = every[:n], every[n:-1], every[-1]
    for i, mask in enumerate(masks):
        if mask.dtype.kind != "b":
            raise TypeError(f"invalid entry {i} in condlist: should be boolean ndarray")
    dtype = common_dtype(*values, rest)
    result = rest.astype(dtype)
    for mask, value in zip(reversed(masks), reversed(values), strict=True):
        result = np.where(mask, value.astype(dtype), result)
    return result


@implements("choose", arrays="a")
def _choose(a: Any, choices: Any, *, mode: str = "raise") -> Any:
    options = lift_all([*choices, a])[:-1]
    n = len(options)
    if mode == "raise":
        inside = np.logical_and(np.greater_equal(a, 0), np.less(a, n))
        code = a.trace.failure(ValueError, "invalid entry in choice array")
        a.trace.here().require(lift(a.trace, np.all(inside)).value, code)
    elif mode == "wrap":
        a = np.mod(a, n)
    else:
        a = np.clip(a, 0, n - 1)
    result = options[0].astype(common_dtype(*options))
    for i, option in enumerate(options[1:], 1):
        result = np.where(np.equal(a, i), option, result)
    return result


@implements("piecewise", arrays="x")
def _piecewise(x: Any, condlist: Any, funclist: Any, *args: Any, **kw: Any) -> Any:
    several = isinstance(condlist, (list, tuple)) and (
        x.ndim == 0 or any(getattr(c, "ndim", 0) for c in condlist)
    )
    masks: list[Any] = [
        truth(lift(x.trace, c)) for c in (condlist if several else [condlist])
    ]
    functions = list(funclist)
    if len(functions) == len(masks) + 1:
        rest = masks[0]
        for mask in masks[1:]:
            rest = np.logical_or(rest, mask)
        masks.append(np.logical_not(rest))
    if len(functions) != len(masks):
        raise ValueError(
            f"with {len(masks)} condition(s), either {len(masks)} or {len(masks) + 1}"
            " functions are expected"
        )
    from rfxjit.frontend.hooks import call_function

    result = np.zeros_like(x)
    for mask, function in zip(masks, functions, strict=True):
        value = function
        if callable(function):
            value = call_function(x.trace, function, (x, *args), kw)
        value = lift(x.trace, value).astype(x.dtype)
        result = np.where(mask, value, result)
    return result


# ---- tests -------------------------------------------------------------------------


def _close(a: Any, b: Any, rtol: Any, atol: Any, *, equal_nan: bool) -> Any:
    if b.dtype.kind != "f":
        b = b.astype(np.result_type(b.dtype, 1.0))
    gap = np.absolute(np.subtract(a, b))
    near = np.less_equal(gap, np.add(atol, np.multiply(rtol, np.absolute(b))))
    result = np.logical_or(np.logical_and(near, np.isfinite(b)), np.equal(a, b))
    if equal_nan:
        both = np.logical_and(np.isnan(a), np.isnan(b))
        result = np.logical_or(result, both)
    return result


@implements("isclose", arrays="a b", weak=True)
def _isclose(a: Any, b: Any, rtol: Any = 1e-05, atol: Any = 1e-08,
             equal_nan: bool = False) -> Any:  # fmt: skip
    return _close(a, b, rtol, atol, equal_nan=equal_nan)


@implements("allclose", arrays="a b", weak=True)
def _allclose(a: Any, b: Any, rtol: Any = 1e-05, atol: Any = 1e-08,
              equal_nan: bool = False) -> Any:  # fmt: skip
    return _python_bool(np.all(_close(a, b, rtol, atol, equal_nan=equal_nan)))


def _python_bool(x: Any) -> Any:
    return Tracer(x.trace, x.value, "bool", shape=())


@implements("array_equal", arrays="a1 a2")
def _array_equal(a1: Any, a2: Any, equal_nan: bool = False) -> Any:
    if a1.ndim != a2.ndim or any(
        m != n for m, n in zip(a1.shape, a2.shape, strict=True)
    ):
        return False
    same = np.equal(a1, a2)
    if equal_nan:
        same = np.logical_or(same, np.logical_and(np.isnan(a1), np.isnan(a2)))
    return _python_bool(np.all(same))


@implements("array_equiv", arrays="a1 a2")
def _array_equiv(a1: Any, a2: Any) -> Any:
    try:
        same = np.equal(a1, a2)
    except ValueError:
        return False
    return _python_bool(np.all(same))


@implements("isposinf", arrays="x")
def _isposinf(x: Any) -> Any:
    return np.logical_and(np.isinf(x), np.logical_not(np.signbit(x)))


@implements("isneginf", arrays="x")
def _isneginf(x: Any) -> Any:
    return np.logical_and(np.isinf(x), np.signbit(x))


@implements("isreal", arrays="x")
def _isreal(x: Any) -> Any:
    return broadcast_to(lift(x.trace, np.bool_(1)), x.shape)


@implements("iscomplex", arrays="x")
def _iscomplex(x: Any) -> Any:
    return broadcast_to(lift(x.trace, np.bool_(0)), x.shape)


@implements("isrealobj", arrays="x")
def _isrealobj(x: Any) -> bool:
    return True


@implements("iscomplexobj", arrays="x")
def _iscomplexobj(x: Any) -> bool:
    return False


@implements("isin", arrays="element test_elements")
def _isin(element: Any, test_elements: Any, assume_unique: bool = False,
          invert: bool = False) -> Any:  # fmt: skip
    table = test_elements.reshape(-1)
    found = np.any(np.equal(element[..., None], table), axis=-1)
    return np.logical_not(found) if invert else found


# ---- parts of numbers --------------------------------------------------------------


@implements("real", arrays="val")
def _real(val: Any) -> Any:
    return val


@implements("imag", arrays="val")
def _imag(val: Any) -> Any:
    return np.zeros_like(val)


@implements("real_if_close", arrays="a")
def _real_if_close(a: Any, tol: Any = 100) -> Any:
    return a


@implements("angle", arrays="z")
def _angle(z: Any, deg: bool = False) -> Any:
    angle = np.arctan2(0, z)
    return np.multiply(angle, 180 / math.pi) if deg else angle


@implements("nan_to_num", arrays="x")
def _nan_to_num(x: Any, copy: bool = True, nan: Any = 0.0, posinf: Any = None,
                neginf: Any = None) -> Any:  # fmt: skip
    if x.dtype.kind != "f":
        return x.copy()
    info = np.finfo(x.dtype)
    high = info.max if posinf is None else posinf
    low = info.min if neginf is None else neginf
    trace = x.trace
    high, low, nan = (lift(trace, v).astype(x.dtype) for v in (high, low, nan))
    result = np.where(np.isnan(x), nan, x)
    result = np.where(_isposinf(x), high, result)
    result = np.where(_isneginf(x), low, result)
    if not copy:
        x.assign(result)
    return result


@implements("sinc", arrays="x")
def _sinc(x: Any) -> Any:
    wide = x if x.dtype.kind == "f" else x.astype(np.float64)
    eps = np.finfo(wide.dtype).eps
    y = np.multiply(number(wide, math.pi), np.where(np.equal(wide, 0), number(
        wide, eps), wide))  # fmt: skip
    return np.true_divide(np.sin(y), y)
