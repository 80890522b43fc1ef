"""Write the body of a loop for many iterations at once: what `vectorize` is made of.

Every value of the body is one of three kinds:

    uniform        the same in each iteration: it stays scalar
    consecutive    an index that grows by one with the iterations: `i`, `i + 4`; only
                   its first lane is kept, and a load at it is one `vector.load`
    varying        anything else: a vector, one lane per iteration

Straight-line ops become the same ops on vectors. Where control flow depends on a lane,
a mask says which lanes are alive:

    scf.if %c { a } else { b }     both sides, each under its mask, then a select; a
                                   side that is dear or rare runs only if any lane
                                   wants it
    scf.while                      runs on while any lane does; a lane that leaves
                                   stores its results under its mask
    scf.for                        as it is, or as a scf.while if the bounds vary

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
    DenseArrayBase,
    DenseIntOrFPElementsAttr,
    FloatAttr,
    IntegerAttr,
)
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue

from rfxjit.dialects.ir import append, element_type, i1, i8, i32, i64, index, make
from rfxjit.dialects.ir import memref as memref_type
from rfxjit.dialects.ir import vector as vector_type
from rfxjit.passes.emit import Emit
from rfxjit.passes.loops import for_loop, load, store
from rfxjit.passes.math.common import RARE

DEAR = 16
"""A branch of more ops than this runs only if any lane wants it."""
_OR: dict[str, Attribute] = {
    "kind": vector.CombiningKindAttr(vector.CombiningKindFlag.OR),
    "fastmath": arith.FastMathFlagsAttr("none"),
}
_SUPPORTED = (memref.LoadOp, memref.StoreOp, memref.DimOp, func.CallOp, scf.IfOp,
              scf.ForOp, scf.WhileOp, scf.YieldOp, scf.ConditionOp,
              scf.ReduceOp)  # fmt: skip
_STRAIGHT = frozenset({"arith", "math"})


def is_straight(op: Operation) -> bool:
    """Whether an op works on scalars and on vectors alike."""
    return op.dialect_name() in _STRAIGHT


def find_varying(body: Block) -> set[SSAValue] | None:
    """The values that differ between iterations, or None if there is no vector form.

    Loops whose lanes run different numbers of times become `scf.while` on the way.
    """
    while True:
        varying: set[SSAValue] = set(body.args)
        try:
            return varying if _vary(body, varying) else None
        except _DivergentError as divergent:
            for_to_while(divergent.loop)


class _DivergentError(Exception):
    """The bounds of a loop vary."""

    def __init__(self, loop: scf.ForOp) -> None:
        super().__init__()
        self.loop = loop


def for_to_while(op: scf.ForOp) -> None:
    """Write a counted loop with its condition.

    scf.for %i = %a to %b step %s iter_args(%x = %y) { ...; yield %z }
      ->  scf.while (%i = %a, %x = %y) { condition(%i < %b) %i, %x }
          do { ...; yield %i + %s, %z }
    """
    old = op.body.block
    types = [a.type for a in old.args]
    head = Block(arg_types=types)
    m = Emit(head, op.location)
    more = m.lt(head.args[0], op.ub)
    append(head, make(scf.ConditionOp, (more, *head.args), (), op.location))
    end = cast("Operation", old.last_op)
    values = list(end.operands)
    end.detach()
    end.erase()
    m = Emit(old, op.location)
    values.insert(0, m.add(old.args[0], op.step))
    append(old, make(scf.YieldOp, values, (), op.location))
    operands = (op.lb, *op.iter_args)
    regions = (Region(head), op.detach_region(0))
    loop = make(scf.WhileOp, operands, types, op.location, regions=regions)
    loop.attributes.update(op.attributes)
    cast("Block", op.parent).insert_op_before(loop, op)
    for result, new in zip(op.results, loop.results[1:], strict=True):
        result.replace_all_uses_with(new)
    op.detach()
    op.erase()


def _vary(block: Block, varying: set[SSAValue]) -> bool:
    """Add the varying values of `block`; whether all of it has a vector form."""
    for op in block.ops:
        if isinstance(op, scf.IfOp):
            regions = [r for r in op.regions if r.blocks]
            if not all(_vary(r.block, varying) for r in regions):
                return False
            yields = [cast("Operation", r.block.last_op).operands for r in regions]
            for k, result in enumerate(op.results):
                if op.cond in varying or any(y[k] in varying for y in yields):
                    varying.add(result)
        elif isinstance(op, scf.ForOp):
            if varying & {op.lb, op.ub, op.step}:
                raise _DivergentError(op)
            if not _vary_for(op, varying):
                return False
        elif isinstance(op, scf.WhileOp):
            if not _vary_while(op, varying):
                return False
        elif isinstance(op, memref.StoreOp):
            if not varying.intersection(op.indices):
                return False
        elif not (is_straight(op) or isinstance(op, _SUPPORTED)):
            return False
        elif not varying.isdisjoint(op.operands):
            varying.update(op.results)
    return True


def _vary_for(op: scf.ForOp, varying: set[SSAValue]) -> bool:
    body = op.body.block
    while True:
        before = len(varying)
        if not _vary(body, varying):
            return False
        yields = cast("Operation", body.last_op).operands
        for given, argument, new, result in zip(
            op.iter_args, body.args[1:], yields, op.results, strict=True
        ):
            if varying & {given, argument, new}:
                varying.update((argument, result))
        if len(varying) == before:
            return True


def _vary_while(op: scf.WhileOp, varying: set[SSAValue]) -> bool:
    """What is the same in all lanes that still run stays uniform inside the loop.

    Its results vary all the same if lanes leave at different times.
    """
    before, after = op.before_region.block, op.after_region.block
    end = cast("scf.ConditionOp", before.last_op)
    yields = cast("Operation", after.last_op).operands
    while True:
        count = len(varying)
        for given, new, argument in zip(op.operands, yields, before.args, strict=True):
            if varying & {given, new}:
                varying.add(argument)
        if not _vary(before, varying):
            return False
        for value, argument, result in zip(
            end.args, after.args, op.results, strict=True
        ):
            if value in varying:
                varying.add(argument)
            if varying & {value, end.condition}:
                varying.add(result)
        if not _vary(after, varying):
            return False
        if len(varying) == count:
            return True


def constant_of(value: SSAValue) -> Any:
    """The number that a scalar value is, or None if it is not a constant."""
    if not isinstance(value.owner, arith.ConstantOp):
        return None
    attribute = value.owner.value
    if isinstance(attribute, (IntegerAttr, FloatAttr)):
        return cast("Any", attribute).value.data
    return None


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
    ) -> None:
        self.m = m
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
        self.vectors: dict[SSAValue, SSAValue] = {}

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
        new = self.vectors.get(old)
        if new is None:
            type_ = vector_type(old.type, self.width)
            if old in self.first:
                new = self.m.add(self.broadcast(self.first[old]), self.lanes())
            elif (number := constant_of(old)) is not None:
                new = self.m.const(number, type_)
            else:
                new = self.broadcast(self.scalar(old))
            self.vectors[old] = new
        return new

    def new(self, old: SSAValue) -> SSAValue:
        """A value of the kind that `type_of` tells."""
        return self.vector(old) if old in self.varying else self.scalar(old)

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
        return self.m.op(vector.ReductionOp, (mask,), i1, _OR)

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
        if op.results[0].type != index or type(op) not in (arith.AddiOp, arith.SubiOp):
            return False
        a, b = op.operands
        grows = a in self.first and b not in self.varying
        swapped = b in self.first and a not in self.varying
        if not (grows or (swapped and type(op) is arith.AddiOp)):
            return False
        first, second = (self.first.get(v) or self.scalar(v) for v in (a, b))
        plus = isinstance(op, arith.AddiOp)
        new = self.m.add(first, second) if plus else self.m.sub(first, second)
        self.first[op.results[0]] = new
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
        """Where the first lane is, if the lanes lie side by side in memory."""
        if not indices or indices[-1] not in self.first:
            return None
        *outer, last = indices
        if any(v in self.varying for v in outer):
            return None
        return [*(self.scalar(v) for v in outer), self.first[last]]

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
            self.vectors[op.res] = self.m.op(vector.LoadOp, (buffer, *place), type_)
        else:
            nothing = self.m.const(0, type_)
            operands = (buffer, *place, self.mask, nothing)
            self.vectors[op.res] = self.m.op(vector.MaskedLoadOp, operands, type_)

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
        value = self.vector(op.value)
        if self.mask is None:
            new = make(vector.StoreOp, (value, buffer, *place), (), op.location)
        else:
            operands = (buffer, *place, self.mask, value)
            new = make(vector.MaskedStoreOp, operands, (), op.location)
        append(self.m.block, new)

    def call(self, op: func.CallOp) -> None:
        """A call for each lane that is alive."""
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
        properties: dict[str, Attribute] = {
            "operandSegmentSizes": DenseArrayBase.from_list(i32, [0, 0]),
            "alignment": IntegerAttr(64, i64),
        }
        type_ = memref_type(element, (self.width,))
        op = make(memref.AllocaOp, (), (type_,), self.m.location, properties)
        first = self.entry.first_op
        if first is None:
            self.entry.add_op(op)
        else:
            self.entry.insert_op_before(op, first)
        return op.results[0]

    def whole_store(self, value: SSAValue, slot: SSAValue) -> None:
        """Store all lanes into a slot."""
        operands = (value, slot, self.m.const(0, index))
        append(self.m.block, make(vector.StoreOp, operands, (), self.m.location))

    # ---- control flow

    def if_(self, op: scf.IfOp) -> None:
        """A branch if the condition is uniform, else both sides under masks."""
        if op.cond not in self.varying:
            results = self.m.if_(
                self.scalar(op.cond),
                lambda m: self.region(m, op.true_region, self.mask, op.results),
                lambda m: self.region(m, op.false_region, self.mask, op.results),
                [self.type_of(r) for r in op.results],
                op.attributes,
            )
            self.bind(op.results, results)
            return
        condition = self.vector(op.cond)
        then = self.both(self.mask, condition)
        types = [vector_type(r.type, self.width) for r in op.results]
        otherwise: Sequence[SSAValue] = ()
        if op.false_region.blocks:
            simple = op.false_region.block.first_op is op.false_region.block.last_op
            other = then if simple else self.both(self.mask, self.m.not_(condition))
            otherwise = self.side(op.false_region, other, types)

        def chosen(m: Emit) -> list[SSAValue]:
            values = self.region(m, op.true_region, then)
            pairs = zip(values, otherwise, strict=True)
            return [m.select(condition, a, b) for a, b in pairs]

        if RARE in op.attributes or _is_dear(op.true_region):
            results = self.m.if_(self.any(then), chosen, lambda _: otherwise, types)
        else:
            results = chosen(self.m)
        self.vectors.update(zip(op.results, results, strict=True))

    def side(
        self, region: Region, mask: SSAValue, types: Sequence[Attribute]
    ) -> Sequence[SSAValue]:
        """One side of a branch; a dear one only if any lane wants it."""
        if not _is_dear(region):
            return self.region(self.m, region, mask)
        return self.m.if_(
            self.any(mask),
            lambda m: self.region(m, region, mask),
            lambda m: [m.const(0, t) for t in types],
            types,
        )

    def for_(self, op: scf.ForOp) -> None:
        """The same loop; carried values are vectors where they vary."""
        old = op.body.block
        types = [self.type_of(a) for a in old.args[1:]]
        block = Block(arg_types=[index, *types])
        m = self.m.child(block)
        carried = self.as_kinds(op.iter_args, old.args[1:])
        with self.inside(m, self.mask):
            self.scalars[old.args[0]] = block.args[0]
            self.bind(old.args[1:], block.args[1:])
            self.ops(old)
            yields = cast("Operation", old.last_op).operands
            values = self.as_kinds(yields, old.args[1:])
            append(block, make(scf.YieldOp, values, (), op.location))
        bounds = (self.scalar(op.lb), self.scalar(op.ub), self.scalar(op.step))
        new = make(
            scf.ForOp, (*bounds, *carried), types, op.location, regions=(Region(block),)
        )
        new.attributes.update(op.attributes)
        self.bind(op.results, append(self.m.block, new).results)

    def bind(self, old: Sequence[SSAValue], new: Sequence[SSAValue]) -> None:
        """Let old values be new ones."""
        for a, b in zip(old, new, strict=True):
            (self.vectors if a in self.varying else self.scalars)[a] = b

    def while_(self, op: scf.WhileOp) -> None:
        """Go on while any lane does; a lane that leaves puts down its results.

            %any = or of the lanes of %going = %active and %condition
            scf.if any of %left = %active and not %condition {
              vector.maskedstore %results, %slot, %left
            }

        So nothing has to be kept for the lanes that have left, which run on unseen, and
        what all lanes count together stays a scalar.
        """
        before, after = op.before_region.block, op.after_region.block
        end = cast("scf.ConditionOp", before.last_op)
        if end.condition not in self.varying:
            self.uniform_while(op, end)
            return
        outer, results = self.mask, [r for r in op.results if r.first_use is not None]
        slots: dict[SSAValue, SSAValue] = {
            r: self.slot(i8 if r.type == i1 else r.type) for r in results
        }
        mask_type = vector_type(i1, self.width)
        start = self.m.const(1, mask_type) if outer is None else outer
        head = Block(arg_types=[*map(self.type_of, before.args), mask_type])
        m = self.m.child(head)
        *arguments, active = head.args
        with self.inside(m, active):  # who has left must not keep a loop inside alive
            self.bind(before.args, arguments)
            self.ops(before)
            condition = self.vector(end.condition)
            going = m.and_(active, condition)
            left = m.and_(active, m.not_(condition))
            if results:
                m.if_(self.any(left), lambda e: self.put_down(e, op, left, slots),
                      lambda _: (), ())  # fmt: skip
            values = [self.new(v) for v in end.args]
            passed = (self.any(going), *values, going)
            append(head, make(scf.ConditionOp, passed, (), op.location))

        types = [*map(self.type_of, after.args), mask_type]
        body = Block(arg_types=types)
        m = self.m.child(body)
        with self.inside(m, body.args[-1]):
            self.bind(after.args, body.args[:-1])
            self.ops(after)
            yields = cast("Operation", after.last_op).operands
            new = self.as_kinds(yields, before.args)
            append(body, make(scf.YieldOp, (*new, body.args[-1]), (), op.location))

        operands = (*self.as_kinds(op.operands, before.args), start)
        regions = (Region(head), Region(body))
        loop = make(scf.WhileOp, operands, types, op.location, regions=regions)
        loop.attributes.update(op.attributes)
        append(self.m.block, loop)
        for result, slot in slots.items():
            type_ = vector_type(element_type(slot.type), self.width)
            zero = self.m.const(0, index)
            value = self.m.op(vector.LoadOp, (slot, zero), type_)
            if result.type == i1:
                value = self.m.ne(value, self.m.const(0, type_))
            self.vectors[result] = value

    def put_down(
        self, m: Emit, op: scf.WhileOp, left: SSAValue, slots: dict[SSAValue, SSAValue]
    ) -> tuple[()]:
        """Store what the lanes in `left` have come to."""
        values = cast("scf.ConditionOp", op.before_region.block.last_op).args
        with self.inside(m, left):
            for value, result in zip(values, op.results, strict=True):
                if result not in slots:
                    continue
                slot, new = slots[result], self.vector(value)
                if result.type == i1:
                    new = m.extui(new, i8)
                zero = m.const(0, index)
                if self.masked:
                    stored = make(
                        vector.MaskedStoreOp, (slot, zero, left, new), (), op.location
                    )
                else:
                    old = m.op(vector.LoadOp, (slot, zero), new.type)
                    chosen = m.select(left, new, old)
                    stored = make(vector.StoreOp, (chosen, slot, zero), (), op.location)
                append(m.block, stored)
        return ()

    def as_kinds(
        self, values: Sequence[SSAValue], like: Sequence[SSAValue]
    ) -> list[SSAValue]:
        """Values as vectors where `like` varies, as scalars elsewhere."""
        return [
            self.vector(v) if a in self.varying else self.scalar(v)
            for v, a in zip(values, like, strict=True)
        ]

    def uniform_while(self, op: scf.WhileOp, end: scf.ConditionOp) -> None:
        """A loop that all lanes leave together."""
        before, after = op.before_region.block, op.after_region.block
        head = Block(arg_types=[self.type_of(a) for a in before.args])
        m = self.m.child(head)
        with self.inside(m, self.mask):
            self.bind(before.args, head.args)
            self.ops(before)
            values = self.as_kinds(end.args, after.args)
            passed = (self.scalar(end.condition), *values)
            append(head, make(scf.ConditionOp, passed, (), op.location))
        types = [self.type_of(a) for a in after.args]
        body = Block(arg_types=types)
        m = self.m.child(body)
        with self.inside(m, self.mask):
            self.bind(after.args, body.args)
            self.ops(after)
            yields = cast("Operation", after.last_op).operands
            new = self.as_kinds(yields, before.args)
            append(body, make(scf.YieldOp, new, (), op.location))
        operands = self.as_kinds(op.operands, before.args)
        regions = (Region(head), Region(body))
        loop = make(scf.WhileOp, operands, types, op.location, regions=regions)
        loop.attributes.update(op.attributes)
        self.bind(op.results, append(self.m.block, loop).results)


def _is_dear(region: Region) -> bool:
    ops = list(region.block.ops) if region.blocks else []
    return len(ops) > DEAR or any(op.regions for op in ops)


_SPECIAL: dict[type[Operation], Callable[[VectorBody, Any], None]] = {
    memref.LoadOp: VectorBody.load,
    memref.StoreOp: VectorBody.store,
    func.CallOp: VectorBody.call,
    scf.IfOp: VectorBody.if_,
    scf.ForOp: VectorBody.for_,
    scf.WhileOp: VectorBody.while_,
}

__all__ = ["VectorBody", "constant_of", "find_varying", "is_straight"]
