"""Lower contractions and scans to loops, whose sums run in one fixed order.

%r = rfx.dot_general %a, %b …        ->   scf.parallel (%i) = 0 to m {
r[i, :] = 0
scf.for %k = 0 to d {
r[i, :] += a[i, k] * b[k, :]
}
}
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from xdsl.ir import Operation, SSAValue

from rfxjit.dialects import rfx
from rfxjit.dialects.ir import element_type, index, kind_of, shape_of
from rfxjit.passes.emit import Emit
from rfxjit.passes.loops import for_loop, in_order, load, parallel, store
from rfxjit.passes.lower_correlate import lower_correlate
from rfxjit.passes.lower_structure import compute, ends_of
from rfxjit.passes.scalar_semantics import lower_elementwise, signless

if TYPE_CHECKING:
    from rfxjit.passes.lower_to_loops import FunctionLowering

WRITTEN_OUT = 8
"""Contractions of up to this many products are written out instead of looped."""


def lower_dot_general(state: FunctionLowering, op: rfx.DotGeneralOp) -> None:
    """Products summed in the order of the contracted dims.

    Few products are written out. Otherwise, where the rhs has free dims, whole rows of
    the result are accumulated (unit stride, so that the row loop vectorizes); else each
    result is one sum.
    """
    type_ = element_type(op.lhs.type)
    ab, bb = rfx.ints(op.lhs_batch), rfx.ints(op.rhs_batch)
    ac, bc = rfx.ints(op.lhs_contract), rfx.ints(op.rhs_contract)
    rank_a, rank_b = len(shape_of(op.lhs.type)), len(shape_of(op.rhs.type))
    free_a = [d for d in range(rank_a) if d not in (*ab, *ac)]
    free_b = [d for d in range(rank_b) if d not in (*bb, *bc)]
    products = state.sizes.of(op.lhs)
    depth = [products[d] for d in ac]
    ends, inner = ends_of(state, op.result), [state.sizes.value(d) for d in depth]

    def product(m: Emit, where: Sequence[SSAValue], k: Sequence[SSAValue]) -> SSAValue:
        batch = where[: len(ab)]
        a_free = where[len(ab) : len(ab) + len(free_a)]
        b_free = where[len(ab) + len(free_a) :]
        a = dict(zip((*ab, *free_a, *ac), (*batch, *a_free, *k), strict=True))
        b = dict(zip((*bb, *free_b, *bc), (*batch, *b_free, *k), strict=True))
        left = state.read(m, op.lhs, [a[d] for d in range(rank_a)])
        right = state.read(m, op.rhs, [b[d] for d in range(rank_b)])
        name = "and" if kind_of(type_) == "b" else "mul"
        return lower_elementwise(m, name, type_, (left, right))

    def plus(m: Emit, a: SSAValue, b: SSAValue) -> SSAValue:
        name = "or" if kind_of(type_) == "b" else "add"
        return lower_elementwise(m, name, type_, (a, b))

    count = prod(d for d in depth if isinstance(d, int))
    if all(isinstance(d, int) for d in depth) and 0 < count <= WRITTEN_OUT:
        places = list(np.ndindex(*cast("list[int]", depth)))

        def read(m: Emit, where: Sequence[SSAValue]) -> SSAValue:
            terms = [product(m, where, [m.const(i, index) for i in p]) for p in places]
            total = terms[0]
            for term in terms[1:]:
                total = plus(m, total, term)
            return total

        compute(state, op.result, read)
        return

    out = state.buffers.destination(op.result)
    zero = state.emit.const(0, signless(type_))
    if not free_b:

        def one(m: Emit, where: Sequence[SSAValue]) -> None:
            def nest(e: Emit, k: tuple[SSAValue, ...], total: SSAValue) -> SSAValue:
                if len(k) == len(inner):
                    return plus(e, total, product(e, where, k))
                return for_loop(
                    e,
                    inner[len(k)],
                    (total,),
                    lambda e2, i, carried: (nest(e2, (*k, i), carried[0]),),
                )[0]

            store(m, nest(m, (), zero), out, where)

        parallel(state.emit, ends, one)
        return

    def row(m: Emit, outer: Sequence[SSAValue]) -> None:
        def clear(e: Emit, j: Sequence[SSAValue]) -> None:
            store(e, zero, out, [*outer, *j])

        def step(e: Emit, k: Sequence[SSAValue]) -> None:
            def add(e2: Emit, j: Sequence[SSAValue]) -> None:
                where = [*outer, *j]
                total = plus(e2, load(e2, out, where), product(e2, where, k))
                store(e2, total, out, where)

            parallel(e, ends[-1:], add)

        parallel(m, ends[-1:], clear)
        in_order(m, inner, step)

    parallel(state.emit, ends[:-1], row)


def lower_scan(state: FunctionLowering, op: rfx.ScanOp) -> None:
    """One row after the other: the first is copied, each later one joins the last.

    Along the last dim the partial result stays in a register; along another, the
    elements of a row are independent of each other.
    """
    d, kind = op.dim.value.data, op.kind.data
    type_ = element_type(op.input.type)
    out, ends = state.buffers.destination(op.result), ends_of(state, op.result)
    zero = state.emit.const(0, index)
    one = state.emit.const(1, index)
    some = state.emit.min(ends[d], one)
    later = state.emit.sub(ends[d], some)

    def copy(m: Emit, where: Sequence[SSAValue]) -> None:
        store(m, state.read(m, op.input, where), out, where)

    def joined(m: Emit, total: SSAValue, where: Sequence[SSAValue]) -> SSAValue:
        value = state.read(m, op.input, where)
        return lower_elementwise(m, kind, type_, (total, value))

    def along(m: Emit, outer: Sequence[SSAValue]) -> None:
        rest = ends[d + 1 :]
        if not rest:

            def start(e: Emit, _: Sequence[SSAValue]) -> None:
                first = state.read(e, op.input, (*outer, zero))
                store(e, first, out, (*outer, zero))

                def step(
                    e2: Emit, i: SSAValue, carried: Sequence[SSAValue]
                ) -> Sequence[SSAValue]:
                    where = (*outer, e2.add(i, 1))
                    total = joined(e2, carried[0], where)
                    store(e2, total, out, where)
                    return (total,)

                for_loop(e, later, (first,), step)

            in_order(m, [some] if some is not one else [], start)
            return
        parallel(m, [some, *rest], lambda e, where: copy(e, (*outer, *where)))

        def row(e: Emit, i: Sequence[SSAValue]) -> None:
            place = e.add(i[0], 1)

            def element(e2: Emit, inner: Sequence[SSAValue]) -> None:
                total = load(e2, out, (*outer, i[0], *inner))
                where = (*outer, place, *inner)
                store(e2, joined(e2, total, where), out, where)

            parallel(e, rest, element)

        in_order(m, [later], row)

    parallel(state.emit, ends[:d], along)


ACCUMULATION: dict[type[Operation], Callable[[FunctionLowering, Any], None]] = {
    rfx.DotGeneralOp: lower_dot_general,
    rfx.CorrelateOp: lower_correlate,
    rfx.ScanOp: lower_scan,
}
