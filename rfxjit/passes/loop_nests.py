"""Lower `rfx.map` and `rfx.map_reduce` to loops.

Loops that every operand walks together are joined, so that a map over whole contiguous
arrays is one flat loop. A nest of one iteration is no loop at all.

A reduction whose innermost loop is reduced runs along the lane tree, the same for
every target and number of threads, and friendly to vectors: the reduced iterations, in
row-major order, are cut into blocks of 4096; in a block, iteration k adds to lane
k % 64, and the lanes are then folded in halves.

    scf.parallel (%p) {                                  // loops that are kept
      scf.parallel (%l) = 0 to 64 { acc[l] = 0 }
      scf.for %c = 0 to n / 64 {
        scf.parallel (%l) = 0 to 64 { acc[l] += f(c * 64 + l) }
      }
      scf.parallel (%l) = 0 to n % 64 { … }
      scf.parallel (%l) = 0 to 32 { acc[l] += acc[l + 32] }  // then 16, 8, 4, 2, 1
    }

Sums of floats over several blocks carry a compensation (Knuth's TwoSum), which costs
nothing at one step per block and keeps the error independent of the number of blocks.
A reduction of outer loops only accumulates whole rows, one after the other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from math import prod
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from xdsl.dialects import memref
from xdsl.dialects.builtin import (
    DYNAMIC_INDEX,
    ArrayAttr,
    DenseArrayBase,
    IntegerAttr,
)
from xdsl.ir import Attribute, SSAValue

from rfxjit.dialects.diagnostics import UnsupportedError
from rfxjit.dialects.ir import (
    dtype_of,
    element_type,
    i32,
    i64,
    index,
    integer_attr,
    kind_of,
    shape_of,
)
from rfxjit.dialects.ir import memref as memref_type
from rfxjit.dialects.map_ops import DimOp, IndexOp, LoopNest, YieldOp
from rfxjit.passes.emit import Emit
from rfxjit.passes.loops import for_loop, load, parallel, parallel_range, store
from rfxjit.passes.lower_region import lower_region
from rfxjit.passes.scalar_semantics import lower_elementwise, signless

if TYPE_CHECKING:
    from rfxjit.passes.lower_to_loops import FunctionLowering
    from rfxjit.passes.row_groups import Row

LANES = 64
BLOCK = 4096
UNROLLED = 16
"""Reductions of up to this many iterations, known statically, are written out."""


def lower_nest(
    state: FunctionLowering,
    nest: LoopNest,
    m: Emit | None = None,
    row: Row | None = None,
) -> None:
    """Emit the loops of one nest at the end of the function being built.

    With a `row`, only those inside of the outermost, whose index the row has.
    """
    _NestLowering(state, nest, m or state.emit, row).run()


def identity(kind: str, type_: Attribute) -> float:
    """The value that does not change a reduction of that kind."""
    dtype = dtype_of(type_)
    if kind in ("add", "or"):
        return 0
    if kind == "mul":
        return 1
    if kind == "and":
        return 1 if dtype.kind == "b" else -1
    largest = kind in ("minimum", "argmin")
    if dtype.kind == "f":
        return float("inf") if largest else float("-inf")
    if dtype.kind == "b":
        return int(largest)
    info = np.iinfo(cast("Any", dtype))
    return int(info.max if largest else info.min)


class _NestLowering:
    def __init__(
        self, state: FunctionLowering, nest: LoopNest, m: Emit, row: Row | None
    ) -> None:
        self.state = state
        self.nest = nest
        self.m = m
        self.row = row
        self.combiners = nest.combiners
        terminator = cast("YieldOp", nest.body.block.last_op)
        self.types = [v.type for v in terminator.values]
        self.groups = self._joined()
        sizes = state.sizes
        shape = sizes.mixed(nest.shape, nest.sizes)
        self.loop_sizes = shape
        self.dims: list[Any] = []
        for group in self.groups:
            total: Any = 1
            for loop in group:
                total = sizes.mul(total, shape[loop])
            self.dims.append(total)

    # ---- the iteration space

    def _joined(self) -> list[tuple[int, ...]]:
        """Groups of neighbouring loops that all operands walk together."""
        rank = len(self.nest.shape)
        if any(isinstance(op, (IndexOp, DimOp)) for op in self.nest.body.walk()):
            return [(loop,) for loop in range(rank)]
        maps = [*self.nest.maps, *self.nest.out_maps]
        operands = (*self.nest.inputs, *self.nest.outputs)
        pairs = [
            set[tuple[int, int]]() if value in self.state.windows else set(pairwise(m))
            for value, m in zip(operands, maps, strict=True)
        ]
        groups: list[tuple[int, ...]] = []
        for loop in range(rank):
            alone = self.row is not None and loop == 1
            if (
                groups
                and not alone
                and all(
                    (loop - 1, loop) in p or not {loop - 1, loop} & set(m)
                    for p, m in zip(pairs, maps, strict=True)
                )
            ):
                groups[-1] = (*groups[-1], loop)
            else:
                groups.append((loop,))
        return groups

    def _collapsed(self, buffer: SSAValue, map_: Sequence[int]) -> SSAValue:
        """`buffer` with one dim for each joined group of loops in its map."""
        group_of = {loop: g for g, loops in enumerate(self.groups) for loop in loops}
        parts: dict[int, list[int]] = {}
        for dim, loop in enumerate(map_):
            parts.setdefault(group_of[loop], []).append(dim)
        if len(parts) == len(map_):
            return buffer
        shape = shape_of(buffer.type)
        new = tuple(
            DYNAMIC_INDEX
            if DYNAMIC_INDEX in [shape[d] for d in dims]
            else prod(shape[d] for d in dims)
            for dims in parts.values()
        )
        reassociation = ArrayAttr(
            [ArrayAttr([integer_attr(d, i64) for d in dims]) for dims in parts.values()]
        )
        return self.m.op(
            memref.CollapseShapeOp,
            (buffer,),
            memref_type(element_type(buffer.type), new),
            {"reassociation": reassociation},
        )

    def _group_map(self, map_: Sequence[int]) -> list[int]:
        return [
            g
            for loop in map_
            for g, loops in enumerate(self.groups)
            if loops[0] == loop
        ]

    # ---- operands

    def _prepare(self) -> None:
        """Collapse the buffers of all inputs and of the outputs that have one."""
        state, nest = self.state, self.nest
        self.sources: list[tuple[SSAValue | None, SSAValue | None, list[int]]] = []
        """Of each input a scalar, or what to read it from and the loops of its dims."""
        scalars = state.scalars if self.row is None else self.row.scalars
        for value, map_ in zip(nest.inputs, nest.maps, strict=True):
            if (scalar := scalars.get(value, state.scalars.get(value))) is not None:
                self.sources.append((scalar, None, []))
            elif value in state.windows:
                self.sources.append((None, value, self._group_map(map_)))
            else:
                self.sources.append((None, *self._place(value, map_)))
        self.targets = [
            self._place(value, map_, new=True)
            for value, map_ in zip(nest.outputs, nest.out_maps, strict=True)
        ]

    def _place(
        self, value: SSAValue, map_: Sequence[int], *, new: bool = False
    ) -> tuple[SSAValue | None, list[int]]:
        """Where a tensor is in memory (None: nowhere), and which loops are its dims."""
        state, row = self.state, self.row
        if row is None:
            buffer = state.buffers.destination(value) if new else state.buffers[value]
        elif (buffer := row.buffers.get(value)) is not None:
            map_ = map_[1:]
        elif (buffer := state.buffers.get(value)) is None:
            return None, []
        return self._collapsed(buffer, map_), self._group_map(map_)

    def _iteration(self, m: Emit, where: Sequence[SSAValue]) -> list[SSAValue]:
        """The yielded values of one iteration; plain results are stored."""
        inputs: list[SSAValue] = []
        for scalar, buffer, map_ in self.sources:
            if scalar is not None:
                inputs.append(scalar)
            else:
                assert buffer is not None
                places = [where[g] for g in map_]
                window = buffer in self.state.windows
                inputs.append((self.state.read if window else load)(m, buffer, places))
        values = self._region(m, inputs, where)
        for out, value, how, (buffer, map_) in zip(
            self.nest.outputs, values, self.combiners, self.targets, strict=True
        ):
            if how == "none":
                self._keep(m, out, value, buffer, [where[g] for g in map_])
        return values

    def _keep(
        self,
        m: Emit,
        out: SSAValue,
        value: SSAValue,
        buffer: SSAValue | None,
        where: Sequence[SSAValue],
    ) -> None:
        """Store a result; one number of a row stays an SSA value too."""
        if self.row is not None and prod(shape_of(out.type)[1:]) == 1:
            self.row.scalars[out] = value
        if buffer is not None:
            store(m, value, buffer, where)

    def _region(
        self, m: Emit, inputs: Sequence[SSAValue], where: Sequence[SSAValue]
    ) -> list[SSAValue]:
        def place(op: IndexOp | DimOp) -> SSAValue:
            loop = op.loop.value.data
            if isinstance(op, IndexOp):
                return where[loop]
            return self.state.sizes.value(self.loop_sizes[loop])

        block = self.nest.body.block
        env: dict[SSAValue, SSAValue] = {}
        env.update(zip(block.args, inputs, strict=True))
        return lower_region(m, block, env, place)

    # ---- the loops

    def run(self) -> None:
        state, nest, m = self.state, self.nest, self.m
        if all(d == 1 for d in self.dims):
            self._single()
            return
        self._prepare()
        ends = [state.sizes.value(d) for d in self.dims]
        maps = [self._group_map(map_) for map_ in nest.out_maps]
        reduced = {
            g
            for how, map_ in zip(self.combiners, maps, strict=True)
            if how != "none"
            for g in set(range(len(ends))) - set(map_)
        }
        for how, map_ in zip(self.combiners, maps, strict=True):
            if how != "none" and reduced & set(map_):
                raise UnsupportedError("results reduce different loops", nest)
        if all(how == "none" for how in self.combiners):
            self._map(ends)
        elif any(how.startswith("arg") for how in self.combiners):
            self._search(ends, sorted(reduced))
        elif len(ends) - 1 in reduced or not reduced:
            self._lanes(ends, sorted(reduced))
        else:
            self._rows(ends, sorted(reduced))
        m.location = nest.location

    def _single(self) -> None:
        """One iteration: straight-line code on SSA scalars."""
        state, m = self.state, self.m
        zero = m.const(0, index)
        where = [zero] * len(self.groups)
        inputs = [
            state.read(m, v, [zero] * len(shape_of(v.type))) for v in self.nest.inputs
        ]
        if len(self.groups) != len(self.nest.shape):
            where = [zero] * len(self.nest.shape)
        values = self._region(m, inputs, where)
        for how, value, out in zip(
            self.combiners, values, self.nest.outputs, strict=True
        ):
            if how == "add":
                # As in a longer sum, which begins at 0: -0.0 alone gives 0.0.
                value = self._started(m, self.nest.outputs.index(out), value)  # noqa: PLW2901
            state.scalars[out] = m.const(0, i64) if how.startswith("arg") else value

    def _map(self, ends: list[SSAValue]) -> None:
        state, m = self.state, self.m
        if self.row is not None:
            i = self.row.index
            parallel(m, ends[1:], lambda e, rest: self._discard(e, (i, *rest)))
            return
        if not state.split:
            parallel(m, ends, self._discard)
            return
        state.extent = self.dims[0]
        state.extent_loops = (self.nest, self.groups[0])

        def outer(e: Emit, i: SSAValue) -> None:
            parallel(e, ends[1:], lambda e2, rest: self._discard(e2, (i, *rest)))

        parallel_range(m, state.begin, state.end, outer)

    def _discard(self, m: Emit, where: Sequence[SSAValue]) -> None:
        self._iteration(m, where)

    def _reductions(self) -> list[int]:
        return [i for i, how in enumerate(self.combiners) if how != "none"]

    def _combine(self, m: Emit, i: int, a: SSAValue, b: SSAValue) -> SSAValue:
        return lower_elementwise(m, self.combiners[i], self.types[i], (a, b))

    def _identity(self, m: Emit, i: int) -> SSAValue:
        type_ = self.types[i]
        return m.const(identity(self.combiners[i], type_), signless(type_))

    def _started(self, m: Emit, i: int, value: SSAValue) -> SSAValue:
        """The first value of a reduction; a float sum begins by adding it to 0."""
        if self.combiners[i] == "add" and kind_of(self.types[i]) == "f":
            return self._combine(m, i, self._identity(m, i), value)
        return value

    def _store_result(
        self, m: Emit, i: int, value: SSAValue, where: Sequence[SSAValue | None]
    ) -> None:
        buffer, map_ = self.targets[i]
        places = [cast("SSAValue", where[g]) for g in map_]
        self._keep(m, self.nest.outputs[i], value, buffer, places)

    def _over_kept(
        self,
        ends: list[SSAValue],
        kept: list[int],
        body: Callable[[Emit, list[Any]], None],
    ) -> None:
        """Parallel loops over `kept`; the indices of the others stay None."""
        row = self.row

        def inner(e: Emit, indices: Sequence[SSAValue]) -> None:
            where: list[Any] = [None] * len(ends)
            if row is not None:
                indices = (row.index, *indices)
            for g, i in zip(kept, indices, strict=True):
                where[g] = i
            body(e, where)

        parallel(self.m, [ends[g] for g in kept[row is not None :]], inner)

    def _at(
        self,
        m: Emit,
        where: list[Any],
        reduced: list[int],
        ends: list[SSAValue],
        k: Any,
    ) -> list[Any]:
        """The indices of reduced iteration k, in row-major order."""
        where = list(where)
        if not reduced:
            return where
        for g in reversed(reduced[1:]):
            where[g] = m.remui(k, ends[g])
            k = m.divui(k, ends[g])
        where[reduced[0]] = k
        return where

    def _lanes(self, ends: list[SSAValue], reduced: list[int]) -> None:
        kept = [g for g in range(len(ends)) if g not in reduced]
        sizes = self.state.sizes
        count: Any = 1
        for g in reduced:
            count = sizes.mul(count, self.dims[g])
        total = sizes.value(count)

        def one(m: Emit, where: list[Any]) -> None:
            def values(e: Emit, k: SSAValue) -> list[SSAValue]:
                return self._iteration(e, self._at(e, where, reduced, ends, k))

            if isinstance(count, int) and count <= UNROLLED:
                results = self._unrolled(m, count, values)
            elif isinstance(count, int) and count <= BLOCK:
                results = self._block(m, m.const(0, index), total, values)
            else:
                results = self._blocks(m, total, values)
            for i, result in zip(self._reductions(), results, strict=True):
                self._store_result(m, i, result, where)

        self._over_kept(ends, kept, one)

    def _unrolled(
        self, m: Emit, count: int, values: Callable[[Emit, SSAValue], list[SSAValue]]
    ) -> list[SSAValue]:
        """The lane tree of a few iterations, written out."""
        if count == 0:
            return [self._identity(m, i) for i in self._reductions()]
        lanes = [values(m, m.const(k, index)) for k in range(count)]
        for lane in lanes:
            for i in self._reductions():
                lane[i] = self._started(m, i, lane[i])
        half = 1 << (count - 1).bit_length()
        while half := half // 2:
            for k in range(max(0, len(lanes) - half)):
                for i in self._reductions():
                    lanes[k][i] = self._combine(m, i, lanes[k][i], lanes[k + half][i])
            del lanes[half:]
        return [lanes[0][i] for i in self._reductions()]

    def _block(
        self,
        m: Emit,
        start: SSAValue,
        count: SSAValue,
        values: Callable[[Emit, SSAValue], list[SSAValue]],
    ) -> list[SSAValue]:
        """Reduce `count` iterations from `start` on, lane by lane."""
        buffers = {i: _alloca(m, signless(self.types[i])) for i in self._reductions()}
        lanes = m.const(LANES, index)

        def clear(e: Emit, where: Sequence[SSAValue]) -> None:
            for i, buffer in buffers.items():
                store(e, self._identity(e, i), buffer, where)

        parallel(m, [lanes], clear)

        def step(e: Emit, where: Sequence[SSAValue], first: SSAValue) -> None:
            new = values(e, e.add(first, where[0]))
            for i, buffer in buffers.items():
                old = load(e, buffer, where)
                store(e, self._combine(e, i, old, new[i]), buffer, where)

        def chunk(e: Emit, c: SSAValue, _: Sequence[SSAValue]) -> Sequence[SSAValue]:
            first = e.add(start, e.mul(c, lanes))
            parallel(e, [lanes], lambda e2, where: step(e2, where, first))
            return ()

        full = m.divui(count, lanes)
        for_loop(m, full, (), chunk)
        done = m.mul(full, lanes)
        first = m.add(start, done)
        rest = m.sub(count, done)
        if rest is not m.const(0, index):
            # Even a loop of no iterations would keep the lanes in memory.
            parallel(m, [rest], lambda e, where: step(e, where, first))
        half = LANES
        while half := half // 2:

            def fold(e: Emit, where: Sequence[SSAValue], half: int = half) -> None:
                for i, buffer in buffers.items():
                    low = load(e, buffer, where)
                    high = load(e, buffer, [e.add(where[0], half)])
                    store(e, self._combine(e, i, low, high), buffer, where)

            parallel(m, [m.const(half, index)], fold)
        zero = m.const(0, index)
        return [load(m, buffer, [zero]) for buffer in buffers.values()]

    def _blocks(
        self,
        m: Emit,
        total: SSAValue,
        values: Callable[[Emit, SSAValue], list[SSAValue]],
    ) -> list[SSAValue]:
        """Block after block; sums of floats as a pair (high, low)."""
        chosen = self._reductions()
        paired = {
            i: self.combiners[i] == "add" and kind_of(self.types[i]) == "f"
            for i in chosen
        }
        start: list[SSAValue] = []
        for i in chosen:
            start += [self._identity(m, i)] * (2 if paired[i] else 1)
        size = m.const(BLOCK, index)
        blocks = m.divui(m.add(total, BLOCK - 1), size)

        def body(
            e: Emit, b: SSAValue, carried: Sequence[SSAValue]
        ) -> Sequence[SSAValue]:
            first = e.mul(b, size)
            count = e.min(e.sub(total, first), size)
            results = self._block(e, first, count, values)
            rest, new = list(carried), list[SSAValue]()
            for i, result in zip(chosen, results, strict=True):
                high = rest.pop(0)
                if not paired[i]:
                    new.append(self._combine(e, i, high, result))
                    continue
                low = rest.pop(0)
                both = e.add(high, result)
                part = e.sub(both, high)
                error = e.add(e.sub(high, e.sub(both, part)), e.sub(result, part))
                new += [both, e.add(low, error)]
            return new

        carried = list(for_loop(m, blocks, start, body))
        results: list[SSAValue] = []
        for i in chosen:
            high = carried.pop(0)
            if paired[i]:
                low = carried.pop(0)
                # Infinities make the error NaN; the plain sum is right for them.
                finite = m.lt(m.abs(low), float("inf"))
                high = m.select(finite, m.add(high, low), high)
            results.append(high)
        return results

    def _rows(self, ends: list[SSAValue], reduced: list[int]) -> None:
        """Accumulate into the result, row by row."""
        last = len(ends) - 1
        kept = [g for g in range(last) if g not in reduced]

        def one(m: Emit, where: list[Any]) -> None:
            def clear(e: Emit, inner: Sequence[SSAValue]) -> None:
                for i in self._reductions():
                    here = [*where[:last], inner[0]]
                    self._store_result(e, i, self._identity(e, i), here)

            parallel(m, [ends[last]], clear)
            self._reduce_rows(m, where, reduced, ends)

        self._over_kept(ends, kept, one)

    def _reduce_rows(
        self, m: Emit, where: list[Any], rest: list[int], ends: list[SSAValue]
    ) -> None:
        if rest:

            def body(e: Emit, r: SSAValue, _: Sequence[SSAValue]) -> Sequence[SSAValue]:
                here = list(where)
                here[rest[0]] = r
                self._reduce_rows(e, here, rest[1:], ends)
                return ()

            for_loop(m, ends[rest[0]], (), body)
            return

        def add(e: Emit, inner: Sequence[SSAValue]) -> None:
            here = [*where[:-1], inner[0]]
            values = self._iteration(e, here)
            for i in self._reductions():
                buffer, map_ = self.targets[i]
                assert buffer is not None  # a row of the result, at least
                old = load(e, buffer, [here[g] for g in map_])
                self._store_result(e, i, self._combine(e, i, old, values[i]), here)

        parallel(m, [ends[-1]], add)

    def _search(self, ends: list[SSAValue], reduced: list[int]) -> None:
        """`argmax` and `argmin`: one loop that carries the best value and its place."""
        if len(self.combiners) != 1 or len(reduced) != 1:
            raise UnsupportedError("argmax and argmin stand alone", self.nest)
        how, type_ = self.combiners[0], self.types[0]
        kept = [g for g in range(len(ends)) if g not in reduced]
        better_name = "gt" if how == "argmax" else "lt"

        def one(m: Emit, where: list[Any]) -> None:
            def body(
                e: Emit, k: SSAValue, carried: Sequence[SSAValue]
            ) -> Sequence[SSAValue]:
                best, place = carried
                here = list(where)
                here[reduced[0]] = k
                value = self._iteration(e, here)[0]
                better = lower_elementwise(e, better_name, type_, (value, best))
                if kind_of(type_) == "f":
                    first_nan = e.and_(e.isnan(value), e.not_(e.isnan(best)))
                    better = e.or_(better, first_nan)
                return e.select(better, value, best), e.select(better, k, place)

            start = (self._identity(m, 0), m.const(0, index))
            place = for_loop(m, ends[reduced[0]], start, body)[1]
            self._store_result(m, 0, m.index_cast(place, i64), where)

        self._over_kept(ends, kept, one)


def _alloca(m: Emit, element: Attribute) -> SSAValue:
    properties: dict[str, Attribute] = {
        "operandSegmentSizes": DenseArrayBase.from_list(i32, [0, 0]),
        "alignment": IntegerAttr(64, i64),
    }
    return m.op(memref.AllocaOp, (), memref_type(element, (LANES,)), properties)
