"""How long the value of a tensor is read, by the numbers of the ops of a function.

    0  %r = scf.for … iter_args(%a = %x) {     %x until 2: the next iteration reads
    1    %b = rfx.map … (%a, %x)               nothing of what ends inside this one,
    2    scf.yield %b                          but %x is older than the loop
       }
    3  %s = rfx.map … (%r)                     %r until 3

What is older than a loop and read inside is read until the loop ends. A view of memory
is read as long as what it views: the result of a reshape, and what the condition of a
`scf.while` hands on, which is the same memory in its second region and after it.
"""

from __future__ import annotations

from itertools import chain

from xdsl.dialects import scf
from xdsl.ir import Block, Operation, SSAValue

from rfxjit.dialects import rfx

_LOOPS = (scf.ForOp, scf.WhileOp)
CONTROL = (scf.IfOp, *_LOOPS)
"""The ops whose regions are programs on tensors."""


class Lifetimes:
    """The lifetimes of the values of one function."""

    def __init__(self, block: Block) -> None:
        self.number: dict[Operation, int] = {}
        self.end: dict[Operation, int] = {}
        """The number of the last op inside."""
        self._reads: list[tuple[SSAValue, Operation, tuple[Operation, ...]]] = []
        self._views: list[tuple[SSAValue, SSAValue]] = []
        self._depth: dict[SSAValue, int] = {}
        """How many loops a value is defined in."""
        self.last: dict[SSAValue, int] = {}
        """The number of the last op that reads a value, or of its own."""
        self._visit(block, ())
        for value, op, loops in self._reads:
            depth = self._depth.get(value, 0)
            until = self.end[loops[depth]] if depth < len(loops) else self.number[op]
            self._extend(value, until)
        for view, source in reversed(self._views):
            self._extend(source, self.last.get(view, 0))

    def _extend(self, value: SSAValue, until: int) -> None:
        self.last[value] = max(self.last.get(value, 0), until)

    def _visit(self, block: Block, loops: tuple[Operation, ...]) -> None:
        for argument in block.args:
            self._depth[argument] = len(loops)
        for op in block.ops:
            self.number[op] = len(self.number)
            if isinstance(op, CONTROL):
                self._reads += [(v, op, loops) for v in op.operands]
                inside = (*loops, op) if isinstance(op, _LOOPS) else loops
                for region in op.regions:
                    for inner in region.blocks:
                        self._visit(inner, inside)
            else:
                read = dict.fromkeys(v for inner in op.walk() for v in inner.operands)
                self._reads += [(v, op, loops) for v in read]
            self.end[op] = len(self.number) - 1
            inside = [b.args for region in op.regions for b in region.blocks]
            for value in (*op.results, *chain.from_iterable(inside)):
                self._extend(value, self.end[op])
            for result in op.results:
                self._depth[result] = len(loops)
            if isinstance(op, rfx.ReshapeOp):
                self._views.append((op.result, op.input))
            elif isinstance(op, scf.ConditionOp):
                self._hand_on(op)

    def _hand_on(self, op: scf.ConditionOp) -> None:
        loop = op.parent_op()
        assert isinstance(loop, scf.WhileOp)
        pairs = zip(op.args, loop.after_region.block.args, loop.results, strict=True)
        for source, argument, result in pairs:
            self._views += [(argument, source), (result, source)]


__all__ = ["CONTROL", "Lifetimes"]
