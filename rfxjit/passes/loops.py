"""Write loops and memory accesses at the loops level.

    parallel(m, [rows, columns], lambda m, ij: store(m, load(m, x, ij), out, ij))

`m` is an `Emit`; a body gets the emitter of its own block and the loop indices. Bounds
and indices are `index` values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from xdsl.dialects import memref, scf
from xdsl.dialects.builtin import LocationAttr
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue

from rfxjit.dialects import upstream
from rfxjit.dialects.ir import (
    append,
    element_type,
    i32s,
    i64,
    index,
    integer_attr,
    make,
    prepend,
)
from rfxjit.passes.emit import Emit, constant_of

Body = Callable[[Emit, Sequence[SSAValue]], None]
CarriedBody = Callable[[Emit, SSAValue, Sequence[SSAValue]], Sequence[SSAValue]]
RESHAPES = (memref.CollapseShapeOp, memref.ReinterpretCastOp)
VIEWS = (*RESHAPES, memref.ViewOp)
ALIGNMENT = 64
"""Where memory that we make begins: at multiples of this."""
_ALLOCA = {
    "operandSegmentSizes": i32s(0, 0),
    "alignment": integer_attr(ALIGNMENT, i64),
}


def outside_of_nests(op: Operation) -> Iterator[Operation]:
    """All ops in `op`, but for what is in a parallel loop."""
    yield op
    if not isinstance(op, scf.ParallelOp):
        for region in op.regions:
            for block in region.blocks:
                for inner in block.ops:
                    yield from outside_of_nests(inner)


def root_of(value: SSAValue) -> SSAValue:
    """The buffer that a view is part of."""
    while isinstance(value.owner, VIEWS):
        value = value.owner.operands[0]
    return value


def users_of(buffer: SSAValue) -> list[Operation]:
    """The ops that use a buffer, also in another shape; not for its sizes."""
    found: list[Operation] = []
    names = [buffer]
    for name in names:
        for use in name.uses:
            if isinstance(use.operation, RESHAPES):
                names.append(use.operation.results[0])
            elif not isinstance(use.operation, memref.DimOp):
                found.append(use.operation)
    return found


def uncast(value: SSAValue) -> SSAValue:
    """An integer before it was cast from or to an index."""
    while isinstance(value.owner, upstream.IndexCastOp):
        value = value.owner.operands[0]
    return value


def trip_count(lower: SSAValue, upper: SSAValue, step: SSAValue) -> int | None:
    """How many iterations a loop has, if that is known."""
    numbers = [constant_of(v) for v in (lower, upper, step)]
    if None in numbers:
        return None
    return max(0, -((numbers[0] - numbers[1]) // numbers[2]))


def load(m: Emit, buffer: SSAValue, indices: Sequence[SSAValue]) -> SSAValue:
    """`memref.load`."""
    return m.op(memref.LoadOp, (buffer, *indices), element_type(buffer.type))


def store(
    m: Emit, value: SSAValue, buffer: SSAValue, indices: Sequence[SSAValue]
) -> None:
    """`memref.store`."""
    append(m.block, make(memref.StoreOp, (value, buffer, *indices), (), m.location))


def alloca(m: Emit, type_: Attribute) -> SSAValue:
    """Stack memory."""
    return m.op(memref.AllocaOp, (), type_, _ALLOCA)


def alloca_at_top(block: Block, type_: Attribute, location: LocationAttr) -> SSAValue:
    """Stack memory, at the beginning of a block."""
    return prepend(
        block, make(memref.AllocaOp, (), (type_,), location, _ALLOCA)
    ).results[0]


def parallel(m: Emit, dims: Sequence[SSAValue], body: Body) -> None:
    """Nested `scf.parallel` loops from 0 to `dims`, around `body(m, indices)`.

    There is no loop for a dim that is known to be 1.
    """
    if not dims:
        body(m, ())
        return
    zero = m.const(0, index)
    if dims[0] is m.const(1, index):
        parallel(m, dims[1:], lambda e, rest: body(e, (zero, *rest)))
        return
    block = Block(arg_types=[index])
    inner = m.child(block)
    if len(dims) == 1:
        body(inner, block.args)
    else:
        first = block.args[0]
        parallel(inner, dims[1:], lambda e, rest: body(e, (first, *rest)))
    close_parallel(m, zero, dims[0], block)


def close_parallel(
    m: Emit, begin: SSAValue, end: SSAValue, block: Block, step: int = 1
) -> None:
    """Make a filled block the body of one `scf.parallel`."""
    by = m.const(step, index)
    append(block, make(scf.ReduceOp, (), (), m.location))
    properties = {"operandSegmentSizes": i32s(1, 1, 1, 0)}
    append(
        m.block,
        make(
            scf.ParallelOp,
            (begin, end, by),
            (),
            m.location,
            properties,
            (Region(block),),
        ),
    )


def parallel_range(
    m: Emit, begin: SSAValue, end: SSAValue, body: Callable[[Emit, SSAValue], None]
) -> None:
    """One `scf.parallel` from `begin` to `end`."""
    block = Block(arg_types=[index])
    body(m.child(block), block.args[0])
    close_parallel(m, begin, end, block)


def for_loop(
    m: Emit,
    count: SSAValue,
    carried: Sequence[SSAValue],
    body: CarriedBody,
) -> Sequence[SSAValue]:
    """`scf.for` from 0 to `count`; `body(m, i, carried)` gives the next values."""
    types = [v.type for v in carried]
    block = Block(arg_types=[index, *types])
    values = body(m.child(block), block.args[0], block.args[1:])
    append(block, make(scf.YieldOp, values, (), m.location))
    operands = (m.const(0, index), count, m.const(1, index), *carried)
    op = make(scf.ForOp, operands, types, m.location, regions=(Region(block),))
    return append(m.block, op).results


def in_order(
    m: Emit,
    ends: Sequence[SSAValue],
    body: Body,
    where: tuple[SSAValue, ...] = (),
) -> None:
    """Nested `scf.for` loops from 0 to `ends`, around `body(m, indices)`."""
    if not ends:
        body(m, where)
        return

    def step(e: Emit, i: SSAValue, _: Sequence[SSAValue]) -> Sequence[SSAValue]:
        in_order(e, ends[1:], body, (*where, i))
        return ()

    for_loop(m, ends[0], (), step)
