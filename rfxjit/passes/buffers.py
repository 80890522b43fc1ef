"""Which memory each tensor of a function is in.

A tensor gets, in this order: the place where its value is wanted in the end, if no one
reads what is there any more (an argument for a result, the memory that a loop carries);
a small `memref.alloca`; a place in the workspace that no living tensor needs.

    %r = scf.for … iter_args(%a = %z) {        %z, %a, %b, %r and the result of the
      %b = rfx.dynamic_update_slice %a, …      function: one buffer, and no copy
      scf.yield %b
    }
    func.return %r

Whether a place is free is asked of all tensors in it, at the op that will write there:
none may be read later (`lifetimes.py`), and by this op itself only where it writes.
Memory of arguments is never written, unless they are marked (`written.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any, cast

from xdsl.dialects import memref, scf
from xdsl.dialects.builtin import DYNAMIC_INDEX
from xdsl.ir import Attribute, Operation, SSAValue

from rfxjit.dialects import rfx
from rfxjit.dialects.builder import split
from rfxjit.dialects.ir import dtype_of, element_type, i32s, shape_of
from rfxjit.dialects.ir import memref as memref_type
from rfxjit.dialects.map_ops import LoopNest
from rfxjit.dialects.op_parts import int_list
from rfxjit.passes.lifetimes import Lifetimes
from rfxjit.passes.loops import ALIGNMENT, alloca_at_top
from rfxjit.passes.scalar_semantics import signless
from rfxjit.passes.sizes import Dim, Sizes

STACK_BYTES = 1024
"""Temporaries up to this size are on the stack; larger ones are in the workspace."""
UPDATES = (rfx.ScatterOp, rfx.DynamicUpdateSliceOp)
"""Ops that change few elements of their first operand."""


def root(buffer: SSAValue) -> SSAValue:
    """The memory that a reshaped buffer is in."""
    while isinstance(buffer.owner, memref.ReinterpretCastOp):
        buffer = buffer.owner.source
    return buffer


def _type(value: SSAValue) -> Attribute:
    return memref_type(signless(element_type(value.type)), shape_of(value.type))


class Buffers(dict[SSAValue, SSAValue]):
    """The buffer of each tensor that is in memory; made at the top of the function."""

    scratch: SSAValue
    """The workspace."""

    def __init__(self, lifetimes: Lifetimes, sizes: Sizes) -> None:
        super().__init__()
        self.lifetimes, self.sizes, self.top = lifetimes, sizes, sizes.emit
        self.now = 0
        """The number of the op that is being lowered."""
        self.readonly: set[SSAValue] = set()
        self.targets: dict[SSAValue, SSAValue] = {}
        """Where a value is wanted in the end."""
        self.workspace: list[SSAValue] = []
        """The tensors that got new places in the workspace, in order."""
        self._offset: Dim = 0
        """Where the last one of them begins."""
        self._residents: dict[SSAValue, list[SSAValue]] = {}
        """All tensors that are, or were, in some memory."""
        self._places: dict[SSAValue, tuple[int, Dim, Any]] = {}
        """What is read in the workspace: until which op, where, and its size."""
        self._unused: list[tuple[Dim, Any]] = []

    def __setitem__(self, value: SSAValue, buffer: SSAValue) -> None:
        super().__setitem__(value, buffer)
        self._residents.setdefault(root(buffer), []).append(value)

    def note(self, window: SSAValue, value: SSAValue) -> None:
        """What reads a window reads the memory of a value."""
        self._residents[root(self[value])].append(window)

    # ---- which memory

    def destination(self, value: SSAValue) -> SSAValue:
        """A buffer for the result of the op that is being lowered."""
        op = cast("Operation", value.owner)
        target = self.target(value)

        def harmless(operand: SSAValue) -> bool:
            return self.get(operand) is target and _reads_there(value, operand)

        if target is None or not self.is_free(target, op, harmless):
            target = self.new(value, self.lifetimes.last[value])
        self.keep(target, self.lifetimes.last[value])
        self[value] = target
        return target

    def target(self, value: SSAValue) -> SSAValue | None:
        """Where a value is wanted, or what is made of it in place."""
        following: SSAValue | None = value
        reshaped = False
        while following is not None:
            target = self.targets.get(following)
            if target is not None and reshaped:
                return self.reshaped(target, value)
            if target is not None:
                return target if target.type == _type(value) else None
            following = _successor(following)
            reshaped |= following is not None and isinstance(
                following.owner, rfx.ReshapeOp
            )
        return None

    def reshaped(self, buffer: SSAValue, value: SSAValue) -> SSAValue:
        """The memory of a buffer, with the sizes of another tensor."""
        memory, type_ = root(buffer), _type(value)
        if memory.type == type_ and DYNAMIC_INDEX not in shape_of(type_):
            return memory
        dims, strides = self.sizes.of(value), list[Dim]()
        step: Dim = 1
        for dim in reversed(dims):
            strides.insert(0, step)
            step = self.sizes.mul(step, dim)
        lists = [split(part) for part in ([0], dims, strides)]
        names = ("static_offsets", "static_sizes", "static_strides")
        properties: dict[str, Attribute] = {
            name: int_list(static)
            for name, (static, _) in zip(names, lists, strict=True)
        }
        counts = (len(dynamic) for _, dynamic in lists)
        properties["operandSegmentSizes"] = i32s(1, *counts)
        operands = (memory, *(v for _, dynamic in lists for v in dynamic))
        return self.top.op(memref.ReinterpretCastOp, operands, type_, properties)

    def updated(self, op: Any) -> SSAValue | None:
        """The buffer of the first operand, if the op may change it in place."""
        buffer = self.get(op.input)
        if buffer is None or op.operands[1:].count(op.input):
            return None
        if not self.is_free(buffer, op, lambda v: v is op.input):
            return None
        self.keep(buffer, self.lifetimes.last[op.result])
        self[op.result] = buffer
        return buffer

    def is_free(
        self, buffer: SSAValue, op: Operation, harmless: Callable[[SSAValue], bool]
    ) -> bool:
        """Whether `op` may write a buffer: no one reads it later.

        What `op` itself reads of it must be `harmless`. An op with branches may read
        inside what it likes: each op there asks for itself.
        """
        memory, times = root(buffer), self.lifetimes
        if memory in self.readonly:
            return False
        own, now = times.number[op], self.now
        if isinstance(op, scf.IfOp):
            own = now = times.end[op]
        for value in self._residents.get(memory, ()):
            for number in times.reads_from(value, now, times.sides[op]):
                if number > now or now != own:
                    return False
                if value in op.operands and not harmless(value):
                    return False
        return True

    def keep(self, buffer: SSAValue, until: int) -> None:
        """A buffer is needed up to op number `until`."""
        memory = root(buffer)
        if memory in self._places:
            last, offset, room = self._places[memory]
            self._places[memory] = (max(last, until), offset, room)

    def new(self, value: SSAValue, until: int) -> SSAValue:
        """Memory for a tensor of that type and those sizes, up to op number `until`."""
        shape, type_ = shape_of(value.type), _type(value)
        itemsize = dtype_of(value.type).itemsize
        if DYNAMIC_INDEX not in shape and prod(shape) * itemsize <= STACK_BYTES:
            return self.alloca(type_)
        dynamic = [d for d in self.sizes.of(value) if not isinstance(d, int)]
        offset, room = self._place(value)
        operands = (self.scratch, self.sizes.value(offset), *dynamic)
        buffer = self.top.op(memref.ViewOp, operands, type_)
        self._places[buffer] = (until, offset, room)
        return buffer

    def _place(self, value: SSAValue) -> tuple[Dim, Any]:
        """Where in the workspace a tensor is: where a dead one of its size was, or new.

        Static sizes fit into larger places; dynamic ones are equal or they are not.
        """
        dims = self.sizes.of(value)
        size: Any = (dtype_of(value.type).itemsize, *dims)
        if all(isinstance(d, int) for d in dims):
            size = self.sizes.bytes(value, ALIGNMENT)
        for k, (offset, room) in enumerate(self._unused):
            fits = isinstance(size, int) and isinstance(room, int) and size <= room
            if fits or size == room:
                del self._unused[k]
                return offset, room
        if self.workspace:
            last = self.sizes.bytes(self.workspace[-1], ALIGNMENT)
            self._offset = self.sizes.add(self._offset, last)
        self.workspace.append(value)
        return self._offset, size

    def total(self) -> int | None:
        """The bytes of the workspace, if they are known."""
        if any(DYNAMIC_INDEX in shape_of(value.type) for value in self.workspace):
            return None
        sizes = [self.sizes.bytes(value, ALIGNMENT) for value in self.workspace]
        return sum(cast("list[int]", sizes))

    def start(self, op: Operation) -> None:
        """From now on `op` is lowered: places that no one reads any more are free."""
        self.now = self.lifetimes.number[op]
        for buffer, (until, offset, room) in list(self._places.items()):
            if until < self.now:
                del self._places[buffer]
                self._unused.append((offset, room))

    def alloca(self, type_: Attribute) -> SSAValue:
        """Stack memory, at the top of the function."""
        return alloca_at_top(self.top.block, type_, self.top.location)


def _successor(value: SSAValue) -> SSAValue | None:
    """What is made of a value in the same memory, if all goes well."""
    for use in value.uses:
        op, k = use.operation, use.index
        if isinstance(op, UPDATES) and k == 0:
            return op.results[0]
        if isinstance(op, scf.ForOp) and k > 2:
            return op.results[k - 3]
        if isinstance(op, rfx.ReshapeOp):
            return op.result
    return None


def _reads_there(value: SSAValue, operand: SSAValue) -> bool:
    """Whether a map reads an operand only at the element where it writes a result."""
    nest = value.owner
    if not isinstance(nest, LoopNest):
        return False
    k = nest.outputs.index(value)
    there = nest.out_maps[k]
    return (
        nest.combiners[k] == "none"
        and len(there) == len(nest.shape)
        and all(
            map_ == there
            for other, map_ in zip(nest.inputs, nest.maps, strict=True)
            if other is operand
        )
    )


__all__ = ["UPDATES", "Buffers", "root"]
