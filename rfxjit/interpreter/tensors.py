"""The reference interpreter: what a program of the rfx or fused level means.

    run(module, "f", [np.ones(3), 2.0])   ->   [array([...])]

Every op is its NumPy function, in its own dtype. A `rfx.map` runs its region once on
whole arrays, broadcast over the iteration space by the indexing maps, which is the same
as running it element by element because regions are pure. This is also the backend
"interpreter".
"""

# Values are whatever NumPy gives.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false, reportUnknownLambdaType=false

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

import numpy as np
from xdsl.dialects import arith, func, scf
from xdsl.dialects.builtin import DYNAMIC_INDEX, ModuleOp
from xdsl.dialects.tensor import DimOp as TensorDimOp
from xdsl.dialects.tensor import ExtractOp, FromElementsOp
from xdsl.ir import Attribute, Block, Operation, SSAValue

from rfxjit.dialects import rfx, upstream
from rfxjit.dialects.dense_text import to_array
from rfxjit.dialects.diagnostics import UnsupportedError
from rfxjit.dialects.elementwise_ops import Elementwise
from rfxjit.dialects.evaluate import convert, evaluate
from rfxjit.dialects.ir import dtype_of, shape_of
from rfxjit.dialects.loop_facts import trip_limit
from rfxjit.dialects.map_ops import DimOp, IndexOp, LoopNest, YieldOp
from rfxjit.interpreter.reductions import reduce

Array = np.ndarray[Any, Any]


class StatusError(Exception):
    """A `rfx.require` or a loop failed; `code` is its status."""

    def __init__(self, code: int) -> None:
        super().__init__(f"status {code}")
        self.code = code


def check_trips(loop: Operation, done: int) -> None:
    """Raise StatusError if a loop may not run its body after `done` times."""
    limit = trip_limit(loop)
    if limit is not None and done >= limit[0]:
        raise StatusError(limit[1])


def run(module: ModuleOp, name: str, inputs: Sequence[Any]) -> list[Array]:
    """Run the function `name`; raises ValueError or TypeError for unfit inputs."""
    for op in module.body.block.ops:
        if isinstance(op, func.FuncOp) and op.sym_name.data == name:
            break
    else:
        raise ValueError(f"the module has no function {name!r}")
    block = op.body.block
    if len(inputs) != len(block.args):
        raise TypeError(f"{name} takes {len(block.args)} inputs, got {len(inputs)}")
    values: dict[SSAValue, Any] = {}
    for i, (argument, given) in enumerate(zip(block.args, inputs, strict=True)):
        values[argument] = _checked(argument, given, argument.name_hint or f"input {i}")
    with np.errstate(all="ignore"):
        return [np.asarray(v) for v in _Runner(values).block(block)]


def run_ops(
    ops: Sequence[Operation], given: dict[SSAValue, Any]
) -> dict[SSAValue, Any]:
    """Run some ops of a function: the values of all of them."""
    runner = _Runner(given)
    with np.errstate(all="ignore"):
        for op in ops:
            runner.op(op)
    return runner.values


def _checked(argument: SSAValue, given: Any, name: str) -> Array:
    array = np.asarray(given)
    dtype, shape = dtype_of(argument.type), shape_of(argument.type)
    if array.dtype != dtype:
        raise TypeError(f"{name} must have dtype {dtype}, got {array.dtype}")
    if array.ndim != len(shape) or any(
        n not in (DYNAMIC_INDEX, m) for n, m in zip(shape, array.shape, strict=True)
    ):
        raise ValueError(f"{name} must be {argument.type}, got shape {array.shape}")
    return array


# ---- ops ---------------------------------------------------------------------------

_TERMINATORS = (func.ReturnOp, YieldOp, scf.YieldOp, scf.ConditionOp)


