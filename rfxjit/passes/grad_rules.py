"""The rules of `grad` for ops that move and reduce data, one for each op.

A rule gets the builder, the op and the cotangent of its result, and gives pairs of an
operand and the part that the op adds to its cotangent. A rule of `READS` also gets the
cotangent so far of what the op reads from, and gives the new one: so a loop that reads
an array element by element adds up in one array.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import numpy as np
from xdsl.dialects.builtin import DYNAMIC_INDEX
from xdsl.ir import Operation, SSAValue

from rfxjit.dialects import rfx
from rfxjit.dialects.builder import Builder, Size
from rfxjit.dialects.diagnostics import UnsupportedError
from rfxjit.dialects.ir import dtype_of, shape_of

Cotangents = Sequence[tuple[SSAValue, SSAValue]]


def _convert(b: Builder, op: rfx.ConvertOp, ct: SSAValue) -> Cotangents:
    return [(op.input, b.convert(ct, dtype_of(op.input.type)))]


def _broadcast(b: Builder, op: rfx.BroadcastOp, ct: SSAValue) -> Cotangents:
    kept = rfx.ints(op.dims)
    dims = [d for d in range(len(shape_of(ct.type))) if d not in kept]
    return [(op.input, b.reduce(ct, "add", dims) if dims else ct)]


def _reshape(b: Builder, op: rfx.ReshapeOp, ct: SSAValue) -> Cotangents:
    return [(op.input, b.reshape(ct, b.shape(op.input)))]


def _transpose(b: Builder, op: rfx.TransposeOp, ct: SSAValue) -> Cotangents:
    perm = rfx.ints(op.perm)
    return [(op.input, b.transpose(ct, [perm.index(d) for d in range(len(perm))]))]


def _slice(b: Builder, op: rfx.SliceOp, ct: SSAValue) -> Cotangents:
    """Put the elements back into zeros."""
    starts = _mixed(op.static_starts, op.starts)
    steps = rfx.ints(op.steps)
    static = [*starts, *shape_of(op.input.type), *shape_of(ct.type)]
    if all(step == 1 for step in steps) and all(
        isinstance(n, int) and n != DYNAMIC_INDEX for n in static
    ):
        low = rfx.ints(op.static_starts)
        sizes = zip(shape_of(op.input.type), low, shape_of(ct.type), strict=True)
        zero = b.constant(0, dtype_of(ct.type))
        return [(op.input, b.pad(ct, zero, low, [n - s - k for n, s, k in sizes]))]
    zeros = b.lit(op.input, 0.0)
    return [(op.input, b.update_slice(zeros, ct, starts, steps))]


def _update_slice(b: Builder, op: rfx.UpdateSliceOp, ct: SSAValue) -> Cotangents:
    starts, steps = _mixed(op.static_starts, op.starts), rfx.ints(op.steps)
    kept = b.update_slice(ct, b.lit(op.update, 0.0), starts, steps)
    part = b.slice(ct, starts, b.shape(op.update), steps)
    return [(op.input, kept), (op.update, part)]


def _mixed(static: Any, dynamic: Sequence[SSAValue]) -> list[Size]:
    rest = iter(dynamic)
    return [next(rest) if n == DYNAMIC_INDEX else n for n in rfx.ints(static)]


def _minus(b: Builder, x: Size, y: Size) -> Size:
    both = isinstance(x, int) and isinstance(y, int)
    return cast("int", x) - cast("int", y) if both else b.index_sub(x, y)


def _concatenate(b: Builder, op: rfx.ConcatenateOp, ct: SSAValue) -> Cotangents:
    d = op.dim.value.data
    first: Size = 0
    parts: list[tuple[SSAValue, SSAValue]] = []
    for value in op.inputs:
        shape = b.shape(value)
        starts: list[Size] = [0] * len(shape)
        starts[d] = first
        parts.append((value, b.slice(ct, starts, shape, [1] * len(shape))))
        n = shape[d]
        both = isinstance(first, int) and isinstance(n, int)
        first = cast("int", first) + cast("int", n) if both else b.index_add(first, n)
    return parts


def _pad(b: Builder, op: rfx.PadOp, ct: SSAValue) -> Cotangents:
    low, sizes = rfx.ints(op.low), b.shape(op.input)
    inner = b.slice(ct, low, sizes, [1] * len(low))
    dims = list(range(len(low)))
    around = b.elementwise(
        "sub", b.reduce(ct, "add", dims), b.reduce(inner, "add", dims)
    )
    return [(op.input, inner), (op.value, around)]


def _gather(b: Builder, op: rfx.GatherOp, ct: SSAValue, known: SSAValue) -> SSAValue:
    # A clamped index reads an element at the edge: clamp, so that it is added there.
    indices: list[SSAValue] = []
    for value, d in zip(op.indices, rfx.ints(op.dims), strict=True):
        size = shape_of(op.input.type)[d]
        if size == DYNAMIC_INDEX:
            indices.append(value)
            continue
        inside = b.elementwise("maximum", value, b.lit(value, 0))
        indices.append(b.elementwise("minimum", inside, b.lit(value, size - 1)))
    return b.scatter(known, ct, indices, rfx.ints(op.dims), "add")


def _scatter(b: Builder, op: rfx.ScatterOp, ct: SSAValue) -> Cotangents:
    dims, indices = rfx.ints(op.dims), list(op.indices)
    updates = b.gather(ct, indices, dims)
    kept = ct
    if op.combine.data == "set":
        zeros = b.lit(op.updates, 0.0)
        kept = b.scatter(ct, zeros, indices, dims)
        if sizes := b.shape(indices[0]):
            last = _is_last(b, op, sizes)
            last = b.broadcast(last, range(len(sizes)), b.shape(op.updates))
            updates = b.elementwise("select", last, updates, zeros)
    return [(op.input, kept), (op.updates, updates)]


def _is_last(b: Builder, op: rfx.ScatterOp, sizes: Sequence[Size]) -> SSAValue:
    """Which indices are not written to once more behind: only those have a slope."""
    places = list(range(len(op.indices)))
    count: Size = 1
    for n in sizes:
        both = isinstance(count, int) and isinstance(n, int)
        count = cast("int", count) * cast("int", n) if both else b.index_mul(count, n)
    numbers = b.reshape(b.iota(np.int64, 0, [count]), sizes)
    shape = b.shape(op.input)
    writers = b.full(-1, np.int64, [shape[d] for d in rfx.ints(op.dims)])
    writers = b.scatter(writers, numbers, list(op.indices), places)
    return b.elementwise("eq", b.gather(writers, list(op.indices), places), numbers)


def _dynamic_slice(
    b: Builder, op: rfx.DynamicSliceOp, ct: SSAValue, known: SSAValue
) -> SSAValue:
    starts = list(op.starts)
    block = b.dynamic_slice(known, starts, shape_of(ct.type))
    return b.dynamic_update_slice(known, b.elementwise("add", block, ct), starts)


def _dynamic_update_slice(
    b: Builder, op: rfx.DynamicUpdateSliceOp, ct: SSAValue
) -> Cotangents:
    starts = list(op.starts)
    kept = b.dynamic_update_slice(ct, b.lit(op.update, 0.0), starts)
    part = b.dynamic_slice(ct, starts, shape_of(op.update.type))
    return [(op.input, kept), (op.update, part)]


def _dot_general(b: Builder, op: rfx.DotGeneralOp, ct: SSAValue) -> Cotangents:
    ab, bb = rfx.ints(op.lhs_batch), rfx.ints(op.rhs_batch)
    ac, bc = rfx.ints(op.lhs_contract), rfx.ints(op.rhs_contract)

    def side(
        mine: SSAValue, other: SSAValue,
        batch: Sequence[int], other_batch: Sequence[int],
        contract: Sequence[int], other_contract: Sequence[int],
        other_free_at: int,
    ) -> SSAValue:  # fmt: skip
        rank, other_rank = len(shape_of(mine.type)), len(shape_of(other.type))
        free = [d for d in range(rank) if d not in (*batch, *contract)]
        other_free = [
            d for d in range(other_rank) if d not in (*other_batch, *other_contract)
        ]
        shared = list(range(len(batch)))
        summed = list(range(other_free_at, other_free_at + len(other_free)))
        part = b.dot_general(ct, other, (shared, other_batch), (summed, other_free))
        # Its dims: the batch, my free dims, then the contracted ones in other's order.
        rest = sorted(other_contract)
        source: list[int] = []
        for d in range(rank):
            if d in batch:
                source.append(list(batch).index(d))
            elif d in free:
                source.append(len(batch) + free.index(d))
            else:
                theirs = other_contract[list(contract).index(d)]
                source.append(len(batch) + len(free) + rest.index(theirs))
        return part if source == list(range(rank)) else b.transpose(part, source)

    first = len(ab)
    second = first + len(shape_of(op.lhs.type)) - len(ab) - len(ac)
    return [
        (op.lhs, side(op.lhs, op.rhs, ab, bb, ac, bc, second)),
        (op.rhs, side(op.rhs, op.lhs, bb, ab, bc, ac, first)),
    ]


def _correlate(b: Builder, op: rfx.CorrelateOp, ct: SSAValue) -> Cotangents:
    """`a[j]` meets `v[k]` in element `j - k - start`: correlations with ct."""
    (start,) = _mixed(op.static_starts, op.starts)
    (count,), (taps,) = b.shape(op.lhs), b.shape(op.rhs)
    last = _minus(b, taps, 1)
    mirrored = b.slice(op.rhs, [last], [taps], [-1])
    before = _minus(b, _minus(b, 0, last), start)
    return [
        (op.lhs, b.correlate(ct, mirrored, before, count)),
        (op.rhs, b.correlate(op.lhs, ct, start, taps)),
    ]


def _reduce(b: Builder, op: rfx.ReduceOp, ct: SSAValue) -> Cotangents:
    x, kind = op.input, op.kind.data
    gone = rfx.ints(op.dims)
    kept = [d for d in range(len(shape_of(x.type))) if d not in gone]

    def spread(value: SSAValue) -> SSAValue:
        return b.broadcast(value, kept, b.shape(x))

    if kind == "add":
        return [(x, spread(ct))]
    if kind == "mul":
        return [(x, b.elementwise("mul", spread(ct), _product_slope(b, op, spread)))]
    chosen = b.elementwise("eq", x, spread(op.result))
    ones = b.elementwise("select", chosen, b.lit(x, 1.0), b.lit(x, 0.0))
    count = b.reduce(ones, "add", gone)
    share = b.elementwise("div", ct, count)
    return [(x, b.elementwise("mul", spread(share), ones))]


def _product_slope(
    b: Builder, op: rfx.ReduceOp, spread: Callable[[SSAValue], SSAValue]
) -> SSAValue:
    """The product of all other elements, right also where elements are zero."""
    x, gone = op.input, rfx.ints(op.dims)
    one, zero = b.lit(x, 1.0), b.lit(x, 0.0)
    is_zero = b.elementwise("eq", x, zero)
    safe = b.elementwise("select", is_zero, one, x)
    zeros = spread(b.reduce(b.elementwise("select", is_zero, one, zero), "add", gone))
    rest = b.elementwise("div", spread(b.reduce(safe, "mul", gone)), safe)
    # With one zero only that element has a slope, with two or more none has.
    others = b.elementwise("sub", zeros, b.elementwise("select", is_zero, one, zero))
    alone = b.elementwise("eq", others, zero)
    return b.elementwise("select", alone, rest, zero)


def _scan(b: Builder, op: rfx.ScanOp, ct: SSAValue) -> Cotangents:
    """Of running sums: an element is in all sums from its own on."""
    if op.kind.data != "add":
        raise UnsupportedError(f'of "{op.kind.data}" has no derivative rule', op)
    d, shape = op.dim.value.data, b.shape(ct)

    def reversed_(x: SSAValue) -> SSAValue:
        starts: list[Size] = [0] * len(shape)
        starts[d] = _minus(b, shape[d], 1)
        steps = [-1 if i == d else 1 for i in range(len(shape))]
        return b.slice(x, starts, shape, steps)

    if shape[d] == 0:
        return [(op.input, ct)]
    return [(op.input, reversed_(b.scan(reversed_(ct), "add", d)))]


RULES: Mapping[type[Operation], Callable[[Builder, Any, SSAValue], Cotangents]] = {
    rfx.ConvertOp: _convert,
    rfx.BroadcastOp: _broadcast,
    rfx.ReshapeOp: _reshape,
    rfx.TransposeOp: _transpose,
    rfx.SliceOp: _slice,
    rfx.UpdateSliceOp: _update_slice,
    rfx.ConcatenateOp: _concatenate,
    rfx.PadOp: _pad,
    rfx.ScatterOp: _scatter,
    rfx.DynamicUpdateSliceOp: _dynamic_update_slice,
    rfx.DotGeneralOp: _dot_general,
    rfx.CorrelateOp: _correlate,
    rfx.ReduceOp: _reduce,
    rfx.ScanOp: _scan,
}
READS: Mapping[
    type[Operation], Callable[[Builder, Any, SSAValue, SSAValue], SSAValue]
] = {rfx.GatherOp: _gather, rfx.DynamicSliceOp: _dynamic_slice}
