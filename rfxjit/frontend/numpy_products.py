"""Products and contractions: dot, matmul, tensordot, einsum, norms."""

# NumPy's functions are duck typed, and so are these.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from rfxjit.errors import ShapeError
from rfxjit.frontend.context import refuse
from rfxjit.frontend.numpy_reductions import reduce
from rfxjit.frontend.numpy_registry import axis_of, implements, static_size
from rfxjit.frontend.symbolic import broadcast_shapes
from rfxjit.frontend.tracer import Tracer, broadcast_to, lift


def dot_general(a: Any, b: Any, batch: Any, contract: Any) -> Tracer:
    """Promote and contract; f16 is summed in f32, as NumPy does."""
    dtype = np.result_type(a.dtype, b.dtype)
    wide = np.dtype(np.float32) if dtype == np.float16 else dtype
    builder = a.trace.here()
    x, y = builder.convert(a.value, wide), builder.convert(b.value, wide)
    value = builder.convert(builder.dot_general(x, y, batch, contract), dtype)
    shape = (
        *(a.shape[d] for d in batch[0]),
        *(n for d, n in enumerate(a.shape) if d not in (*batch[0], *contract[0])),
        *(n for d, n in enumerate(b.shape) if d not in (*batch[1], *contract[1])),
    )
    return Tracer(a.trace, value, "array" if shape else "scalar", shape=shape)


def matmul(a: Any, b: Any, **options: Any) -> Any:
    """As `np.matmul`, with broadcast batch dims."""
    if options:
        raise refuse(f"np.matmul with {', '.join(options)} is not traced")
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


def _core(name: str, *operands: tuple[Tracer, int]) -> None:
    for i, (x, rank) in enumerate(operands):
        if x.ndim < rank:
            raise ValueError(
                f"{name}: Input operand {i} does not have enough dimensions"
            )


def _no_axes(name: str, options: dict[str, Any]) -> None:
    if options:
        raise refuse(f"np.{name} with {', '.join(options)} is not traced")


def vecdot(a: Any, b: Any, *, axis: Any = -1, **options: Any) -> Any:
    """As `np.vecdot`: sums of products along one axis."""
    _no_axes("vecdot", options)
    _core("vecdot", (a, 1), (b, 1))
    x = np.moveaxis(a, axis_of(axis, a.ndim), -1)
    y = np.moveaxis(b, axis_of(axis, b.ndim), -1)
    return np.matmul(x[..., None, :], y[..., :, None])[..., 0, 0]


def matvec(a: Any, b: Any, **options: Any) -> Any:
    """As `np.matvec`: matrices times vectors."""
    _no_axes("matvec", options)
    _core("matvec", (a, 2), (b, 1))
    return np.matmul(a, b[..., :, None])[..., 0]


def vecmat(a: Any, b: Any, **options: Any) -> Any:
    """As `np.vecmat`: vectors times matrices."""
    _no_axes("vecmat", options)
    _core("vecmat", (a, 1), (b, 2))
    return np.matmul(a[..., None, :], b)[..., 0, :]


@implements("dot", arrays="a b")
def dot(a: Any, b: Any) -> Any:
    """As `np.dot`."""
    if a.ndim == 0 or b.ndim == 0:
        return np.multiply(a, b)
    last = 0 if b.ndim == 1 else b.ndim - 2
    if a.shape[-1] != b.shape[last]:
        raise ShapeError(
            f"shapes {a.shape} and {b.shape} not aligned: {a.shape[-1]} (dim"
            f" {a.ndim - 1}) != {b.shape[last]} (dim {last})"
        )
    return dot_general(a, b, ([], []), ([a.ndim - 1], [last]))


@implements("vdot", arrays="a b")
def _vdot(a: Any, b: Any) -> Any:
    return dot(a.reshape(-1), b.reshape(-1))


@implements("inner", arrays="a b")
def _inner(a: Any, b: Any) -> Any:
    if a.ndim == 0 or b.ndim == 0:
        return np.multiply(a, b)
    if a.shape[-1] != b.shape[-1]:
        raise ShapeError(
            f"shapes {a.shape} and {b.shape} not aligned: {a.shape[-1]} (dim"
            f" {a.ndim - 1}) != {b.shape[-1]} (dim {b.ndim - 1})"
        )
    return dot_general(a, b, ([], []), ([a.ndim - 1], [b.ndim - 1]))