class _Runner:
    def __init__(self, values: dict[SSAValue, Any]) -> None:
        self.values = values

    def all(self, values: Sequence[SSAValue]) -> list[Any]:
        return [self.values[v] for v in values]

    def block(self, block: Block) -> list[Any]:
        """Run the ops; the operands of the terminator."""
        for op in block.ops:
            if isinstance(op, _TERMINATORS):
                return self.all(op.operands)
            self.op(op)
        return []

    def op(self, op: Operation) -> None:
        if isinstance(op, Elementwise):
            name = op.name.removeprefix("rfx.")
            self.values[op.result] = evaluate(name, *self.all(op.inputs))
        elif isinstance(op, LoopNest):
            self.nest(op)
        elif isinstance(op, rfx.RequireOp):
            if not self.values[op.condition]:
                raise StatusError(op.code.value.data)
        elif isinstance(op, (scf.IfOp, scf.ForOp, scf.WhileOp)):
            self.bind(op.results, self.control(op))
        elif (rule := _RULES.get(type(op))) is not None:
            self.values[op.results[0]] = rule(self, op)
        else:
            raise UnsupportedError("cannot be interpreted", op)

    def bind(self, values: Sequence[SSAValue], given: Sequence[Any]) -> None:
        self.values.update(zip(values, given, strict=True))

    def control(self, op: scf.IfOp | scf.ForOp | scf.WhileOp) -> list[Any]:
        """The results of a branch or a loop."""
        if isinstance(op, scf.IfOp):
            region = op.true_region if self.values[op.cond] else op.false_region
            return self.block(region.block) if region.blocks else []
        if isinstance(op, scf.ForOp):
            state = self.all(op.iter_args)
            for i in range(*map(int, self.all((op.lb, op.ub, op.step)))):
                self.bind(op.body.block.args, [i, *state])
                state = self.block(op.body.block)
            return state
        state = self.all(op.arguments)
        for trip in count():
            self.bind(op.before_region.block.args, state)
            again, *state = self.block(op.before_region.block)
            if not again:
                break
            check_trips(op, trip)
            self.bind(op.after_region.block.args, state)
            state = self.block(op.after_region.block)
        return state

    def sizes(self, static: Attribute, dynamic: Sequence[SSAValue]) -> tuple[int, ...]:
        """A mixed list of sizes as numbers."""
        rest = iter(self.all(dynamic))
        return tuple(
            int(next(rest)) if n == DYNAMIC_INDEX else n for n in rfx.ints(static)
        )

    def nest(self, op: LoopNest) -> None:
        shape = self.sizes(op.static_sizes, op.sizes)
        inner = _Nest(shape)
        for argument, value, map_ in zip(
            op.body.block.args, op.inputs, op.maps, strict=True
        ):
            array = np.asarray(self.values[value])
            order = np.argsort(map_) if map_ else []
            wide = [array.shape[map_.index(d)] if d in map_ else 1
                    for d in range(len(shape))]  # fmt: skip
            inner.values[argument] = np.transpose(array, order).reshape(wide)
        results = inner.block(op.body.block)
        for value, how, map_, out in zip(
            results, op.combiners, op.out_maps, op.outputs, strict=True
        ):
            full = np.broadcast_to(value, shape)
            if how == "none":
                self.values[out] = np.transpose(full, map_)
                continue
            dims = [d for d in range(len(shape)) if d not in map_]
            kept = sorted(map_)
            reduced = reduce(how, full, dims)
            self.values[out] = np.transpose(reduced, [kept.index(d) for d in map_])


class _Nest(_Runner):
    """A region, run once for all points of its iteration space.

    Where control flow differs between points, both ways are run, each under a mask of
    the points that take it; what other points compute there is never used.
    """

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__({})
        self.shape = shape
        self.mask: Any = np.True_

    def under(self, mask: Any, block: Block) -> list[Any]:
        """What a block yields for the points in `mask`."""
        outer, self.mask = self.mask, mask
        result = self.block(block)
        self.mask = outer
        return result

    def control(self, op: scf.IfOp | scf.ForOp | scf.WhileOp) -> list[Any]:
        if isinstance(op, scf.IfOp):
            return self._if(op)
        return self._for(op) if isinstance(op, scf.ForOp) else self._while(op)

    def _if(self, op: scf.IfOp) -> list[Any]:
        condition = self.values[op.cond]
        sides: list[list[Any]] = []
        for region, wanted in zip(op.regions, (condition, ~condition), strict=True):
            mask = self.mask & wanted
            if np.any(mask) and region.blocks:
                sides.append(self.under(mask, region.block))
            else:
                sides.append([np.zeros((), dtype_of(r.type)) for r in op.results])
        return [np.where(condition, a, b) for a, b in zip(*sides, strict=True)]

    def _for(self, op: scf.ForOp) -> list[Any]:
        i, last, step = self.all((op.lb, op.ub, op.step))
        state = self.all(op.iter_args)
        while np.any(going := self.mask & (i < last)):
            self.bind(op.body.block.args, [i, *state])
            new = self.under(going, op.body.block)
            state = [np.where(going, a, b) for a, b in zip(new, state, strict=True)]
            i = i + step
        return state

    def _while(self, op: scf.WhileOp) -> list[Any]:
        state, active = self.all(op.arguments), self.mask
        result: list[Any] = []
        for trip in count():
            self.bind(op.before_region.block.args, state)
            going, *passed = self.under(active, op.before_region.block)
            pairs = zip(passed, result or passed, strict=True)
            result = [np.where(active, a, b) for a, b in pairs]
            active = active & going
            if not np.any(active):
                break
            check_trips(op, trip)
            self.bind(op.after_region.block.args, passed)
            new = self.under(active, op.after_region.block)
            state = [np.where(active, a, b) for a, b in zip(new, state, strict=True)]
        return result

    def op(self, op: Operation) -> None:
        if isinstance(op, IndexOp):
            d = op.loop.value.data
            where = [1] * len(self.shape)
            where[d] = self.shape[d]
            self.values[op.result] = np.arange(self.shape[d]).reshape(where)
        elif isinstance(op, DimOp):
            self.values[op.result] = np.asarray(self.shape[op.loop.value.data])
        else:
            super().op(op)


