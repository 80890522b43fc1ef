"""Split a function into kernels and a host function that launches them.

    func.func @f(%x: memref<?xf32>, %y: memref<?xf32>, %begin: index, %end: index, …) {
      scf.parallel (%i) = (%begin) to (%end) { y[%i] = g(x[%i]) }
    }
->
    gpu.module @f_kernels {
      gpu.func @f_0(%x, %y, %begin, %end) kernel {
        %i = block * 256 + thread
        scf.if %i < %end - %begin { y[%begin + %i] = g(x[%begin + %i]) }
        gpu.return
      }
    }
    func.func @f(…) {
      gpu.launch_func @f_kernels::@f_0 blocks in (%blocks, 1, 1) threads in (256, …) …
    }

Each parallel nest is a kernel. Where its body is one straight line, each thread runs
one iteration. Where the body has parallel loops of its own (the reduction of a row),
each block of 64 threads runs one iteration: its inner parallel loops are dealt out to
the threads, with a barrier after each; all else is done by every thread alike, but
stores, which are thread 0's. The buffers of such a body are shared memory. So the tree
of a reduction is the one of the CPU, bit for bit.

What lies between the nests and touches memory is a kernel of one such block. A scalar
that one kernel computes and another needs goes through memory; sizes are computed on
the host. Buffers of the function itself are device memory (`gpu.alloc`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

from xdsl.context import Context
from xdsl.dialects import arith, func, gpu, memref, scf
from xdsl.dialects.builtin import (
    DenseArrayBase,
    FunctionType,
    IntegerAttr,
    MemRefType,
    ModuleOp,
    StringAttr,
    SymbolRefAttr,
    UnitAttr,
)
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue
from xdsl.passes import ModulePass

from rfxjit.dialects.ir import (
    append,
    element_type,
    i32,
    i64,
    index,
    integer_attr,
    make,
    shape_of,
)
from rfxjit.dialects.ir import memref as memref_type
from rfxjit.passes.emit import Emit
from rfxjit.passes.loops import load, store

THREADS = 256
"""Threads of a block where each runs an iteration of its own."""
LANES = 64
"""Threads of a block that works together: the lanes of a reduction."""
SHARED = integer_attr(3, i64)
"""The memory space of what the threads of a block share."""

_X = gpu.DimensionAttr(gpu.DimensionEnum.X)
_TERMINATORS = (scf.ReduceOp, scf.YieldOp, func.ReturnOp)


class MapToGpuPass(ModulePass):
    """See the module's docstring."""

    name = "map-to-gpu"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        functions = [f for f in op.body.block.ops if isinstance(f, func.FuncOp)]
        helpers = [f for f in functions if f.sym_visibility is not None]
        for function in functions:
            if function not in helpers and _is_unit(function):
                _Split(op, function, helpers).run()
        for helper in helpers:
            helper.detach()
            helper.erase()


def _is_unit(function: func.FuncOp) -> bool:
    """Whether a function works on arrays; `@f_shapes` computes sizes on the host."""
    return bool(function.body.blocks) and not function.sym_name.data.endswith("_shapes")


def _on_host(op: Operation) -> bool:
    """Arithmetic, sizes and views of buffers: all that reads no device memory."""
    moves = (memref.LoadOp, memref.StoreOp, func.CallOp)
    return not (op.regions or isinstance(op, moves))


def _nest(op: scf.ParallelOp) -> list[scf.ParallelOp]:
    """A loop and those that it consists of, the outermost first."""
    loops = [op]
    while True:
        first = loops[-1].body.block.first_op
        if isinstance(first, scf.ParallelOp) and isinstance(
            first.next_op, scf.ReduceOp
        ):
            loops.append(first)
        else:
            return loops


