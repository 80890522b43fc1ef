"""How long the value of a tensor is read, by the numbers of the ops of a function.

    0  %r = scf.for … iter_args(%a = %x) {     %x until 2: the next iteration reads
    1    %b = rfx.map … (%a, %x)               nothing of what ends inside this one,
    2    scf.yield %b                          but %x is older than the loop
       }
    3  %s = rfx.map … (%r)                     %r until 3

What is older than a loop and read inside is read until the loop ends. A view of memory
is read as long as what it views: the result of a reshape, a slice that is no copy, a
join that is only joined to others, and what the condition of a `scf.while` hands on,
which is the same memory in its second region and after it.
"""

from __future__ import annotations

from itertools import chain
from typing import TypeGuard

from xdsl.dialects import scf
from xdsl.ir import Block, Operation, SSAValue

from rfxjit.dialects import rfx
from rfxjit.dialects.ir import walked
from rfxjit.dialects.map_ops import LoopNest

_LOOPS = (scf.ForOp, scf.WhileOp)
_CONTROL = (scf.IfOp, *_LOOPS)
"""The ops whose regions are programs on tensors."""


Sides = tuple[tuple[Operation, int], ...]
"""The branches around an op, and on which side of each it is."""


def is_window(op: Operation) -> TypeGuard[rfx.SliceOp]:
    """Whether a slice need not be in memory: nests can read its elements, which are
    side by side, where they are; a join can, whatever the steps.
    """
    if not isinstance(op, rfx.SliceOp):
        return False
    nests = (LoopNest,) if rfx.ints(op.steps)[-1:] == (1,) else ()
    readers = (rfx.ConcatenateOp, *nests)
    return all(isinstance(use.operation, readers) for use in op.result.uses)


def is_part(op: Operation) -> TypeGuard[rfx.ConcatenateOp]:
    """Whether a join is only joined to others: its parts go where those go."""
    return isinstance(op, rfx.ConcatenateOp) and all(
        isinstance(use.operation, rfx.ConcatenateOp) for use in op.result.uses
    )


class Lifetimes:
    """The lifetimes of the values of one function."""

    def __init__(self, block: Block) -> None:
        self.number: dict[Operation, int] = {}
        self.end: dict[Operation, int] = {}
        """The number of the last op inside."""
        self.sides: dict[Operation, Sides] = {}
        self.last: dict[SSAValue, int] = {}
        """The number of the last op for which the memory of a value is needed."""
        self._reads: dict[SSAValue, set[tuple[int, Sides]]] = {}
        """When a value is read."""
        self._given: list[tuple[SSAValue, Operation, tuple[Operation, ...]]] = []
        self._views: list[tuple[SSAValue, SSAValue]] = []
        self._depth: dict[SSAValue, int] = {}
        """How many loops a value is defined in."""
        self._visit(block, (), ())
        for value, op, loops in self._given:
            depth = self._depth.get(value, 0)
            when = self.number[op], self.sides[op]
            if depth < len(loops):
                loop = loops[depth]
                when = self.end[loop], self.sides[loop]
            self._extend(value, when[0])
            self._reads.setdefault(value, set()).add(when)
        for view, source in reversed(self._views):
            self._extend(source, self.last.get(view, 0))
            reads = self._reads.setdefault(source, set())
            # The results of a loop are read after it, when it writes no more.
            if not isinstance(view.owner, scf.WhileOp):
                reads |= self._reads.get(view, set())

    def reads_from(self, value: SSAValue, now: int, sides: Sides) -> list[int]:
        """When a value is read, from op number `now` on, on those sides of branches."""
        return [
            number
            for number, others in self._reads.get(value, ())
            if number >= now
            and not any(a is b and i != j for (a, i) in sides for (b, j) in others)
        ]

    def _extend(self, value: SSAValue, until: int) -> None:
        self.last[value] = max(self.last.get(value, 0), until)

    def _visit(self, block: Block, loops: tuple[Operation, ...], sides: Sides) -> None:
        for argument in block.args:
            self._depth[argument] = len(loops)
        for op in block.ops:
            self.number[op] = len(self.number)
            self.sides[op] = sides
            if isinstance(op, _CONTROL):
                self._given += [(v, op, loops) for v in op.operands]
                inside = (*loops, op) if isinstance(op, _LOOPS) else loops
                for k, region in enumerate(op.regions):
                    side = ((op, k),) if isinstance(op, scf.IfOp) else ()
                    for inner in region.blocks:
                        self._visit(inner, inside, (*sides, *side))
            else:
                read = dict.fromkeys(v for inner in walked(op) for v in inner.operands)
                self._given += [(v, op, loops) for v in read]
            self.end[op] = len(self.number) - 1
            inside = [b.args for region in op.regions for b in region.blocks]
            for value in (*op.results, *chain.from_iterable(inside)):
                self._extend(value, self.end[op])
            for result in op.results:
                self._depth[result] = len(loops)
            if isinstance(op, rfx.ReshapeOp) or is_window(op):
                self._views.append((op.result, op.input))
            elif is_part(op):
                self._views += [(op.result, part) for part in op.inputs]
            elif isinstance(op, scf.ConditionOp):
                self._hand_on(op)

    def _hand_on(self, op: scf.ConditionOp) -> None:
        loop = op.parent_op()
        assert isinstance(loop, scf.WhileOp)
        pairs = zip(op.args, loop.after_region.block.args, loop.results, strict=True)
        for source, argument, result in pairs:
            self._views += [(argument, source), (result, source)]


__all__ = ["Lifetimes", "is_part", "is_window"]