def _iota(r: _Runner, op: rfx.IotaOp) -> Any:
    shape, d = r.sizes(op.static_sizes, op.sizes), op.dim.value.data
    along = [1] * len(shape)
    along[d] = shape[d]
    values = np.arange(shape[d]).astype(dtype_of(op.result.type))
    return np.broadcast_to(values.reshape(along), shape)


def _broadcast(r: _Runner, op: rfx.BroadcastOp) -> Any:
    x, shape = r.values[op.input], r.sizes(op.static_sizes, op.sizes)
    wide = [1] * len(shape)
    for i, d in enumerate(rfx.ints(op.dims)):
        wide[d] = x.shape[i]
    return np.broadcast_to(np.reshape(x, wide), shape)


def _steps(
    r: _Runner, op: rfx.SliceOp | rfx.UpdateSliceOp, sizes: Sequence[int]
) -> tuple[Any, ...]:
    starts = r.sizes(op.static_starts, op.starts)
    places = zip(starts, rfx.ints(op.steps), sizes, strict=True)
    return np.ix_(*(start + step * np.arange(size) for start, step, size in places))


def _slice(r: _Runner, op: rfx.SliceOp) -> Any:
    return r.values[op.input][_steps(r, op, r.sizes(op.static_sizes, op.sizes))]


def _update_slice(r: _Runner, op: rfx.UpdateSliceOp) -> Any:
    x, update = np.array(r.values[op.input]), r.values[op.update]
    x[_steps(r, op, np.shape(update))] = update
    return x


def _pad(r: _Runner, op: rfx.PadOp) -> Any:
    x, low, high = r.values[op.input], rfx.ints(op.low), rfx.ints(op.high)
    shape = [a + n + b for a, n, b in zip(low, x.shape, high, strict=True)]
    result = np.full(shape, r.values[op.value])
    result[tuple(slice(a, a + n) for a, n in zip(low, x.shape, strict=True))] = x
    return result


def _indices(r: _Runner, x: Array, op: Any) -> tuple[list[int], list[Array]]:
    dims = list(rfx.ints(op.dims))
    rank = x.ndim - len(dims)
    arrays = [np.asarray(v)[(..., *[None] * rank)] for v in r.all(op.indices)]
    return dims, arrays


def _grid(x: Array, dims: list[int], arrays: list[Array]) -> tuple[Array, ...]:
    """Index arrays for all dims: the given ones, and ranges for the others."""
    others = [d for d in range(x.ndim) if d not in dims]
    grid: list[Array] = [np.zeros(0)] * x.ndim
    for d, array in zip(dims, arrays, strict=True):
        grid[d] = array
    for i, d in enumerate(others):
        grid[d] = np.arange(x.shape[d]).reshape(-1, *[1] * (len(others) - 1 - i))
    return tuple(grid)


def _gather(r: _Runner, op: rfx.GatherOp) -> Any:
    x = r.values[op.input]
    dims, arrays = _indices(r, x, op)
    safe = [
        np.clip(a, 0, x.shape[d] - 1).astype(np.int64)
        for d, a in zip(dims, arrays, strict=True)
    ]
    return x[_grid(x, dims, safe)]


def _scatter(r: _Runner, op: rfx.ScatterOp) -> Any:
    x = np.array(r.values[op.input])
    dims, arrays = _indices(r, x, op)
    updates = np.asarray(r.values[op.updates])
    grid = np.broadcast_arrays(*_grid(x, dims, arrays))
    for where in np.ndindex(updates.shape):
        place = tuple(int(g[where]) for g in grid)
        if all(0 <= i < n for i, n in zip(place, x.shape, strict=True)):
            new = updates[where]
            x[place] = x[place] + new if op.combine.data == "add" else new
    return x


def _place(r: _Runner, x: Array, block: Sequence[int], op: Any) -> tuple[slice, ...]:
    return tuple(
        slice(start := min(max(int(i), 0), n - k), start + k)
        for i, n, k in zip(r.all(op.starts), x.shape, block, strict=True)
    )


