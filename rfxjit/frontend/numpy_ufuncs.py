"""NumPy's ufuncs on tracers: calls, `reduce`, `accumulate`, `outer` and `at`.

Dtypes are worked out by NumPy's own resolver, which knows weak Python numbers. A ufunc
is one op of the table, or composed of others in `numpy_composed.py`; that file, and the
reductions, are loaded when they are needed. `where=` without `out=` leaves zeros where
NumPy leaves what was in memory.
"""

# NumPy's functions are duck typed, and so are these: tracers and numbers alike.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false, reportOperatorIssue=false

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, cast

import numpy as np

from rfxjit.dialects.elementwise import TABLE
from rfxjit.frontend.context import Trace, refuse
from rfxjit.frontend.numpy_registry import axes_of, axis_of, strong, written
from rfxjit.frontend.tracer import (
    UFUNCS,
    Tracer,
    elementwise,
    lift,
    weak_type,
)
from rfxjit.special import scipy_name

_NUMBERS = ("float", "int", "bool")


def call_ufunc(
    trace: Trace, ufunc: np.ufunc, method: str, inputs: Any, kwargs: dict[str, Any]
) -> Any:
    """One ufunc call, or one of its methods."""
    kwargs = {k: v for k, v in kwargs.items() if k not in ("order", "subok")}
    out = kwargs.pop("out", None)
    where = kwargs.pop("where", True)
    if method == "__call__":
        result = _call(trace, ufunc, [lift(trace, x) for x in inputs], kwargs)
        if where is not True:
            result = _masked(trace, result, where, out)
    elif (rule := _METHODS.get(method)) is not None:
        if where is not True:
            kwargs["where"] = where
        result = rule(trace, ufunc, *inputs, **kwargs)
    else:
        raise refuse(f"np.{ufunc.__name__}.{method} is not traced")
    if out is None:
        return result
    what, spread = f"ufunc '{ufunc.__name__}'", method == "__call__"
    if isinstance(result, tuple):
        outs = out if isinstance(out, tuple) else (out,)
        return tuple(
            r if o is None else written(o, r, what, spread=spread)
            for o, r in zip(outs, result, strict=True)
        )
    return written(out, result, what, spread=spread)


def _masked(trace: Trace, result: Any, where: Any, out: Any) -> Any:
    if isinstance(result, tuple):
        raise refuse("where= of a ufunc with two results is not traced")
    mask = lift(trace, where)
    if mask.dtype.kind != "b":
        raise TypeError(
            f"Cannot cast array data from {mask.dtype!r} to dtype('bool') according"
            " to the rule 'safe'"
        )
    target = out[0] if isinstance(out, tuple) else out
    if target is None:
        return np.where(mask, result, np.zeros_like(result))
    if not np.can_cast(result.dtype, target.dtype, "same_kind"):
        return result  # refused when it is written
    return np.where(mask, result.astype(target.dtype), target)


def _resolved(
    ufunc: np.ufunc, operands: Sequence[Tracer], dtype: Any, options: dict[str, Any]
) -> list[np.dtype[Any]]:
    """The dtypes in which NumPy would compute, those of the results last."""
    outs = (None,) * ufunc.nout
    types = (*_weak_types(ufunc, operands), *outs)
    if dtype is not None:
        # Raises where NumPy does: for what the casting rule does not allow.
        wanted = [np.dtype(dtype)] * len(outs)
        options["signature"] = (*(None for _ in operands), *wanted)
    return list(_resolve(ufunc, types, **options))


@cache
def _resolve(ufunc: np.ufunc, types: Any, **options: Any) -> tuple[np.dtype[Any], ...]:
    return ufunc.resolve_dtypes(types, **options)


