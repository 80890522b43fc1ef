"""One iteration of a loop that `grad` makes to run backwards, and how loops are made.

    %r = scf.for %i = %a to %b step %s          scf.for %k = 0 to %count
        iter_args(%x = ...) {             ->        iter_args(%dx = %dr) {
      ... -> %y                                   front: %i, %x of iteration n
      scf.yield %y                                ... -> %y
    }                                             ... %dx from the cotangent of %y
                                                  scf.yield
                                                }

What is in front differs: `grad_tape.py` reads a tape, `grad_replay.py` runs the loop.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from xdsl.dialects import arith, scf
from xdsl.dialects.builtin import IntegerAttr
from xdsl.dialects.tensor import ExtractOp, FromElementsOp
from xdsl.ir import Block, BlockArgument, Operation, Region, SSAValue

from rfxjit.dialects import rfx, upstream
from rfxjit.dialects.builder import Builder, Size
from rfxjit.dialects.dense_text import to_array
from rfxjit.dialects.diagnostics import UnsupportedError
from rfxjit.dialects.ir import append, make, shape_of


@dataclass(frozen=True)
class Trips:
    """The iterations of a loop: number n is for `first + n * step`."""

    first: int
    step: int
    count: Size

    @property
    def plain(self) -> bool:
        """Whether they are numbered as they are."""
        return (self.first, self.step) == (0, 1)


def trips_of(op: scf.ForOp) -> Trips:
    """The iterations of a loop."""
    first, last, step = (known(v) for v in (op.lb, op.ub, op.step))
    if first is not None and step is not None and step > 0:
        if last is not None:
            return Trips(first, step, max(0, -((first - last) // step)))
        if (first, step) == (0, 1):
            return Trips(0, 1, op.ub)
    raise unknown_length(op)


def unknown_length(op: Operation) -> UnsupportedError:
    """The error for a loop that may run for any time."""
    return UnsupportedError(
        "the derivative of a loop needs a bound of how often it runs",
        op,
        "loop over a fixed number or the size of an array, and put what may not have to"
        " be done under an `if`",
    )


def source(value: SSAValue) -> SSAValue:
    """What an index value was before it went through tensors and other types."""
    while True:
        match value.owner:
            case upstream.IndexCastOp() as op:
                value = op.input
            case ExtractOp() as op if not op.indices:
                value = op.tensor
            case FromElementsOp() as op if shape_of(value.type) == ():
                value = op.elements[0]
            case _:
                return value


def known(value: SSAValue) -> int | None:
    """The number that an index value always is."""
    match source(value).owner:
        case arith.ConstantOp(value=IntegerAttr() as number):
            return number.value.data
        case rfx.ConstantOp(value=number):
            return int(to_array(number).item())
        case _:
            return None


@dataclass
class Step:
    """One iteration of the loop that runs backwards, while it is made."""

    op: scf.ForOp
    """The loop forwards."""
    trips: Trips
    block: Block
    """Its arguments are a counter, the cotangents, and at the end `known`."""
    starts: Sequence[SSAValue]
    """The cotangents behind the loop."""
    known: Sequence[BlockArgument]
    """The index and the carried values of the iteration forwards."""

    def needs(self) -> list[int]:
        """The numbers of the carried values that are needed."""
        return [k for k, v in enumerate(self.known[1:]) if v.first_use is not None]

    def loop(
        self,
        b: Builder,
        count: SSAValue,
        front: Block,
        values: Mapping[BlockArgument, SSAValue],
    ) -> Sequence[SSAValue]:
        """The loop, with `front`, where these values come from, in each iteration."""
        for argument, value in values.items():
            argument.replace_all_uses_with(value)
        for argument in reversed(self.known):
            self.block.erase_arg(argument)
        first = cast("Operation", self.block.first_op)
        move(front, first)
        return for_(b, count, self.starts, self.block)


def move(block: Block, before: Operation) -> None:
    """Put the ops of `block` in front of an op."""
    target = cast("Block", before.parent)
    for op in list(block.ops):
        op.detach()
        target.insert_op_before(op, before)


def for_(
    b: Builder, count: SSAValue, starts: Sequence[SSAValue], block: Block
) -> Sequence[SSAValue]:
    """The results of a loop that runs `count` times."""
    bounds = (b.index_const(0), count, b.index_const(1))
    types = [v.type for v in starts]
    regions = (Region(block),)
    op = make(scf.ForOp, (*bounds, *starts), types, b.location, regions=regions)
    return append(b.block, op).results


def copy(
    block: Block, into: Block, values: Mapping[SSAValue, SSAValue]
) -> list[SSAValue]:
    """Compute the ops of `block` once more; gives what it yields.

    What they require has been checked before.
    """
    names = dict(values)
    end = cast("Operation", block.last_op)
    for op in block.ops:
        if op is not end and not isinstance(op, rfx.RequireOp):
            new = op.clone(names)
            for inner in list(new.walk()):
                if isinstance(inner, rfx.RequireOp):
                    inner.detach()
                    inner.erase()
            into.add_op(new)
    return [names.get(v, v) for v in end.operands]
