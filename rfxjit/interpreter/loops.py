"""What a program means from the loops level down to the vectors, and on a GPU.

    run_loops(module, "f", [np.ones(3, np.float32)])   ->   [array([...])]

The function is called as native code is: results are buffers that the caller makes, in
the sizes that `@f_shapes` gives. A memref is a NumPy view, a scalar a NumPy scalar, a
vector an array of one dim, so that one table serves both ranks. Integers are signless,
as at the level itself: a uint8 comes back as int8.

Nothing undefined goes unseen: `UndefinedBehaviourError` names the op. A kernel of the
gpu level is run by as many Python threads as a block has, with a real barrier.
"""

# Values are whatever NumPy gives.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false, reportUnknownLambdaType=false

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any, cast

import numpy as np
from xdsl.dialects import func, gpu, memref, scf, vector
from xdsl.dialects.builtin import (
    DYNAMIC_INDEX,
    MemRefType,
    ModuleOp,
    NoneAttr,
)
from xdsl.ir import Attribute, Block, Operation, SSAValue

from rfxjit.dialects import upstream
from rfxjit.dialects.diagnostics import UnsupportedError
from rfxjit.dialects.ir import dtype_of, element_type, shape_of
from rfxjit.interpreter.arithmetic import ARITHMETIC, FUNCTIONS, undefined
from rfxjit.interpreter.tensors import StatusError, check_trips

Array = np.ndarray[Any, Any]
WORKSPACE_ALIGN = 64


def run_loops(
    module: ModuleOp, name: str, inputs: Sequence[Any], workspace: int = 1 << 16
) -> list[Array]:
    """Run the function `name`; fresh arrays for its results.

    `workspace` is the scratch memory in bytes of a function whose own size is static.
    Raises StatusError if the function reports one.
    """
    runner = _Runner(module)
    function = runner.functions[name]
    types = [a.type for a in function.body.block.args]
    given = [_input(v, t) for v, t in zip(inputs, types, strict=False)]
    out_types = types[len(given) : -3]
    numbers = runner.shapes(name, given, out_types)
    outs = [
        _unwritten(shape, dtype_of(t))
        for shape, t in zip(numbers[0], out_types, strict=True)
    ]
    scratch = _unwritten((max(workspace, numbers[2]),), np.dtype(np.int8))
    call = [*given, *outs, np.int64(0), np.int64(numbers[1]), scratch]
    with np.errstate(all="ignore"):
        (status,) = runner.call(function, call)
    if status:
        raise StatusError(int(status))
    return outs


def _input(value: Any, type_: Attribute) -> Any:
    """An input as the level sees it: signless, a view of the caller's memory."""
    dtype = dtype_of(type_)
    if element_type(type_) is type_:
        return np.asarray(value).astype(dtype)[()]
    return np.ascontiguousarray(value).view(dtype).reshape(np.shape(value))


class _Runner:
    """One module."""

    def __init__(self, module: ModuleOp) -> None:
        self.functions: dict[str, Any] = {}
        for op in module.body.block.ops:
            if isinstance(op, gpu.ModuleOp):
                for kernel in op.body.block.ops:
                    self.functions[cast("Any", kernel).sym_name.data] = kernel
            else:
                self.functions[cast("func.FuncOp", op).sym_name.data] = op

    def shapes(
        self, name: str, given: Sequence[Any], outs: Sequence[Attribute]
    ) -> tuple[list[tuple[int, ...]], int, int]:
        """The shapes of the results, the extent and the bytes of scratch memory."""
        function = self.functions.get(f"{name}_shapes")
        if function is None:
            attributes = self.functions[name].attributes
            extent, size = (attributes[f"rfx.{k}"].value.data
                            for k in ("extent", "workspace"))  # fmt: skip
            return [shape_of(t) for t in outs], extent, size
        dims = [n for v in given for n in np.shape(v)]
        ranks = [len(shape_of(t)) for t in outs]
        result = np.zeros(sum(ranks) + 2, np.int64)
        self.call(function, [np.array(dims, np.int64), result])
        shapes: list[tuple[int, ...]] = []
        start = 0
        for rank in ranks:
            shapes.append(tuple(int(n) for n in result[start : start + rank]))
            start += rank
        return shapes, int(result[-2]), int(result[-1])

    def call(
        self, function: Any, arguments: Sequence[Any], thread: _Thread | None = None
    ) -> list[Any]:
        """The results of a function."""
        block = function.body.block
        frame = _Frame(self, dict(zip(block.args, arguments, strict=True)), thread)
        return frame.block(block)