def _call(
    trace: Trace, ufunc: np.ufunc, operands: Sequence[Tracer], kwargs: dict[str, Any]
) -> Any:
    options = {k: kwargs.pop(k) for k in ("casting", "signature", "sig") if k in kwargs}
    if "sig" in options:
        options["signature"] = options.pop("sig")
    if isinstance(options.get("signature"), str):
        raise refuse("a signature= that is a text is not traced", "give dtypes")
    dtype = kwargs.pop("dtype", None)
    if ufunc not in UFUNCS:
        from rfxjit.frontend.numpy_composed import WHOLE

        if (whole := WHOLE.get(ufunc)) is not None:
            if dtype is not None or options:
                raise refuse(f"np.{ufunc.__name__} with dtype is not traced")
            return whole(*operands, **kwargs)
    if kwargs:
        raise TypeError(
            f"{ufunc.__name__}() got an unexpected keyword argument"
            f" '{next(iter(kwargs))}'"
        )
    dtypes = _resolved(ufunc, operands, dtype, options)
    given = dtypes[: ufunc.nin]
    check_ranges(operands, given)
    name = UFUNCS.get(ufunc) or scipy_name(ufunc)
    one = len(set(given)) == 1
    if name is not None and one and _letter(given[0]) in TABLE[name].kinds:
        result = elementwise(trace, name, operands, given)
    else:
        from rfxjit.frontend.numpy_composed import COMPOSED

        kinds = dict.fromkeys(d.kind for d in given)
        rule = COMPOSED.get((ufunc, *kinds)) or COMPOSED.get(ufunc)
        if rule is None:
            raise refuse(f"np.{ufunc.__name__} of {given[0]} is not traced")
        result = rule(*(_as(x, d) for x, d in zip(operands, given, strict=True)))
    if isinstance(result, tuple):
        wanted = zip(result, dtypes[ufunc.nin :], strict=True)
        return tuple(_array_kind(_as(r, d)) for r, d in wanted)
    return _python_kind(_array_kind(_as(result, dtypes[-1])), ufunc, operands)


def _letter(dtype: np.dtype[Any]) -> str:
    return {"i": "s"}.get(dtype.kind, dtype.kind)


def _array_kind(x: Tracer) -> Tracer:
    """A result as NumPy gives it: never a Python number."""
    kind = "array" if x.ndim else "scalar"
    return x if x.kind == kind else x.like(x.value, kind)


def _as(x: Tracer, dtype: np.dtype[Any]) -> Tracer:
    return x if x.dtype == dtype and x.kind not in _NUMBERS else x.astype(dtype)


_COMPARISONS = (np.equal, np.not_equal, np.less, np.less_equal, np.greater,
                np.greater_equal)  # fmt: skip


def _weak_types(ufunc: np.ufunc, operands: Sequence[Tracer]) -> list[Any]:
    """Dtypes, and Python's types for weak numbers, as the resolver takes them.

    NumPy compares integers exactly with a Python number of any size: it is an int64.
    """
    if all(x.kind in _NUMBERS for x in operands):
        return [x.dtype for x in operands]
    types = [x.dtype if x.kind == "bool" else weak_type(x) for x in operands]
    if ufunc in _COMPARISONS and all(x.dtype.kind in "iu" for x in operands):
        return [x.dtype for x in operands]
    return types


def check_ranges(operands: Sequence[Tracer], given: Sequence[np.dtype[Any]]) -> None:
    """A Python integer that does not fit is an OverflowError, now or in the call."""
    for x, dtype in zip(operands, given, strict=True):
        if x.kind != "int" or dtype.kind not in "iu" or dtype == np.int64:
            continue
        info = np.iinfo(cast("Any", dtype))
        if x.source is None and x.concrete is not None:
            if not info.min <= x.concrete <= info.max:
                raise OverflowError(
                    f"Python integer {x.concrete} out of bounds for {dtype}"
                )
            continue
        code = x.trace.failure(
            OverflowError, f"Python integer out of bounds for {dtype}"
        )
        builder = x.trace.here()
        inside = builder.elementwise(
            "ge", x.value, builder.constant(info.min, np.int64)
        )
        if info.max < 2**63 - 1:
            high = builder.constant(info.max, np.int64)
            below = builder.elementwise("le", x.value, high)
            inside = builder.elementwise("and", inside, below)
        builder.require(inside, code)


_PYTHON_OPERATORS = frozenset(
    (np.add, np.subtract, np.multiply, np.true_divide, np.floor_divide, np.remainder,
     np.power, np.negative, np.absolute, np.equal, np.not_equal, np.less,
     np.less_equal, np.greater, np.greater_equal)
)  # fmt: skip


def _python_kind(result: Tracer, ufunc: np.ufunc, operands: Sequence[Tracer]) -> Tracer:
    """An operator on Python numbers alone gives a Python number."""
    if ufunc in _PYTHON_OPERATORS and all(x.kind in _NUMBERS for x in operands):
        result.kind = cast(
            "Any", {"f": "float", "b": "bool"}.get(result.dtype.kind, "int")
        )
        if ufunc in (np.true_divide, np.floor_divide, np.remainder):
            # Unlike NumPy's, Python's own numbers raise.
            trace = result.trace
            code = trace.failure(ZeroDivisionError, "division by zero")
            trace.here().require(cast("Any", np.not_equal(operands[1], 0)).value, code)
    return result


# ---- methods -----------------------------------------------------------------------


