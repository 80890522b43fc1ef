"""Lower `rfx.map` and `rfx.map_reduce` to loops.

Loops that every operand walks together are joined, so that a map over whole contiguous
arrays is one flat loop. A nest of one iteration is no loop at all.

A reduction whose innermost loop is reduced runs along the lane tree of `lane_tree.py`,
its reduced iterations in row-major order. A reduction of outer loops only accumulates
whole rows, one after the other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from math import prod
from typing import TYPE_CHECKING, Any, cast

from xdsl.dialects import memref
from xdsl.dialects.builtin import (
    DYNAMIC_INDEX,
    ArrayAttr,
)
from xdsl.ir import SSAValue

from rfxjit.dialects.diagnostics import UnsupportedError
from rfxjit.dialects.ir import (
    element_type,
    i64,
    index,
    integer_attr,
    kind_of,
    shape_of,
    walked,
)
from rfxjit.dialects.ir import memref as memref_type
from rfxjit.dialects.map_ops import DimOp, IndexOp, LoopNest, YieldOp
from rfxjit.passes.emit import Emit
from rfxjit.passes.lane_tree import Reduction, reduce_lanes
from rfxjit.passes.loops import for_loop, load, parallel, parallel_range, store
from rfxjit.passes.lower_region import lower_region
from rfxjit.passes.scalar_semantics import lower_elementwise

if TYPE_CHECKING:
    from rfxjit.passes.lower_to_loops import FunctionLowering
    from rfxjit.passes.row_groups import Row


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


class _NestLowering:
    def __init__(
        self, state: FunctionLowering, nest: LoopNest, m: Emit, row: Row | None
    ) -> None:
        self.state = state
        self.nest = nest
        self.m = m
        self.row = row
        terminator = cast("YieldOp", nest.body.block.last_op)
        self.reductions = {
            i: Reduction(how, value.type)
            for i, (how, value) in enumerate(
                zip(nest.combiners, terminator.values, strict=True)
            )
            if how != "none"
        }
        """How the results are reduced that are, by their number."""
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
        if any(isinstance(op, (IndexOp, DimOp)) for op in walked(self.nest)):
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
        for i, value in enumerate(values):
            if i not in self.reductions:
                self._store_result(m, i, value, where)
        return values

    def _store_result(
        self, m: Emit, i: int, value: SSAValue, where: Sequence[Any]
    ) -> None:
        """Store result i; one number of a row stays an SSA value too."""
        out = self.nest.outputs[i]
        buffer, map_ = self.targets[i]
        if self.row is not None and prod(shape_of(out.type)[1:]) == 1:
            self.row.scalars[out] = value
        if buffer is not None:
            store(m, value, buffer, [where[g] for g in map_])

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
        kept = {frozenset(self._group_map(nest.out_maps[i])) for i in self.reductions}
        if len(kept) > 1:
            raise UnsupportedError("results reduce different loops", nest)
        reduced = sorted(set(range(len(ends))).difference(*kept))
        if not self.reductions:
            self._map(ends)
        elif any(r.how.startswith("arg") for r in self.reductions.values()):
            self._search(ends, reduced)
        elif len(ends) - 1 in reduced or not reduced:
            self._lanes(ends, reduced)
        else:
            self._rows(ends, reduced)
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
        for i, (value, out) in enumerate(zip(values, self.nest.outputs, strict=True)):
            reduction = self.reductions.get(i)
            if reduction is None:
                state.scalars[out] = value
            elif reduction.how.startswith("arg"):
                state.scalars[out] = m.const(0, i64)
            else:
                state.scalars[out] = reduction.started(m, value)

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
                all_ = self._iteration(e, self._at(e, where, reduced, ends, k))
                return [all_[i] for i in self.reductions]

            reductions = list(self.reductions.values())
            results = reduce_lanes(m, reductions, count, total, values)
            for i, result in zip(self.reductions, results, strict=True):
                self._store_result(m, i, result, where)

        self._over_kept(ends, kept, one)

    def _rows(self, ends: list[SSAValue], reduced: list[int]) -> None:
        """Accumulate into the result, row by row."""
        last = len(ends) - 1
        kept = [g for g in range(last) if g not in reduced]

        def one(m: Emit, where: list[Any]) -> None:
            def clear(e: Emit, inner: Sequence[SSAValue]) -> None:
                here = [*where[:last], inner[0]]
                for i, reduction in self.reductions.items():
                    self._store_result(e, i, reduction.identity(e), here)

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
            for i, reduction in self.reductions.items():
                buffer, map_ = self.targets[i]
                assert buffer is not None  # a row of the result, at least
                old = load(e, buffer, [here[g] for g in map_])
                new = reduction.combine(e, old, values[i])
                self._store_result(e, i, new, here)

        parallel(m, [ends[-1]], add)

    def _search(self, ends: list[SSAValue], reduced: list[int]) -> None:
        """`argmax` and `argmin`: one loop that carries the best value and its place."""
        if len(self.nest.outputs) != 1 or len(reduced) != 1:
            raise UnsupportedError("argmax and argmin stand alone", self.nest)
        reduction, type_ = self.reductions[0], self.reductions[0].type
        kept = [g for g in range(len(ends)) if g not in reduced]
        better_name = "gt" if reduction.how == "argmax" else "lt"

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

            start = (reduction.identity(m), m.const(0, index))
            place = for_loop(m, ends[reduced[0]], start, body)[1]
            self._store_result(m, 0, m.index_cast(place, i64), where)

        self._over_kept(ends, kept, one)
