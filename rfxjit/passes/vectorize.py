"""Run the iterations of an innermost parallel loop side by side, in vectors.

    scf.parallel (%i) = (%b) to (%e) step (%c1) {
      %0 = memref.load %x[%i]
      %1 = arith.mulf %0, %0 : f32
      memref.store %1, %y[%i]
    }
->
    %n = arith.subi %e, %b                          // iterations
    %whole = arith.andi %n, %cm16                   // in full vectors
    %mid = arith.addi %b, %whole
    scf.parallel (%i) = (%b) to (%mid) step (%c16) {
      %0 = vector.load %x[%i] : memref<?xf32>, vector<16xf32>
      %1 = arith.mulf %0, %0 : vector<16xf32>
      vector.store %1, %y[%i]
    }
    %rest = arith.subi %e, %mid
    %some = arith.cmpi sgt, %rest, %c0
    scf.if %some {
      %m = vector.create_mask %rest : vector<16xi1>
      %0 = vector.maskedload %x[%mid], %m, %zero    // the last, partly filled vector
      ...
    }

A parallel loop says that its iterations may run in any order, so nothing has to be
proven; `vector_body.py` tells how a body with branches and loops becomes vectors, and
every lane computes the same bits as the scalar loop. Vectors are two registers wide
(four where lanes run a loop of their own, which is bound by latency): code generation
splits them, and the halves are in flight together. Bodies of a few ops wait for memory
alone; there one register is best, since halves are stored in descending order, which
is up to twice as slow. What is little more than a copy, in L2, is four vectors of 32
bytes one after the other. Four registers, too, where all that is stored is a quarter as
wide, as of comparisons, since packing and storing four costs little more than one;
without masks as many as fill one with what is stored. Loops of a few iterations, known
statically or by the size of the buffer they index, are one masked vector.

Option `bytes`: the width of a vector register. Option `masked=false`, for CPUs without
masked memory accesses: the last iterations run as the scalar loop instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from xdsl.context import Context
from xdsl.dialects import arith, func, memref, scf, vector
from xdsl.dialects.builtin import DYNAMIC_INDEX, ModuleOp
from xdsl.ir import Attribute, Block, Operation, SSAValue
from xdsl.passes import ModulePass

from rfxjit.dialects.ir import append, bytes_of, dtype_of, i1, index, shape_of, walked
from rfxjit.dialects.ir import vector as vector_type
from rfxjit.passes.emit import Emit, constant_of, is_float
from rfxjit.passes.loops import close_parallel
from rfxjit.passes.math.common import RARE
from rfxjit.passes.stream_stores import LARGE
from rfxjit.passes.vector_body import VectorBody
from rfxjit.passes.vector_varying import find_varying, is_straight

SMALL_BODY = 10
"""A body of at most this many ops: one register, but a short loop may fill eight."""
PLAIN_BYTES, PLAIN_COPIES = 32, 4
"""The width of vectors, and their number in one iteration, of bodies that do little but
load and store. `x * x` of 65,536 f64, in L2, with x at a multiple of 64 bytes or at one
and 16, ns per element by bytes and number:

            64 by 1    64 by 4    32 by 1    32 by 2    32 by 4
    at 0       .179       .175       .173       .164       .165
    at 16      .191       .183       .196       .181       .180
"""
PLAIN = range(32 << 10, LARGE)
"""Bytes of the result where that pays. In L1 it is 5 to 9 % slower, and so are stores
past the cache.
"""


def _power_of_two(n: int) -> int:
    """The smallest power of two that is not below n."""
    return 1 << (n - 1).bit_length()


def _work(block: Block) -> Iterable[Operation]:
    """All ops that run for most iterations."""
    for op in block.ops:
        yield op
        if RARE not in op.attributes:
            for region in op.regions:
                for inner in region.blocks:
                    yield from _work(inner)


def _is_data(type_: Attribute) -> bool:
    """Whether values of a type fill a vector: no indices, no masks."""
    return is_float(type_) or type_ not in (index, i1)


def _is_inside(op: Operation, outer: Operation) -> bool:
    return op is not outer and outer.is_ancestor(op)


@dataclass(frozen=True)
class VectorizePass(ModulePass):
    """See the module's docstring."""

    name = "vectorize"

    bytes: int = 64
    """The width of a vector register."""

    masked: bool = True
    """Whether single lanes of a load or a store can be left out."""

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for function in op.body.block.ops:
            if isinstance(function, func.FuncOp) and function.body.blocks:
                entry = function.body.block
                _Vectorizer(entry, self.bytes, masked=self.masked).walk(entry)


