"""NumPy's ufuncs and functions on tracers.

`call_ufunc` serves `__array_ufunc__`: dtypes by NumPy's own resolver, which knows weak
Python numbers. `call_function` serves `__array_function__` with the table `FUNCTIONS`.
What is in neither is refused by name, and `@jit` then runs the original function.
"""

# NumPy's functions are duck typed, and so are these: tracers and numbers alike.
# pyright: reportUnknownLambdaType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false, reportPrivateUsage=false, reportOperatorIssue=false

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np

from rfxjit.errors import ShapeError
from rfxjit.frontend.context import Trace, refuse
from rfxjit.frontend.numpy_more import MORE
from rfxjit.frontend.symbolic import broadcast_shapes
from rfxjit.frontend.tracer import (
    UFUNCS,
    Tracer,
    broadcast_to,
    elementwise,
    lift,
    sizes,
    update,
    weak_type,
)

# ---- ufuncs ------------------------------------------------------------------------


def call_ufunc(
    trace: Trace, ufunc: np.ufunc, method: str, inputs: Any, kwargs: dict[str, Any]
) -> Any:
    """One ufunc call."""
    out = kwargs.pop("out", None)
    if method == "reduce" and ufunc in _REDUCTIONS:
        axis, keepdims = kwargs.pop("axis", 0), kwargs.pop("keepdims", False)
        _no_more(f"np.{ufunc.__name__}.reduce", out, kwargs)
        return reduce(
            lift(trace, inputs[0]), _REDUCTIONS[ufunc], axis, keepdims=keepdims
        )
    if method != "__call__" or set(kwargs) - {"dtype"}:
        raise refuse(
            f"np.{ufunc.__name__}.{method} with {sorted(kwargs)} is not traced"
        )
    operands = [lift(trace, x) for x in inputs]
    result = _ufunc(trace, ufunc, operands, kwargs.get("dtype"))
    if out is None:
        return result
    target = out[0] if isinstance(out, tuple) else out
    if not isinstance(target, Tracer):
        raise refuse("out= must be an array of the traced function")
    update(target, result, f"Cannot cast ufunc '{ufunc.__name__}' output")
    return target


def _resolve(ufunc: np.ufunc, operands: Sequence[Tracer]) -> list[np.dtype[Any]]:
    """The dtypes in which NumPy would compute, the result's last."""
    types = (*(weak_type(x) for x in operands), None)
    if all(x.kind in ("float", "int", "bool") for x in operands):
        types = (*(x.dtype for x in operands), None)
    return list(ufunc.resolve_dtypes(cast("Any", types)))


def _ufunc(
    trace: Trace, ufunc: np.ufunc, operands: Sequence[Tracer], dtype: Any = None
) -> Any:
    if ufunc is np.matmul:
        return matmul(*operands)
    if ufunc is np.divmod:
        a, b = operands
        return a // b, a % b
    if (special := _COMPOSITE.get(ufunc)) is not None:
        if dtype is not None:
            raise refuse(f"np.{ufunc.__name__} with dtype is not traced")
        *given, result = _resolve(ufunc, operands)
        wanted = zip(operands, given, strict=True)
        operands = [x if x.dtype == d else x.astype(d) for x, d in wanted]
        made = special(*operands)
        return made if made.dtype == result else made.astype(result)
    name = UFUNCS.get(ufunc)
    if name is None:
        raise refuse(f"np.{ufunc.__name__} is not traced")
    dtypes = _resolve(ufunc, operands)
    if dtype is not None:
        # Raises where NumPy does: for what "same_kind" does not allow.
        types = (*(weak_type(x) for x in operands), None)
        chosen = (*(None for _ in operands), np.dtype(dtype))
        dtypes = list(ufunc.resolve_dtypes(cast("Any", types), signature=chosen))
    if dtypes[0].kind == "b":
        name = {"add": "or", "mul": "and", "abs": "or"}.get(name, name)
        if name == "or" and len(operands) == 1:
            return operands[0].copy()
    result = elementwise(trace, name, operands, dtypes[:-1])
    if result.dtype != dtypes[-1]:
        result = result.astype(dtypes[-1])
    return _python_kind(result, ufunc, operands)


