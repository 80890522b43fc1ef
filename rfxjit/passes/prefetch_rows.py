"""Get the next row from memory while there is work on this one.

    scf.parallel (%r) = (%c0) to (%n) step (%c1) {
      scf.for %k … { %0 = vector.load %x[%r, %k] … }       waits for memory
      scf.for %k … { %1 = vector.load %x[%r, %k] … }       works in the cache
->
    scf.parallel (%r) = (%c0) to (%n) step (%c1) {
      scf.for %k … { %0 = vector.load %x[%r, %k] … }
      %after = arith.addi %r, %c1
      %next = arith.minsi %after, %last
      scf.for %k … {
        memref.prefetch %x[%next, %k], read, locality<3>, data
        %1 = vector.load %x[%r, %k] …
      }

Only the first loop over a row finds it in memory; in the others memory would be idle.
CPUs prefetch on their own what a loop reads in order, but do not look past it. The
second loop asks for each line of the next row, for all arguments that the first reads
by rows.
"""

from __future__ import annotations

from xdsl.context import Context
from xdsl.dialects import scf, vector
from xdsl.dialects.builtin import DYNAMIC_INDEX, ModuleOp
from xdsl.ir import Block, BlockArgument, Operation, SSAValue
from xdsl.passes import ModulePass

from rfxjit.dialects import upstream
from rfxjit.dialects.ir import (
    append,
    bytes_of,
    dtype_of,
    i1,
    i32,
    integer_attr,
    make,
    move_before,
    shape_of,
)
from rfxjit.passes.emit import Emit

IN_CACHE = 1 << 20
"""Bytes; an array that is no larger is in the cache, if its rows were used before."""
_LINE = 64
_SOON = {
    "isWrite": integer_attr(0, i1),
    "localityHint": integer_attr(3, i32),
    "isDataCache": integer_attr(1, i1),
}
_LOOPS = (scf.ForOp, scf.ParallelOp)


class PrefetchRowsPass(ModulePass):
    """See the module's docstring."""

    name = "prefetch-rows"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for rows in [o for o in op.walk() if isinstance(o, scf.ParallelOp)]:
            body = rows.body.block
            loops = [o for o in body.ops if isinstance(o, _LOOPS)]
            if len(loops) > 1 and len(body.args) == 1:
                arrays = _arrays(loops[0].body.block, body.args[0])
                access = _access(loops[1], arrays) if arrays else None
                if access is not None:
                    _prefetch(rows, loops[1], arrays, access)


def _arrays(loop: Block, row: SSAValue) -> list[SSAValue]:
    """The arguments of which a loop reads the elements of a row."""
    found: dict[SSAValue, None] = {}
    for op in loop.ops:
        if isinstance(op, vector.LoadOp) and len(op.indices) == 2:
            unknown = DYNAMIC_INDEX in shape_of(op.base.type)
            large = unknown or bytes_of(op.base.type) > IN_CACHE
            if op.indices[0] is row and isinstance(op.base, BlockArgument) and large:
                found[op.base] = None
    return list(found)


def _access(
    loop: Operation, arrays: list[SSAValue]
) -> vector.LoadOp | vector.StoreOp | None:
    """The first access of a loop to what is as long as a row of the arrays."""
    lengths = {shape_of(array.type)[1] for array in arrays}
    for op in loop.walk():
        if isinstance(op, (vector.LoadOp, vector.StoreOp)):
            place = op.indices[-1].owner
            moves = op.parent in (place, place.parent)
            if moves and shape_of(op.base.type)[-1] in lengths:
                return op
    return None


def _prefetch(
    rows: scf.ParallelOp,
    loop: Operation,
    arrays: list[SSAValue],
    access: vector.LoadOp | vector.StoreOp,
) -> None:
    """Ask for the next row of arrays next to an access to this one."""
    top, lines = Block(), Block()
    m = Emit(top, loop.location)
    last = m.sub(rows.upperBound[0], 1)
    following = m.min(m.add(rows.body.block.args[0], rows.step[0]), last)
    inside = Emit(lines, loop.location, m)
    value = access.vector if isinstance(access, vector.StoreOp) else access.result
    (count,) = shape_of(value.type)
    for array in arrays:
        for k in range(0, count, _LINE // dtype_of(array.type).itemsize):
            operands = (array, following, inside.add(access.indices[-1], k))
            append(lines, make(upstream.PrefetchOp, operands, (), loop.location, _SOON))
    move_before(top.ops, loop)
    move_before(lines.ops, access)