class _Vectorizer:
    """Rewrites the loops of one function."""

    def __init__(self, entry: Block, width: int, *, masked: bool) -> None:
        self.entry = entry
        self.bytes = width
        self.masked = masked

    def walk(self, block: Block) -> None:
        """Replace the innermost parallel loops in `block` and all blocks inside."""
        ops = list(block.ops)
        plans = {op: plan for op in ops if (plan := self.plan(op)) is not None}
        if not plans:
            for op in ops:
                self.nested(op)
            return
        for op in ops:
            op.detach()
        m = Emit(block, ops[0].location)
        for op in ops:
            if op in plans:
                m.location = op.location
                plans[op].run(m)
            else:
                self.nested(op)
                append(block, op)

    def nested(self, op: Operation) -> None:
        for region in op.regions:
            for block in region.blocks:
                self.walk(block)

    def plan(self, op: Operation) -> _Plan | None:
        """How to run a loop in vectors; None where that cannot be or does not pay."""
        if not isinstance(op, scf.ParallelOp) or len(op.lowerBound) != 1:
            return None
        body = op.body.block
        if constant_of(op.step[0]) != 1 or any(
            isinstance(inner, scf.ParallelOp) for inner in walked(op)[1:]
        ):
            return None
        varying = find_varying(body)
        if varying is None:
            return None
        plan = _Plan(self, op, varying)
        return plan if plan.pays() else None


