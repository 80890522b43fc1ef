"""Reduce many values along the lane tree.

It is the same for every target and number of threads, and friendly to vectors: the
iterations are cut into blocks of 4096; in a block, iteration k adds to lane k % 64, and
the lanes are then folded in halves.

    scf.parallel (%l) = 0 to 64 { acc[l] = 0 }
    scf.for %c = 0 to n / 64 {
      scf.parallel (%l) = 0 to 64 { acc[l] += f(c * 64 + l) }
    }
    scf.parallel (%l) = 0 to n % 64 { … }
    scf.parallel (%l) = 0 to 32 { acc[l] += acc[l + 32] }  // then 16, 8, 4, 2, 1

Sums of floats over several blocks carry a compensation (Knuth's TwoSum), which costs
nothing at one step per block and keeps the error independent of the number of blocks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from xdsl.ir import Attribute, SSAValue

from rfxjit.dialects.ir import dtype_of, index, kind_of
from rfxjit.dialects.ir import memref as memref_type
from rfxjit.passes.emit import Emit
from rfxjit.passes.loops import alloca, for_loop, load, parallel, store
from rfxjit.passes.scalar_semantics import lower_elementwise, signless
from rfxjit.passes.sizes import Dim

LANES = 64
BLOCK = 4096
UNROLLED = 16
"""Reductions of up to this many iterations, known statically, are written out."""

Values = Callable[[Emit, SSAValue], Sequence[SSAValue]]
"""What iteration k gives to each reduction."""


@dataclass(frozen=True)
class Reduction:
    """How values of one type become one."""

    how: str
    type: Attribute

    def identity(self, m: Emit) -> SSAValue:
        """The value that does not change anything."""
        return m.const(_identity(self.how, self.type), signless(self.type))

    def combine(self, m: Emit, a: SSAValue, b: SSAValue) -> SSAValue:
        """One value of two."""
        return lower_elementwise(m, self.how, self.type, (a, b))

    @property
    def is_float_sum(self) -> bool:
        """Whether floats are added."""
        return self.how == "add" and kind_of(self.type) == "f"

    def started(self, m: Emit, value: SSAValue) -> SSAValue:
        """The first value; a float sum begins at 0: -0.0 alone gives 0.0."""
        return self.combine(m, self.identity(m), value) if self.is_float_sum else value


def _identity(how: str, type_: Attribute) -> float:
    dtype = dtype_of(type_)
    if how in ("add", "or"):
        return 0
    if how == "mul":
        return 1
    if how == "and":
        return 1 if dtype.kind == "b" else -1
    largest = how in ("minimum", "argmin")
    if dtype.kind == "f":
        return float("inf") if largest else float("-inf")
    if dtype.kind == "b":
        return int(largest)
    info = np.iinfo(cast("Any", dtype))
    return int(info.max if largest else info.min)


def reduce_lanes(
    m: Emit,
    reductions: Sequence[Reduction],
    count: Dim,
    total: SSAValue,
    values: Values,
) -> Sequence[SSAValue]:
    """Reduce `count` iterations; `total` is the same as a value."""
    if isinstance(count, int) and count <= UNROLLED:
        return _unrolled(m, reductions, count, values)
    if isinstance(count, int) and count <= BLOCK:
        return _block(m, reductions, m.const(0, index), total, values)
    return _blocks(m, reductions, total, values)


def _unrolled(
    m: Emit, reductions: Sequence[Reduction], count: int, values: Values
) -> list[SSAValue]:
    """The lane tree of a few iterations, written out."""
    if count == 0:
        return [r.identity(m) for r in reductions]
    lanes = [list(values(m, m.const(k, index))) for k in range(count)]
    for lane in lanes:
        lane[:] = [r.started(m, v) for r, v in zip(reductions, lane, strict=True)]
    half = 1 << (count - 1).bit_length()
    while half := half // 2:
        for low, high in zip(lanes, lanes[half:], strict=False):
            both = zip(reductions, low, high, strict=True)
            low[:] = [r.combine(m, a, b) for r, a, b in both]
        del lanes[half:]
    return lanes[0]


def _block(
    m: Emit,
    reductions: Sequence[Reduction],
    start: SSAValue,
    count: SSAValue,
    values: Values,
) -> list[SSAValue]:
    """Reduce `count` iterations from `start` on, lane by lane."""
    buffers = [
        (r, alloca(m, memref_type(signless(r.type), (LANES,)))) for r in reductions
    ]
    lanes = m.const(LANES, index)

    def clear(e: Emit, where: Sequence[SSAValue]) -> None:
        for r, buffer in buffers:
            store(e, r.identity(e), buffer, where)

    parallel(m, [lanes], clear)

    def step(e: Emit, where: Sequence[SSAValue], first: SSAValue) -> None:
        new = values(e, e.add(first, where[0]))
        for (r, buffer), value in zip(buffers, new, strict=True):
            old = load(e, buffer, where)
            store(e, r.combine(e, old, value), buffer, where)

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
            for r, buffer in buffers:
                low = load(e, buffer, where)
                high = load(e, buffer, [e.add(where[0], half)])
                store(e, r.combine(e, low, high), buffer, where)

        parallel(m, [m.const(half, index)], fold)
    zero = m.const(0, index)
    return [load(m, buffer, [zero]) for _, buffer in buffers]


def _blocks(
    m: Emit, reductions: Sequence[Reduction], total: SSAValue, values: Values
) -> list[SSAValue]:
    """Block after block; sums of floats as a pair (high, low)."""
    start: list[SSAValue] = []
    for r in reductions:
        start += [r.identity(m)] * (2 if r.is_float_sum else 1)
    size = m.const(BLOCK, index)
    blocks = m.divui(m.add(total, BLOCK - 1), size)

    def body(e: Emit, b: SSAValue, carried: Sequence[SSAValue]) -> Sequence[SSAValue]:
        first = e.mul(b, size)
        count = e.min(e.sub(total, first), size)
        results = _block(e, reductions, first, count, values)
        rest, new = iter(carried), list[SSAValue]()
        for r, result in zip(reductions, results, strict=True):
            high = next(rest)
            if not r.is_float_sum:
                new.append(r.combine(e, high, result))
                continue
            low = next(rest)
            both = e.add(high, result)
            part = e.sub(both, high)
            error = e.add(e.sub(high, e.sub(both, part)), e.sub(result, part))
            new += [both, e.add(low, error)]
        return new

    rest = iter(for_loop(m, blocks, start, body))
    results: list[SSAValue] = []
    for r in reductions:
        high = next(rest)
        if r.is_float_sum:
            low = next(rest)
            # Infinities make the error NaN; the plain sum is right for them.
            finite = m.lt(m.abs(low), float("inf"))
            high = m.select(finite, m.add(high, low), high)
        results.append(high)
    return results


__all__ = ["BLOCK", "LANES", "Reduction", "reduce_lanes"]