_PYTHON_OPERATORS = frozenset(
    (np.add, np.subtract, np.multiply, np.true_divide, np.floor_divide, np.remainder,
     np.power, np.negative, np.absolute, np.equal, np.not_equal, np.less,
     np.less_equal, np.greater, np.greater_equal)
)  # fmt: skip


def _python_kind(result: Tracer, ufunc: np.ufunc, operands: Sequence[Tracer]) -> Tracer:
    """An operator on Python numbers alone gives a Python number."""
    if ufunc in _PYTHON_OPERATORS and all(
        x.kind in ("float", "int", "bool") for x in operands
    ):
        result.kind = cast(
            "Any", {"f": "float", "b": "bool"}.get(result.dtype.kind, "int")
        )
        if ufunc in (np.true_divide, np.floor_divide, np.remainder):
            # Unlike NumPy's, Python's own numbers raise.
            trace = result.trace
            code = trace.failure(ZeroDivisionError, "division by zero")
            trace.here().require(cast("Any", np.not_equal(operands[1], 0)).value, code)
    return result


def _truth(x: Tracer) -> Tracer:
    return x if x.dtype.kind == "b" else cast("Tracer", np.not_equal(x, 0))


def _logical(name: str) -> Callable[..., Tracer]:
    def logical(a: Tracer, b: Tracer) -> Tracer:
        bools = [np.dtype(np.bool_)] * 2
        return elementwise(a.trace, name, [_truth(a), _truth(b)], bools)

    return logical


def _logical_not(a: Tracer) -> Tracer:
    return cast("Tracer", ~cast("Any", _truth(a)))


def _logaddexp(a: Any, b: Any) -> Any:
    high, low = np.maximum(a, b), np.minimum(a, b)
    equal = np.equal(high, low)  # infinities of one sign
    gap = np.where(equal, 0.0, low - high)
    return high + np.log1p(np.exp(gap))


