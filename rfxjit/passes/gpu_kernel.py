"""Write one kernel: what `map-to-gpu` makes of a loop nest or of a run of ops.

    Kernel(unit, name).threads_of(body)     each thread runs one iteration
    Kernel(unit, name).blocks_of(body)      each block runs one iteration
    Kernel(unit, name).uniform(m, ops)      one block runs these ops

Values from outside are brought in when they are first used: arguments and views of them
become arguments, arithmetic is repeated, scalars of other kernels are loaded. A block
does everything that is not parallel in each of its threads alike; `reads` and `writes`
say what has happened to memory since the last barrier, so that none is superfluous.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from xdsl.dialects import arith, gpu, memref, scf
from xdsl.dialects.builtin import (
    DYNAMIC_INDEX,
    ArrayAttr,
    DictionaryAttr,
    MemRefType,
    UnitAttr,
)
from xdsl.ir import Block, Operation, Region, SSAValue

from rfxjit.dialects.diagnostics import UnsupportedError
from rfxjit.dialects.ir import (
    append,
    element_type,
    i64,
    index,
    integer_attr,
    make,
    shape_of,
)
from rfxjit.dialects.ir import memref as memref_type
from rfxjit.passes.emit import Emit, constant_of
from rfxjit.passes.loops import VIEWS, load, root_of, store

if TYPE_CHECKING:
    from rfxjit.passes.map_to_gpu import Unit

THREADS = 256
"""The threads of a block, where they are independent."""
SHARED = integer_attr(3, i64)
"""The memory space of what the threads of a block share, as in LLVM and PTX."""

_X = gpu.DimensionAttr(gpu.DimensionEnum.X)
_MEMORY = (memref.LoadOp, memref.StoreOp, memref.AllocaOp, scf.ParallelOp)


@dataclass(frozen=True)
class Loop:
    """One parallel loop: its bounds and its index."""

    begin: SSAValue
    end: SSAValue
    step: SSAValue
    argument: SSAValue


def nest_of(op: scf.ParallelOp) -> tuple[list[Loop], Block]:
    """Parallel loops directly inside each other, and the body of the innermost."""
    loops: list[Loop] = []
    while True:
        body = op.body.block
        bounds = zip(op.lowerBound, op.upperBound, op.step, body.args, strict=True)
        loops += [Loop(*b) for b in bounds]
        inner = [o for o in body.ops if not isinstance(o, scf.ReduceOp)]
        if len(inner) != 1 or not isinstance(inner[0], scf.ParallelOp):
            return loops, body
        if set(inner[0].operands) & set(body.args):
            return loops, body
        op = inner[0]


def has_parallel(block: Block) -> bool:
    """Whether a parallel loop is somewhere inside."""
    return any(isinstance(op, scf.ParallelOp) for op in block.walk())


def count_of(m: Emit, get: Callable[[SSAValue], SSAValue], loop: Loop) -> SSAValue:
    """The number of iterations, 0 or less if there is none."""
    begin = get(loop.begin)
    distance = m.sub(get(loop.end), begin)
    if constant_of(loop.step) == 1:
        return distance
    return ceildiv(m, distance, get(loop.step))


def at_least(m: Emit, value: SSAValue, least: int) -> SSAValue:
    """The larger one of an index and a number."""
    number = constant_of(value)
    if number is not None:
        return m.const(max(number, least), index)
    return m.max(value, least)


def ceildiv(m: Emit, value: SSAValue, by: SSAValue) -> SSAValue:
    """`value / by` rounded up; 0 for a negative value."""
    return m.divui(m.add(at_least(m, value, 0), m.sub(by, 1)), by)


def product(m: Emit, counts: Sequence[SSAValue]) -> SSAValue:
    """The iterations of a nest; 0 or less if there is none."""
    total = counts[0]
    for count in counts[1:]:
        total = m.mul(at_least(m, total, 0), at_least(m, count, 0))
    return total


def _if(m: Emit, condition: SSAValue, then: Block) -> None:
    append(then, make(scf.YieldOp, (), (), m.location))
    regions = (Region(then), Region())
    append(m.block, make(scf.IfOp, (condition,), (), m.location, regions=regions))


def sweep(block: Block) -> None:
    """Erase constants that were only wanted for others."""
    for op in list(block.ops):
        if isinstance(op, arith.ConstantOp) and op.result.first_use is None:
            op.detach()
            op.erase()


def is_pure(op: Operation) -> bool:
    """Whether an op may be repeated wherever its result is wanted."""
    return not op.regions and (
        op.dialect_name() in ("arith", "math") or isinstance(op, (memref.DimOp, *VIEWS))
    )


def _from_arguments(value: SSAValue) -> bool:
    """Whether the host can compute a scalar: from its arguments, and from some."""
    op = value.owner
    if isinstance(op, Block):
        return not isinstance(value.type, MemRefType)
    computed = [v for v in op.operands if not isinstance(v.owner, arith.ConstantOp)]
    return is_pure(op) and bool(computed) and all(map(_from_arguments, computed))


@dataclass
class Kernel:
    """Builds one kernel."""

    unit: Unit
    name: str
    threads: int = THREADS
    spread: int = 1
    """The iterations that a block runs: one, or one for each thread."""
    loops: Sequence[Loop] = ()
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
        if (number := constant_of(old)) is not None and old.type == index:
            return self.m.const(number, index)
        if isinstance(op, VIEWS) and not self.owns(root_of(old)):
            return self.argument(self.unit.host(old))
        if is_pure(op):
            if old.type != index and _from_arguments(old):
                return self.argument(self.unit.host(old))
            self.copy(op, self.m)
            return self.values[old]
        return load(self.m, self.argument(self.unit.spill(old)), ())

    def copy(self, op: Operation, m: Emit) -> None:
        """Copy an op to the end of a block."""
        inside = dict.fromkeys(op.walk())
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

    def iteration(self, m: Emit, loops: Sequence[Loop], k: SSAValue) -> None:
        """Bind the indices of iteration k of a nest, the last loop fastest."""
        for level in reversed(range(len(loops))):
            loop = loops[level]
            here = k
            if level:
                count = count_of(m, self.get, loop)
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
        total = product(m, [count_of(m, self.get, loop) for loop in self.loops])
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
        loops, body = nest_of(op)
        thread = self.place(gpu.ThreadIdOp)
        total = product(m, [count_of(m, self.get, loop) for loop in loops])
        number = constant_of(total)
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
        sweep(self.block)
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


def _keep_space(view: Operation) -> None:
    """A view is in the memory space of what it is a view of."""
    source = cast("MemRefType[Any]", view.operands[0].type)
    old = cast("MemRefType[Any]", view.results[0].type)
    if old.memory_space != source.memory_space:
        new = memref_type(
            old.element_type, old.get_shape(), old.layout, source.memory_space
        )
        view.results[0]._type = new  # pyright: ignore[reportPrivateUsage]