@implements("outer", arrays="a b")
def _outer(a: Any, b: Any) -> Any:
    return np.multiply(a.reshape(-1)[:, None], b.reshape(-1)[None, :])


@implements("linalg.outer", arrays="x1 x2")
def _linalg_outer(x1: Any, x2: Any, /) -> Any:
    if x1.ndim != 1 or x2.ndim != 1:
        raise ValueError(
            "Input arrays must be one-dimensional, but they are"
            f" x1.ndim={x1.ndim} and x2.ndim={x2.ndim}."
        )
    return np.multiply(x1[:, None], x2[None, :])


@implements("linalg.matmul", arrays="x1 x2")
def _linalg_matmul(x1: Any, x2: Any, /) -> Any:
    return matmul(x1, x2)


@implements("linalg.vecdot", arrays="x1 x2")
def _linalg_vecdot(x1: Any, x2: Any, /, *, axis: Any = -1) -> Any:
    return vecdot(x1, x2, axis=axis)


@implements("tensordot", "linalg.tensordot", arrays="a b")
def _tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    return _contract(a, b, axes)


def _contract(a: Any, b: Any, axes: Any) -> Any:
    if isinstance(axes, int):
        first = list(range(a.ndim - axes, a.ndim))
        second = list(range(axes))
    else:
        first, second = (list(v) if isinstance(v, (list, tuple)) else [v] for v in axes)
    if (
        len(first) != len(second)
        or any(not -a.ndim <= i < a.ndim for i in first)
        or any(not -b.ndim <= j < b.ndim for j in second)
        or any(a.shape[i] != b.shape[j] for i, j in zip(first, second, strict=True))
    ):
        raise ValueError("shape-mismatch for sum")
    mine, theirs = [i % a.ndim for i in first], [j % b.ndim for j in second]
    return dot_general(a, b, ([], []), (mine, theirs))


@implements("kron", arrays="a b")
def _kron(a: Any, b: Any) -> Any:
    rank = max(a.ndim, b.ndim)
    if a.ndim == 0 or b.ndim == 0:
        return np.multiply(a, b)
    x = a.reshape((*[1] * (rank - a.ndim), *a.shape))
    y = b.reshape((*[1] * (rank - b.ndim), *b.shape))
    left = [n for size in x.shape for n in (size, 1)]
    right = [n for size in y.shape for n in (1, size)]
    shape = tuple(m * n for m, n in zip(x.shape, y.shape, strict=True))
    return np.multiply(x.reshape(tuple(left)), y.reshape(tuple(right))).reshape(shape)


@implements("cross", arrays="a b")
def _cross(a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1,
           axis: Any = None) -> Any:  # fmt: skip
    if axis is not None:
        axisa = axisb = axisc = axis
    x = np.moveaxis(a, axis_of(axisa, a.ndim), -1)
    y = np.moveaxis(b, axis_of(axisb, b.ndim), -1)
    if {static_size(x, -1), static_size(y, -1)} - {2, 3}:
        raise ValueError(
            "Both input arrays must be (arrays of) 3-dimensional vectors, but they are"
            f" {x.shape[-1]} and {y.shape[-1]} dimensional instead."
        )
    if (x.shape[-1], y.shape[-1]) != (3, 3):
        raise refuse("np.cross is traced for vectors of 3")
    (a0, a1, a2), (b0, b1, b2) = ([v[..., i] for i in range(3)] for v in (x, y))
    parts = [a1 * b2 - a2 * b1, a2 * b0 - a0 * b2, a0 * b1 - a1 * b0]
    return np.stack(parts, axis_of(axisc, parts[0].ndim + 1))