def _reciprocal(a: Any) -> Any:
    """1 / a, of integers rounded towards zero: 1, -1 or 0."""
    if a.dtype.kind == "f":
        return 1 / a
    return np.where(a == 1, a, np.where(a == -1, a, 0)) if a.dtype.kind == "i" else (
        1 // a)  # fmt: skip


_COMPOSITE: dict[Any, Callable[..., Any]] = {
    np.logical_and: _logical("and"),
    np.logical_or: _logical("or"),
    np.logical_xor: _logical("xor"),
    np.logical_not: _logical_not,
    np.positive: lambda a: a.copy(),
    np.reciprocal: _reciprocal,
    np.deg2rad: lambda a: a * (math.pi / 180.0),
    np.radians: lambda a: a * (math.pi / 180.0),
    np.rad2deg: lambda a: a * (180.0 / math.pi),
    np.degrees: lambda a: a * (180.0 / math.pi),
    np.float_power: np.power,
    np.logaddexp: _logaddexp,
    np.fabs: np.absolute,
    np.heaviside: lambda a, b: np.where(
        np.isnan(a), a, np.where(a > 0, 1.0, np.where(a < 0, 0.0, b))
    ),
}

_REDUCTIONS: dict[Any, str] = {
    np.add: "add", np.multiply: "mul", np.maximum: "maximum", np.minimum: "minimum",
    np.logical_and: "and", np.logical_or: "or",
}  # fmt: skip


# ---- reductions --------------------------------------------------------------------


def _axes(x: Tracer, axis: Any) -> list[int]:
    if axis is None:
        return list(range(x.ndim))
    axes = list(cast("tuple[Any, ...]", axis)) if isinstance(axis, tuple) else [axis]
    normal: list[int] = []
    for a in axes:
        if not -x.ndim <= a < max(x.ndim, 1):
            raise np.exceptions.AxisError(a, x.ndim)
        normal.append(a % x.ndim if x.ndim else 0)
    if len(set(normal)) != len(normal):
        raise ValueError("duplicate value in 'axis'")
    return sorted(normal) if x.ndim else []


def reduce(
    x: Tracer, kind: str, axis: Any, *, keepdims: bool = False, dtype: Any = None
) -> Tracer:
    """Reduce with NumPy's dtype rules: sums of small integers are 64 bits wide."""
    if dtype is not None:
        x = x.astype(dtype)
    elif kind in ("add", "mul") and x.dtype.kind in "biu" and x.dtype.itemsize < 8:
        x = x.astype(np.uint64 if x.dtype.kind == "u" else np.int64)
    if kind in ("and", "or"):
        x = _truth(x)
    axes = _axes(x, axis)
    for a in axes:
        if kind in ("maximum", "minimum", "argmax", "argmin") and (
            isinstance(x.shape[a], int) and x.shape[a] == 0
        ):
            raise ValueError(
                f"zero-size array to reduction operation {kind} which has no identity"
            )
    value = x.trace.here().reduce(x.value, kind, axes) if axes else x.value
    shape = tuple(n for d, n in enumerate(x.shape) if d not in axes)
    result = Tracer(x.trace, value, "array" if shape else "scalar", shape=shape)
    if keepdims:
        kept = tuple(1 if d in axes else n for d, n in enumerate(x.shape))
        return result.reshape(kept)
    return result


def _reduction(kind: str) -> Callable[..., Tracer]:
    def function(
        a: Any, axis: Any = None, dtype: Any = None, out: Any = None,
        keepdims: Any = False, **rest: Any,
    ) -> Tracer:  # fmt: skip
        _no_more(kind, out, rest)
        keep = keepdims is not np._NoValue and bool(keepdims)
        return reduce(a, kind, axis, keepdims=keep, dtype=dtype)

    return function


def _bounded(kind: str) -> Callable[..., Tracer]:
    """max, min, any, all: no dtype."""

    def function(
        a: Any, axis: Any = None, out: Any = None, keepdims: Any = False, **rest: Any
    ) -> Tracer:
        _no_more(kind, out, rest)
        keep = keepdims is not np._NoValue and bool(keepdims)
        return reduce(a, kind, axis, keepdims=keep)

    return function


def _no_more(what: str, out: Any, rest: dict[str, Any]) -> None:
    given = [k for k, v in rest.items() if v is not np._NoValue and v is not None]
    if out is not None or given:
        raise refuse(f"{what} with {', '.join(given) or 'out'} is not traced")


def _search(kind: str) -> Callable[..., Tracer]:
    def function(
        a: Tracer, axis: int | None = None, out: Any = None, *, keepdims: Any = False
    ) -> Tracer:
        _no_more(kind, out, {})
        keep = keepdims is not np._NoValue and bool(keepdims)
        if axis is not None:
            return reduce(a, kind, axis, keepdims=keep)
        found = reduce(a.reshape(-1), kind, 0)
        return found.reshape((1,) * a.ndim) if keep else found

    return function


def _count(x: Tracer, axis: Any) -> Any:
    total: Any = 1
    for a in _axes(x, axis):
        total = total * x.shape[a]
    return lift(x.trace, total)


def mean(a: Tracer, axis: Any = None, dtype: Any = None, out: Any = None,
         keepdims: Any = False, **rest: Any) -> Any:  # fmt: skip
    """As `np.mean`: integers in float64, float16 summed in float32."""
    _no_more("mean", out, rest)
    keep = keepdims is not np._NoValue and bool(keepdims)
    result = dtype or (a.dtype if a.dtype.kind == "f" else np.float64)
    wide = np.float32 if np.dtype(result) == np.float16 else result
    total = reduce(a, "add", axis, keepdims=keep, dtype=wide)
    count = _count(a, axis).astype(wide)
    return (total / count).astype(result)


def var(a: Tracer, axis: Any = None, dtype: Any = None, out: Any = None,
        ddof: Any = 0, keepdims: Any = False, **rest: Any) -> Any:  # fmt: skip
    """As `np.var`: the mean first, then the mean of squares around it."""
    _no_more("var", out, rest)
    keep = keepdims is not np._NoValue and bool(keepdims)
    result = dtype or (a.dtype if a.dtype.kind == "f" else np.float64)
    x = a.astype(result)
    centred = x - mean(x, axis, keepdims=True)
    total = reduce(np.square(centred), "add", axis, keepdims=keep)
    # As NumPy: with no degree of freedom left the result is inf or NaN.
    return total / np.maximum(_count(a, axis) - ddof, 0).astype(result)


def std(a: Tracer, *args: Any, **kwargs: Any) -> Any:
    """The square root of `var`."""
    return np.sqrt(var(a, *args, **kwargs))


# ---- shapes ------------------------------------------------------------------------


def reshape(a: Tracer, shape: Any, order: str = "C", **_: Any) -> Tracer:
    """As `np.reshape`, with one -1."""
    if order != "C":
        raise refuse(f"reshape in order {order!r} is not traced")
    new = (
        list(cast("tuple[Any, ...]", shape))
        if isinstance(shape, (tuple, list))
        else [shape]
    )
    negative = [i for i, n in enumerate(new) if isinstance(n, int) and n == -1]
    if len(negative) > 1:
        raise ValueError("can only specify one unknown dimension")
    rest: Any = 1
    for i, n in enumerate(new):
        if i not in negative:
            rest = rest * n
    if negative:
        total = a.size
        if isinstance(rest, int) and rest == 1:
            new[negative[0]] = total
        else:
            total, rest = int(total), int(rest)
            if rest == 0 or total % rest:
                raise ShapeError(
                    f"cannot reshape array of size {total} into shape {tuple(new)}"
                )
            new[negative[0]] = total // rest
    elif a.size != rest:
        raise ShapeError(
            f"cannot reshape array of size {a.size} into shape {tuple(new)}"
        )
    value = a.trace.here().reshape(a.value, sizes(a.trace, new))
    kind = "array" if a.kind in ("array", "scalar") else a.kind
    return Tracer(a.trace, value, kind, shape=tuple(new))


def transpose(a: Tracer, axes: Any = None) -> Tracer:
    """As `np.transpose`."""
    order = (
        list(range(a.ndim))[::-1] if axes is None else [int(d) % a.ndim for d in axes]
    )
    if sorted(order) != list(range(a.ndim)):
        raise ValueError("axes don't match array")
    if order == list(range(a.ndim)):
        return a
    value = a.trace.here().transpose(a.value, order)
    return Tracer(a.trace, value, "array", shape=tuple(a.shape[d] for d in order))


def swapaxes(a: Tracer, axis1: int, axis2: int) -> Tracer:
    """As `np.swapaxes`."""
    order = list(range(a.ndim))
    order[axis1], order[axis2] = order[axis2], order[axis1]
    return transpose(a, order)


def moveaxis(a: Tracer, source: int, destination: int) -> Tracer:
    """As `np.moveaxis`, of one axis."""
    order = [d for d in range(a.ndim) if d != source % a.ndim]
    order.insert(destination % a.ndim, source % a.ndim)
    return transpose(a, order)


def expand_dims(a: Tracer, axis: int) -> Tracer:
    """As `np.expand_dims`, of one axis."""
    shape = list(a.shape)
    shape.insert(axis % (a.ndim + 1), 1)
    return reshape(a, shape)


def squeeze(a: Tracer, axis: Any = None) -> Tracer:
    """As `np.squeeze`."""
    ones = [d for d, n in enumerate(a.shape) if isinstance(n, int) and n == 1]
    chosen = ones if axis is None else _axes(a, axis)
    if set(chosen) - set(ones):
        raise ValueError(
            "cannot select an axis to squeeze out which has size not equal to one"
        )
    return reshape(a, [n for d, n in enumerate(a.shape) if d not in chosen])


def concatenate(arrays: Sequence[Any], axis: Any = 0, **rest: Any) -> Tracer:
    """As `np.concatenate`."""
    _no_more("concatenate", None, rest)
    trace = _trace_of(arrays)
    parts = [lift(trace, a) for a in arrays]
    if axis is None:
        parts, axis = [p.reshape(-1) for p in parts], 0
    if any(p.ndim == 0 for p in parts):
        raise ValueError("zero-dimensional arrays cannot be concatenated")
    axis = axis % parts[0].ndim
    dtype = np.result_type(*(p.dtype for p in parts))
    total: Any = 0
    for p in parts:
        if p.ndim != parts[0].ndim or any(
            a != b
            for d, (a, b) in enumerate(zip(p.shape, parts[0].shape, strict=True))
            if d != axis
        ):
            raise ShapeError(
                "all the input array dimensions except for the concatenation axis must"
                f" match exactly, got shapes {' '.join(str(q.shape) for q in parts)}"
            )
        total = total + p.shape[axis]
    builder = trace.here()
    values = [builder.convert(p.value, dtype) for p in parts]
    value = builder.concatenate(values, axis) if len(values) > 1 else values[0]
    shape = (*parts[0].shape[:axis], total, *parts[0].shape[axis + 1 :])
    return Tracer(trace, value, "array", shape=shape)


def stack(arrays: Sequence[Any], axis: int = 0, **rest: Any) -> Tracer:
    """As `np.stack`."""
    _no_more("stack", None, rest)
    trace = _trace_of(arrays)
    return concatenate([expand_dims(lift(trace, a), axis) for a in arrays], axis)


def _at_least(rank: int) -> Callable[[Any], Any]:
    def grow(a: Any) -> Any:
        return a if a.ndim >= rank else a.reshape((1,) * (rank - a.ndim) + a.shape)

    return grow


def hstack(arrays: Sequence[Any], **rest: Any) -> Tracer:
    """As `np.hstack`."""
    trace = _trace_of(arrays)
    parts = [_at_least(1)(lift(trace, a)) for a in arrays]
    return concatenate(parts, 0 if parts[0].ndim == 1 else 1, **rest)


def vstack(arrays: Sequence[Any], **rest: Any) -> Tracer:
    """As `np.vstack`."""
    trace = _trace_of(arrays)
    return concatenate([_at_least(2)(lift(trace, a)) for a in arrays], 0, **rest)


def _trace_of(values: Any) -> Trace:
    for v in values:
        if isinstance(v, Tracer):
            return v.trace
        if isinstance(v, (list, tuple)):
            try:
                return _trace_of(v)
            except LookupError:
                continue
    raise LookupError("no traced value")


def flip(m: Tracer, axis: Any = None) -> Any:
    """As `np.flip`."""
    axes = _axes(m, axis)
    return m[tuple(slice(None, None, -1 if d in axes else 1) for d in range(m.ndim))]


def where(condition: Any, x: Any = None, y: Any = None) -> Tracer:
    """As `np.where` with three arguments."""
    if x is None or y is None:
        raise refuse(
            "np.where with one argument has a result shape that depends on data"
        )
    trace = _trace_of((condition, x, y))
    mask, a, b = (lift(trace, v) for v in (condition, x, y))
    dtype = _common(a, b)
    dtypes = [np.dtype(np.bool_), dtype, dtype]
    return elementwise(trace, "select", [_truth(mask), a, b], dtypes)


def _common(*operands: Tracer) -> np.dtype[Any]:
    """The dtype by NEP 50, weak Python numbers included."""
    values = [{"float": 0.0, "int": 0, "bool": False}.get(x.kind, x.dtype)
              for x in operands]  # fmt: skip
    return np.result_type(*values)


def clip(a: Any, a_min: Any = None, a_max: Any = None, **rest: Any) -> Any:
    """As `np.clip`."""
    a_min = rest.pop("min", a_min)
    a_max = rest.pop("max", a_max)
    _no_more("clip", rest.pop("out", None), rest)
    absent = (None, np._NoValue)
    result = a
    if not any(a_min is v for v in absent):
        result = np.maximum(result, a_min)
    if not any(a_max is v for v in absent):
        result = np.minimum(result, a_max)
    return result


def round_(a: Tracer, decimals: int = 0, out: Any = None) -> Any:
    """As `np.round`."""
    _no_more("round", out, {})
    if a.dtype.kind in "biu":
        return a.copy()
    if decimals == 0:
        return np.rint(a)
    scale = 10.0 ** abs(decimals)
    return np.rint(a * scale) / scale if decimals > 0 else np.rint(a / scale) * scale


def _like(fill: float | None) -> Callable[..., Tracer]:
    def function(a: Tracer, *args: Any, dtype: Any = None, **rest: Any) -> Tracer:
        _no_more("zeros_like, ones_like or full_like", None,
                 {k: v for k, v in rest.items() if k not in ("order", "subok")}
        )  # fmt: skip
        value = args[0] if fill is None and args else (fill or 0)
        trace = a.trace
        x = lift(trace, value)
        x = Tracer(
            trace, trace.here().convert(x.value, dtype or a.dtype), "array", shape=()
        )
        return broadcast_to(x, a.shape)

    return function


# ---- contractions ------------------------------------------------------------------


def matmul(a: Tracer, b: Tracer) -> Any:
    """As `np.matmul`, with broadcast batch dims."""
    if a.ndim == 0 or b.ndim == 0:
        raise ValueError("matmul: Input operand does not have enough dimensions")
    inner = b.shape[0] if b.ndim == 1 else b.shape[-2]
    if a.shape[-1] != inner:
        raise ShapeError(
            f"matmul: Input operand 1 has a mismatch in its core dimension 0, with"
            f" shapes {a.shape} and {b.shape}"
        )
    batch = broadcast_shapes([a.shape[:-2], b.shape[:-2]])
    if a.ndim > 1:
        a = broadcast_to(a, (*batch, *a.shape[-2:])) if b.ndim > 1 else a
    if b.ndim > 1:
        b = broadcast_to(b, (*batch, *b.shape[-2:])) if a.ndim > 1 else b
    shared = list(range(len(batch))) if a.ndim > 1 and b.ndim > 1 else []
    contract = ([a.ndim - 1], [0 if b.ndim == 1 else b.ndim - 2])
    return dot_general(a, b, (shared, shared), contract)


def dot_general(a: Tracer, b: Tracer, batch: Any, contract: Any) -> Tracer:
    """Promote and contract."""
    dtype = np.result_type(a.dtype, b.dtype)
    trace = a.trace
    builder = trace.here()
    x, y = builder.convert(a.value, dtype), builder.convert(b.value, dtype)
    value = builder.dot_general(x, y, batch, contract)
    shape = (
        *(a.shape[d] for d in batch[0]),
        *(n for d, n in enumerate(a.shape) if d not in (*batch[0], *contract[0])),
        *(n for d, n in enumerate(b.shape) if d not in (*batch[1], *contract[1])),
    )
    return Tracer(trace, value, "array" if shape else "scalar", shape=shape)


def dot(a: Any, b: Any, out: Any = None) -> Any:
    """As `np.dot`."""
    _no_more("dot", out, {})
    trace = _trace_of((a, b))
    x, y = lift(trace, a), lift(trace, b)
    if x.ndim == 0 or y.ndim == 0:
        return x * y
    last = 0 if y.ndim == 1 else y.ndim - 2
    if x.shape[-1] != y.shape[last]:
        raise ShapeError(
            f"shapes {x.shape} and {y.shape} not aligned: {x.shape[-1]} (dim"
            f" {x.ndim - 1}) != {y.shape[last]} (dim {last})"
        )
    return dot_general(x, y, ([], []), ([x.ndim - 1], [last]))


def outer(a: Any, b: Any, out: Any = None) -> Any:
    """As `np.outer`."""
    _no_more("outer", out, {})
    trace = _trace_of((a, b))
    x, y = lift(trace, a).reshape(-1), lift(trace, b).reshape(-1)
    return x[:, None] * y[None, :]


def cross(a: Any, b: Any, **rest: Any) -> Any:
    """As `np.cross` of vectors of 3 along the last axis."""
    _no_more("cross", None, rest)
    trace = _trace_of((a, b))
    x, y = lift(trace, a), lift(trace, b)
    if (x.shape[-1], y.shape[-1]) != (3, 3):
        raise refuse("np.cross is traced for vectors of 3")
    (a0, a1, a2), (b0, b1, b2) = ([v[..., i] for i in range(3)] for v in (x, y))
    return stack([a1 * b2 - a2 * b1, a2 * b0 - a0 * b2, a0 * b1 - a1 * b0], -1)


def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:  # noqa: A002
    """As `np.linalg.norm`, 2-norm of vectors or Frobenius norm."""
    vector = isinstance(axis, int) or (axis is None and x.ndim == 1)
    if ord not in (None, 2) or (ord == 2 and not vector):
        raise refuse(f"np.linalg.norm with ord={ord} is not traced")
    wide = x if x.dtype.kind == "f" else x.astype(np.float64)
    return np.sqrt(reduce(np.square(wide), "add", axis, keepdims=keepdims))


def trace_(
    a: Tracer, offset: int = 0, axis1: int = 0, axis2: int = 1, **rest: Any
) -> Any:
    """As `np.trace` of a matrix."""
    _no_more("trace", None, rest)
    if a.ndim != 2 or (offset, axis1, axis2) != (0, 0, 1):
        raise refuse("np.trace is traced for the main diagonal of a matrix")
    k = np.arange(min(int(a.shape[0]), int(a.shape[1])))
    return reduce(a[k, k], "add", 0)


def cumsum(
    a: Tracer, axis: int | None = None, dtype: Any = None, out: Any = None
) -> Any:
    """Refused for now: a scan needs a loop that carries state."""
    raise refuse("np.cumsum is not traced")


def take(a: Tracer, indices: Any, axis: int | None = None, **rest: Any) -> Any:
    """As `np.take`."""
    _no_more("take", None, rest)
    if axis is None:
        a, axis = a.reshape(-1), 0
    key = [slice(None)] * a.ndim
    key[axis] = indices
    return a[tuple(key)]


FUNCTIONS: dict[Any, Callable[..., Any]] = {
    np.sum: _reduction("add"), np.prod: _reduction("mul"),
    np.max: _bounded("maximum"), np.amax: _bounded("maximum"),
    np.min: _bounded("minimum"), np.amin: _bounded("minimum"),
    np.any: _bounded("or"), np.all: _bounded("and"),
    np.argmax: _search("argmax"), np.argmin: _search("argmin"),
    np.mean: mean, np.var: var, np.std: std,
    np.reshape: reshape, np.ravel: lambda a, order="C": reshape(a, -1, order),
    np.transpose: transpose, np.swapaxes: swapaxes, np.moveaxis: moveaxis,
    np.expand_dims: expand_dims, np.squeeze: squeeze,
    np.broadcast_to: lambda a, shape, **_: broadcast_to(
        a, shape if isinstance(shape, tuple) else (shape,)),
    np.concatenate: concatenate, np.stack: stack, np.hstack: hstack,
    np.vstack: vstack, np.flip: flip, np.where: where, np.clip: clip,
    np.round: round_, np.around: round_, np.copy: lambda a, **_: a.copy(),
    np.zeros_like: _like(0), np.ones_like: _like(1), np.full_like: _like(None),
    np.empty_like: _like(0), np.dot: dot, np.outer: outer,
    np.vdot: lambda a, b: dot(a.reshape(-1), np.ravel(b)),
    np.cross: cross, np.linalg.norm: norm, np.trace: trace_, np.cumsum: cumsum,
    np.take: take, np.shape: lambda a: a.shape, np.ndim: lambda a: a.ndim,
    np.size: lambda a, axis=None: a.size if axis is None else a.shape[axis],
    np.atleast_1d: _at_least(1), np.atleast_2d: _at_least(2),
    **MORE,
}  # fmt: skip


def call_function(trace: Trace, function: Any, args: Any, kwargs: Any) -> Any:
    """One call of a NumPy function that is no ufunc."""
    handler = FUNCTIONS.get(function)
    if handler is None:
        raise refuse(f"np.{function.__name__} is not traced")
    if args and function not in (np.concatenate, np.stack, np.hstack, np.vstack,
                                 np.where, np.dot, np.outer, np.cross):  # fmt: skip
        args = (lift(trace, args[0]), *args[1:])
    return handler(*args, **kwargs)
