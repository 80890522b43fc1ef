"""Map the loops level to a GPU: kernels, and a host function that launches them.

    func.func @f(%x: memref<?xf32>, …) -> i32 {
      scf.parallel (%i) = (%begin) to (%end) step (%c1) { … }
      func.return %c0 : i32
    }
->
    func.func @f(%x: memref<?xf32>, …) -> i32 {
      …                                              // the number of blocks
      gpu.launch_func @f_kernels::@f_0 blocks in (%b, %c1, %c1) threads in (%c256, …)
                      args(%begin, %end, %x, …)
      func.return %c0 : i32
    }
    gpu.module @f_kernels {
      gpu.func @f_0(%begin: index, …) kernel {
        %k = …                                       // gpu.block_id * 256 + thread_id
        scf.if %inside { … }                         // one iteration
        gpu.return
      }
    }

The ops of the host function become kernels in three ways:

- An `scf.parallel` without another inside its body: one thread for each iteration, 256
  in a block. Loops that are directly inside each other are one.
- An `scf.parallel` around others, a reduction of rows say: one block for each
  iteration. Its threads share the inner parallel loops; `gpu.barrier` lies between what
  one thread writes and another reads; stack buffers are the block's shared memory.
- What lies between parallel loops, and loops that fill a stack buffer (the lanes of a
  full reduction): one block, in the same way; one thread, if nothing in it is parallel.

In a block everything that is not parallel is computed by each thread alike, and stored
by the first. So the fixed tree of `lane_tree.py` stays what it is: 64 lanes are 64
threads, and sums have the same bits as on the CPU.

Arithmetic on scalar arguments is the host's, other scalar arithmetic is repeated in
each kernel that wants it. Other scalars and buffers that outlive a kernel are in memory
of `gpu.alloc`, `hostShared` where the host reads them. A loop of no iterations is
launched as one block, which finds nothing to do.

A reduction of outer loops, which adds row after row, is one block too, and so are all
iterations of a loop around parallel loops, or both sides of a branch.

Refuses functions that return buffers, loops with results, stack buffers of dynamic
size, and what is not at the loops level.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from xdsl.context import Context
from xdsl.dialects import arith, func, gpu, memref, scf
from xdsl.dialects.builtin import (
    FunctionType,
    MemRefType,
    ModuleOp,
    StringAttr,
    SymbolRefAttr,
    UnitAttr,
)
from xdsl.ir import Block, Operation, Region, SSAValue
from xdsl.passes import ModulePass

from rfxjit.dialects.diagnostics import PassError, UnsupportedError
from rfxjit.dialects.ir import (
    append,
    i32s,
    index,
    make,
)
from rfxjit.dialects.ir import memref as memref_type
from rfxjit.dialects.loop_facts import trip_limit
from rfxjit.passes.emit import Emit, constant_of
from rfxjit.passes.gpu_kernel import (
    THREADS,
    Kernel,
    at_least,
    ceildiv,
    count_of,
    has_parallel,
    is_pure,
    nest_of,
    product,
    sweep,
)
from rfxjit.passes.lane_tree import LANES
from rfxjit.passes.loops import load, root_of

_LEVEL = ("arith", "func", "math", "memref", "scf")


def _hoist_constants(function: func.FuncOp) -> None:
    """Move constants that loop bounds use to the top, so that they hide no nest."""
    top = function.body.block
    for op in list(function.walk()):
        is_index = isinstance(op, arith.ConstantOp) and op.result.type == index
        if is_index and op.parent is not top:
            op.detach()
            top.insert_op_before(op, cast("Operation", top.first_op))


def _check(function: func.FuncOp) -> None:
    """The preconditions."""
    if any(isinstance(t, MemRefType) for t in function.function_type.outputs):
        raise PassError("a host function returns scalars, no buffers", function)
    for op in function.walk():
        if op.dialect_name() not in _LEVEL:
            raise PassError("is not an op of the loops level", op)
        if isinstance(op, scf.ParallelOp) and op.results:
            raise UnsupportedError("a parallel loop with results", op)
        if trip_limit(op) is not None:
            raise UnsupportedError(
                "a kernel on a GPU has no status: max_iters= needs the CPU", op
            )


class Unit:
    """One host function."""

    def __init__(self, old: func.FuncOp) -> None:
        self.old = old
        types = [index if t == index else t for t in old.body.block.arg_types]
        self.block = Block(arg_types=types)
        self.m = Emit(self.block, old.location)
        self.host_values = dict[SSAValue, SSAValue](
            zip(old.body.block.args, self.block.args, strict=True)
        )
        for argument, new in self.host_values.items():
            new.name_hint = argument.name_hint
        self.kernels: list[Kernel] = []
        self.home: dict[SSAValue, Kernel] = {}
        """Where a scalar is computed that is not just arithmetic."""
        self.memory: dict[SSAValue, SSAValue] = {}
        """The allocations: of scalars that outlive a kernel, and of stack buffers."""
        self.allocations: list[gpu.AllocOp] = []
        self.users: dict[Operation, set[int]] = {}
        """The kernels that use a stack buffer, by their number."""

    def is_shared(self, op: memref.AllocaOp) -> bool:
        """Whether several kernels use a stack buffer."""
        return len(self.users[op]) > 1

    def allocate(self, old: SSAValue) -> SSAValue:
        """Memory on the device, for a stack buffer or a scalar."""
        if old not in self.memory:
            is_buffer = isinstance(old.type, MemRefType)
            type_ = cast("Any", old.type if is_buffer else memref_type(old.type))
            op = gpu.AllocOp(type_)
            op.location = self.old.location
            self.allocations.append(op)
            self.memory[old] = op.result
        return self.memory[old]

    def spill(self, old: SSAValue) -> SSAValue:
        """The memory of a scalar that a kernel computed for others."""
        if old not in self.memory:
            self.home[old].keep(old, self.allocate(old))
        return self.memory[old]

    # ---- what runs where

    def _items(self) -> list[list[Operation]]:
        """The ops of each kernel: one parallel nest, or all between two nests."""
        items: list[list[Operation]] = []
        sequential = False
        for op in self.old.body.block.ops:
            if isinstance(op, (memref.AllocaOp, func.ReturnOp)) or is_pure(op):
                continue
            own = isinstance(op, scf.ParallelOp) and not self._fills_stack(op)
            if sequential and not own:
                items[-1].append(op)
            else:
                items.append([op])
            sequential = not own
        for number, item in enumerate(items):
            for op in item:
                self._note_users(op, number)
        return items

    def _fills_stack(self, op: scf.ParallelOp) -> bool:
        roots = [root_of(o.memref) for o in op.walk() if isinstance(o, memref.StoreOp)]
        return any(
            isinstance(r.owner, memref.AllocaOp)
            and r.owner.parent_op() is self.old
            for r in roots
        )  # fmt: skip

    def _note_users(self, op: Operation, number: int) -> None:
        for inner in op.walk():
            for operand in inner.operands:
                owner = root_of(operand).owner
                if isinstance(owner, memref.AllocaOp):
                    self.users.setdefault(owner, set()).add(number)

    def run(self, module: Block) -> func.FuncOp:
        """Build the kernels, into `module`, and the host function."""
        old = self.old
        _check(old)
        _hoist_constants(old)
        for number, item in enumerate(self._items()):
            self._kernel(f"{old.sym_name.data}_{number}", item)
        launches = [(k, self._launch(k)) for k in self.kernels]
        returned = cast("Operation", old.body.block.last_op)
        values = [self.host(v) for v in returned.operands]
        for kernel, launch in launches:
            launch.operands = [*launch.operands, *kernel.captured]
            sizes = [0, *[1] * 6, *[0] * 4, len(kernel.captured), 0]
            segments = i32s(*sizes)
            launch.properties["operandSegmentSizes"] = segments
            module.add_op(kernel.finish())
        for op in reversed(self.allocations):
            self.block.insert_op_before(op, cast("Operation", self.block.first_op))
            freed = gpu.DeallocOp(op.result)
            freed.location = self.old.location
            self.block.add_op(freed)
        append(self.block, make(func.ReturnOp, values, (), old.location))
        sweep(self.block)
        new = func.FuncOp(
            old.sym_name.data,
            FunctionType.from_lists(
                old.function_type.inputs.data, old.function_type.outputs.data
            ),
            Region(self.block),
        )
        new.attributes.update(old.attributes)
        new.location = old.location
        return new

    def _kernel(self, name: str, item: Sequence[Operation]) -> None:
        kernel = Kernel(self, name)
        self.kernels.append(kernel)
        for op in item:
            kernel.name_arguments(op)
        nests = [o for op in item for o in op.walk() if isinstance(o, scf.ParallelOp)]
        if isinstance(item[0], scf.ParallelOp) and not self._fills_stack(item[0]):
            kernel.loops, body = nest_of(item[0])
            if not has_parallel(body):
                kernel.spread = kernel.threads
                kernel.threads_of(body)
                return
            kernel.threads = _block_threads(list(body.walk()))
            kernel.blocks_of(body)
            return
        kernel.threads = _block_threads(nests)
        kernel.uniform(kernel.m, item)
        for op in item:
            self.home.update(dict.fromkeys(op.results, kernel))

    # ---- the host

    def host(self, old: SSAValue) -> SSAValue:
        """The value in the host function."""
        if old not in self.host_values:
            op = old.owner
            if isinstance(op, memref.AllocaOp):
                new = self.allocate(old)
            elif (number := constant_of(old)) is not None and old.type == index:
                new = self.m.const(number, index)
            elif isinstance(op, Operation) and is_pure(op):
                for operand in op.operands:
                    self.host(operand)
                copy = op.clone(value_mapper=self.host_values)
                append(self.block, copy)
                return copy.results[0]
            else:
                memory = self.spill(old)
                owner = cast("gpu.AllocOp", memory.owner)
                owner.properties["hostShared"] = UnitAttr()
                new = load(self.m, memory, ())
            self.host_values[old] = new
        return self.host_values[old]

    def _launch(self, kernel: Kernel) -> gpu.LaunchFuncOp:
        m = self.m
        one = m.const(1, index)
        blocks, threads = one, m.const(kernel.threads, index)
        if kernel.loops:
            blocks = product(m, [count_of(m, self.host, loop) for loop in kernel.loops])
            blocks = ceildiv(m, blocks, m.const(kernel.spread, index))
            blocks = at_least(m, blocks, 1)
        module = f"{self.old.sym_name.data}_kernels"
        symbol = SymbolRefAttr(module, [kernel.name])
        launch = gpu.LaunchFuncOp(symbol, [blocks, one, one], [threads, one, one])
        launch.location = self.old.location
        return append(self.block, launch)


def _block_threads(ops: Sequence[Operation]) -> int:
    """The threads of a block: one for each lane of a reduction, if there is one."""
    nests = [op for op in ops if isinstance(op, scf.ParallelOp)]
    if not nests:
        return 1
    counts = {constant_of(op.upperBound[0]) for op in nests}
    return LANES if LANES in counts else THREADS


class MapToGpuPass(ModulePass):
    """See the module's docstring."""

    name = "map-to-gpu"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        functions = [o for o in op.body.block.ops if isinstance(o, func.FuncOp)]
        names = {f.sym_name.data for f in functions}
        helpers = [f for f in functions if f.sym_visibility is not None]
        for old in functions:
            name = old.sym_name.data
            if old in helpers or name.removesuffix("_shapes") in names - {name}:
                continue
            kernels = Block([helper.clone() for helper in helpers])
            host = Unit(old).run(kernels)
            label = cast("Any", StringAttr(f"{name}_kernels"))
            module = gpu.ModuleOp(label, Region(kernels))
            module.location = old.location
            op.body.block.insert_ops_before([host, module], old)
            old.detach()
            old.erase()
        for helper in helpers:
            helper.detach()
            helper.erase()
        op.attributes["gpu.container_module"] = UnitAttr()