class _Plan:
    """One loop, about to be vectorized."""

    def __init__(
        self, parent: _Vectorizer, op: scf.ParallelOp, varying: set[SSAValue]
    ) -> None:
        self.parent = parent
        self.op = op
        self.body = op.body.block
        self.varying = varying
        self.begin, self.end = op.lowerBound[0], op.upperBound[0]
        self.work = [
            o
            for o in _work(self.body)
            if not varying.isdisjoint((*o.operands, *o.results))
        ]
        begin, end = constant_of(self.begin), constant_of(self.end)
        self.count: int | None = (
            None if begin is None or end is None else max(0, end - begin)
        )
        small = len(self.work) <= SMALL_BODY
        loops = [o for o in self.work if isinstance(o, (scf.ForOp, scf.WhileOp))]
        # Most of the time is spent inside the loops: their types decide.
        inner = [o for o in self.work if any(_is_inside(o, loop) for loop in loops)]
        types = list(self._types(inner) if loops else self._types(self.work))
        sizes = {dtype_of(t).itemsize for t in types}
        itemsize = max(sizes, default=8)
        stored = [
            dtype_of(o.value.type).itemsize
            for o in self.work
            if isinstance(o, memref.StoreOp)
        ]
        ratio = itemsize // max(stored, default=itemsize)
        width, registers, self.copies = parent.bytes, 2, 1
        if loops:
            registers = 4
        elif small and ratio >= 4:
            registers = 4 if parent.masked else ratio
        elif small and len(sizes) == 1 and self._is_plain():
            width, registers, self.copies = min(width, PLAIN_BYTES), 1, PLAIN_COPIES
        elif small:
            registers = 1
        self.lanes = registers * width // itemsize
        most = 8 if small else registers
        self.few = most * parent.bytes // itemsize
        """Up to so many iterations become one vector."""

    def _is_plain(self) -> bool:
        """Whether memory is waited for: one op, or two, between loads and a store."""
        stores = [o for o in self.work if isinstance(o, memref.StoreOp)]
        computes = sum(map(is_straight, self.work))
        accesses = sum(
            isinstance(o, (memref.LoadOp, memref.StoreOp)) for o in self.work
        )
        return (
            2 * computes <= len(self.work) == computes + accesses
            and accesses <= 3
            and len(stores) == 1
            and DYNAMIC_INDEX not in shape_of(stores[0].memref.type)
            and bytes_of(stores[0].memref.type) in PLAIN
        )

    def _types(self, ops: Sequence[Operation]) -> Iterable[Any]:
        for op in ops:
            values = op.operands[:1] if isinstance(op, memref.StoreOp) else op.results
            for value in values:
                if value in self.varying and _is_data(value.type):
                    yield value.type

    def pays(self) -> bool:
        """Not where all there is to do is to move scattered elements."""
        if self.count is not None and self.count < 2:
            return False
        accesses = [
            o for o in self.work if isinstance(o, (memref.LoadOp, memref.StoreOp))
        ]
        consecutive = self._consecutive()
        side_by_side = [o for o in accesses if self._last(o) in consecutive]
        computes = [
            o for o in self.work if is_straight(o) and _is_data(o.results[0].type)
        ]
        return len(side_by_side) == len(accesses) or len(computes) >= len(accesses)

    def _last(self, op: memref.LoadOp | memref.StoreOp) -> SSAValue | None:
        return op.indices[-1] if op.indices else None

    def _consecutive(self) -> set[SSAValue]:
        """Indices that grow or fall by one: the loop's, plus or minus uniform ones."""
        found: set[SSAValue] = {self.body.args[0]}
        for op in walked(self.op):
            if isinstance(op, (arith.AddiOp, arith.SubiOp)) and (
                op.lhs in found or op.rhs in found
            ):
                found.add(op.result)
        return found

    def at_most(self) -> int | None:
        """How many iterations there can be, by the buffers that the loop indexes."""
        if self.count is not None:
            return self.count
        sizes = [shape_of(op.memref.type)[-1] for op in self._indexed()]
        return min((n for n in sizes if n != DYNAMIC_INDEX), default=None)

    def _indexed(self) -> Iterable[memref.LoadOp | memref.StoreOp]:
        """The accesses at the index of the loop."""
        for op in self.body.ops:
            if isinstance(op, (memref.LoadOp, memref.StoreOp)) and (
                self._last(op) is self.body.args[0]
            ):
                yield op

    def few_lanes(self, most: int) -> int:
        """How wide the one vector for a few iterations is.

        If they need a mask and go to a stack buffer, as wide as that: what is in it
        stays one vector then.
        """
        lanes = _power_of_two(max(most, 2))
        slots = [
            shape_of(op.memref.type)[-1]
            for op in self._indexed()
            if isinstance(op.memref.owner, memref.AllocaOp)
        ]
        size = max(slots, default=0)
        whole = self.parent.masked and most < lanes < size <= self.few
        return size if whole else lanes

    # ---- emission

    def run(self, m: Emit) -> None:
        """Emit the vector loop and what follows it; the old loop is used up."""
        most = self.at_most()
        lanes = self.lanes
        if most is not None and most <= self.few:
            lanes = self.few_lanes(most)
            if self.parent.masked or self.count == lanes:
                self.one(m, lanes, self.begin, self.count)
                self.op.erase()
                return
            lanes = min(self.lanes, lanes // 2)
            self.copies = 1
        mid = self.whole(m, self.begin, lanes, self.copies)
        if self.copies > 1 and not self.parent.masked:
            mid = self.whole(m, mid, lanes, 1)
        if mid is self.end:
            self.op.erase()
        elif self.parent.masked:
            self.tail(m, lanes * self.copies, mid)
            self.op.erase()
        else:
            self.op.operands = [mid, *self.op.operands[1:]]
            append(m.block, self.op)

    def vectors(self, m: Emit, lanes: int, front: Emit | None = None) -> VectorBody:
        entry, masked = self.parent.entry, self.parent.masked
        return VectorBody(m, entry, self.varying, lanes, masked=masked, front=front)

    def one(self, m: Emit, lanes: int, first: SSAValue, count: int | None) -> None:
        """`count` iterations from `first` on, at most as many as there are lanes."""
        mask = None
        if count != lanes:
            number = m.sub(self.end, first) if count is None else m.const(count, index)
            mask = m.op(vector.CreateMaskOp, (number,), vector_type(i1, lanes))
        self.vectors(m, lanes).run(self.body, first, mask)

    def whole(self, m: Emit, begin: SSAValue, lanes: int, copies: int) -> SSAValue:
        """A loop over full vectors, so many in each iteration; where it ends."""
        step = lanes * copies
        first, end = constant_of(begin), constant_of(self.end)
        if first is not None and end is not None:
            whole = max(0, end - first) // step * step
            if whole == 0:
                return begin
            mid = self.end if first + whole == end else m.const(first + whole, index)
        else:
            mid = m.add(begin, m.and_(m.sub(self.end, begin), -step))
        block = Block(arg_types=[index])
        inside = m.child(block)
        for k in range(copies):
            at = inside.add(block.args[0], k * lanes) if k else block.args[0]
            self.vectors(inside, lanes, m).run(self.body, at)
        close_parallel(m, begin, mid, block, step)
        return mid

    def tail(self, m: Emit, lanes: int, mid: SSAValue) -> None:
        """The iterations that do not fill a vector."""
        if self.count is not None:
            self.one(m, lanes, mid, self.count % lanes)
            return

        def rest(inner: Emit) -> tuple[()]:
            self.one(inner, lanes, mid, None)
            return ()

        m.if_(m.lt(mid, self.end), rest, lambda _: (), ())


__all__ = ["VectorizePass"]
