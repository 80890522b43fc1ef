"""Which loop nests run row by row together, so that a row stays in the cache.

    %s = rfx.map_reduce [4096, 1024] (%x) -> ("add" [0])         one loop of 4096 rows:
    %m = rfx.map [4096] (%s)                             ->        the sum of the row,
    %v = rfx.map_reduce [4096, 1024] (%m [0], %x) -> …             its mean,
                                                                   its variance

Nests that follow each other belong together if they have the same outermost loop, no
result reduces it, and what one reads of another is of its own row. That pays if the
rows are long enough for vectors, if one nest reduces them, and if two read the same
array or one what another has made.

What no one else reads needs no memory of its own size: one number of each row is an SSA
scalar, a short row is on the stack.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import prod
from typing import TYPE_CHECKING

from xdsl.dialects import arith
from xdsl.dialects.builtin import DYNAMIC_INDEX
from xdsl.dialects.tensor import DimOp
from xdsl.ir import Block, Operation, SSAValue

from rfxjit.dialects import rfx
from rfxjit.dialects.ir import dtype_of, shape_of
from rfxjit.dialects.map_ops import LoopNest
from rfxjit.passes.loop_nests import lower_nest
from rfxjit.passes.loops import parallel
from rfxjit.passes.lower_structure import copy_slice
from rfxjit.passes.shapes import Shapes

if TYPE_CHECKING:
    from rfxjit.passes.emit import Emit
    from rfxjit.passes.lower_to_loops import FunctionLowering

SHORTEST = 128
"""Rows of fewer elements are better joined into one long loop."""
ROW_BYTES = 16384
"""How much of a row is on the stack, at most: half of a first-level cache, and a third
of what a block of GPU threads shares."""

_ASIDE = (arith.ConstantOp, DimOp, rfx.ConstantOp)
"""What depends on no row, and may come before the loop."""


@dataclass
class RowGroup:
    """Ops that are lowered together, in one loop over rows."""

    rows: object
    """How many: a number, or the dims that are known to be as many."""
    ops: list[Operation] = field(default_factory=list[Operation])
    all: list[Operation] = field(default_factory=list[Operation])
    """The same, and what is between them, in order."""
    made: dict[SSAValue, None] = field(default_factory=dict[SSAValue, None])
    """The results, in order."""

    def inside(self, value: SSAValue) -> bool:
        """Whether only the group reads a value."""
        return all(
            use.operation in self.ops
            and not (
                isinstance(use.operation, rfx.ReshapeOp)
                and not self.inside(use.operation.result)
            )
            for use in value.uses
        )

    def pays(self) -> bool:
        """Whether two nests share rows that are long enough, and one reduces them."""
        nests = [o for o in self.ops if isinstance(o, LoopNest) and len(o.shape) > 1]
        long = [n for n in nests if prod(n.shape[1:]) > 1]
        if len(long) < 2 or any(prod(n.shape[1:]) < SHORTEST for n in long):
            return False
        reads = [
            {v for v in n.inputs if len(shape_of(v.type)) == len(n.shape)} for n in long
        ]
        shared = any(
            a & b or a & set(m.results) or b & set(n.results)
            for i, (a, n) in enumerate(zip(reads, long, strict=True))
            for b, m in zip(reads[:i], long[:i], strict=True)
        )
        return shared and any(how != "none" for n in long for how in n.combiners)


def find_row_groups(block: Block) -> dict[Operation, RowGroup]:
    """The groups of a fused-level block, by their first op."""
    shapes = Shapes()
    for op in block.ops:
        shapes.learn(op)
    groups: dict[Operation, RowGroup] = {}
    group = RowGroup(None)
    for op in block.ops:
        if isinstance(op, _ASIDE):
            group.all.append(op)
            continue
        if not (group.ops and _joins(op, group, shapes)):
            if len(group.ops) > 1 and group.pays():
                groups[group.ops[0]] = group
            group = RowGroup(_rows(op, shapes))
            if group.rows is None:
                continue
        group.ops.append(op)
        group.all.append(op)
        group.made |= dict.fromkeys(op.results)
    return groups


def _rows(op: Operation, shapes: Shapes) -> object:
    """The number of rows of a nest; None for what is none that can be in a group."""
    if (
        not isinstance(op, LoopNest)
        or op.shape[:1] in ((), (1,))
        # It may be short, and its rows have no place on the stack.
        or DYNAMIC_INDEX in op.shape[1:]
        or any(map_[:1] != (0,) for map_ in op.out_maps)
    ):
        return None
    return shapes.key(op.outputs[0])[0]


def _joins(op: Operation, group: RowGroup, shapes: Shapes) -> bool:
    if isinstance(op, rfx.ReshapeOp):
        # Numbers of rows in another shape.
        shape, old = shape_of(op.result.type), shape_of(op.input.type)
        return (
            op.input in group.made
            and shape[:1] == old[:1]
            and prod(shape[1:]) == prod(old[1:]) == 1
        )
    if not isinstance(op, LoopNest) or _rows(op, shapes) != group.rows:
        return False
    return all(
        map_[:1] == (0,) and 0 not in map_[1:]
        for value, map_ in zip(op.inputs, op.maps, strict=True)
        if value in group.made
    )


@dataclass
class Row:
    """The row that is being lowered."""

    index: SSAValue
    scalars: dict[SSAValue, SSAValue]
    """Results that are one number in each row, and in this one."""
    buffers: dict[SSAValue, SSAValue]
    """Results of which only this row is in memory."""


def lower_rows(state: FunctionLowering, group: RowGroup) -> None:
    """One parallel loop over rows, with all nests of a group inside."""
    for op in group.all:
        for value in op.operands:
            if value in state.windows and isinstance(value.owner, rfx.SliceOp):
                del state.windows[value]
                copy_slice(state, value.owner)
        if op in group.ops:
            state.sizes.learn(op)
        else:
            state.lower(op)
    local: list[SSAValue] = []
    room = ROW_BYTES
    for value in group.made:
        count = prod(shape_of(value.type)[1:])
        size = count * dtype_of(value.type).itemsize
        inside = group.inside(value)
        if inside and count == 1:
            continue
        if inside and size <= room:
            local.append(value)
            room -= size
        elif not isinstance(value.owner, rfx.ReshapeOp):
            state.buffers.destination(value)

    def body(m: Emit, indices: Sequence[SSAValue]) -> None:
        row = Row(indices[0], {}, {})
        for value in local:
            row.buffers[value] = state.row_buffer(m, value)
        for op in group.ops:
            m.location = op.location
            if isinstance(op, rfx.ReshapeOp):
                row.scalars[op.result] = row.scalars[op.input]
            else:
                assert isinstance(op, LoopNest)
                lower_nest(state, op, m, row)

    first = group.ops[0]
    assert isinstance(first, LoopNest)
    rows = state.sizes.mixed(first.shape, first.sizes)[0]
    parallel(state.emit, [state.sizes.value(rows)], body)
    for op in group.ops:
        if isinstance(op, rfx.ReshapeOp) and not group.inside(op.result):
            state.lower(op)


__all__ = ["Row", "RowGroup", "find_row_groups", "lower_rows"]