@implements("linalg.cross", arrays="x1 x2")
def _linalg_cross(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    return _cross(x1, x2, axis=axis)


# ---- einsum ------------------------------------------------------------------------


def _letters(subscripts: str, operands: Sequence[Tracer]) -> tuple[list[str], str]:
    """Labels of each operand and of the result, with the dots written out."""
    text = subscripts.replace(" ", "")
    inputs, arrow, output = text.partition("->")
    terms = inputs.split(",")
    if len(terms) != len(operands):
        raise ValueError(
            "fewer operands provided to einstein sum function than specified in the"
            " subscripts string"
            if len(terms) > len(operands)
            else "more operands provided to einstein sum function than specified in"
            " the subscripts string"
        )
    free = [c for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
            if c not in text]  # fmt: skip
    dots = [x.ndim - len(t) + 3 for t, x in zip(terms, operands, strict=True)
            if "..." in t]  # fmt: skip
    names = "".join(free[: max(dots, default=0)])
    written: list[str] = []
    for term, x in zip(terms, operands, strict=True):
        extra = x.ndim - len(term) + 3 if "..." in term else 0
        labels = term.replace("...", names[len(names) - extra :] if extra else "")
        if len(labels) != x.ndim or not all(c.isalpha() for c in labels):
            raise ValueError(
                "einstein sum subscripts string contains"
                f" {'too many' if len(labels) > x.ndim else 'not enough'} subscripts"
                f" for operand {len(written)}"
            )
        written.append(labels)
    every = "".join(written)
    if arrow:
        result = output.replace("...", names)
        if len(set(result)) != len(result) or set(result) - set(every):
            raise ValueError(
                f"einstein sum subscripts string included output subscript"
                f" '{result}' that is repeated or never appeared in an input"
            )
    else:
        once = sorted(c for c in set(every) if every.count(c) == 1 and c not in names)
        result = names + "".join(once)
    return written, result


def _diagonal(x: Any, labels: str) -> tuple[Any, str]:
    """Labels that repeat in one operand take its diagonal."""
    for c in dict.fromkeys(labels):
        while labels.count(c) > 1:
            i = labels.index(c)
            j = labels.index(c, i + 1)
            if x.shape[i] != x.shape[j]:
                raise ValueError(
                    f"dimensions in operand for collapsing index '{c}' don't match"
                    f" ({x.shape[i]} != {x.shape[j]})"
                )
            x = np.diagonal(x, 0, i, j)
            labels = labels[:i] + labels[i + 1 : j] + labels[j + 1 :] + c
    return x, labels


def _summed(x: Any, labels: str, keep: str) -> tuple[Any, str]:
    gone = [i for i, c in enumerate(labels) if c not in keep]
    if gone:
        x = reduce(x, "add" if x.dtype.kind != "b" else "any", tuple(gone),
                   dtype=x.dtype if x.dtype.kind != "b" else None)  # fmt: skip
    return x, "".join(c for c in labels if c in keep)


def _is_one(x: Any, labels: str, c: str) -> bool:
    n = x.shape[labels.index(c)]
    return isinstance(n, int) and n == 1


def _joined(a: Any, la: str, b: Any, lb: str, keep: str) -> tuple[Any, str]:
    """Two operands contracted over the labels that nobody needs any more."""
    # A dim of 1 is broadcast: it does not take part in a contraction.
    shared = [c for c in la if c in lb]
    one_of = {c: (_is_one(a, la, c), _is_one(b, lb, c)) for c in shared}
    ones = [c for c, (first, second) in one_of.items() if first != second]
    for c in ones:
        if one_of[c][0]:
            a, la = np.squeeze(a, la.index(c)), la.replace(c, "")
        else:
            b, lb = np.squeeze(b, lb.index(c)), lb.replace(c, "")
    shared = [c for c in la if c in lb]
    for c in shared:
        if a.shape[la.index(c)] != b.shape[lb.index(c)]:
            raise ValueError(
                "operands could not be broadcast together with remapped shapes"
                f" [original->remapped]: {a.shape} {b.shape}"
            )
    a, la = _summed(a, la, keep + lb)
    b, lb = _summed(b, lb, keep + la)
    batch = [c for c in shared if c in keep]
    contract = [c for c in shared if c not in keep]
    result = dot_general(
        a, b, ([la.index(c) for c in batch], [lb.index(c) for c in batch]),
        ([la.index(c) for c in contract], [lb.index(c) for c in contract]),
    )  # fmt: skip
    rest = [c for c in la if c not in shared] + [c for c in lb if c not in shared]
    return result, "".join(batch + rest)


@implements("einsum", arrays="")
def einsum(*operands: Any, dtype: Any = None, optimize: Any = False) -> Any:
    """As `np.einsum`, explicit or implicit, operands contracted from the left."""
    subscripts, *given = operands
    if not isinstance(subscripts, str):
        raise refuse("np.einsum is traced for subscripts in a text")
    trace = next(x.trace for x in given if isinstance(x, Tracer))
    arrays = [lift(trace, x) for x in given]
    terms, result = _letters(subscripts, arrays)
    common = np.result_type(*(x.dtype for x in arrays)) if dtype is None else dtype
    pairs = [_diagonal(x.astype(common), labels)
             for x, labels in zip(arrays, terms, strict=True)]  # fmt: skip
    value, labels = pairs[0]
    for i, (x, mine) in enumerate(pairs[1:], 1):
        later = "".join(t for _, t in pairs[i + 1 :])
        value, labels = _joined(value, labels, x, mine, result + later)
    value, labels = _summed(value, labels, result)
    if labels == result:
        return value.copy() if len(pairs) == 1 else value
    return np.transpose(value, [labels.index(c) for c in result])


# ---- norms -------------------------------------------------------------------------


@implements("linalg.matrix_norm", arrays="x")
def _linalg_matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Any:  # noqa: A002 - NumPy's name
    return norm(x, ord, (-2, -1), keepdims)


@implements("linalg.norm")
def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:  # noqa: A002 - NumPy's name
    """As `np.linalg.norm`: vectors of any order, Frobenius norms of matrices."""
    wide = x if x.dtype.kind == "f" else x.astype(np.float64)
    axes = axis if isinstance(axis, tuple) or axis is None else (axis,)
    if ord is None and axis is None:
        flat = np.sqrt(dot(wide.reshape(-1), wide.reshape(-1)))
        return flat.reshape((1,) * x.ndim) if keepdims else flat
    rank = x.ndim if axes is None else len(axes)
    if rank == 1:
        return _vector_norm(wide, ord, axes, keepdims)
    if rank != 2:
        raise ValueError("Improper number of dimensions to norm.")
    if ord not in (None, "fro", "f"):
        raise refuse(f"np.linalg.norm of matrices with ord={ord} is not traced")
    return np.sqrt(reduce(np.square(wide), "add", axes, keepdims=keepdims))


def _vector_norm(x: Any, order: Any, axes: Any, keepdims: bool) -> Any:
    size = np.absolute(x)
    if order is None or order == 2:
        return np.sqrt(reduce(np.square(x), "add", axes, keepdims=keepdims))
    if order == np.inf:
        return reduce(size, "maximum", axes, keepdims=keepdims, initial=0)
    if order == -np.inf:
        return reduce(size, "minimum", axes, keepdims=keepdims)
    if order == 0:
        return reduce(np.not_equal(x, 0).astype(x.dtype), "add", axes,
                      keepdims=keepdims)  # fmt: skip
    if order == 1:
        return reduce(size, "add", axes, keepdims=keepdims)
    if not isinstance(order, (int, float)):
        raise ValueError(f"Invalid norm order '{order}' for vectors")  # noqa: TRY004 - NumPy's class
    total = reduce(np.power(size, order), "add", axes, keepdims=keepdims)
    return np.power(total, 1.0 / order)


@implements("linalg.vector_norm", arrays="x")
def _linalg_vector_norm(x: Any, /, *, axis: Any = None, keepdims: bool = False,
                        ord: Any = 2) -> Any:  # noqa: A002 - NumPy's name  # fmt: skip
    wide = x if x.dtype.kind == "f" else x.astype(np.float64)
    return _vector_norm(wide, ord, axis, keepdims)


@implements("linalg.multi_dot", arrays="")
def _multi_dot(arrays: Sequence[Any]) -> Any:
    if len(arrays) < 2:
        raise ValueError("Expecting at least two arrays.")
    result = arrays[0]
    for other in arrays[1:]:
        result = np.dot(result, other)
    return result


@implements("linalg.matrix_power")
def _matrix_power(a: Any, n: Any) -> Any:
    n = n.__index__()
    if n < 0:
        raise refuse("np.linalg.matrix_power is traced for powers of 0 and more")
    if n == 0:
        eye = np.eye(static_size(a, -1), dtype=a.dtype)
        return np.broadcast_to(lift(a.trace, eye), a.shape).copy()
    result = None
    while n:
        n, odd = divmod(n, 2)
        if odd:
            result = a if result is None else matmul(result, a)
        a = matmul(a, a) if n else a
    return result
