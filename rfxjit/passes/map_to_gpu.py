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
by the first. So the fixed tree of `loop_nests.py` stays what it is: 64 lanes are 64
threads, and sums have the same bits as on the CPU.

Scalar arithmetic is repeated in each kernel that wants it. Other scalars and buffers
that outlive a kernel are in memory of `gpu.alloc`, `hostShared` where the host reads
them. A loop of no iterations is launched as one block, which finds nothing to do.

A reduction of outer loops, which adds row after row, is one block too.

Refuses functions that return buffers, loops with results, stack buffers of dynamic
size, and what is not at the loops level.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from xdsl.context import Context
from xdsl.dialects import arith, func, gpu, memref, scf
from xdsl.dialects.builtin import (
    DYNAMIC_INDEX,
    ArrayAttr,
    DenseArrayBase,
    DictionaryAttr,
    FunctionType,
    IntegerAttr,
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
from rfxjit.passes.loop_nests import LANES
from rfxjit.passes.loops import load, store

THREADS = 256
"""The threads of a block, where they are independent."""
SHARED = integer_attr(3, i64)
"""The memory space of what the threads of a block share, as in LLVM and PTX."""

_LEVEL = ("arith", "func", "math", "memref", "scf")
_X = gpu.DimensionAttr(gpu.DimensionEnum.X)
VIEWS = (memref.CollapseShapeOp, memref.ViewOp, memref.ReinterpretCastOp)
_MEMORY = (memref.LoadOp, memref.StoreOp, memref.AllocaOp, scf.ParallelOp)


@dataclass(frozen=True)
class _Loop:
    """One parallel loop: its bounds and its index."""

    begin: SSAValue
    end: SSAValue
    step: SSAValue
    argument: SSAValue


def _nest(op: scf.ParallelOp) -> tuple[list[_Loop], Block]:
    """Parallel loops directly inside each other, and the body of the innermost."""
    loops: list[_Loop] = []
    while True:
        body = op.body.block
        bounds = zip(op.lowerBound, op.upperBound, op.step, body.args, strict=True)
        loops += [_Loop(*b) for b in bounds]
        inner = [o for o in body.ops if not isinstance(o, scf.ReduceOp)]
        if len(inner) != 1 or not isinstance(inner[0], scf.ParallelOp):
            return loops, body
        if set(inner[0].operands) & set(body.args):
            return loops, body
        op = inner[0]


def _hoist_constants(function: func.FuncOp) -> None:
    """Move constants that loop bounds use to the top, so that they hide no nest."""
    top = function.body.block
    for op in list(function.walk()):
        is_index = isinstance(op, arith.ConstantOp) and op.result.type == index
        if is_index and op.parent is not top:
            op.detach()
            top.insert_op_before(op, cast("Operation", top.first_op))


def _has_parallel(block: Block) -> bool:
    return any(isinstance(op, scf.ParallelOp) for op in block.walk())


def _number(value: SSAValue) -> int | None:
    if isinstance(value.owner, arith.ConstantOp):
        return cast("IntegerAttr[Any]", value.owner.value).value.data
    return None


def _count(m: Emit, get: Callable[[SSAValue], SSAValue], loop: _Loop) -> SSAValue:
    """The number of iterations, 0 or less if there is none."""
    begin = get(loop.begin)
    distance = m.sub(get(loop.end), begin)
    if _number(loop.step) == 1:
        return distance
    return _ceildiv(m, distance, get(loop.step))


def _at_least(m: Emit, value: SSAValue, least: int) -> SSAValue:
    number = _number(value)
    if number is not None:
        return m.const(max(number, least), index)
    return m.max(value, least)


def _ceildiv(m: Emit, value: SSAValue, by: SSAValue) -> SSAValue:
    return m.divui(m.add(_at_least(m, value, 0), m.sub(by, 1)), by)


def _product(m: Emit, counts: Sequence[SSAValue]) -> SSAValue:
    total = counts[0]
    for count in counts[1:]:
        total = m.mul(_at_least(m, total, 0), _at_least(m, count, 0))
    return total


def _if(m: Emit, condition: SSAValue, then: Block) -> None:
    append(then, make(scf.YieldOp, (), (), m.location))
    regions = (Region(then), Region())
    append(m.block, make(scf.IfOp, (condition,), (), m.location, regions=regions))


def _sweep(block: Block) -> None:
    """Erase constants that were only wanted for others."""
    for op in list(block.ops):
        if isinstance(op, arith.ConstantOp) and op.result.first_use is None:
            op.detach()
            op.erase()


def _is_pure(op: Operation) -> bool:
    """Whether an op may be repeated wherever its result is wanted."""
    return not op.regions and (
        op.dialect_name() in ("arith", "math") or isinstance(op, (memref.DimOp, *VIEWS))
    )


def root_of(value: SSAValue) -> SSAValue:
    """The buffer that a view is part of."""
    while isinstance(value.owner, VIEWS):
        value = value.owner.operands[0]
    return value


@dataclass
class _Kernel:
    """Builds one kernel."""

    unit: _Unit
    name: str
    threads: int = THREADS
    spread: int = 1
    """The iterations that a block runs: one, or one for each thread."""
    loops: Sequence[_Loop] = ()
    """The loops that the launch spreads, over blocks or over all threads."""
    values: dict[SSAValue, SSAValue] = field(default_factory=dict[SSAValue, SSAValue])
    captured: list[SSAValue] = field(default_factory=list[SSAValue])
    """What the host passes: arguments and allocations of the new host function."""

    def __post_init__(self) -> None:
        self.block = Block()
        self.m = Emit(self.block, self.unit.old.location)
        self.places: dict[str, SSAValue] = {}
        self.reads = self.writes = False
        """Whether memory was read, or written, since the last barrier."""

    # ---- values

    def argument(self, host: SSAValue) -> SSAValue:
        """The kernel's argument for a value of the host."""
        if host in self.captured:
            return self.block.args[self.captured.index(host)]
        new = self.block.insert_arg(host.type, len(self.captured))
        new.name_hint = host.name_hint
        self.captured.append(host)
        return new

    def name_arguments(self, top: Operation) -> None:
        """The arguments in the order in which a body uses them, loop bounds last."""
        for op in top.walk():
            for operand in op.operands if op is not top or not op.regions else ():
                root = root_of(operand)
                if root in self.unit.host_values and root.type != index:
                    self.get(operand)

    def get(self, old: SSAValue) -> SSAValue:
        """The value here; what is defined outside is brought in at the top."""
        if old not in self.values:
            self.values[old] = self._bring(old)
        return self.values[old]

    def _bring(self, old: SSAValue) -> SSAValue:
        op = old.owner
        if isinstance(op, Block):
            return self.argument(self.unit.host_values[old])
        if isinstance(op, memref.AllocaOp):
            if self.unit.is_shared(op):
                return self.argument(self.unit.allocate(old))
            return self.stack(op, self.m)
        if (number := _number(old)) is not None and old.type == index:
            return self.m.const(number, index)
        if isinstance(op, VIEWS) and not self.owns(root_of(old)):
            return self.argument(self.unit.host(old))
        if _is_pure(op):
            self.copy(op, self.m)
            return self.values[old]
        return load(self.m, self.argument(self.unit.spill(old)), ())

    def copy(self, op: Operation, m: Emit) -> None:
        """Copy an op to the end of a block."""
        inside = {op, *op.walk()}
        for inner in inside:
            for operand in inner.operands:
                owner = operand.owner
                around = owner.parent_op() if isinstance(owner, Block) else owner
                if around not in inside:
                    self.get(operand)
        new = op.clone(value_mapper=self.values)
        if isinstance(op, VIEWS):
            _keep_space(new)
        append(m.block, new)

    def owns(self, buffer: SSAValue) -> bool:
        """Whether a buffer is made by this kernel."""
        op = buffer.owner
        return isinstance(op, memref.AllocaOp) and not self.unit.is_shared(op)

    def place(self, cls: type[Operation]) -> SSAValue:
        """`gpu.thread_id x` or `gpu.block_id x`, read once."""
        if cls.name not in self.places:
            value = self.m.op(cls, (), index, {"dimension": _X})
            self.places[cls.name] = value
        return self.places[cls.name]

    def stack(self, op: memref.AllocaOp, m: Emit) -> SSAValue:
        """A stack buffer: of the thread, or shared if it has company."""
        type_ = op.memref.type
        if DYNAMIC_INDEX in shape_of(type_):
            raise UnsupportedError("a stack buffer of dynamic size", op)
        if self.threads == 1:
            new = op.clone()
            append(m.block, new)
            return new.memref
        type_ = memref_type(element_type(type_), shape_of(type_), space=SHARED)
        return self.m.op(memref.AllocaOp, (), type_, op.properties)

    def iteration(self, m: Emit, loops: Sequence[_Loop], k: SSAValue) -> None:
        """Bind the indices of iteration k of a nest, the last loop fastest."""
        for level in reversed(range(len(loops))):
            loop = loops[level]
            here = k
            if level:
                count = _count(m, self.get, loop)
                here, k = m.remui(k, count), m.divui(k, count)
            scaled = m.mul(here, self.get(loop.step))
            self.values[loop.argument] = m.add(self.get(loop.begin), scaled)

    # ---- the three kinds of kernels

    def threads_of(self, body: Block) -> None:
        """One thread for each iteration."""
        m = self.m
        first = m.mul(self.place(gpu.BlockIdOp), self.threads)
        k = m.add(first, self.place(gpu.ThreadIdOp))

        def inside(e: Emit) -> None:
            self.iteration(e, self.loops, k)
            self.body(e, body)

        self.bounded(k, inside)

    def blocks_of(self, body: Block) -> None:
        """One block for each iteration."""
        k = self.place(gpu.BlockIdOp)

        def inside(e: Emit) -> None:
            self.iteration(e, self.loops, k)
            self.uniform(e, list(body.ops)[:-1])

        self.bounded(k, inside)

    def bounded(self, k: SSAValue, inside: Callable[[Emit], None]) -> None:
        """`inside`, if there is an iteration k."""
        m = self.m
        total = _product(m, [_count(m, self.get, loop) for loop in self.loops])
        block = Block()
        inside(m.child(block))
        _if(m, m.lt(k, total), block)

    def body(self, m: Emit, body: Block) -> None:
        for op in body.ops:
            if not isinstance(op, scf.ReduceOp):
                self.copy(op, m)

    # ---- a block of threads, which all do the same but for parallel loops

    def barrier(self, m: Emit) -> None:
        if self.threads > 1:
            append(m.block, make(gpu.BarrierOp, (), (), m.location))
        self.reads = self.writes = False

    def uniform(self, m: Emit, ops: Sequence[Operation]) -> None:
        for op in ops:
            m.location = op.location
            match op:
                case scf.ParallelOp():
                    self.share(m, op)
                case memref.AllocaOp():
                    self.values[op.memref] = self.stack(op, m)
                case memref.StoreOp():
                    if self.reads:
                        self.barrier(m)
                    self.first_only(m, op)
                    self.writes = True
                case _ if any(isinstance(o, _MEMORY) for o in op.walk()):
                    if op.regions:
                        self.structure(m, op)
                        continue
                    if self.writes:
                        self.barrier(m)
                    self.copy(op, m)
                    self.reads = True
                case _:
                    self.copy(op, m)

    def first_only(self, m: Emit, op: Operation) -> None:
        if self.threads == 1:
            self.copy(op, m)
            return
        then = Block()
        self.copy(op, m.child(then))
        _if(m, m.eq(self.place(gpu.ThreadIdOp), 0), then)

    def structure(self, m: Emit, op: Operation) -> None:
        """Control flow, which all threads of the block take alike."""
        operands = [self.get(v) for v in op.operands]
        regions: list[Region] = []
        for region in op.regions:
            if not region.blocks:
                regions.append(Region())
                continue
            old = region.block
            new = Block(arg_types=old.arg_types)
            self.values.update(zip(old.args, new.args, strict=True))
            # Other iterations, and what came before, may still be under way.
            self.reads = self.writes = True
            self.uniform(m.child(new), list(old.ops))
            regions.append(Region(new))
        types = [r.type for r in op.results]
        new_op = make(type(op), operands, types, m.location, op.properties, regions)
        new_op.attributes.update(op.attributes)
        append(m.block, new_op)
        self.values.update(zip(op.results, new_op.results, strict=True))
        self.reads = self.writes = True

    def share(self, m: Emit, op: scf.ParallelOp) -> None:
        """A parallel loop: iteration k is for thread k, k + threads, …"""
        if self.reads or self.writes:
            self.barrier(m)
        loops, body = _nest(op)
        thread = self.place(gpu.ThreadIdOp)
        total = _product(m, [_count(m, self.get, loop) for loop in loops])
        number = _number(total)
        once = number is not None and number <= self.threads
        inner = Block(arg_types=[] if once else [index])
        e = m.child(inner)
        self.iteration(e, loops, thread if once else inner.args[0])
        self.body(e, body)
        if once:
            _if(m, m.lt(thread, total), inner)
        else:
            append(inner, make(scf.YieldOp, (), (), m.location))
            operands = (thread, total, self.m.const(self.threads, index))
            regions = (Region(inner),)
            append(m.block, make(scf.ForOp, operands, (), m.location, regions=regions))
        self.reads = self.writes = True

    # ---- the end

    def keep(self, old: SSAValue, memory: SSAValue) -> None:
        """Store a value of this kernel for others."""
        target = self.argument(memory)
        if self.threads == 1:
            store(self.m, self.values[old], target, ())
            return
        then = Block()
        store(self.m.child(then), self.values[old], target, ())
        _if(self.m, self.m.eq(self.place(gpu.ThreadIdOp), 0), then)

    def facts(self) -> list[DictionaryAttr]:
        """For each argument `llvm.noalias`, if no other shares its memory.

        The arguments of the host function never overlap: callers copy what does.
        """
        roots = [root_of(value) for value in self.captured]
        alone = {"llvm.noalias": UnitAttr()}
        return [
            DictionaryAttr(
                alone if isinstance(r.type, MemRefType) and roots.count(r) == 1 else {}
            )
            for r in roots
        ]

    def finish(self) -> gpu.FuncOp:
        append(self.block, make(gpu.ReturnOp, (), (), self.m.location))
        _sweep(self.block)
        types = [a.type for a in self.block.args]
        new = gpu.FuncOp(
            self.name,
            (types, ()),
            Region(self.block),
            kernel=True,
            known_block_size=(self.threads, 1, 1),
        )
        new.attributes["gpu.kernel"] = UnitAttr()
        new.attributes["arg_attrs"] = ArrayAttr(self.facts())
        new.location = self.m.location
        return new


def _check(function: func.FuncOp) -> None:
    """The preconditions."""
    if any(isinstance(t, MemRefType) for t in function.function_type.outputs):
        raise PassError("a host function returns scalars, no buffers", function)
    for op in function.walk():
        if op.dialect_name() not in _LEVEL:
            raise PassError("is not an op of the loops level", op)
        if isinstance(op, scf.ParallelOp) and op.results:
            raise UnsupportedError("a parallel loop with results", op)


def _keep_space(view: Operation) -> None:
    """A view is in the memory space of what it is a view of."""
    source = cast("MemRefType[Any]", view.operands[0].type)
    old = cast("MemRefType[Any]", view.results[0].type)
    if old.memory_space != source.memory_space:
        new = memref_type(
            old.element_type, old.get_shape(), old.layout, source.memory_space
        )
        view.results[0]._type = new  # pyright: ignore[reportPrivateUsage]


class _Unit:
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
        self.kernels: list[_Kernel] = []
        self.home: dict[SSAValue, _Kernel] = {}
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
            if isinstance(op, (memref.AllocaOp, func.ReturnOp)) or _is_pure(op):
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
            segments = DenseArrayBase.from_list(i32, sizes)
            launch.properties["operandSegmentSizes"] = segments
            module.add_op(kernel.finish())
        for op in reversed(self.allocations):
            self.block.insert_op_before(op, cast("Operation", self.block.first_op))
            self.block.add_op(gpu.DeallocOp(op.result))
        append(self.block, make(func.ReturnOp, values, (), old.location))
        _sweep(self.block)
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
        kernel = _Kernel(self, name)
        self.kernels.append(kernel)
        for op in item:
            kernel.name_arguments(op)
        nests = [o for op in item for o in op.walk() if isinstance(o, scf.ParallelOp)]
        if isinstance(item[0], scf.ParallelOp) and not self._fills_stack(item[0]):
            kernel.loops, body = _nest(item[0])
            if not _has_parallel(body):
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
            elif (number := _number(old)) is not None and old.type == index:
                new = self.m.const(number, index)
            elif isinstance(op, Operation) and _is_pure(op):
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

    def _launch(self, kernel: _Kernel) -> gpu.LaunchFuncOp:
        m = self.m
        one = m.const(1, index)
        blocks, threads = one, m.const(kernel.threads, index)
        if kernel.loops:
            blocks = _product(m, [_count(m, self.host, loop) for loop in kernel.loops])
            blocks = _ceildiv(m, blocks, m.const(kernel.spread, index))
            blocks = _at_least(m, blocks, 1)
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
    counts = {_number(op.upperBound[0]) for op in nests}
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
            host = _Unit(old).run(kernels)
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
