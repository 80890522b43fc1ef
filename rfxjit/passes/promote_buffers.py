"""Keep small stack buffers in registers: mem2reg, for scalars and for whole vectors.

    %acc = memref.alloca() : memref<64xf32>
    vector.store %zero, %acc[%c0]
    scf.for %k = %c0 to %n step %c1 {            %r = scf.for … iter_args(%a = %zero) {
      %a = vector.load %acc[%c0]            ->
      %b = arith.addf %a, %x                       %b = arith.addf %a, %x
      vector.store %b, %acc[%c0]                   scf.yield %b
    }                                            }
    %s = memref.load %acc[%c0]                   %s = vector.extract %r[0]

A buffer is promoted if it is only read and written at constant places, whole elements
or whole runs of them, and written in straight-line code, `scf.for` and `scf.if` alone.
What it holds is then known at each point: a list of pieces, each a run of elements that
were written together. A loop that writes it carries all of it as one vector.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import cast

from xdsl.context import Context
from xdsl.dialects import func, memref, scf, vector
from xdsl.dialects.builtin import DYNAMIC_INDEX, ModuleOp
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue
from xdsl.passes import ModulePass

from rfxjit.dialects import upstream
from rfxjit.dialects.ir import append, element_type, make, shape_of, walked
from rfxjit.dialects.ir import vector as vector_type
from rfxjit.dialects.op_parts import int_list
from rfxjit.passes.emit import Emit, constant_of

LARGEST = 128
"""Buffers of more elements stay in memory."""

_SCALAR = (memref.LoadOp, memref.StoreOp)
_WRITES = (memref.StoreOp, vector.StoreOp, vector.MaskedStoreOp)


@dataclass(frozen=True)
class _Access:
    """A read or a write of `length` elements, or of one element if `scalar`."""

    buffer: SSAValue
    start: int
    length: int
    scalar: bool


def _access(op: Operation) -> _Access | None:
    """What an op does to a buffer; None for other ops and for unknown places."""
    if isinstance(op, (memref.StoreOp, vector.StoreOp)):
        value, buffer, *indices = op.operands
    elif isinstance(op, vector.MaskedStoreOp):
        value, buffer, indices = op.value_to_store, op.base, list(op.indices)
    elif isinstance(op, vector.MaskedLoadOp):
        value, buffer, indices = op.result, op.base, list(op.indices)
    elif isinstance(op, (memref.LoadOp, vector.LoadOp)):
        value, (buffer, *indices) = op.results[0], op.operands
    else:
        return None
    start = 0
    for place, size in zip(indices, shape_of(buffer.type), strict=True):
        number = constant_of(place)
        if number is None or not 0 <= number < size:
            return None
        start = start * size + number
    length = prod(shape_of(value.type))
    if start + length > prod(shape_of(buffer.type)):
        return None
    return _Access(buffer, start, length, isinstance(op, _SCALAR))


def _promotable(op: memref.AllocaOp) -> bool:
    buffer = op.memref
    shape = shape_of(buffer.type)
    if DYNAMIC_INDEX in shape or prod(shape) > LARGEST:
        return False
    return all(
        _access(use.operation) is not None and _structured(use.operation, op)
        for use in buffer.uses
    )


def _structured(user: Operation, alloca: Operation) -> bool:
    """Whether all that lies between a use and its buffer can carry the buffer."""
    carriers = (scf.ForOp, scf.IfOp)
    parent = user.parent_op()
    while parent is not None and user.parent is not alloca.parent:
        if isinstance(user, _WRITES) and not isinstance(parent, carriers):
            return False
        if parent is alloca.parent_op():
            return True
        if parent.parent is alloca.parent:
            return True
        parent = parent.parent_op()
    return parent is not None


class _Contents:
    """What a buffer holds: runs (start, length, value, place in the value)."""

    def __init__(self, buffer: SSAValue, value: SSAValue | None = None) -> None:
        self.element = element_type(buffer.type)
        self.size = prod(shape_of(buffer.type))
        self.runs: list[tuple[int, int, SSAValue | None, int]] = [
            (0, self.size, value, 0)
        ]

    def copy(self) -> _Contents:
        new = _Contents.__new__(_Contents)
        new.element, new.size, new.runs = self.element, self.size, list(self.runs)
        return new

    def write(self, start: int, length: int, value: SSAValue) -> None:
        """Put a value over what was there."""
        runs: list[tuple[int, int, SSAValue | None, int]] = []
        end = start + length
        for a, n, old, place in self.runs:
            if a < start:
                runs.append((a, min(n, start - a), old, place))
            if a + n > end:
                cut = max(a, end)
                runs.append((cut, a + n - cut, old, place + cut - a))
        self.runs = sorted([*runs, (start, length, value, 0)], key=lambda run: run[0])

    def read(self, m: Emit, start: int, length: int, *, scalar: bool) -> SSAValue:
        """The elements from `start` on."""
        end = start + length
        found = [run for run in self.runs if run[0] < end and run[0] + run[1] > start]
        a, _, value, place = found[0]
        if len(found) == 1:
            return self._part(m, value, place + start - a, length, scalar=scalar)
        # Each run moved to its lanes, then put over what there is so far.
        result = self._part(m, None, 0, length, scalar=False)
        for a, n, value, place in found:
            here = range(max(a, start) - start, min(a + n, end) - start)
            if value is None:
                continue
            part = self._part(m, value, 0, prod(shape_of(value.type)), scalar=False)
            lanes = [place + start + k - a if k in here else 0 for k in range(length)]
            moved = _shuffle(m, part, part, lanes)
            over = [length + k if k in here else k for k in range(length)]
            result = _shuffle(m, result, moved, over)
        return result

    def _part(
        self, m: Emit, value: SSAValue | None, place: int, length: int, *, scalar: bool
    ) -> SSAValue:
        """`length` elements of a value from `place` on, or the element there."""
        if value is None:  # never written: anything will do
            type_ = self.element if scalar else vector_type(self.element, length)
            return m.const(0, type_)
        if element_type(value.type) is value.type:
            one = vector_type(self.element, 1)
            return value if scalar else m.op(vector.BroadcastOp, (value,), one)
        if scalar:
            where = {"static_position": int_list([place])}
            return m.op(vector.ExtractOp, (value,), self.element, where)
        if (length,) == shape_of(value.type):
            return value
        return _shuffle(m, value, value, range(place, place + length))


def _shuffle(m: Emit, a: SSAValue, b: SSAValue, lanes: Sequence[int]) -> SSAValue:
    mask = {"mask": int_list(lanes)}
    type_ = vector_type(element_type(a.type), len(lanes))
    return m.op(vector.ShuffleOp, (a, b), type_, mask)


class PromoteBuffersPass(ModulePass):
    """See the module's docstring."""

    name = "promote-buffers"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for function in op.body.block.ops:
            if isinstance(function, func.FuncOp) and function.body.blocks:
                allocas = [
                    o
                    for o in walked(function)
                    if isinstance(o, memref.AllocaOp) and _promotable(o)
                ]
                if allocas:
                    _Promotion(allocas).block(function.body.block, {})
                for alloca in allocas:
                    alloca.erase()