class _Thread:
    """Which thread of which block runs, and where it waits for the others."""

    def __init__(
        self,
        number: int,
        block: int,
        barrier: threading.Barrier,
        shared: dict[Operation, Array],
    ) -> None:
        self.number, self.block = number, block
        self.barrier, self.shared = barrier, shared


class _Frame:
    """One call: what each value is."""

    def __init__(
        self, runner: _Runner, values: dict[SSAValue, Any], thread: _Thread | None
    ) -> None:
        self.runner, self.values, self.thread = runner, values, thread

    def all(self, values: Sequence[SSAValue]) -> list[Any]:
        return [self.values[v] for v in values]

    def block(self, block: Block, arguments: Sequence[Any] = ()) -> list[Any]:
        """Run a block; the operands of its terminator."""
        self.values.update(zip(block.args, arguments, strict=False))
        for op in block.ops:
            if type(op) in _TERMINATORS:
                return self.all(op.operands)
            self.op(op)
        return []

    def op(self, op: Operation) -> None:
        cls = type(op)
        if (function := FUNCTIONS.get(cls)) is not None:
            result: Any = function(*self.all(op.operands))
        elif (rule := ARITHMETIC.get(cls)) is not None:
            result = rule(op, *self.all(op.operands))
        elif (special := _SPECIAL.get(cls)) is not None:
            result = special(self, op)
        else:
            raise UnsupportedError("cannot be interpreted", op)
        if len(op.results) == 1:
            self.values[op.results[0]] = _typed(result, op.results[0].type)
        elif op.results:
            self.values.update(zip(op.results, result, strict=True))


def _typed(value: Any, type_: Attribute) -> Any:
    """A result in the dtype of its type; buffers as they are."""
    if isinstance(type_, MemRefType):
        return value
    dtype = dtype_of(type_)
    return np.asarray(value).astype(dtype, copy=False)[()]


# ---- memory --------------------------------------------------------------------------


def _places(frame: _Frame, op: Operation, buffer: Array, indices: Any) -> Any:
    places = tuple(int(i) for i in frame.all(indices))
    if any(not 0 <= i < n for i, n in zip(places, buffer.shape, strict=True)):
        raise undefined(op, f"place {places} in a buffer of {buffer.shape}")
    return places


def _load(frame: _Frame, op: memref.LoadOp) -> Any:
    buffer = frame.values[op.memref]
    return buffer[_places(frame, op, buffer, op.indices)]


def _store(frame: _Frame, op: memref.StoreOp) -> None:
    buffer = frame.values[op.memref]
    buffer[_places(frame, op, buffer, op.indices)] = frame.values[op.value]


def _run_of(frame: _Frame, op: Any, mask: Any, lanes: int) -> tuple[Array, Any]:
    """The flat buffer and the places of all lanes; those not masked are in one row."""
    buffer = frame.values[op.base]
    *rows, first = (int(i) for i in frame.all(op.indices))
    columns = first + np.arange(lanes)
    outside = any(not 0 <= i < n for i, n in zip(rows, buffer.shape, strict=False))
    if np.any(mask & (outside | (columns < 0) | (columns >= buffer.shape[-1]))):
        raise undefined(op, f"lanes outside of a row of a buffer of {buffer.shape}")
    start = 0
    for i, n in zip(rows, buffer.shape, strict=False):
        start = start * n + i
    return buffer.reshape(-1), start * buffer.shape[-1] + columns


def _vector_load(frame: _Frame, op: vector.LoadOp) -> Any:
    (lanes,) = shape_of(op.result.type)
    flat, places = _run_of(frame, op, np.True_, lanes)
    return flat[places]


def _vector_store(frame: _Frame, op: vector.StoreOp) -> None:
    (lanes,) = shape_of(op.vector.type)
    flat, places = _run_of(frame, op, np.True_, lanes)
    flat[places] = frame.values[op.vector]


def _masked_load(frame: _Frame, op: vector.MaskedLoadOp) -> Any:
    mask, result = frame.values[op.mask], frame.values[op.pass_thru].copy()
    flat, places = _run_of(frame, op, mask, len(mask))
    result[mask] = flat[places[mask]]
    return result


def _masked_store(frame: _Frame, op: vector.MaskedStoreOp) -> None:
    mask = frame.values[op.mask]
    flat, places = _run_of(frame, op, mask, len(mask))
    flat[places[mask]] = frame.values[op.value_to_store][mask]