def _dynamic_slice(r: _Runner, op: rfx.DynamicSliceOp) -> Any:
    x = r.values[op.input]
    return x[_place(r, x, shape_of(op.result.type), op)]


def _dynamic_update_slice(r: _Runner, op: rfx.DynamicUpdateSliceOp) -> Any:
    x, update = np.array(r.values[op.input]), r.values[op.update]
    x[_place(r, x, update.shape, op)] = update
    return x


def _dot(r: _Runner, op: rfx.DotGeneralOp) -> Any:
    a, b = r.all((op.lhs, op.rhs))
    letters = iter(range(52))
    ab, bb = rfx.ints(op.lhs_batch), rfx.ints(op.rhs_batch)
    ac, bc = rfx.ints(op.lhs_contract), rfx.ints(op.rhs_contract)
    la = [next(letters) for _ in range(a.ndim)]
    lb = [next(letters) for _ in range(b.ndim)]
    for i, j in zip((*ab, *ac), (*bb, *bc), strict=True):
        lb[j] = la[i]
    out = [
        *(la[d] for d in ab),
        *(n for d, n in enumerate(la) if d not in (*ab, *ac)),
        *(n for d, n in enumerate(lb) if d not in (*bb, *bc)),
    ]
    return np.asarray(np.einsum(a, la, b, lb, out)).astype(a.dtype)


def _correlate(r: _Runner, op: rfx.CorrelateOp) -> Any:
    a, v = r.all((op.lhs, op.rhs))
    (start,) = r.sizes(op.static_starts, op.starts)
    (size,) = r.sizes(op.static_sizes, op.sizes)
    result = np.zeros(size, a.dtype)
    for k, factor in enumerate(v, start):
        first, end = max(0, -k), min(size, a.size - k)
        if first < end:
            result[first:end] += a[first + k : end + k] * factor
    return result


def _scan(r: _Runner, op: rfx.ScanOp) -> Any:
    x, d = r.values[op.input], op.dim.value.data
    result = np.array(x)
    rows, partial = np.moveaxis(x, d, 0), np.moveaxis(result, d, 0)
    for i in range(1, x.shape[d]):
        partial[i] = evaluate(op.kind.data, partial[i - 1], rows[i])
    return result


def _index_arithmetic(function: Callable[..., Any]) -> Callable[[_Runner, Any], Any]:
    return lambda r, op: function(*r.all(op.operands))


_RULES: dict[type[Operation], Callable[[_Runner, Any], Any]] = {
    rfx.ConstantOp: lambda r, op: to_array(op.value),
    rfx.FullOp: lambda r, op: np.full(
        r.sizes(op.static_sizes, op.sizes), to_array(op.value)),
    rfx.IotaOp: _iota, rfx.BroadcastOp: _broadcast, rfx.SliceOp: _slice,
    rfx.UpdateSliceOp: _update_slice,
    rfx.PadOp: _pad, rfx.GatherOp: _gather, rfx.ScatterOp: _scatter,
    rfx.DynamicSliceOp: _dynamic_slice, rfx.DotGeneralOp: _dot,
    rfx.DynamicUpdateSliceOp: _dynamic_update_slice,
    rfx.ConvertOp: lambda r, op: convert(
        np.asarray(r.values[op.input]), dtype_of(op.result.type)),
    rfx.ReshapeOp: lambda r, op: np.reshape(
        r.values[op.input], r.sizes(op.static_sizes, op.sizes)),
    rfx.TransposeOp: lambda r, op: np.transpose(r.values[op.input], rfx.ints(op.perm)),
    rfx.ConcatenateOp: lambda r, op: np.concatenate(
        r.all(op.inputs), op.dim.value.data),
    rfx.CorrelateOp: _correlate, rfx.ScanOp: _scan,
    rfx.ReduceOp: lambda r, op: reduce(
        op.kind.data, r.values[op.input], rfx.ints(op.dims)),
    TensorDimOp: lambda r, op: r.values[op.source].shape[r.values[op.index]],
    FromElementsOp: lambda r, op: np.asarray(
        r.all(op.operands), dtype_of(op.result.type)).reshape(shape_of(op.result.type)),
    ExtractOp: lambda r, op: r.values[op.tensor][tuple(map(int, r.all(op.indices)))],
    arith.ConstantOp: lambda r, op: op.value.value.data,
    arith.AddiOp: _index_arithmetic(lambda a, b: a + b),
    arith.SubiOp: _index_arithmetic(lambda a, b: a - b),
    arith.MuliOp: _index_arithmetic(lambda a, b: a * b),
    arith.FloorDivSIOp: _index_arithmetic(lambda a, b: a // b),
    upstream.IndexCastOp: lambda r, op: np.int64(r.values[op.input]),
}  # fmt: skip
