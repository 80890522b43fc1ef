"""Lower `rfx.correlate` to loops: sums of products with what lies under each place.

    %r = rfx.correlate %a, %v starts [-2] [n + 2]     // 3 taps, n elements
->
    scf.parallel (%i) = 2 to n { r[i] = 0 + a[i - 2] * v[0] + a[i - 1] * v[1] + … }
    // before it and after it, in blocks of 64 places; here of places 0 and 1:
      scf.parallel (%i) = 0 to 2 { r[i] = 0 }
      scf.for %k = 1 to 3 {
        scf.parallel (%i) = 2 - k to 2 { r[i] += a[i - 2 + k] * v[k] }
      }

Neighbours are independent, and what they read lies side by side: the parallel loops
become vectors. Each sum begins with 0 and takes the taps in order; inside, it stays in
a register, and also in a block for the taps that leave out none of its places.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from xdsl.dialects.builtin import DYNAMIC_INDEX
from xdsl.ir import SSAValue

from rfxjit.dialects import rfx
from rfxjit.dialects.ir import element_type, index, kind_of, shape_of
from rfxjit.passes.emit import Emit
from rfxjit.passes.loops import for_loop, load, parallel_range, store
from rfxjit.passes.scalar_semantics import lower_elementwise, signless

if TYPE_CHECKING:
    from rfxjit.passes.lower_to_loops import FunctionLowering

FEW = 16
"""Up to so many taps are written out inside, and are taken one by one in blocks."""
BLOCK = 64
"""Places before and after that are computed together."""


def lower_correlate(state: FunctionLowering, op: rfx.CorrelateOp) -> None:
    """The places where all taps are inside, then those before and after them."""
    _Correlation(state, op).run()


def _clamp(m: Emit, value: SSAValue, low: SSAValue, high: SSAValue) -> SSAValue:
    """The value moved into [low, high]."""
    return m.max(m.min(value, high), low)


class _Correlation:
    def __init__(self, state: FunctionLowering, op: rfx.CorrelateOp) -> None:
        self.state, self.op = state, op
        self.type = element_type(op.lhs.type)
        self.out = state.buffers.destination(op.result)
        sizes = state.sizes
        (start,) = sizes.mixed(rfx.ints(op.static_starts), op.starts)
        self.start = sizes.value(start)
        self.count, self.taps, self.size = (
            sizes.value(sizes.of(v)[0]) for v in (op.lhs, op.rhs, op.result)
        )
        taps = shape_of(op.rhs.type)[0]
        self.few = taps if taps != DYNAMIC_INDEX and taps <= FEW else None
        self.zero = state.emit.const(0, index)
        self.nothing = state.emit.const(0, signless(self.type))

    def run(self) -> None:
        m, zero, size = self.state.emit, self.zero, self.size
        low = _clamp(m, m.sub(zero, self.start), zero, size)
        over = m.sub(m.sub(self.count, self.start), self.taps)
        high = _clamp(m, m.add(over, 1), low, size)
        parallel_range(m, low, high, self.inside)
        before, after = (
            m.divui(m.add(n, BLOCK - 1), m.const(BLOCK, index))
            for n in (low, m.sub(size, high))
        )
        behind = m.sub(high, m.mul(before, BLOCK))

        def block(e: Emit, b: SSAValue, _: Sequence[SSAValue]) -> Sequence[SSAValue]:
            is_before = e.lt(b, before)
            begin = e.add(e.mul(b, BLOCK), e.select(is_before, zero, behind))
            end = e.min(e.add(begin, BLOCK), e.select(is_before, low, size))
            self.block(e, begin, end)
            return ()

        if not (low is zero and high is size):
            for_loop(m, m.add(before, after), (), block)

    def plus(self, m: Emit, total: SSAValue, i: SSAValue, k: SSAValue) -> SSAValue:
        """The sum of place i, with tap k."""
        read = self.state.read
        place = m.add(m.add(i, self.start), k)
        pair = read(m, self.op.lhs, [place]), read(m, self.op.rhs, [k])
        times, plus = ("and", "or") if kind_of(self.type) == "b" else ("mul", "add")
        product = lower_elementwise(m, times, self.type, pair)
        return lower_elementwise(m, plus, self.type, (total, product))

    def inside(self, m: Emit, i: SSAValue) -> None:
        """The sum of a place, of all taps."""
        if self.few is None:
            total = self.taps_from(m, self.zero, self.taps, i, self.nothing)
        else:
            total = self.nothing
            for k in range(self.few):
                total = self.plus(m, total, i, m.const(k, index))
        store(m, total, self.out, [i])

    def taps_from(
        self, m: Emit, begin: SSAValue, end: SSAValue, i: SSAValue, total: SSAValue
    ) -> SSAValue:
        """The sum of place i, with the taps from `begin` to `end`."""

        def step(
            e: Emit, k: SSAValue, carried: Sequence[SSAValue]
        ) -> Sequence[SSAValue]:
            return (self.plus(e, carried[0], i, e.add(k, begin)),)

        return for_loop(m, m.sub(end, begin), (total,), step)[0]

    def block(self, m: Emit, begin: SSAValue, end: SSAValue) -> None:
        """The sums of the places from `begin` to `end`, where taps may hang over."""
        zero, out, taps = self.zero, self.out, self.taps
        ahead, behind = m.sub(zero, self.start), m.sub(self.count, self.start)
        last = m.sub(end, 1)

        def some(e: Emit, k: SSAValue) -> None:
            first = _clamp(e, e.sub(ahead, k), begin, end)
            parallel_range(
                e,
                first,
                _clamp(e, e.sub(behind, k), first, end),
                lambda e2, i: store(
                    e2, self.plus(e2, load(e2, out, [i]), i, k), out, [i]
                ),
            )

        def one_by_one(first: SSAValue, stop: SSAValue) -> None:
            def step(e: Emit, k: SSAValue, _: Sequence[SSAValue]) -> Sequence[SSAValue]:
                some(e, e.add(k, first))
                return ()

            for_loop(m, m.sub(stop, first), (), step)

        def whole(e: Emit, i: SSAValue) -> None:
            total = self.taps_from(e, of_all, to_all, i, load(e, out, [i]))
            store(e, total, out, [i])

        parallel_range(m, begin, end, lambda e, i: store(e, self.nothing, out, [i]))
        # The taps that are inside for some places, and those that are for all.
        of_some = _clamp(m, m.sub(ahead, last), zero, taps)
        if self.few is not None:
            one_by_one(of_some, _clamp(m, m.sub(behind, begin), of_some, taps))
            return
        of_all = _clamp(m, m.sub(ahead, begin), of_some, taps)
        to_all = _clamp(m, m.sub(behind, last), of_all, taps)
        to_some = _clamp(m, m.sub(behind, begin), to_all, taps)
        one_by_one(of_some, of_all)
        parallel_range(m, begin, end, whole)
        one_by_one(to_all, to_some)


__all__ = ["lower_correlate"]
