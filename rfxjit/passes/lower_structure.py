"""Lower data movement to loops: one function per op.

    %r = rfx.slice %x starts [4] steps [-1] [5] …   ->   scf.parallel (%i) = 0 to 5 {
                                                           r[i] = x[4 - i]
                                                         }

Each gives its result a buffer and fills it, but for a slice that only nests read: these
read the elements where they are. A reshape of a buffer is only another view
of it, since tensors are immutable.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from xdsl.ir import Operation, SSAValue

from rfxjit.dialects import rfx
from rfxjit.dialects.ir import element_type, i1, i64, index, kind_of, shape_of
from rfxjit.passes.emit import Emit
from rfxjit.passes.lifetimes import is_part, is_window
from rfxjit.passes.loops import in_order, load, parallel, store
from rfxjit.passes.scalar_semantics import lower_elementwise, resize
from rfxjit.passes.sizes import Dim

if TYPE_CHECKING:
    from rfxjit.passes.lower_to_loops import FunctionLowering


Read = Callable[[Emit, Sequence[SSAValue]], SSAValue]
"""The element at some places."""
Places = Callable[[Emit, Sequence[SSAValue]], Sequence[SSAValue]]
"""From places in one array to places in another."""


def ends_of(state: FunctionLowering, value: SSAValue) -> list[SSAValue]:
    """The dims of a tensor as values: where loops over it end."""
    return [state.sizes.value(d) for d in state.sizes.of(value)]


def fill(
    state: FunctionLowering,
    out: SSAValue,
    ends: Sequence[SSAValue],
    read: Read,
    place: Places | None = None,
) -> None:
    """`out[place(i)] = read(i)` for all i below `ends`."""

    def body(m: Emit, where: Sequence[SSAValue]) -> None:
        value = read(m, where)
        store(m, value, out, where if place is None else place(m, where))

    parallel(state.emit, ends, body)


def copy(
    state: FunctionLowering, value: SSAValue, out: SSAValue, place: Places | None = None
) -> None:
    """`out[place(i)] = value[i]` for all i."""
    ends = ends_of(state, value)
    fill(state, out, ends, lambda m, where: state.read(m, value, where), place)


def is_scalar(value: SSAValue) -> bool:
    """Whether a tensor has one element, which is no array then but an SSA value."""
    return all(n == 1 for n in shape_of(value.type))


def compute(state: FunctionLowering, result: SSAValue, read: Read) -> None:
    """A result of which `read(i)` gives the elements: a scalar, or a buffer."""
    if is_scalar(result):
        zero = state.emit.const(0, index)
        where = [zero] * len(shape_of(result.type))
        state.scalars[result] = read(state.emit, where)
        return
    out = state.buffers.destination(result)
    fill(state, out, ends_of(state, result), read)


def lower_reshape(state: FunctionLowering, op: rfx.ReshapeOp) -> None:
    """Another view of the same buffer, or the same scalar."""
    if op.input in state.scalars and is_scalar(op.result):
        state.scalars[op.result] = state.scalars[op.input]
        return
    buffer = state.memory(op.input)
    state.buffers[op.result] = state.buffers.reshaped(buffer, op.result)


def _stepped(state: FunctionLowering, op: rfx.SliceOp | rfx.UpdateSliceOp) -> Places:
    """From places in the block to places in the input: `start + step * i`."""
    starts = state.sizes.mixed(rfx.ints(op.static_starts), op.starts)
    steps = rfx.ints(op.steps)

    def places(m: Emit, where: Sequence[SSAValue]) -> list[SSAValue]:
        result: list[SSAValue] = []
        for i, start, step in zip(where, starts, steps, strict=True):
            if step == -1:
                result.append(m.sub(start, i))
            else:
                result.append(m.add(i if step == 1 else m.mul(i, step), start))
        return result

    return places


def lower_slice(state: FunctionLowering, op: rfx.SliceOp) -> None:
    """`out[i] = x[start + step * i]`; nests that read it may read x themselves."""
    if is_window(op) and op.input in state.buffers and not is_scalar(op.result):
        state.windows[op.result] = op.input, _stepped(state, op)
        state.buffers.note(op.result, op.input)
    else:
        copy_slice(state, op)


def copy_slice(state: FunctionLowering, op: rfx.SliceOp) -> None:
    """A slice in memory of its own, or a scalar."""
    places = _stepped(state, op)
    compute(
        state, op.result, lambda m, where: state.read(m, op.input, places(m, where))
    )


def lower_concatenate(state: FunctionLowering, op: rfx.ConcatenateOp) -> None:
    """Each part to its place, the parts of a part to theirs.

    Parts of one element along the last dim go side by side in one loop.
    """
    rank, d = len(shape_of(op.result.type)), op.dim.value.data
    placed = list(_placed(state, op, [0] * rank))
    if is_part(op):
        for part, _ in placed:
            value = state.windows.get(part, (part,))[0]
            if value in state.buffers:
                state.buffers.note(op.result, value)
        return
    out = state.buffers.destination(op.result)
    narrow = d == rank - 1 and all(shape_of(v.type)[d] == 1 for v in op.inputs)
    narrow &= len(placed) == len(op.inputs)
    for group in [placed] if narrow else [[each] for each in placed]:

        def body(m: Emit, where: Sequence[SSAValue], group: Any = group) -> None:
            for part, start in group:
                places = [m.add(i, n) for i, n in zip(where, start, strict=True)]
                store(m, state.read(m, part, where), out, places)

        parallel(state.emit, ends_of(state, group[0][0]), body)


def _placed(
    state: FunctionLowering, op: rfx.ConcatenateOp, start: Sequence[Dim]
) -> Iterator[tuple[SSAValue, Sequence[Dim]]]:
    """The parts and where they begin, with those of each part that is a join."""
    d = op.dim.value.data
    for part in op.inputs:
        if isinstance(part.owner, Operation) and is_part(part.owner):
            yield from _placed(state, part.owner, start)
        else:
            yield part, start
        end = state.sizes.add(start[d], state.sizes.of(part)[d])
        start = [*start[:d], end, *start[d + 1 :]]


def lower_pad(state: FunctionLowering, op: rfx.PadOp) -> None:
    """The padding value everywhere, then the input in the middle."""
    out = state.buffers.destination(op.result)
    value = state.read(state.emit, op.value, ())
    fill(state, out, ends_of(state, op.result), lambda _m, _where: value)
    low = rfx.ints(op.low)
    copy(
        state,
        op.input,
        out,
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
    ends = ends_of(state, op.input)
    lasts = [state.emit.sub(ends[d], 1) for d in dims]

    def read(m: Emit, where: Sequence[SSAValue]) -> SSAValue:
        indexed = [
            _clamped(m, _index_of(state, m, v, where[:rank]), last)
            for v, last in zip(op.indices, lasts, strict=True)
        ]
        return state.read(m, op.input, _source_places(indexed, dims, where[rank:]))

    compute(state, op.result, read)


def _copy_input(state: FunctionLowering, op: Any) -> SSAValue:
    """The buffer of the result: the input's own if no one else needs it, or a copy."""
    if (own := state.buffers.updated(op)) is not None:
        return own
    out = state.buffers.destination(op.result)
    copy(state, op.input, out)
    return out