def _mixed(frame: _Frame, type_: Attribute, sizes: Sequence[SSAValue]) -> Any:
    rest = iter(frame.all(sizes))
    return tuple(int(next(rest)) if n == DYNAMIC_INDEX else n for n in shape_of(type_))


def _alloca(frame: _Frame, op: memref.AllocaOp) -> Any:
    """Fresh memory, filled with what nobody expects; shared by a block of threads."""
    type_ = cast("MemRefType[Any]", op.memref.type)
    if frame.thread is not None and not isinstance(type_.memory_space, NoneAttr):
        return frame.thread.shared[op]
    return _fresh(type_)


def _fresh(type_: Attribute) -> Array:
    return _unwritten(shape_of(type_), dtype_of(type_))


def _unwritten(shape: Sequence[int], dtype: np.dtype[Any]) -> Array:
    """Memory that nobody has written: not zeros, and no right answers of old."""
    size = int(np.prod(shape)) * dtype.itemsize
    return np.full(size, 0x55, np.uint8).view(dtype).reshape(shape)


def _view(frame: _Frame, op: memref.ViewOp) -> Any:
    buffer, start = frame.values[op.operands[0]], int(frame.values[op.operands[1]])
    type_ = op.results[0].type
    shape, dtype = _mixed(frame, type_, op.operands[2:]), dtype_of(type_)
    end = start + int(np.prod(shape)) * dtype.itemsize
    if start % WORKSPACE_ALIGN or end > buffer.size:
        raise undefined(op, f"bytes {start} to {end} of {buffer.size}")
    return buffer[start:end].view(dtype).reshape(shape)


def _reinterpret(frame: _Frame, op: memref.ReinterpretCastOp) -> Any:
    return frame.values[op.source].reshape(_mixed(frame, op.result.type, op.sizes))


def _collapse(frame: _Frame, op: memref.CollapseShapeOp) -> Any:
    source = frame.values[op.src]
    shape = [
        int(np.prod([source.shape[int(d.value.data)] for d in cast("Any", group)]))
        for group in op.reassociation
    ]
    return source.reshape(shape)


def _dim(frame: _Frame, op: memref.DimOp) -> Any:
    return frame.values[op.source].shape[int(frame.values[op.index])]


# ---- vectors -------------------------------------------------------------------------


def _position(frame: _Frame, op: vector.ExtractOp | vector.InsertOp) -> int:
    (static,) = op.static_position.get_values()
    return int(frame.values[op.dynamic_position[0]]) if op.dynamic_position else static


def _insert(frame: _Frame, op: vector.InsertOp) -> Any:
    result = frame.values[op.dest].copy()
    result[_position(frame, op)] = frame.values[op.source]
    return result


def _shuffle(frame: _Frame, op: vector.ShuffleOp) -> Any:
    return np.concatenate(frame.all(op.operands))[list(op.mask.get_values())]


_REDUCTIONS: dict[str, Callable[..., Any]] = {"or": np.any, "and": np.all}


# ---- control flow --------------------------------------------------------------------


def _given(values: list[Any]) -> Any:
    """What an op gives: its one result by itself, or a list."""
    return values[0] if len(values) == 1 else values


def _for(frame: _Frame, op: scf.ForOp) -> Any:
    begin, end, step = (int(v) for v in frame.all((op.lb, op.ub, op.step)))
    carried = frame.all(op.iter_args)
    for i in range(begin, end, step):
        carried = frame.block(op.body.block, [np.int64(i), *carried])
    return _given(carried)


def _parallel(frame: _Frame, op: scf.ParallelOp) -> None:
    bounds = zip(op.lowerBound, op.upperBound, op.step, strict=True)
    ranges = [range(*(int(v) for v in frame.all(b))) for b in bounds]
    for where in np.ndindex(*(len(r) for r in ranges)):
        places = [np.int64(r[k]) for r, k in zip(ranges, where, strict=True)]
        frame.block(op.body.block, places)


def _if(frame: _Frame, op: scf.IfOp) -> Any:
    region = op.true_region if frame.values[op.cond] else op.false_region
    results = frame.block(region.block) if region.blocks else []
    return _given(results)


def _while(frame: _Frame, op: scf.WhileOp) -> Any:
    carried, passed = frame.all(op.arguments), list[Any]()
    for trip in count():
        go, *passed = frame.block(op.before_region.block, carried)
        if not go:
            break
        check_trips(op, trip)
        carried = frame.block(op.after_region.block, passed)
    return _given(passed)


