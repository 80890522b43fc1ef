"""Lower data movement and contractions to loops: one function per op.

    %r = rfx.slice %x starts [4] steps [-1] [5] …   ->   scf.parallel (%i) = 0 to 5 {
                                                           r[i] = x[4 - i]
                                                         }

Each gives its result a buffer and fills it, but for a slice that only nests read: these
read the elements where they are. A reshape of a buffer is only another view
of it, since tensors are immutable.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import TYPE_CHECKING, Any, cast

from xdsl.dialects import memref
from xdsl.dialects.builtin import DYNAMIC_INDEX, DenseArrayBase
from xdsl.ir import Attribute, Operation, SSAValue

from rfxjit.dialects import rfx
from rfxjit.dialects.ir import element_type, i1, i32, i64, index, kind_of, shape_of
from rfxjit.dialects.ir import memref as memref_type
from rfxjit.passes.emit import Emit
from rfxjit.passes.lifetimes import is_window
from rfxjit.passes.loops import for_loop, load, parallel, store
from rfxjit.passes.scalar_semantics import lower_elementwise, resize, signless
from rfxjit.passes.sizes import Dim

if TYPE_CHECKING:
    from rfxjit.passes.lower_to_loops import FunctionLowering

WRITTEN_OUT = 8
"""Contractions of up to this many products are written out instead of looped."""


def _ends(state: FunctionLowering, value: SSAValue) -> list[SSAValue]:
    return [state.sizes.value(d) for d in state.sizes.of(value)]


def _fill(
    state: FunctionLowering,
    out: SSAValue,
    ends: Sequence[SSAValue],
    read: Callable[[Emit, Sequence[SSAValue]], SSAValue],
    place: Callable[[Emit, Sequence[SSAValue]], Sequence[SSAValue]] | None = None,
) -> None:
    """`out[place(i)] = read(i)` for all i below `ends`."""

    def body(m: Emit, where: Sequence[SSAValue]) -> None:
        value = read(m, where)
        store(m, value, out, where if place is None else place(m, where))

    parallel(state.emit, ends, body)


def _is_scalar(value: SSAValue) -> bool:
    shape = shape_of(value.type)
    return DYNAMIC_INDEX not in shape and prod(shape) == 1


def lower_reshape(state: FunctionLowering, op: rfx.ReshapeOp) -> None:
    """Another view of the same buffer, or the same scalar."""
    if op.input in state.scalars and _is_scalar(op.result):
        state.scalars[op.result] = state.scalars[op.input]
        return
    dims = state.sizes.of(op.result)
    buffer = state.memory(op.input)
    type_ = memref_type(element_type(buffer.type), shape_of(op.result.type))
    if type_ == buffer.type:
        state.buffers[op.result] = buffer
        return
    strides: list[Dim] = [1]
    for dim in reversed(dims[1:]):
        strides.insert(0, state.sizes.mul(strides[0], dim))
    del strides[len(dims) :]
    lists = ([0], dims, strides)
    dynamic = [[d for d in part if not isinstance(d, int)] for part in lists]
    names = ("static_offsets", "static_sizes", "static_strides")
    properties: dict[str, Attribute] = {
        name: rfx.int_list([d if isinstance(d, int) else DYNAMIC_INDEX for d in part])
        for name, part in zip(names, lists, strict=True)
    }
    properties["operandSegmentSizes"] = DenseArrayBase.from_list(
        i32, [1, *(len(part) for part in dynamic)]
    )
    operands = (buffer, *(v for part in dynamic for v in part))
    state.buffers[op.result] = state.top.op(
        memref.ReinterpretCastOp, operands, type_, properties
    )


def _stepped(
    state: FunctionLowering, op: rfx.SliceOp | rfx.UpdateSliceOp
) -> Callable[[Emit, Sequence[SSAValue]], list[SSAValue]]:
    """From places in the block to places in the input: `start + step * i`."""
    starts = state.sizes.mixed(rfx.ints(op.static_starts), op.starts)
    steps = rfx.ints(op.steps)

    def places(m: Emit, where: Sequence[SSAValue]) -> list[SSAValue]:
        result: list[SSAValue] = []
        for i, start, step in zip(where, starts, steps, strict=True):
            place = i if step == 1 else m.mul(i, step)
            result.append(place if start == 0 else m.add(place, start))
        return result

    return places


def lower_slice(state: FunctionLowering, op: rfx.SliceOp) -> None:
    """`out[i] = x[start + step * i]`; nests that read it may read x themselves."""
    if _is_scalar(op.result):
        zero = [state.emit.const(0, index)] * len(shape_of(op.result.type))
        places = _stepped(state, op)(state.emit, zero)
        state.scalars[op.result] = state.read(state.emit, op.input, places)
    elif is_window(op) and op.input in state.buffers:
        state.windows[op.result] = op.input, _stepped(state, op)
        state.buffers.note(op.result, op.input)
    else:
        copy_slice(state, op)


def copy_slice(state: FunctionLowering, op: rfx.SliceOp) -> None:
    """A slice in memory of its own."""
    places = _stepped(state, op)
    _fill(
        state,
        state.buffers.destination(op.result),
        _ends(state, op.result),
        lambda m, where: state.read(m, op.input, places(m, where)),
    )


def lower_concatenate(state: FunctionLowering, op: rfx.ConcatenateOp) -> None:
    """Each part to its place; parts of one element are stores."""
    d = op.dim.value.data
    out = state.buffers.destination(op.result)
    offset: Dim = 0
    m = state.emit
    for part in op.inputs:
        if _is_scalar(part):
            zero = m.const(0, index)
            where = [zero] * len(shape_of(part.type))
            value = state.read(m, part, where)
            where[d] = state.sizes.value(offset)
            store(m, value, out, where)
        else:

            def place(
                e: Emit, where: Sequence[SSAValue], offset: Dim = offset
            ) -> Sequence[SSAValue]:
                moved = where[d] if offset == 0 else e.add(where[d], offset)
                return [*where[:d], moved, *where[d + 1 :]]

            def read(
                e: Emit, where: Sequence[SSAValue], part: SSAValue = part
            ) -> SSAValue:
                return state.read(e, part, where)

            _fill(state, out, _ends(state, part), read, place)
        offset = state.sizes.add(offset, state.sizes.of(part)[d])


def lower_pad(state: FunctionLowering, op: rfx.PadOp) -> None:
    """The padding value everywhere, then the input in the middle."""
    out = state.buffers.destination(op.result)
    value = state.read(state.emit, op.value, ())
    _fill(state, out, _ends(state, op.result), lambda _m, _where: value)
    low = rfx.ints(op.low)
    _fill(
        state,
        out,
        _ends(state, op.input),
        lambda m, where: state.read(m, op.input, where),
        lambda m, where: [
            m.add(i, a) if a else i for i, a in zip(where, low, strict=True)
        ],
    )


def _index_of(
    state: FunctionLowering, m: Emit, value: SSAValue, where: Sequence[SSAValue]
) -> SSAValue:
    """An element of an index tensor as an i64; huge unsigned ones are too large."""
    element = state.read(m, value, where)
    if kind_of(value.type) == "u":
        wide = resize(m, element, i64, signed=False)
        return m.select(m.lt(wide, 0), m.const(2**63 - 1, i64), wide)
    return resize(m, element, i64, signed=True)


def _clamped(m: Emit, i: SSAValue, last: SSAValue) -> SSAValue:
    """An i64 index moved into [0, last], as an index value."""
    limit = m.index_cast(last, i64)
    return m.index_cast(m.max(m.min(i, limit), m.const(0, i64)), index)


def _source_places(
    indexed: Sequence[SSAValue], dims: Sequence[int], rest: Sequence[SSAValue]
) -> list[SSAValue]:
    """Where to read: the indexed dims, and the others in order."""
    chosen, others = dict(zip(dims, indexed, strict=True)), iter(rest)
    return [
        chosen[d] if d in chosen else next(others) for d in range(len(dims) + len(rest))
    ]


def lower_gather(state: FunctionLowering, op: rfx.GatherOp) -> None:
    """Each index clamped into its dim, then one load."""
    dims = rfx.ints(op.dims)
    rank = len(shape_of(op.indices[0].type))
    ends = _ends(state, op.input)
    lasts = [state.emit.sub(ends[d], 1) for d in dims]

    def read(m: Emit, where: Sequence[SSAValue]) -> SSAValue:
        indexed = [
            _clamped(m, _index_of(state, m, v, where[:rank]), last)
            for v, last in zip(op.indices, lasts, strict=True)
        ]
        return state.read(m, op.input, _source_places(indexed, dims, where[rank:]))

    if _is_scalar(op.result):
        zero = state.emit.const(0, index)
        count = len(shape_of(op.result.type))
        state.scalars[op.result] = read(state.emit, [zero] * count)
        return
    _fill(state, state.buffers.destination(op.result), _ends(state, op.result), read)


def _copy_input(state: FunctionLowering, op: Any) -> SSAValue:
    """The buffer of the result: the input's own if no one else needs it, or a copy."""
    if (own := state.buffers.updated(op)) is not None:
        return own
    out = state.buffers.destination(op.result)
    _fill(
        state,
        out,
        _ends(state, op.input),
        lambda m, where: state.read(m, op.input, where),
    )
    return out


