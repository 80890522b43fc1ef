"""Write the body of a loop for many iterations at once: what `vectorize` is made of.

Every value of the body is one of three kinds:

    uniform        the same in each iteration: it stays scalar
    consecutive    an index that grows by one with the iterations: `i`, `i + 4`; only
                   its first lane is kept, and a load at it is one `vector.load`;
                   or that falls by one, `n - i`: that, and the lanes in reverse
    varying        anything else: a vector, one lane per iteration

Straight-line ops become the same ops on vectors; `vector_varying.py` finds out which
they are. Where control flow depends on a lane, a mask says which lanes are alive: see
`vector_control.py`.

Each lane computes exactly what the scalar loop would: the results are the same bits.
What has no vector form (a load at scattered places, a call) goes lane by lane through a
small stack buffer.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import Any, cast

from xdsl.dialects import arith, func, memref, scf, vector
from xdsl.dialects.builtin import (
    DenseIntOrFPElementsAttr,
)
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue

from rfxjit.dialects.ir import append, element_type, i1, index, make
from rfxjit.dialects.ir import memref as memref_type
from rfxjit.dialects.ir import vector as vector_type
from rfxjit.dialects.op_parts import int_list
from rfxjit.passes.emit import Emit, constant_of
from rfxjit.passes.loops import alloca_at_top, for_loop, load, store
from rfxjit.passes.vector_control import vector_for, vector_if, vector_while

OR: dict[str, Attribute] = {
    "kind": vector.CombiningKindAttr(vector.CombiningKindFlag.OR),
    "fastmath": arith.FastMathFlagsAttr("none"),
}


class VectorBody:
    """Emits a body for `width` iterations, from the one with index `first` on."""

    def __init__(
        self,
        m: Emit,
        entry: Block,
        varying: set[SSAValue],
        width: int,
        *,
        masked: bool,
        front: Emit | None = None,
    ) -> None:
        self.m = m
        self.front = front
        """What emits in front of the loop; None if there is none."""
        self.masked = masked
        self.entry = entry
        self.varying = varying
        self.width = width
        self.mask: SSAValue | None = None
        """The lanes that are alive; None for all."""
        self.scalars: dict[SSAValue, SSAValue] = {}
        """What uniform values have become."""
        self.first: dict[SSAValue, SSAValue] = {}
        """The first lane of consecutive indices."""
        self.falling: set[SSAValue] = set()
        """Those of them that fall."""
        self.vectors: dict[SSAValue, SSAValue] = {}
        self.outside: dict[SSAValue, SSAValue] = {}
        """Vectors of what is the same for the whole loop, made in front of it."""

    def run(self, body: Block, first: SSAValue, mask: SSAValue | None = None) -> None:
        """Emit the body of a loop whose index begins at `first`."""
        self.first[body.args[0]] = first
        self.mask = mask
        self.ops(body)

    # ---- values

    def type_of(self, value: SSAValue) -> Attribute:
        """The type of what an old value becomes."""
        if value in self.varying:
            return vector_type(value.type, self.width)
        return value.type

    def scalar(self, old: SSAValue) -> SSAValue:
        """A uniform value; a constant is made anew where it is wanted."""
        if (number := constant_of(old)) is not None:
            return self.m.const(number, old.type)
        return self.scalars.get(old, old)

    def vector(self, old: SSAValue) -> SSAValue:
        """Any value as a vector."""
        new = self.vectors.get(old) or self.outside.get(old)
        if new is None:
            type_ = vector_type(old.type, self.width)
            if old in self.first:
                first, falls = self.broadcast(self.first[old]), old in self.falling
                new = (self.m.sub if falls else self.m.add)(first, self.lanes())
            elif (number := constant_of(old)) is not None:
                new = self.m.const(number, type_)
            elif old in self.scalars or self.front is None:
                new = self.broadcast(self.scalar(old))
            else:
                new = self.front.op(vector.BroadcastOp, (old,), type_)
                self.outside[old] = new
            self.vectors[old] = new
        return new

    def broadcast(self, value: SSAValue) -> SSAValue:
        """A scalar in all lanes."""
        type_ = vector_type(value.type, self.width)
        return self.m.op(vector.BroadcastOp, (value,), type_)

    def lanes(self) -> SSAValue:
        """The numbers of the lanes: 0, 1, 2, …"""
        type_ = vector_type(index, self.width)
        numbers = DenseIntOrFPElementsAttr.from_list(type_, list(range(self.width)))
        return self.m.op(arith.ConstantOp, (), type_, {"value": numbers})

    def both(self, a: SSAValue | None, b: SSAValue) -> SSAValue:
        """The lanes of two masks."""
        return b if a is None else self.m.and_(a, b)

    def any(self, mask: SSAValue) -> SSAValue:
        """Whether any lane is set."""
        return self.m.op(vector.ReductionOp, (mask,), i1, OR)

    # ---- scopes

    @contextmanager
    def inside(self, m: Emit, mask: SSAValue | None) -> Generator[None]:
        """Emit with `m` under `mask`; vectors made inside are not seen outside."""
        outer = self.m, self.mask, self.vectors
        self.m, self.mask, self.vectors = m, mask, dict(self.vectors)
        yield
        self.m, self.mask, self.vectors = outer

    def region(
        self,
        m: Emit,
        region: Region,
        mask: SSAValue | None,
        like: Sequence[SSAValue] | None = None,
    ) -> list[SSAValue]:
        """Emit a region with `m`; gives its yields, as vectors or in the kinds of
        `like`.
        """
        if not region.blocks:
            return []
        with self.inside(m, mask):
            self.ops(region.block)
            yields = cast("Operation", region.block.last_op).operands
            if like is not None:
                return self.as_kinds(yields, like)
            return [self.vector(v) for v in yields]

    # ---- ops

    def ops(self, block: Block) -> None:
        """Emit all ops of a block but its terminator."""
        for op in block.ops:
            if op is block.last_op and isinstance(
                op, (scf.YieldOp, scf.ReduceOp, scf.ConditionOp)
            ):
                return
            self.m.location = op.location
            if (special := _SPECIAL.get(type(op))) is not None:
                special(self, op)
            elif not any(v in self.varying for v in op.operands):
                self.uniform(op)
            elif not self.consecutive(op):
                self.straight(op)

    def uniform(self, op: Operation) -> None:
        """The same op, once for all lanes."""
        if isinstance(op, arith.ConstantOp):
            return
        operands = [self.scalar(v) for v in op.operands]
        types = [r.type for r in op.results]
        new = make(type(op), operands, types, op.location, op.properties)
        append(self.m.block, new)
        self.scalars.update(zip(op.results, new.results, strict=True))

    def consecutive(self, op: Operation) -> bool:
        """An index plus or minus a uniform one; False if `op` is something else."""
        if type(op) not in (arith.AddiOp, arith.SubiOp) or op.results[0].type != index:
            return False
        moving = [v for v in op.operands if v in self.varying]
        if len(moving) != 1 or moving[0] not in self.first:
            return False
        a, b = (self.first.get(v) or self.scalar(v) for v in op.operands)
        plus = isinstance(op, arith.AddiOp)
        self.first[op.results[0]] = self.m.add(a, b) if plus else self.m.sub(a, b)
        turned = not plus and moving[0] is op.operands[1]
        if turned != (moving[0] in self.falling):
            self.falling.add(op.results[0])
        return True

    def straight(self, op: Operation) -> None:
        """The same op on vectors; a select may keep its uniform condition."""
        operands = [self.vector(v) for v in op.operands]
        if op.name == "arith.select" and op.operands[0] not in self.varying:
            operands[0] = self.scalar(op.operands[0])
        result = op.results[0]
        type_ = vector_type(result.type, self.width)
        self.vectors[result] = self.m.op(type(op), operands, type_, op.properties)

    # ---- memory

    def place(self, indices: Sequence[SSAValue]) -> list[SSAValue] | None:
        """Where the lanes begin, if they lie side by side in memory."""
        if not indices or indices[-1] not in self.first:
            return None
        *outer, last = indices
        if any(v in self.varying for v in outer):
            return None
        first = self.first[last]
        if last in self.falling:
            first = self.m.sub(first, self.width - 1)
        return [*(self.scalar(v) for v in outer), first]

    def ordered(self, value: SSAValue, last: SSAValue) -> SSAValue:
        """Lanes as they lie in memory along an index, or back: reversed if it falls."""
        if last not in self.falling:
            return value
        lanes = int_list(range(self.width - 1, -1, -1))
        return self.m.op(vector.ShuffleOp, (value, value), value.type, {"mask": lanes})

    def load(self, op: memref.LoadOp) -> None:
        """Side by side: one load. Scattered: lane by lane."""
        buffer = self.scalar(op.memref)
        if not any(v in self.varying for v in op.indices):
            self.uniform(op)
            return
        type_ = vector_type(op.res.type, self.width)
        if (place := self.place(op.indices)) is None:
            self.vectors[op.res] = self.by_lane(
                op.indices, op.res.type, lambda m, where: load(m, buffer, where)
            )
        elif self.mask is None:
            new = self.m.op(vector.LoadOp, (buffer, *place), type_)
            self.vectors[op.res] = self.ordered(new, op.indices[-1])
        else:
            mask = self.ordered(self.mask, op.indices[-1])
            operands = (buffer, *place, mask, self.m.const(0, type_))
            new = self.m.op(vector.MaskedLoadOp, operands, type_)
            self.vectors[op.res] = self.ordered(new, op.indices[-1])

    def store(self, op: memref.StoreOp) -> None:
        """Side by side: one store. Scattered: lane by lane."""
        buffer = self.scalar(op.memref)
        if (place := self.place(op.indices)) is None:
            self.by_lane(
                (op.value, *op.indices),
                None,
                lambda m, values: store(m, values[0], buffer, values[1:]),
            )
            return
        value = self.ordered(self.vector(op.value), op.indices[-1])
        if self.mask is None:
            new = make(vector.StoreOp, (value, buffer, *place), (), op.location)
        else:
            mask = self.ordered(self.mask, op.indices[-1])
            operands = (buffer, *place, mask, value)
            new = make(vector.MaskedStoreOp, operands, (), op.location)
        append(self.m.block, new)

    def call(self, op: func.CallOp) -> None:
        """A call for each lane that is alive; of uniform values, one."""
        if self.varying.isdisjoint(op.arguments):
            self.uniform(op)
            return
        result = op.results[0]

        def one(m: Emit, values: Sequence[SSAValue]) -> SSAValue:
            return m.op(func.CallOp, values, result.type, op.properties)

        self.vectors[result] = self.by_lane(op.arguments, result.type, one)

    def by_lane(
        self,
        inputs: Sequence[SSAValue],
        result: Attribute | None,
        one: Callable[[Emit, Sequence[SSAValue]], SSAValue | None],
    ) -> Any:
        """`one` for each lane that is alive, on scalars; its results as a vector."""
        m, zero = self.m, self.m.const(0, index)
        given: list[Callable[[Emit, SSAValue], SSAValue]] = []
        for value in inputs:
            if value in self.varying:
                slot = self.slot(value.type)
                self.whole_store(self.vector(value), slot)
                given.append(lambda e, k, slot=slot: load(e, slot, (k,)))
            else:
                given.append(lambda _e, _k, value=value: self.scalar(value))
        mask = None if self.mask is None else self.slot(i1)
        if mask is not None and self.mask is not None:
            self.whole_store(self.mask, mask)
        out = None if result is None else self.slot(result)
        if out is not None and mask is not None:
            type_ = vector_type(element_type(out.type), self.width)
            self.whole_store(m.const(0, type_), out)

        def lane(e: Emit, k: SSAValue) -> None:
            value = one(e, [read(e, k) for read in given])
            if out is not None and value is not None:
                store(e, value, out, (k,))

        def step(e: Emit, k: SSAValue, _: Sequence[SSAValue]) -> Sequence[SSAValue]:
            if mask is None:
                lane(e, k)
            else:

                def alive(inner: Emit) -> Sequence[SSAValue]:
                    lane(inner, k)
                    return ()

                e.if_(load(e, mask, (k,)), alive, lambda _: (), ())
            return ()

        for_loop(m, m.const(self.width, index), (), step)
        if out is None:
            return None
        type_ = vector_type(element_type(out.type), self.width)
        return m.op(vector.LoadOp, (out, zero), type_)

    def slot(self, element: Attribute) -> SSAValue:
        """Stack memory for one vector, at the top of the function."""
        type_ = memref_type(element, (self.width,))
        return alloca_at_top(self.entry, type_, self.m.location)

    def whole_store(self, value: SSAValue, slot: SSAValue) -> None:
        """Store all lanes into a slot."""
        operands = (value, slot, self.m.const(0, index))
        append(self.m.block, make(vector.StoreOp, operands, (), self.m.location))

    # ---- what control flow needs (`vector_control.py`)

    def bind(self, old: Sequence[SSAValue], new: Sequence[SSAValue]) -> None:
        """Let old values be new ones."""
        for a, b in zip(old, new, strict=True):
            (self.vectors if a in self.varying else self.scalars)[a] = b

    def as_kinds(
        self, values: Sequence[SSAValue], like: Sequence[SSAValue]
    ) -> list[SSAValue]:
        """Values as vectors where `like` varies, as scalars elsewhere."""
        return [
            self.vector(v) if a in self.varying else self.scalar(v)
            for v, a in zip(values, like, strict=True)
        ]


_SPECIAL: dict[type[Operation], Callable[[VectorBody, Any], None]] = {
    memref.LoadOp: VectorBody.load,
    memref.StoreOp: VectorBody.store,
    func.CallOp: VectorBody.call,
    scf.IfOp: vector_if,
    scf.ForOp: vector_for,
    scf.WhileOp: vector_while,
}

__all__ = ["OR", "VectorBody"]
