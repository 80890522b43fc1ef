"""Lower the fused level to loops: destination passing, no rfx left.

    func.func @f(%x: tensor<?xf32>) -> tensor<?xf32> {
      %r = rfx.map [%n] (%a = %x [0] : tensor<?xf32>) -> ([0] : tensor<?xf32>) {
        %0 = rfx.mul %a, %a : f32
        rfx.yield %0 : f32
      }
      func.return %r : tensor<?xf32>
    }
->
    func.func @f(%x: memref<?xf32>, %out: memref<?xf32>,
                 %begin: index, %end: index, %ws: memref<?xi8>) -> i32 {
      scf.parallel (%i) = (%begin) to (%end) step (%c1) {
        %a = memref.load %x[%i] : memref<?xf32>
        %0 = arith.mulf %a, %a : f32
        memref.store %0, %out[%i] : memref<?xf32>
        scf.reduce
      }
      func.return %c0 : i32
    }
    func.func @f_shapes(%in: memref<1xi64>, %out: memref<3xi64>) -> i32 { ... }

One forward walk builds the new function. A tensor becomes a buffer: a result's own
argument, a small `memref.alloca`, or a piece of the workspace that no living tensor
needs. A tensor of one element
stays an SSA scalar. Sizes are known before anything runs, so `@f_shapes` repeats only
the arithmetic on sizes.

Nests of the same rows run row by row in one loop, see `row_groups.py`; branches and
loops keep their structure, see `lower_control.py`. Whatever loop a buffer is used in,
it is made at the top level of the function.

An argument that `written.py` has marked holds its new value in the end: it is written
like any memory that nobody reads later, after all requirements.

A unit that is one parallel nest and nothing else can be split: its outermost loop runs
from %begin to %end. Other units ignore the two; so do nests of a few elements, whose
bounds are numbers then: without the iterations that may be left over from full vectors
there is half the code to compile. `rfx.extent` and `rfx.workspace` on the
function say what callers must know, -1 where only `@f_shapes` does.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from math import prod
from typing import Any, cast

from xdsl.context import Context
from xdsl.dialects import arith, func, memref, scf
from xdsl.dialects.builtin import (
    DYNAMIC_INDEX,
    FunctionType,
    IntegerAttr,
    ModuleOp,
    TensorType,
)
from xdsl.dialects.tensor import DimOp, ExtractOp, FromElementsOp
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue
from xdsl.passes import ModulePass

from rfxjit.dialects import rfx, upstream
from rfxjit.dialects.diagnostics import UnsupportedError
from rfxjit.dialects.elementwise_ops import Elementwise
from rfxjit.dialects.ir import (
    append,
    element_type,
    i8,
    i32,
    i64,
    index,
    make,
    shape_of,
    walked,
)
from rfxjit.dialects.ir import memref as memref_type
from rfxjit.dialects.map_ops import LoopNest, MapOp
from rfxjit.passes.buffers import Buffers
from rfxjit.passes.emit import Emit
from rfxjit.passes.lifetimes import Lifetimes
from rfxjit.passes.loop_nests import lower_nest
from rfxjit.passes.loops import alloca, load, store
from rfxjit.passes.lower_accumulation import ACCUMULATION
from rfxjit.passes.lower_control import lower_for, lower_if, lower_while, move
from rfxjit.passes.lower_structure import STRUCTURE
from rfxjit.passes.row_groups import find_row_groups, lower_rows
from rfxjit.passes.scalar_semantics import lower_elementwise, signless
from rfxjit.passes.shapes_function import shapes_function
from rfxjit.passes.sizes import Dim, Sizes
from rfxjit.passes.written import argument_attributes, written_by

Window = Callable[[Emit, Sequence[SSAValue]], Sequence[SSAValue]]
WHOLE = 4096
"""A nest of at most so many elements is not split: it takes a few microseconds."""


class FunctionLowering:
    """The state of lowering one function: what each old value has become."""

    def __init__(self, old: func.FuncOp) -> None:
        self.old = old
        self.returned = list(cast("Operation", old.body.block.last_op).operands)
        self.block = Block()
        self.top = self.emit = Emit(self.block, old.location)
        """Emitters of the function, and of the branch or loop that is being lowered."""
        self.scalars: dict[SSAValue, SSAValue] = {}
        """Tensors of one element, and all that is not a tensor."""
        self.windows: dict[SSAValue, tuple[SSAValue, Window]] = {}
        """Slices that are in no memory of their own: of what, and from places in the
        slice to places there.
        """
        self.sizes = Sizes(self.top, self._argument_dim)
        self.lifetimes = Lifetimes(old.body.block)
        self.buffers = Buffers(self.lifetimes, self.sizes)
        self.spilled: dict[SSAValue, SSAValue] = {}
        """The scalars that are in memory too, for those who want to read them there."""
        self.may_fail = any(isinstance(op, rfx.RequireOp) for op in walked(old))
        self._status: SSAValue | None = None
        self.written: set[SSAValue] = set()
        """The arguments whose new values are results, in the same memory."""
        self.extent: Dim = 1
        self.extent_loops: tuple[LoopNest, tuple[int, ...]]
        """The nest and its loops that were joined to make an extent that is a value."""
        self.split = False
        """Whether the one nest of the function runs from %begin to %end."""

    # ---- arguments

    def _arguments(self) -> None:
        old = self.old
        for argument in old.body.block.args:
            by_value = "rfx.by_value" in argument_attributes(old, argument.index)
            element = signless(element_type(argument.type))
            if by_value or element_type(argument.type) == argument.type:
                new = self._argument(element, argument.name_hint)
                self.scalars[argument] = new
            else:
                type_ = memref_type(element, shape_of(argument.type))
                new = self._argument(type_, argument.name_hint)
                self.buffers[argument] = new
        self.outs = [
            self._argument(
                memref_type(signless(element_type(v.type)), shape_of(v.type)), f"out{i}"
            )
            for i, v in enumerate(self.returned)
        ]
        self.buffers.readonly.update(self.buffers.values())
        for i, result in written_by(old).items():
            self.outs[result] = self.buffers[old.body.block.args[i]]
            self.written.add(self.outs[result])
        outs = dict(reversed([*zip(self.returned, self.outs, strict=True)]))
        self.buffers.targets.update(outs)
        self.begin = self._argument(index, "begin")
        self.end = self._argument(index, "end")
        self.buffers.scratch = self._argument(memref_type(i8, (DYNAMIC_INDEX,)), "ws")

        for argument in old.body.block.args:
            shape = shape_of(argument.type)
            if argument in self.buffers and prod(shape) == 1 and _in_loop(argument):
                # Once: what a loop stores might be the same memory, for all LLVM knows.
                where = [self.top.const(0, index)] * len(shape)
                self.scalars[argument] = load(self.top, self.buffers[argument], where)

    def _argument(self, type_: Attribute, hint: str | None) -> SSAValue:
        argument = self.block.insert_arg(type_, len(self.block.args))
        argument.name_hint = hint
        return argument

    def _argument_dim(self, value: SSAValue, dim: int) -> SSAValue:
        return self.memref_dim(self.buffers[value], dim)

    def memref_dim(self, buffer: SSAValue, dim: int) -> SSAValue:
        """The size of a dynamic dim of a buffer."""
        return self.top.op(memref.DimOp, (buffer, self.top.const(dim, index)), index)

    # ---- buffers

    def row_buffer(self, m: Emit, value: SSAValue) -> SSAValue:
        """Stack memory for one row of a tensor, in the loop over its rows."""
        element = signless(element_type(value.type))
        return alloca(m, memref_type(element, shape_of(value.type)[1:]))

    def memory(self, value: SSAValue) -> SSAValue:
        """The buffer of a tensor; a scalar is stored into one first."""
        if value in self.buffers:
            return self.buffers[value]
        if value not in self.spilled:
            element = signless(element_type(value.type))
            shape = shape_of(value.type)
            buffer = self.buffers.alloca(memref_type(element, shape))
            self.buffers.readonly.add(buffer)
            zero = self.emit.const(0, index)
            store(self.emit, self.scalars[value], buffer, [zero] * len(shape))
            self.spilled[value] = buffer
        return self.spilled[value]

    def scalar(self, value: SSAValue) -> SSAValue:
        """The one element of a tensor, an index, or a number."""
        if isinstance(value.type, TensorType):
            zero = self.emit.const(0, index)
            rank = len(shape_of(cast("Attribute", value.type)))
            return self.read(self.emit, value, [zero] * rank)
        if value in self.scalars:
            return self.scalars[value]
        return self.sizes.value(self.sizes.index(value))

    def read(self, m: Emit, value: SSAValue, indices: Sequence[SSAValue]) -> SSAValue:
        """An element of a tensor."""
        if value in self.scalars:
            return self.scalars[value]
        if value in self.windows:
            value, places = self.windows[value]
            indices = places(m, indices)
        return load(m, self.buffers[value], indices)

    # ---- the walk

    def run(self) -> list[func.FuncOp]:
        self._arguments()
        body = self.old.body.block
        nests = [o for o in body.ops if isinstance(o, (LoopNest, *_RULES))]
        self.split = (
            len(nests) == 1
            and not self.written
            and isinstance(nests[0], MapOp)
            and len(set(self.returned)) == len(self.returned)
            and all(v in nests[0].outputs for v in self.returned)
            and (DYNAMIC_INDEX in nests[0].shape or prod(nests[0].shape) > WHOLE)
        )
        self._body(list(body.ops)[:-1])
        m, cell = self.top, self._status
        status = m.const(0, i32) if cell is None else load(m, cell, ())
        append(self.block, make(func.ReturnOp, (status,), (), m.location))
        types = [a.type for a in self.block.args]
        new = func.FuncOp(
            self.old.sym_name.data,
            FunctionType.from_lists(types, [i32]),
            Region(self.block),
        )
        new.location = self.old.location
        extent = self.extent if isinstance(self.extent, int) else None
        workspace = self.buffers.total()
        for name, value in (("extent", extent), ("workspace", workspace)):
            number = -1 if value is None else value
            new.attributes[f"rfx.{name}"] = IntegerAttr(number, i64)
        if None not in (extent, workspace) and all(
            DYNAMIC_INDEX not in shape_of(v.type) for v in self.returned
        ):
            return [new]
        return [new, shapes_function(self)]

    @contextmanager
    def inside(self, block: Block) -> Generator[None]:
        """Emit into a block of a branch or a loop, for a while."""
        emit, spilled = self.emit, self.spilled
        self.emit, self.spilled = emit.child(block), dict(spilled)
        yield
        self.emit, self.spilled = emit, spilled

    def _body(self, ops: Sequence[Operation]) -> None:
        """Lower the ops, and deliver the results.

        Arguments are written once all requirements hold.
        """
        body = self.old.body.block
        checks = [i for i, op in enumerate(ops) if isinstance(op, rfx.RequireOp)]
        first = checks[-1] + 1 if self.written and checks else 0
        self.lower_block(body, ops[:first])
        self.buffers.readonly -= self.written

        def rest() -> None:
            self.lower_block(body, ops[first:])
            self._deliver()

        def inside(m: Emit) -> Sequence[SSAValue]:
            with self.inside(m.block):
                rest()
            return ()

        if first:
            self.emit.if_(self.succeeded(), inside, lambda _: (), ())
        else:
            rest()

    def lower_block(self, block: Block, ops: Sequence[Operation] | None = None) -> None:
        """Lower those ops of a block, or all but its terminator."""
        groups = find_row_groups(block)
        done = set[Operation]()
        for op in list(block.ops)[:-1] if ops is None else ops:
            if op in done:
                continue
            self.emit.location = op.location
            self.buffers.start(op)
            if (group := groups.get(op)) is not None:
                lower_rows(self, group)
                done |= set(group.all)
            else:
                self.lower(op)

    def lower(self, op: Operation) -> None:
        """Lower one op."""
        match op:
            case LoopNest():
                self.sizes.learn(op)
                lower_nest(self, op)
            case rfx.ConstantOp():
                self._constant(op)
            case Elementwise() if not shape_of(op.result.type):  # a folded branch
                name, type_ = op.name.removeprefix("rfx."), op.inputs[-1].type
                operands = [self.scalar(v) for v in op.inputs]
                self.scalars[op.result] = lower_elementwise(
                    self.emit, name, element_type(type_), operands
                )
            case rfx.RequireOp():
                self._require(op)
            case DimOp() | arith.ConstantOp():  # sizes
                self.sizes.learn(op)
            case upstream.IndexCastOp():
                value = self.scalar(op.input)
                self.scalars[op.result] = self.emit.index_cast(value, op.result.type)
            case FromElementsOp():
                self.scalars[op.result] = self.scalars[op.elements[0]]
            case ExtractOp() if not op.indices:
                self.scalars[op.result] = self.scalar(op.tensor)
            case arith.AddiOp() | arith.SubiOp() | arith.MuliOp():
                self.sizes.learn(op)
                if op.result not in self.sizes.indices:
                    operands = [self.scalar(v) for v in op.operands]
                    new = self.emit.op(type(op), operands, index, op.properties)
                    self.scalars[op.result] = new
            case arith.FloorDivSIOp():
                self.sizes.learn(op)
            case _ if (rule := _RULES.get(type(op))) is not None:
                self.sizes.learn(op)
                rule(self, op)
            case _:
                raise UnsupportedError("cannot be lowered to loops", op)

    def _constant(self, op: rfx.ConstantOp) -> None:
        from rfxjit.dialects.dense_text import to_array

        value = to_array(op.value)
        element = signless(element_type(op.result.type))
        if value.size == 1:
            self.scalars[op.result] = self.emit.const(value.flat[0].item(), element)
            return
        self.sizes.learn(op)
        buffer = self.buffers.destination(op.result)
        flat = value.reshape(-1)
        for k, number in enumerate(flat):
            where: list[SSAValue] = []
            for n in reversed(value.shape):
                where.insert(0, self.emit.const(k % n, index))
                k //= n  # noqa: PLW2901 - the digits of k, the last one first
            store(self.emit, self.emit.const(number.item(), element), buffer, where)

    def _require(self, op: rfx.RequireOp) -> None:
        status = self.status()
        failed = self.emit.not_(self.read(self.emit, op.condition, ()))

        # A branch, since it is hardly ever taken: the status stays out of the way.
        def note(m: Emit) -> Sequence[SSAValue]:
            old = load(m, status, ())
            code = m.const(op.code.value.data, i32)
            store(m, m.select(m.eq(old, 0), code, old), status, ())
            return ()

        self.emit.if_(failed, note, lambda _: (), ())

    def status(self) -> SSAValue:
        """The memory of the status: the first failure stays."""
        if self._status is None:
            self._status = self.buffers.alloca(memref_type(i32))
            store(self.top, self.top.const(0, i32), self._status, ())
        return self._status

    def succeeded(self) -> SSAValue:
        """Whether nothing has failed so far."""
        return self.emit.eq(load(self.emit, self.status(), ()), 0)

    def _deliver(self) -> None:
        """Every result to its place; scalars last, which depend on no memory."""
        places = [
            out if value in self.buffers else None
            for value, out in zip(self.returned, self.outs, strict=True)
        ]
        move(self, self.returned, places, self.buffers.now)
        zero = self.emit.const(0, index)
        for value, out in zip(self.returned, self.outs, strict=True):
            if value in self.scalars:
                where = [zero] * len(shape_of(value.type))
                store(self.emit, self.scalars[value], out, where)


def _in_loop(value: SSAValue) -> bool:
    """Whether a loop reads a value of the function again and again."""
    around = [use.operation.parent_op() for use in value.uses]
    while around:
        if any(isinstance(op, (scf.ForOp, scf.WhileOp)) for op in around):
            return True
        around = [op.parent_op() for op in around if op is not None]
    return False


_RULES: dict[type[Operation], Callable[[FunctionLowering, Any], None]] = {
    **STRUCTURE, **ACCUMULATION,
    scf.IfOp: lower_if, scf.ForOp: lower_for, scf.WhileOp: lower_while,
}  # fmt: skip


class LowerToLoopsPass(ModulePass):
    """See the module's docstring."""

    name = "lower-to-loops"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for old in list(op.body.block.ops):
            if isinstance(old, func.FuncOp) and not old.is_declaration:
                new = FunctionLowering(old).run()
                op.body.block.insert_ops_before(new, old)
                old.detach()
                old.erase()