def lower_scatter(state: FunctionLowering, op: rfx.ScatterOp) -> None:
    """A copy, then the updates one after the other; those outside are dropped."""
    out = _copy_input(state, op)
    dims = rfx.ints(op.dims)
    rank = len(shape_of(op.indices[0].type))
    ends = _ends(state, op.input)
    type_ = element_type(op.input.type)

    def update(m: Emit, where: Sequence[SSAValue]) -> None:
        inside = m.const(1, i1)
        indexed: list[SSAValue] = []
        for v, d in zip(op.indices, dims, strict=True):
            i = _index_of(state, m, v, where[:rank])
            limit = m.index_cast(ends[d], i64)
            inside = m.and_(inside, m.and_(m.ge(i, 0), m.lt(i, limit)))
            indexed.append(m.index_cast(i, index))

        def write(e: Emit) -> Sequence[SSAValue]:
            places = _source_places(indexed, dims, where[rank:])
            value = state.read(e, op.updates, where)
            if op.combine.data == "add":
                old = load(e, out, places)
                name = "or" if kind_of(type_) == "b" else "add"
                value = lower_elementwise(e, name, type_, (old, value))
            store(e, value, out, places)
            return ()

        m.if_(inside, write, lambda _e: (), ())

    _in_order(state.emit, _ends(state, op.updates), update)