def lower_scatter(state: FunctionLowering, op: rfx.ScatterOp) -> None:
    """A copy, then the updates one after the other; those outside are dropped."""
    out = _copy_input(state, op)
    dims = rfx.ints(op.dims)
    rank = len(shape_of(op.indices[0].type))
    ends, counts = ends_of(state, op.input), ends_of(state, op.updates)
    type_ = element_type(op.input.type)

    def update(m: Emit, where: Sequence[SSAValue]) -> None:
        inside = m.const(1, i1)
        indexed: list[SSAValue] = []
        for v, d in zip(op.indices, dims, strict=True):
            i = _index_of(state, m, v, where)
            limit = m.index_cast(ends[d], i64)
            inside = m.and_(inside, m.and_(m.ge(i, 0), m.lt(i, limit)))
            indexed.append(m.index_cast(i, index))

        def write(e: Emit, rest: Sequence[SSAValue]) -> None:
            places = _source_places(indexed, dims, rest)
            value = state.read(e, op.updates, [*where, *rest])
            if op.combine.data == "add":
                old = load(e, out, places)
                name = "or" if kind_of(type_) == "b" else "add"
                value = lower_elementwise(e, name, type_, (old, value))
            store(e, value, out, places)

        def writes(e: Emit) -> Sequence[SSAValue]:
            parallel(e, counts[rank:], write)
            return ()

        m.if_(inside, writes, lambda _e: (), ())

    in_order(state.emit, counts[:rank], update)


def _block_start(state: FunctionLowering, op: Any, block: SSAValue) -> list[SSAValue]:
    """The starts of a dynamic block, moved so that all of it is inside."""
    m = state.emit
    starts: list[SSAValue] = []
    for start, n, k in zip(
        op.starts, ends_of(state, op.input), ends_of(state, block), strict=True
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

    compute(state, op.result, read)


def lower_dynamic_update_slice(
    state: FunctionLowering, op: rfx.DynamicUpdateSliceOp
) -> None:
    """A copy, then the block."""
    starts = _block_start(state, op, op.update)
    copy(
        state,
        op.update,
        _copy_input(state, op),
        lambda m, where: [m.add(i, s) for i, s in zip(where, starts, strict=True)],
    )


def lower_update_slice(state: FunctionLowering, op: rfx.UpdateSliceOp) -> None:
    """A copy, then `out[start + step * i] = update[i]`."""
    copy(state, op.update, _copy_input(state, op), _stepped(state, op))


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
}