def _outer_values(ops: Sequence[Operation]) -> list[SSAValue]:
    """What ops use that is defined outside of them, in order; no constants."""
    inside: set[SSAValue] = set()
    used: dict[SSAValue, None] = {}
    for top in ops:
        for op in top.walk():
            used.update(dict.fromkeys(op.operands))
            inside.update(op.results)
            for region in op.regions:
                for block in region.blocks:
                    inside.update(block.args)
    return [
        v for v in used if v not in inside and not isinstance(v.owner, arith.ConstantOp)
    ]


class _Split:
    """Splits one function."""

    def __init__(
        self, module: ModuleOp, old: func.FuncOp, helpers: list[func.FuncOp]
    ) -> None:
        self.module = module
        self.old = old
        self.name = old.sym_name.data
        self.kernels = Block()
        for helper in helpers:
            append(self.kernels, helper.clone())
        self.block = old.body.block
        self.m = Emit(self.block, old.location)
        self.count = 0
        self.slots: dict[SSAValue, SSAValue] = {}
        """Where a scalar that was computed on the device is kept."""
        self.dead: list[Operation] = []
        """What has moved into a kernel; later ops may still refer to it."""

    def run(self) -> None:
        ops = list(self.block.ops)
        for op in ops:
            op.detach()
        group: list[Operation] = []
        for op in ops:
            self.m.location = op.location
            if isinstance(op, scf.ParallelOp):
                self.together(group)
                self.nest(op)
            elif isinstance(op, func.ReturnOp):
                self.together(group)
                self.give_back(op)
            elif _on_host(op) and not any(
                v in self.slots or v.owner in group for v in op.operands
            ):
                self.host(op)
            else:
                group.append(op)
        kernels = gpu.ModuleOp(
            cast("Any", StringAttr(f"{self.name}_kernels")), Region(self.kernels)
        )
        kernels.location = self.old.location
        self.module.body.block.insert_op_before(kernels, self.old)
        self.module.attributes["gpu.container_module"] = UnitAttr()
        for op in reversed(self.dead):
            op.erase()

    def host(self, op: Operation) -> None:
        """What stays on the host; buffers are device memory."""
        if not isinstance(op, memref.AllocaOp):
            append(self.block, op)
            return
        op.memref.replace_all_uses_with(self.buffer(cast("Any", op.memref.type)))
        op.erase()

    def buffer(self, type_: Attribute) -> SSAValue:
        """Device memory."""
        sizes = {"operandSegmentSizes": DenseArrayBase.from_list(i32, [0, 0, 0])}
        return self.m.op(gpu.AllocOp, (), type_, sizes)

    def give_back(self, op: func.ReturnOp) -> None:
        """Return; a status that the device computed is copied from there."""
        operands = list(op.operands)
        for k, value in enumerate(operands):
            if (slot := self.slots.get(value)) is not None:
                properties = {
                    "operandSegmentSizes": DenseArrayBase.from_list(i32, [0, 0])
                }
                here = self.m.op(memref.AllocaOp, (), slot.type, properties)
                copy = make(gpu.MemcpyOp, (here, slot), (), op.location)
                # An attribute, not a property: xDSL's op wants it so.
                copy.attributes["operandSegmentSizes"] = DenseArrayBase.from_list(
                    i32, [0, 1, 1]
                )
                append(self.block, copy)
                operands[k] = load(self.m, here, ())
        op.operands = operands
        append(self.block, op)

    # ---- kernels

    def nest(self, op: scf.ParallelOp) -> None:
        """A parallel nest: a thread or a block for each iteration."""
        loops = _nest(op)
        m = self.m
        counts = [
            m.sub(hi, lo)
            for loop in loops
            for lo, hi in zip(loop.lowerBound, loop.upperBound, strict=True)
        ]
        total = counts[0]
        for count in counts[1:]:
            total = m.mul(total, count)
        blocks_work = any(
            isinstance(o, scf.ParallelOp) for o in loops[-1].body.block.walk()
        )
        threads = LANES if blocks_work else THREADS
        blocks = total if blocks_work else m.divui(m.add(total, threads - 1), threads)
        begins = [lo for loop in loops for lo in loop.lowerBound]

        def body(k: _Kernel) -> None:
            number = k.number(threads, per_block=blocks_work)
            if blocks_work:
                k.iteration(loops, number, counts, begins, k.cooperate)
                return

            def one(e: Emit) -> Sequence[SSAValue]:
                with_guard = _Kernel(e, k.values)
                with_guard.iteration(loops, number, counts, begins, with_guard.copy)
                return ()

            inside = k.m.compare("slt", number, k.get(total))
            k.m.if_(inside, one, lambda _: (), ())

        inner = list(loops[-1].body.block.ops)
        needed = [*_outer_values(inner), *counts, *begins, total]
        arguments = {a for loop in loops for a in loop.body.block.args}
        self.launch(
            [v for v in dict.fromkeys(needed) if v not in arguments],
            body,
            blocks,
            threads,
        )
        self.dead.append(op)

    def together(self, group: list[Operation]) -> None:
        """Ops between the nests: one block."""
        if not group:
            return
        ops, inside = list(group), set(group)
        group.clear()
        kept: list[SSAValue] = [
            r
            for op in ops
            for r in op.results
            if any(_top(use.operation, inside) is None for use in r.uses)
        ]
        slots = {r: self.buffer(memref_type(r.type)) for r in kept}

        def body(k: _Kernel) -> None:
            k.cooperate(ops)
            for value, slot in slots.items():
                k.write(lambda e, v=value, s=slot: store(e, k.get(v), k.get(s), ()))

        one = self.m.const(1, index)
        self.launch([*_outer_values(ops), *slots.values()], body, one, LANES)
        self.slots.update(slots)
        self.dead += ops

    def launch(
        self,
        needed: Sequence[SSAValue],
        body: Callable[[_Kernel], None],
        blocks: SSAValue,
        threads: int,
    ) -> None:
        """Write a kernel and launch it here."""
        values = [v for v in dict.fromkeys(needed) if not _is_constant(v)]
        given = [self.slots.get(v, v) for v in values]
        block = Block(arg_types=[v.type for v in given])
        m = Emit(block, self.m.location)
        kernel = _Kernel(m, {})
        for value, argument in zip(values, block.args, strict=True):
            argument.name_hint = _hint(value)
            if value in self.slots:
                kernel.values[value] = load(m, argument, ())
            else:
                kernel.values[value] = argument
        body(kernel)
        append(block, make(gpu.ReturnOp, (), (), m.location))
        name = f"{self.name}_{self.count}"
        self.count += 1
        types = [v.type for v in given]
        function = gpu.FuncOp(
            name,
            FunctionType.from_lists(types, []),
            Region(block),
            kernel=True,
            known_block_size=(threads, 1, 1),
        )
        function.location = m.location
        function.attributes["gpu.kernel"] = UnitAttr()  # where upstream looks for it
        append(self.kernels, function)
        one, size = self.m.const(1, index), self.m.const(threads, index)
        grid = (blocks, one, one, size, one, one)
        segments = [0, *[1] * 6, 0, 0, 0, 0, len(given), 0]
        properties: dict[str, Attribute] = {
            "kernel": SymbolRefAttr(f"{self.name}_kernels", [name]),
            "operandSegmentSizes": DenseArrayBase.from_list(i32, segments),
        }
        append(
            self.block,
            make(gpu.LaunchFuncOp, (*grid, *given), (), self.m.location, properties),
        )


