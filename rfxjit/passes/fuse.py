"""Fuse elementwise chains, their reductions and their siblings into loop nests.

    %a = rfx.mul %x, %y : tensor<8xf32>      %s, %r = rfx.map_reduce [8] (%0 = %x [0] …)
    %b = rfx.add %a, %z : tensor<8xf32>        -> ("add" [] : …, [0] : tensor<8xf32>) {
    %s = rfx.reduce "add" %b dims [0] …   ->   %1 = rfx.mul %0, …
    %c = rfx.sqrt %b : tensor<8xf32>           …

The result is the fused level: all elementwise work is inside `rfx.map` and
`rfx.map_reduce`; outside remain data movement, contractions and control flow.

Ops get a *level*: an elementwise op is as deep as the elementwise ops of its own shape
that it reads, and one deeper than anything else that it reads. So ops of one level and
one shape never depend on each other through memory, and all those that share an operand
become one nest. A broadcast or a transpose is an indexing map of its reader. Nothing is
computed twice but constants, iotas and broadcasts.

A reduction joins the nest of its input unless that nest already reduces other dims;
`argmax` and `argmin` join none, but become nests of their own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from xdsl.context import Context
from xdsl.dialects import func
from xdsl.dialects.builtin import DYNAMIC_INDEX, ModuleOp, TensorType
from xdsl.ir import Block, Operation, SSAValue
from xdsl.passes import ModulePass

from rfxjit.dialects import rfx
from rfxjit.dialects.builder import Builder, Size, split
from rfxjit.dialects.dense_text import to_array
from rfxjit.dialects.ir import (
    dtype_of,
    element_type,
    index,
    make,
    scalar_attr,
    shape_of,
    walked,
)
from rfxjit.dialects.map_ops import IndexOp, LoopNest, MapOp, MapReduceOp, YieldOp
from rfxjit.passes.rewriting import is_pure
from rfxjit.passes.shapes import ELEMENTS, Shapes

_VIEWS = (rfx.BroadcastOp, rfx.TransposeOp)
Key = tuple[Any, ...]


def is_splat(op: Operation) -> bool:
    """One number everywhere: every iteration can make it for itself."""
    # By class, as `is_splat` is asked for each operand; see `dialects/ir.py`.
    if op.__class__ is rfx.FullOp:
        return True
    if op.__class__ is not rfx.ConstantOp:
        return False
    op = cast("rfx.ConstantOp", op)
    if element_type(op.result.type) is op.result.type:
        return False
    data = cast("Any", op.value).data.data
    return len(data) == dtype_of(op.result.type).itemsize


def _is_made_anew(op: Operation) -> bool:
    """What each nest that reads it makes for itself: less to read than to store."""
    return isinstance(op, (rfx.BroadcastOp, rfx.IotaOp)) or is_splat(op)


@dataclass
class Group:
    """Ops that will be one loop nest."""

    level: int
    shape: Key
    like: SSAValue
    """A value with the shape of the iteration space."""
    ops: list[Operation] = field(default_factory=list[Operation])
    reduced: tuple[int, ...] | None = None


class _Fuser:
    """Fuses one block; nested regions are blocks of their own."""

    def __init__(self, block: Block, shapes: Shapes) -> None:
        self.block = block
        self.shapes = shapes
        self.level: dict[SSAValue, int] = {}
        self.group_of: dict[Operation, Group] = {}
        self.by_use: dict[Key, Group] = {}
        self.plain: list[tuple[int, Operation]] = []
        self.effects = 0
        """The level of the last op that does more than to compute its results."""

    # ---- which ops go together

    def available(self, value: SSAValue, shape: Key = ()) -> int:
        """The level from which `value` can be read by an op of another shape.

        Scalar nests come first in their level, so arrays of that level can read them;
        what is between array code does not split it.
        """
        if isinstance(value.owner, Operation) and value.owner in self.group_of:
            scalar = self.group_of[value.owner].shape == () != shape
            return self.level[value] + (not scalar)
        return self.level.get(value, 0)

    def assign(self, op: Operation) -> None:
        """Put `op` into a group, or keep it as it is."""
        if isinstance(op, (*ELEMENTS, *_VIEWS, rfx.IotaOp)) or is_splat(op):
            like = op.results[0]
            self.join(op, like, None)
        elif isinstance(op, rfx.ReduceOp):
            own = (op,) if op.kind.data.startswith("arg") else ()
            self.join(op, op.input, rfx.ints(op.dims), own)
        else:
            level = max((self.available(v) for v in _reads(op)), default=0)
            if not is_pure(op):
                # It may fail, or run for ever: the order of such ops stays.
                self.effects = level = max(level, self.effects)
            for result in op.results:
                self.level[result] = level
            self.plain.append((level, op))

    def join(
        self,
        op: Operation,
        like: SSAValue,
        reduced: tuple[int, ...] | None,
        own: Key = (),
    ) -> None:
        shape = self.shapes.key(like)
        level = 0
        for value in op.operands:
            if not isinstance(value.type, TensorType):
                level = max(level, self.available(value))
                continue
            owner = value.owner
            inside = (
                isinstance(owner, Operation)
                and owner in self.group_of
                and owner.__class__ is not rfx.ReduceOp
                and op.__class__ not in _VIEWS
                and self.group_of[owner].shape == shape
                and not own
            )
            if not (isinstance(owner, Operation) and is_splat(owner)):
                here = self.level[value] if inside else self.available(value, shape)
                level = max(level, here)
        while True:
            group = self.find(op, level, shape, own)
            if group is None or reduced is None or group.reduced in (None, reduced):
                break
            level += 1  # That nest already reduces other dims.
            own = (*own, reduced)
        if group is None:
            group = Group(level, shape, like)
        if reduced is not None:
            group.reduced = reduced
        group.ops.append(op)
        self.group_of[op] = group
        for result in op.results:
            self.level[result] = level
        for value in (*op.operands, *op.results):
            self.by_use[value, level, shape, own] = group

    def find(self, op: Operation, level: int, shape: Key, own: Key) -> Group | None:
        """The group of this level and shape that shares an operand; merges several."""
        found: Group | None = None
        for value in op.operands:
            if not isinstance(value.type, TensorType):
                continue
            group = self.by_use.get((value, level, shape, own))
            if group is None or group is found:
                continue
            if found is None:
                found = group
            elif None in (found.reduced, group.reduced) or (
                found.reduced == group.reduced
            ):
                found = self.merge(found, group)
        return found

    def merge(self, a: Group, b: Group) -> Group:
        a.ops += b.ops
        a.reduced = b.reduced if a.reduced is None else a.reduced
        for op in b.ops:
            self.group_of[op] = a
        for key, group in self.by_use.items():
            if group is b:
                self.by_use[key] = a
        return a

    # ---- the new block

    def run(self) -> None:
        order = {op: i for i, op in enumerate(self.block.ops)}
        for op in list(self.block.ops):
            for region in op.regions:
                if not isinstance(op, LoopNest):
                    for block in region.blocks:
                        _Fuser(block, self.shapes).run()
            self.assign(op)
        groups = {id(g): g for g in self.group_of.values()}.values()
        items: list[tuple[int, int, Group | Operation]] = []
        for group in groups:
            group.ops.sort(key=lambda op: order[op])
            items.append((group.level, order[group.ops[0]], group))
        last = self.block.last_op
        end = 1 + max((level for level, *_ in items), default=0)
        end = max([end, *(level for level, _ in self.plain)])
        for level, op in self.plain:
            items.append((end if op is last else level, order[op], op))
        # Within a level plain ops come first: what they read is older, and index
        # values that a nest of the same level needs are among them. Then scalars.
        items.sort(key=lambda t: (t[0], _rank_of(t[2]), t[1]))
        for op in order:
            op.detach()
        builder = Builder(self.block)
        for _, _, item in items:
            if isinstance(item, Group):
                self.emit(item, builder)
            else:
                self.block.add_op(item)
        for group in groups:
            for op in reversed(group.ops):
                op.drop_all_references()

    def emit(self, group: Group, builder: Builder) -> None:
        members = set(group.ops)
        outputs = [
            result
            for op in group.ops
            for result in op.results
            if any(use.operation not in members for use in result.uses)
            and not (_is_made_anew(op) and not self.needed(result))
        ]
        if not outputs:
            return
        only = group.ops[0]
        large = is_splat(only) and math.prod(shape_of(only.results[0].type)) > 1
        if len(group.ops) == 1 and isinstance(only, rfx.ConstantOp) and not large:
            new = only.clone()
            self.block.add_op(new)
            self.replace(only.result, new.result, members)
            return
        nest = _Nest(self, group, builder)
        results = nest.build(outputs)
        for old, new in zip(outputs, results, strict=True):
            self.replace(old, new, members)

    def needed(self, value: SSAValue) -> bool:
        """Whether anything that reads a value cannot make it for itself."""
        return any(
            use.operation not in self.group_of or isinstance(use.operation, _VIEWS)
            for use in value.uses
        )

    def replace(self, old: SSAValue, new: SSAValue, members: set[Operation]) -> None:
        new.name_hint = old.name_hint
        for use in list(old.uses):
            if use.operation not in members:
                use.operation.operands[use.index] = new


class _Nest:
    """Builds the loop nest of one group."""

    def __init__(self, fuser: _Fuser, group: Group, builder: Builder) -> None:
        self.fuser = fuser
        self.group = group
        self.builder = builder
        self.rank = len(group.shape)
        self.body = Block()
        self.inputs: list[SSAValue] = []
        self.maps: list[tuple[int, ...]] = []
        self.scalars: dict[tuple[SSAValue, tuple[int, ...]], SSAValue] = {}
        self.values: dict[SSAValue, SSAValue] = {}

    def build(self, outputs: Sequence[SSAValue]) -> Sequence[SSAValue]:
        group = self.group
        inner = Builder(self.body)
        for op in group.ops:
            inner.location = op.location
            self.visit(op, inner)
        hows: list[str] = []
        out_maps: list[Sequence[int]] = []
        for value in outputs:
            if isinstance(value.owner, rfx.ReduceOp):
                hows.append(value.owner.kind.data)
                dims = rfx.ints(value.owner.dims)
                out_maps.append([d for d in range(self.rank) if d not in dims])
            else:
                hows.append("none")
                out_maps.append(list(range(self.rank)))
        location = group.ops[-1].location
        values = [self.values[v] for v in outputs]
        self.body.add_op(make(YieldOp, values, (), location))
        self.builder.location = location
        shape, sizes = split(self.sizes())
        cls = MapOp if all(h == "none" for h in hows) else MapReduceOp
        nest = cls.build_nest(
            shape, sizes, self.inputs, self.maps, [v.type for v in outputs],
            out_maps, hows, self.body,
        )  # fmt: skip
        nest.location = location
        self.builder.block.add_op(nest)
        return nest.outputs

    def sizes(self) -> list[Size]:
        """The iteration space: sizes of inputs, or the size operands of the ops."""
        result: list[Size] = []
        for loop, n in enumerate(shape_of(self.group.like.type)):
            if n != DYNAMIC_INDEX:
                result.append(n)
                continue
            for value, map_ in zip(self.inputs, self.maps, strict=True):
                if loop in map_:
                    result.append(self.builder.dim(value, map_.index(loop)))
                    break
            else:
                result.append(self.explicit(loop))
        return result

    def explicit(self, loop: int) -> SSAValue:
        for op in self.group.ops:
            sizes: Sequence[SSAValue] = getattr(op, "sizes", ())
            if sizes and len(shape_of(op.results[0].type)) == self.rank:
                shape = shape_of(op.results[0].type)
                return sizes[shape[:loop].count(DYNAMIC_INDEX)]
        raise AssertionError("a nest without inputs has a size operand")

    def read(self, value: SSAValue, map_: tuple[int, ...]) -> SSAValue:
        """An element of a tensor that is in memory."""
        if (value, map_) not in self.scalars:
            self.inputs.append(value)
            self.maps.append(map_)
            element = element_type(value.type)
            argument = self.body.insert_arg(element, len(self.body.args))
            self.scalars[value, map_] = argument
        return self.scalars[value, map_]

    def operand(self, value: SSAValue, inner: Builder) -> SSAValue:
        if value in self.values:
            return self.values[value]
        owner = value.owner
        if isinstance(owner, Operation) and is_splat(owner):
            self.values[value] = _scalar(owner, inner)
            return self.values[value]
        if isinstance(owner, Operation) and _is_made_anew(owner):
            self.visit(owner, inner)
            return self.values[value]
        if not isinstance(value.type, TensorType):
            return value
        return self.read(value, tuple(range(self.rank)))

    def visit(self, op: Operation, inner: Builder) -> None:
        result = op.results[0]
        match op:
            case rfx.BroadcastOp() | rfx.TransposeOp():
                source = op.operands[0]
                owner = source.owner
                if isinstance(owner, Operation) and is_splat(owner):
                    self.values[result] = _scalar(owner, inner)
                    return
                if isinstance(op, rfx.BroadcastOp):
                    map_ = rfx.ints(op.dims)
                else:
                    perm = rfx.ints(op.perm)
                    map_ = tuple(perm.index(i) for i in range(len(perm)))
                self.values[result] = self.read(source, map_)
            case rfx.IotaOp():
                loop = inner.op(IndexOp, (), index, loop=op.dim)
                self.values[result] = inner.op(
                    rfx.ConvertOp, (loop,), element_type(result.type)
                )
            case rfx.ConstantOp() | rfx.FullOp():
                self.values[result] = _scalar(op, inner)
            case rfx.ReduceOp():
                self.values[result] = self.operand(op.input, inner)
            case _:
                operands = [self.operand(v, inner) for v in op.operands]
                self.values[result] = inner.op(
                    type(op), operands, element_type(result.type)
                )


def _rank_of(item: Group | Operation) -> int:
    if isinstance(item, Group):
        return 2 if item.shape else 1
    return 0


def _scalar(op: Operation, inner: Builder) -> SSAValue:
    splat = cast("rfx.ConstantOp | rfx.FullOp", op)
    element = element_type(splat.result.type)
    value = to_array(splat.value).flat[0]
    return inner.op(rfx.ConstantOp, (), element, value=scalar_attr(value, element))


def _reads(op: Operation) -> list[SSAValue]:
    """The operands of `op` and what its regions capture."""
    reads = list(op.operands)
    if op.regions:
        reads += [v for inner in walked(op) for v in inner.operands]
    return reads


class FusePass(ModulePass):
    """See the module's docstring."""

    name = "fuse"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for function in op.body.block.ops:
            if isinstance(function, func.FuncOp) and not function.is_declaration:
                shapes = Shapes()
                for inner in walked(function):
                    shapes.learn(inner)
                _Fuser(function.body.block, shapes).run()