State = dict[SSAValue, _Contents]


class _Promotion:
    """Rewrites one function."""

    def __init__(self, allocas: Sequence[memref.AllocaOp]) -> None:
        self.buffers = {a.memref for a in allocas}
        self.by_element = {
            b for b in self.buffers
            if all(isinstance(use.operation, _SCALAR) for use in b.uses)
        }  # fmt: skip
        """Those that are never accessed as vectors."""
        self.written: dict[Operation, dict[SSAValue, None]] = {}
        """The buffers that are written somewhere inside an op."""
        for alloca in allocas:
            for use in alloca.memref.uses:
                if isinstance(use.operation, _WRITES):
                    parent = use.operation.parent_op()
                    while parent is not None:
                        self.written.setdefault(parent, {})[alloca.memref] = None
                        parent = parent.parent_op()

    def block(
        self, block: Block, state: State, m: Emit | None = None
    ) -> tuple[State, Emit]:
        """Rebuild a block; what the buffers hold at its end."""
        ops = list(block.ops)
        m = m or Emit(block, ops[0].location)
        for op in ops:
            op.detach()
        for op in ops:
            m.location = op.location
            self.op(m, op, state)
        return state, m

    def op(self, m: Emit, op: Operation, state: State) -> None:
        """Append an op, or what it becomes."""
        if isinstance(op, memref.AllocaOp) and op.memref in self.buffers:
            state[op.memref] = _Contents(op.memref)
            return  # erased when its last use is
        access = _access(op)
        if access is not None and access.buffer in self.buffers:
            self.access(m, op, access, state[access.buffer])
            op.erase()
            return
        carried = [b for b in self.written.get(op, ()) if b in state]
        if carried and isinstance(op, scf.ForOp):
            self.for_(m, op, carried, state)
        elif carried and isinstance(op, scf.IfOp):
            self.if_(m, op, carried, state)
        else:
            for region in op.regions:
                for block in region.blocks:
                    if block.first_op is not None:
                        self.block(block, _copied(state), m.child(block))
            append(m.block, op)

    def access(
        self, m: Emit, op: Operation, access: _Access, contents: _Contents
    ) -> None:
        start, length = access.start, access.length
        if isinstance(op, (memref.StoreOp, vector.StoreOp)):
            contents.write(start, length, op.operands[0])
            return
        old = contents.read(m, start, length, scalar=access.scalar)
        if isinstance(op, vector.MaskedStoreOp):
            new = self.select(m, op.mask, op.value_to_store, old)
            contents.write(start, length, new)
        elif isinstance(op, vector.MaskedLoadOp):
            new = self.select(m, op.mask, old, op.pass_thru)
            op.result.replace_all_uses_with(new)
        else:
            op.results[0].replace_all_uses_with(old)

    def select(self, m: Emit, mask: SSAValue, a: SSAValue, b: SSAValue) -> SSAValue:
        return m.op(upstream.SelectOp, (mask, a, b), a.type)

    # ---- what carries buffers

    def values(
        self, m: Emit, buffers: Sequence[SSAValue], state: State
    ) -> list[SSAValue]:
        """All that buffers hold: a vector, or element by element."""
        result: list[SSAValue] = []
        for buffer in buffers:
            contents = state[buffer]
            if buffer in self.by_element:
                result += [
                    contents.read(m, k, 1, scalar=True) for k in range(contents.size)
                ]
            else:
                result.append(contents.read(m, 0, contents.size, scalar=False))
        return result

    def types(self, buffers: Sequence[SSAValue]) -> list[Attribute]:
        result: list[Attribute] = []
        for buffer in buffers:
            element, size = element_type(buffer.type), prod(shape_of(buffer.type))
            if buffer in self.by_element:
                result += [element] * size
            else:
                result.append(vector_type(element, size))
        return result

    def put(
        self, buffers: Sequence[SSAValue], values: Sequence[SSAValue], state: State
    ) -> None:
        """The buffers now hold these values."""
        rest = iter(values)
        for buffer in buffers:
            contents = _Contents(buffer)
            step = 1 if buffer in self.by_element else contents.size
            for start in range(0, contents.size, step):
                contents.write(start, step, next(rest))
            state[buffer] = contents

    def body(
        self, m: Emit, region: Region, buffers: Sequence[SSAValue], state: State
    ) -> None:
        """Rebuild the body of a carrier; it also yields what the buffers hold."""
        block = region.block
        state, inner = self.block(block, state, m.child(block))
        last = cast("Operation", block.last_op)
        last.detach()
        last.operands = [*last.operands, *self.values(inner, buffers, state)]
        append(block, last)

    def for_(
        self, m: Emit, op: scf.ForOp, buffers: list[SSAValue], state: State
    ) -> None:
        given, types = self.values(m, buffers, state), self.types(buffers)
        block = op.body.block
        arguments = [block.insert_arg(t, len(block.args)) for t in types]
        inside = _copied(state)
        self.put(buffers, arguments, inside)
        self.body(m, op.body, buffers, inside)
        self.replace(m, op, [*op.operands, *given], types, buffers, state)

    def if_(self, m: Emit, op: scf.IfOp, buffers: list[SSAValue], state: State) -> None:
        for region in op.regions:
            if not region.blocks:
                region.add_block(Block())
            if region.block.last_op is None:
                append(region.block, make(scf.YieldOp, (), (), op.location))
            self.body(m, region, buffers, _copied(state))
        self.replace(m, op, op.operands, self.types(buffers), buffers, state)

    def replace(
        self,
        m: Emit,
        op: Operation,
        operands: Sequence[SSAValue],
        types: Sequence[Attribute],
        buffers: Sequence[SSAValue],
        state: State,
    ) -> None:
        """The same op with more results, which are what the buffers then hold."""
        regions = [op.detach_region(r) for r in list(op.regions)]
        all_types = [*(r.type for r in op.results), *types]
        new = make(type(op), operands, all_types, op.location, op.properties, regions)
        new.attributes.update(op.attributes)
        append(m.block, new)
        count = len(op.results)
        for old, value in zip(op.results, new.results[:count], strict=True):
            old.replace_all_uses_with(value)
        op.erase()
        self.put(buffers, new.results[count:], state)


def _copied(state: State) -> State:
    return {buffer: contents.copy() for buffer, contents in state.items()}


__all__ = ["PromoteBuffersPass"]