def _hint(value: SSAValue) -> str | None:
    """The name of a value; a view has that of what it views."""
    views = (memref.CollapseShapeOp, memref.ReinterpretCastOp)
    while value.name_hint is None and isinstance(value.owner, views):
        value = value.owner.operands[0]
    return value.name_hint


def _is_constant(value: SSAValue) -> bool:
    return isinstance(value.owner, arith.ConstantOp)


def _top(op: Operation, inside: set[Operation]) -> Operation | None:
    """The op of a group that an op is or lies in."""
    current: Operation | None = op
    while current is not None and current not in inside:
        current = current.parent_op()
    return current


class _Kernel:
    """Writes the body of one kernel."""

    def __init__(self, m: Emit, values: dict[SSAValue, SSAValue]) -> None:
        self.m = m
        self.values = values
        self.thread: SSAValue | None = None

    def get(self, value: SSAValue) -> SSAValue:
        """What an old value is in the kernel; a constant is made anew."""
        if _is_constant(value) and value not in self.values:
            attribute = cast("arith.ConstantOp", value.owner).value
            number = cast("IntegerAttr[Any]", attribute).value.data
            return self.m.const(number, value.type)
        return self.values[value]

    def identifier(self, cls: type[Operation]) -> SSAValue:
        return self.m.op(cls, (), index, {"dimension": _X})

    def number(self, threads: int, *, per_block: bool) -> SSAValue:
        """Which iteration this is: the number of the block, or that of the thread."""
        block = self.identifier(gpu.BlockIdOp)
        if per_block:
            self.thread = self.identifier(gpu.ThreadIdOp)
            return block
        thread = self.identifier(gpu.ThreadIdOp)
        return self.m.add(self.m.mul(block, threads), thread)

    def iteration(
        self,
        loops: Sequence[scf.ParallelOp],
        number: SSAValue,
        counts: Sequence[SSAValue],
        begins: Sequence[SSAValue],
        run: Callable[[Sequence[Operation]], None],
    ) -> None:
        """Iteration `number` of a nest, counted row by row."""
        m = self.m
        places: list[SSAValue] = []
        for k in reversed(range(len(counts))):
            count = self.get(counts[k])
            place = m.remui(number, count) if k else number
            number = m.divui(number, count) if k else number
            places.insert(0, m.add(self.get(begins[k]), place))
        arguments = [a for loop in loops for a in loop.body.block.args]
        self.values.update(zip(arguments, places, strict=True))
        run(list(loops[-1].body.block.ops))

    def copy(self, ops: Sequence[Operation]) -> None:
        """The ops as they are, by one thread."""
        for op in ops:
            if isinstance(op, _TERMINATORS):
                continue
            self.m.location = op.location
            self.copy_one(op)

    def copy_one(self, op: Operation) -> None:
        """One op; parallel loops become sequential ones."""
        regions: list[Region] = []
        for region in op.regions:
            new = Region()
            for block in region.blocks:
                inner = Block(arg_types=[a.type for a in block.args])
                self.values.update(zip(block.args, inner.args, strict=True))
                child = _Kernel(self.m.child(inner), self.values)
                for nested in block.ops:
                    child.m.location = nested.location
                    child.copy_one(nested)
                new.add_block(inner)
            regions.append(new)
        operands = [self.get(v) for v in op.operands]
        types = [r.type for r in op.results]
        new_op = make(type(op), operands, types, op.location, op.properties, regions)
        new_op.attributes.update(op.attributes)
        self.finish(op, new_op)

    def finish(self, op: Operation, new: Operation) -> None:
        """Append what an op has become."""
        append(self.m.block, new)
        for old, result in zip(op.results, new.results, strict=True):
            result.name_hint = old.name_hint
            self.values[old] = result

    # ---- a block of threads that work together

    def cooperate(self, ops: Sequence[Operation]) -> None:
        """Parallel loops are dealt out; all else is done by every thread alike."""
        for op in ops:
            self.m.location = op.location
            match op:
                case scf.ReduceOp() | scf.YieldOp():
                    continue
                case scf.ParallelOp():
                    self.deal(op)
                case memref.AllocaOp():
                    self.share(op)
                case memref.StoreOp():
                    self.write(
                        lambda e, op=op: store(
                            e,
                            self.get(op.value),
                            self.get(op.memref),
                            [self.get(i) for i in op.indices],
                        )
                    )
                case memref.CollapseShapeOp() | memref.ReinterpretCastOp():
                    self.view(op)
                case _ if op.regions and _writes(op):
                    self.structured(op)
                case _:
                    self.copy_one(op)

    def barrier(self) -> None:
        """Wait for all threads; once is enough if nothing has happened since."""
        last = self.m.block.last_op
        while isinstance(last, arith.ConstantOp):
            last = last.prev_op
        if not isinstance(last, gpu.BarrierOp):
            append(self.m.block, make(gpu.BarrierOp, (), (), self.m.location))

    def tid(self) -> SSAValue:
        if self.thread is None:
            self.thread = self.identifier(gpu.ThreadIdOp)
        return self.thread

    def write(self, body: Callable[[Emit], None]) -> None:
        """A store by one thread, when all have read what was there before."""
        self.barrier()

        def one(e: Emit) -> Sequence[SSAValue]:
            body(e)
            return ()

        self.m.if_(self.m.eq(self.tid(), 0), one, lambda _: (), ())
        self.barrier()

    def share(self, op: memref.AllocaOp) -> None:
        """Memory of the block."""
        old = cast("MemRefType[Any]", op.memref.type)
        type_ = memref_type(element_type(old), shape_of(old), old.layout, SHARED)
        self.values[op.memref] = self.m.op(memref.AllocaOp, (), type_, op.properties)

    def view(self, op: memref.CollapseShapeOp | memref.ReinterpretCastOp) -> None:
        """A view of memory is in the same space."""
        operands = [self.get(v) for v in op.operands]
        old = cast("MemRefType[Any]", op.results[0].type)
        space = cast("MemRefType[Any]", operands[0].type).memory_space
        type_ = memref_type(element_type(old), shape_of(old), old.layout, space)
        self.values[op.results[0]] = self.m.op(type(op), operands, type_, op.properties)

    def deal(self, op: scf.ParallelOp) -> None:
        """Iteration k is thread k % 64's."""
        self.barrier()
        loops = _nest(op)
        m = self.m
        counts = [
            m.sub(self.get(hi), self.get(lo))
            for loop in loops
            for lo, hi in zip(loop.lowerBound, loop.upperBound, strict=True)
        ]
        total = counts[0]
        for count in counts[1:]:
            total = m.mul(total, count)
        block = Block(arg_types=[index])
        inner = _Kernel(m.child(block), self.values)
        begins = [lo for loop in loops for lo in loop.lowerBound]
        number = block.args[0]
        self.values.update(zip(counts, counts, strict=True))
        inner.iteration(loops, number, counts, begins, inner.copy)
        append(block, make(scf.YieldOp, (), (), m.location))
        operands = (self.tid(), total, m.const(LANES, index))
        append(
            m.block,
            make(scf.ForOp, operands, (), m.location, regions=(Region(block),)),
        )
        self.barrier()

    def structured(self, op: Operation) -> None:
        """Control flow that all threads take alike."""
        regions: list[Region] = []
        for region in op.regions:
            new = Region()
            for block in region.blocks:
                inner = Block(arg_types=[a.type for a in block.args])
                self.values.update(zip(block.args, inner.args, strict=True))
                child = _Kernel(self.m.child(inner), self.values)
                child.thread = self.tid()
                *body, last = block.ops
                child.cooperate(body)
                child.copy_one(last)
                new.add_block(inner)
            regions.append(new)
        operands = [self.get(v) for v in op.operands]
        types = [r.type for r in op.results]
        new_op = make(type(op), operands, types, op.location, op.properties, regions)
        new_op.attributes.update(op.attributes)
        self.finish(op, new_op)


def _writes(op: Operation) -> bool:
    kinds = (memref.StoreOp, memref.AllocaOp, scf.ParallelOp)
    return any(isinstance(inner, kinds) for inner in op.walk())


__all__ = ["LANES", "SHARED", "THREADS", "MapToGpuPass"]