def _call(frame: _Frame, op: func.CallOp) -> Any:
    function = frame.runner.functions[op.callee.root_reference.data]
    results = frame.runner.call(function, frame.all(op.arguments), frame.thread)
    return _given(results)


# ---- kernels -------------------------------------------------------------------------


def _launch(frame: _Frame, op: gpu.LaunchFuncOp) -> None:
    """Block after block, each with all its threads at once."""
    kernel = frame.runner.functions[op.kernel.nested_references.data[0].data]
    arguments = frame.all(op.kernelOperands)
    blocks, threads = int(frame.values[op.gridSizeX]), int(frame.values[op.blockSizeX])
    waits = any(isinstance(inner, gpu.BarrierOp) for inner in kernel.walk())
    buffers = [inner for inner in kernel.walk() if isinstance(inner, memref.AllocaOp)]
    for block in range(blocks):
        barrier = threading.Barrier(threads)
        shared: dict[Operation, Array] = {}
        shared.update((op, _fresh(op.memref.type)) for op in buffers)
        failures: list[BaseException] = []

        def one(
            number: int,
            block: int = block,
            barrier: threading.Barrier = barrier,
            shared: dict[Operation, Array] = shared,
            failures: list[BaseException] = failures,
        ) -> None:
            thread = _Thread(number, block, barrier, shared)
            try:
                with np.errstate(all="ignore"):
                    frame.runner.call(kernel, arguments, thread)
            except threading.BrokenBarrierError:
                pass  # another thread has failed
            except BaseException as error:  # noqa: BLE001 - raised again below
                failures.append(error)
                barrier.abort()

        if not waits:
            for number in range(threads):
                one(number)
        else:
            group = [threading.Thread(target=one, args=(k,)) for k in range(threads)]
            for thread in group:
                thread.start()
            for thread in group:
                thread.join()
        if failures:
            raise failures[0]


def _thread(frame: _Frame) -> _Thread:
    if frame.thread is None:
        raise ValueError("a kernel runs only when it is launched")
    return frame.thread


def _copy(frame: _Frame, op: gpu.MemcpyOp) -> None:
    frame.values[op.dst][...] = frame.values[op.src]


def _barrier(frame: _Frame, _op: gpu.BarrierOp) -> None:
    _thread(frame).barrier.wait()


_SPECIAL: dict[type[Operation], Callable[[_Frame, Any], Any]] = {
    memref.LoadOp: _load, memref.StoreOp: _store, memref.AllocaOp: _alloca,
    memref.ViewOp: _view, memref.ReinterpretCastOp: _reinterpret,
    memref.CollapseShapeOp: _collapse, memref.DimOp: _dim,
    upstream.PrefetchOp: lambda _f, _op: None,
    vector.LoadOp: _vector_load, vector.StoreOp: _vector_store,
    vector.MaskedLoadOp: _masked_load, vector.MaskedStoreOp: _masked_store,
    vector.BroadcastOp:
        lambda f, op: np.full(shape_of(op.vector.type), f.values[op.source]),
    vector.CreateMaskOp:
        lambda f, op: np.arange(shape_of(op.mask_vector.type)[0])
        < f.values[op.mask_dim_sizes[0]],
    vector.ReductionOp:
        lambda f, op: _REDUCTIONS[op.kind.data.value](f.values[op.vector]),
    vector.ShuffleOp: _shuffle, vector.InsertOp: _insert,
    vector.ExtractOp: lambda f, op: f.values[op.vector][_position(f, op)],
    scf.ForOp: _for, scf.ParallelOp: _parallel, scf.IfOp: _if, scf.WhileOp: _while,
    func.CallOp: _call, gpu.LaunchFuncOp: _launch, gpu.BarrierOp: _barrier,
    gpu.AllocOp: lambda _f, op: _fresh(op.result.type),
    gpu.DeallocOp: lambda _f, _op: None,
    gpu.MemcpyOp: _copy, gpu.ThreadIdOp: lambda f, _op: _thread(f).number,
    gpu.BlockIdOp: lambda f, _op: _thread(f).block,
}  # fmt: skip

_TERMINATORS = frozenset({scf.YieldOp, scf.ReduceOp, scf.ConditionOp, func.ReturnOp,
                          gpu.ReturnOp})  # fmt: skip
