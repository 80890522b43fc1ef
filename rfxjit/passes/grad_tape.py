"""Loops on tensors keep what their derivative needs on a tape: see `grad_control.py`.

    scf.for iter_args(%a = %x)           scf.for iter_args(%a = %x, %tape = %zeros) {
                                   ->      %tape1 = tape[n] = a
                                                                     // forwards
                                         %a = tape[count - 1 - k]    // backwards

What is needed turns out when the iteration backwards is made. A loop that only adds to
what it carries, say, needs nothing of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from xdsl.dialects import arith, scf
from xdsl.dialects.builtin import DYNAMIC_INDEX
from xdsl.dialects.tensor import DimOp
from xdsl.ir import Block, Operation, OpResult, SSAValue
from xdsl.ir.core import SSAValues

from rfxjit.dialects.builder import Builder, Size
from rfxjit.dialects.diagnostics import UnsupportedError
from rfxjit.dialects.elementwise_ops import Elementwise
from rfxjit.dialects.ir import dtype_of, element_type, index, shape_of
from rfxjit.passes.grad_step import (
    Step,
    Trips,
    known,
    move,
    source,
    unknown_length,
)


def taped(b: Builder, step: Step) -> Sequence[SSAValue]:
    """The cotangents in front of a loop."""
    op, trips = step.op, step.trips
    for argument, start in zip(step.known[1:], op.iter_args, strict=True):
        # Sizes stay as they are: for these nothing has to be kept.
        for use in list(argument.uses):
            if isinstance(use.operation, DimOp):
                use.operation.operands[0] = start
    needs = step.needs()
    if trips.count == 0:
        return step.starts
    tapes = _record(op, trips, needs)
    front = Block()
    m = Builder(front, op.location)
    count = trips.count
    if isinstance(count, int):
        last, count = count - 1, b.index_const(count)
    else:
        last = m.index_sub(count, 1)
    n = m.index_sub(last, step.block.args[0])
    row = m.index_tensor(n)
    place = n
    if not trips.plain:
        place = m.index_add(trips.first, m.index_mul(n, trips.step))
    values = {step.known[0]: place}
    for k, tape in zip(needs, tapes, strict=True):
        values[step.known[1 + k]] = _read(m, tape, row, op.iter_args[k])
    return step.loop(b, count, front, values)


def _record(op: scf.ForOp, trips: Trips, needs: Sequence[int]) -> list[SSAValue]:
    """Let a loop keep what it carries at the start of each iteration, as results.

    The loop itself changes, because others may know its results.
    """
    block = op.body.block
    end = cast("Operation", block.last_op)
    before, inside = Block(), Block()
    outer, inner = (Builder(new, op.location) for new in (before, inside))
    n = block.args[0]
    if not trips.plain:
        n = inner.index_floordiv(inner.index_sub(n, trips.first), trips.step)
    row = inner.index_tensor(n)
    rows = trips.count
    if needs and isinstance(rows, SSAValue) and (rows := _bound(rows)) is None:
        raise unknown_length(op)
    tapes: list[SSAValue] = []
    for k in needs:
        start, carried = op.iter_args[k], block.args[1 + k]
        type_ = start.type
        if element_type(type_) == type_:
            raise UnsupportedError(f"a loop that carries {type_} has no tape", op)
        tape = outer.full(0, dtype_of(type_), (rows, *outer.shape(start)))
        argument = block.insert_arg(tape.type, len(block.args))
        tapes.append(_write(inner, argument, row, carried))
        op.operands = [*op.operands, tape]
    move(before, op)
    move(inside, cast("Operation", block.first_op))
    end.operands = [*end.operands, *tapes]
    count = len(op.results)
    new = [OpResult(v.type, op, count + i) for i, v in enumerate(tapes)]
    op.results = SSAValues((*op.results, *new))
    return list(new)


def _bound(value: SSAValue) -> Size | None:
    """A size that a number is never above; None if there is none.

    %d = dim;  %d - 1;  max(%d, 0);  %d // 2;  min(%n, %d)    // all at most %d
    """
    if (number := known(value)) is not None:
        return max(1, number)
    value = source(value)
    if _is_size(value):
        return value
    op = value.owner
    if not isinstance(op, (Elementwise, arith.SubiOp)) or len(op.operands) != 2:
        return None
    a, b = op.operands
    least = {"rfx.sub": 0, "arith.subi": 0, "rfx.floor_div": 1}.get(op.name)
    number = known(b)
    if least is not None and number is not None and number >= least:
        return _bound(a)
    if op.name == "rfx.maximum" and number is not None and number <= 0:
        return _bound(a)
    if op.name == "rfx.minimum":
        x, y = _bound(a), _bound(b)
        return y if x is None or isinstance(y, int) else x
    return None


def _is_size(value: SSAValue) -> bool:
    """Whether an index value is made of dims of tensors, and never negative."""
    match value.owner:
        case DimOp():
            return True
        case arith.AddiOp() | arith.MuliOp() | arith.FloorDivSIOp() as op:
            return value.type == index and all(_is_size(v) for v in op.operands)
        case _:
            return value.type == index and (known(value) or 0) > 0


def _write(m: Builder, tape: SSAValue, row: SSAValue, value: SSAValue) -> SSAValue:
    """A tape with a value in a row."""
    if DYNAMIC_INDEX in shape_of(value.type):
        return m.scatter(tape, value, [row], [0])
    shape = shape_of(value.type)
    block = m.reshape(value, (1, *shape))
    return m.dynamic_update_slice(tape, block, [row, *[m.lit(row, 0)] * len(shape)])


def _read(m: Builder, tape: SSAValue, row: SSAValue, like: SSAValue) -> SSAValue:
    """A row of a tape, which has the type of `like`."""
    shape = shape_of(like.type)
    if DYNAMIC_INDEX in shape:
        return m.gather(tape, [row], [0])
    starts = [row, *[m.lit(row, 0)] * len(shape)]
    return m.reshape(m.dynamic_slice(tape, starts, (1, *shape)), shape)