def _in_order(
    m: Emit,
    ends: Sequence[SSAValue],
    body: Callable[[Emit, Sequence[SSAValue]], None],
    where: tuple[SSAValue, ...] = (),
) -> None:
    """Nested sequential loops."""
    if not ends:
        body(m, where)
        return

    def step(e: Emit, i: SSAValue, _: Sequence[SSAValue]) -> Sequence[SSAValue]:
        _in_order(e, ends[1:], body, (*where, i))
        return ()

    for_loop(m, ends[0], (), step)


def _block_start(state: FunctionLowering, op: Any, block: SSAValue) -> list[SSAValue]:
    """The starts of a dynamic block, moved so that all of it is inside."""
    m = state.emit
    starts: list[SSAValue] = []
    for start, n, k in zip(
        op.starts, _ends(state, op.input), _ends(state, block), strict=True
    ):
        i = _index_of(state, m, start, ())
        starts.append(_clamped(m, i, m.sub(n, k)))
    return starts


def lower_dynamic_slice(state: FunctionLowering, op: rfx.DynamicSliceOp) -> None:
    """`out[i] = x[start + i]`."""
    starts = _block_start(state, op, op.result)

    def read(m: Emit, where: Sequence[SSAValue]) -> SSAValue:
        places = [m.add(i, s) for i, s in zip(where, starts, strict=True)]
        return state.read(m, op.input, places)

    if _is_scalar(op.result):
        zero = state.emit.const(0, index)
        state.scalars[op.result] = read(state.emit, [zero] * len(starts))
        return
    _fill(state, state.buffers.destination(op.result), _ends(state, op.result), read)