def _reduce(
    trace: Trace, ufunc: np.ufunc, array: Any, axis: Any = 0, dtype: Any = None,
    keepdims: bool = False, **options: Any,
) -> Any:  # fmt: skip
    from rfxjit.frontend.numpy_reductions import REDUCTIONS, reduce

    x = lift(trace, array)
    if ufunc in REDUCTIONS:
        return reduce(
            x, REDUCTIONS[ufunc], axis, keepdims=keepdims, dtype=dtype, **options
        )
    if options:
        raise refuse(
            f"np.{ufunc.__name__}.reduce with {', '.join(options)} is not traced"
        )
    # The others have no fixed tree of their own: the last of all partial results.
    axes = axes_of(axis, x.ndim)
    if len(axes) != 1:
        if len(axes) > 1:
            raise refuse(f"np.{ufunc.__name__}.reduce is traced along one axis")
        return x.copy()
    at = axes[0]
    if isinstance(x.shape[at], int) and x.shape[at] == 0:
        if ufunc.identity is None:
            raise ValueError(
                f"zero-size array to reduction operation {ufunc.__name__} which has no"
                " identity"
            )
        rest = x.shape[:at] + x.shape[at + 1 :]
        dtypes = ufunc.resolve_dtypes((x.dtype, x.dtype, None), reduction=True)
        result = lift(trace, np.full(rest, ufunc.identity, dtype or dtypes[-1]))
    else:
        result = _accumulate(trace, ufunc, x, at, dtype)[(*(slice(None),) * at, -1)]
    return np.expand_dims(result, at) if keepdims else result


def _accumulate(
    trace: Trace, ufunc: np.ufunc, array: Any, axis: Any = 0, dtype: Any = None
) -> Any:
    from rfxjit.frontend.numpy_reductions import accumulate

    x = lift(trace, array)
    if ufunc.nin != 2 or ufunc.nout != 1:
        raise ValueError("accumulate only supported for binary functions")
    if x.ndim == 0:
        raise TypeError("cannot accumulate on a scalar")
    axis = axis_of(axis, x.ndim)
    if dtype is None and ufunc in (np.add, np.multiply):
        return accumulate(x, UFUNCS[ufunc], axis)
    types = (None, x.dtype, None)
    resolved = ufunc.resolve_dtypes(cast("Any", types), reduction=True)
    common = np.dtype(dtype) if dtype is not None else resolved[-1]
    logical: dict[Any, str] = {
        np.logical_and: "and",
        np.logical_or: "or",
        np.logical_xor: "xor",
    }
    name = logical.get(ufunc) or UFUNCS.get(ufunc)
    if name in ("fmin", "fmax") and common.kind != "f":
        name = {"fmin": "minimum", "fmax": "maximum"}[name]
    if name is None or _letter(common) not in TABLE[name].kinds:
        raise refuse(f"np.{ufunc.__name__}.accumulate of {common} is not traced")
    if ufunc in logical:
        x = x if x.dtype.kind == "b" else np.not_equal(x, 0)
    return accumulate(x, name, axis, common)


def _outer(trace: Trace, ufunc: np.ufunc, a: Any, b: Any, **kwargs: Any) -> Any:
    x, y = lift(trace, a), lift(trace, b)
    wide = x.reshape((*x.shape, *[1] * y.ndim)) if y.ndim else x
    return ufunc(wide, y, **kwargs)


def _at(trace: Trace, ufunc: np.ufunc, a: Any, indices: Any, b: Any = None) -> None:
    from rfxjit.frontend.indexing import add_at

    if ufunc not in (np.add, np.subtract):
        raise refuse(
            f"np.{ufunc.__name__}.at is not traced",
            f"x[i] = np.{ufunc.__name__}(x[i], y), where no place is in i twice",
        )
    if not isinstance(a, Tracer) or a.kind != "array":
        raise TypeError("first operand must be array")
    value = strong(lift(trace, b))
    *_, result = _resolved(ufunc, [a, value], None, {})
    # In the dtype of `a` it is the same, if that holds the values or wraps around.
    known = value.concrete if isinstance(value.concrete, (int, float)) else np.nan
    if not (
        result == a.dtype
        or (result.kind in "iu" and a.dtype.kind in "iu")
        or (a.dtype.kind == "f" and float(a.dtype.type(known)) == known)
    ):
        raise refuse(
            f"np.{ufunc.__name__}.at adds up {result} in an array of {a.dtype}",
            "convert the values first: y.astype(x.dtype)",
        )
    value = value.astype(a.dtype)
    add_at(a, indices, value if ufunc is np.add else np.negative(value))


_METHODS: dict[str, Any] = {
    "at": _at,
    "reduce": _reduce,
    "accumulate": _accumulate,
    "outer": _outer,
}