def lower_dynamic_update_slice(
    state: FunctionLowering, op: rfx.DynamicUpdateSliceOp
) -> None:
    """A copy, then the block."""
    starts = _block_start(state, op, op.update)
    _fill(
        state,
        _copy_input(state, op),
        _ends(state, op.update),
        lambda m, where: state.read(m, op.update, where),
        lambda m, where: [m.add(i, s) for i, s in zip(where, starts, strict=True)],
    )


def lower_update_slice(state: FunctionLowering, op: rfx.UpdateSliceOp) -> None:
    """A copy, then `out[start + step * i] = update[i]`."""
    _fill(
        state,
        _copy_input(state, op),
        _ends(state, op.update),
        lambda m, where: state.read(m, op.update, where),
        _stepped(state, op),
    )


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
    ends, inner = _ends(state, op.result), [state.sizes.value(d) for d in depth]
    out_rank = len(ends)

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
        places = [()]
        for d in cast("list[int]", depth):
            places = [(*p, i) for p in places for i in range(d)]

        def read(m: Emit, where: Sequence[SSAValue]) -> SSAValue:
            terms = [product(m, where, [m.const(i, index) for i in p]) for p in places]
            total = terms[0]
            for term in terms[1:]:
                total = plus(m, total, term)
            return total

        if _is_scalar(op.result):
            zero = state.emit.const(0, index)
            state.scalars[op.result] = read(state.emit, [zero] * out_rank)
        else:
            _fill(state, state.buffers.destination(op.result), ends, read)
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
        _in_order(m, inner, step)

    parallel(state.emit, ends[:-1], row)


def lower_scan(state: FunctionLowering, op: rfx.ScanOp) -> None:
    """One row after the other: the first is copied, each later one joins the last.

    Along the last dim the partial result stays in a register; along another, the
    elements of a row are independent of each other.
    """
    d, kind = op.dim.value.data, op.kind.data
    type_ = element_type(op.input.type)
    out, ends = state.buffers.destination(op.result), _ends(state, op.result)
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

            _in_order(m, [some] if some is not one else [], start)
            return
        parallel(m, [some, *rest], lambda e, where: copy(e, (*outer, *where)))

        def row(e: Emit, i: Sequence[SSAValue]) -> None:
            place = e.add(i[0], 1)

            def element(e2: Emit, inner: Sequence[SSAValue]) -> None:
                total = load(e2, out, (*outer, i[0], *inner))
                where = (*outer, place, *inner)
                store(e2, joined(e2, total, where), out, where)

            parallel(e, rest, element)

        _in_order(m, [later], row)

    parallel(state.emit, ends[:d], along)


STRUCTURE: dict[type[Operation], Callable[[FunctionLowering, Any], None]] = {
    rfx.ReshapeOp: lower_reshape,
    rfx.SliceOp: lower_slice,
    rfx.ConcatenateOp: lower_concatenate,
    rfx.PadOp: lower_pad,
    rfx.GatherOp: lower_gather,
    rfx.ScatterOp: lower_scatter,
    rfx.DynamicSliceOp: lower_dynamic_slice,
    rfx.DynamicUpdateSliceOp: lower_dynamic_update_slice,
    rfx.UpdateSliceOp: lower_update_slice,
    rfx.DotGeneralOp: lower_dot_general,
    rfx.ScanOp: lower_scan,
}
