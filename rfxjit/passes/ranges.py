"""Integer ranges: the values of the analysis that `integer-ranges` does.

A range has a least and a greatest number, and bounds relative to other values: what
an index is to the size of a dim, which is known at run time only.

    %n = memref.dim %x, %c0                  0 .. 2^63 - 1
    scf.for %i = %c0 to %n …                 0 .. 2^63 - 2, at most %n - 1
      %k = arith.addi %i, %c1                1 .. 2^63 - 1, at most %n

Sums that may leave the numbers of their type have no bounds at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from xdsl.dialects.builtin import IndexType, IntegerType
from xdsl.ir import Attribute, SSAValue

from rfxjit.dialects.ir import dtype_of, i1

Relations = Mapping[SSAValue, int]
NONE: Relations = MappingProxyType({})


def limits(type_: Attribute) -> tuple[int, int]:
    """The least and the greatest number of an integer type."""
    bits = 64 if isinstance(type_, IndexType) else 8 * dtype_of(type_).itemsize
    return -(1 << bits - 1), (1 << bits - 1) - 1


def is_integer(type_: Attribute) -> bool:
    """Whether values of a type have ranges; booleans are known or not."""
    if isinstance(type_, IntegerType):
        return type_ != i1
    return isinstance(type_, IndexType)


class Range(NamedTuple):
    """What an integer may be."""

    low: int
    high: int
    below: Relations = NONE
    """`{v: k}`: it is at most v + k."""
    above: Relations = NONE
    """`{v: k}`: it is at least v + k."""

    def shifted(self, low: int, high: int) -> Range:
        """All sums with a number from low to high."""
        return Range(
            self.low + low,
            self.high + high,
            {v: k + high for v, k in self.below.items()},
            {v: k + low for v, k in self.above.items()},
        )

    def within(self, type_: Attribute) -> Range:
        """The range, or that of the type if a computation may leave it."""
        low, high = limits(type_)
        return self if low <= self.low and self.high <= high else Range(low, high)

    def met(self, other: Range) -> Range:
        """What is in both."""
        return Range(
            max(self.low, other.low),
            min(self.high, other.high),
            _both(self.below, other.below, min),
            _both(self.above, other.above, max),
        )

    def outside_of(self, is_inside: Callable[[SSAValue], bool]) -> Range:
        """The range without relations to some values."""
        below = {v: k for v, k in self.below.items() if not is_inside(v)}
        above = {v: k for v, k in self.above.items() if not is_inside(v)}
        return Range(self.low, self.high, below, above)


def _both(
    a: Relations, b: Relations, choose: Callable[[int, int], int]
) -> dict[SSAValue, int]:
    return {**a, **{v: choose(k, a.get(v, k)) for v, k in b.items()}}


def joined(a: Range, b: Range, of: Callable[[SSAValue], Range]) -> Range:
    """What is in one of two ranges; `of` gives the range of what they relate to."""

    def most(r: Range, v: SSAValue) -> int:
        return r.below[v] if v in r.below else r.high - of(v).low

    def least(r: Range, v: SSAValue) -> int:
        return r.above[v] if v in r.above else r.low - of(v).high

    return Range(
        min(a.low, b.low),
        max(a.high, b.high),
        {v: max(most(a, v), most(b, v)) for v in (*a.below, *b.below)},
        {v: min(least(a, v), least(b, v)) for v in (*a.above, *b.above)},
    )


def widened(old: Range, new: Range, type_: Attribute) -> Range:
    """`old`, without the bounds that `new` breaks: it may go on for ever."""
    low, high = limits(type_)
    return Range(
        old.low if new.low >= old.low else low,
        old.high if new.high <= old.high else high,
        {v: k for v, k in old.below.items() if new.below.get(v, k + 1) <= k},
        {v: k for v, k in old.above.items() if new.above.get(v, k - 1) >= k},
    )


def difference(a: Range, b: Range) -> Range:
    """All differences a - b."""
    low, high = a.low - b.high, a.high - b.low
    for v, k in a.above.items():
        if v in b.below:
            low = max(low, k - b.below[v])
    for v, k in a.below.items():
        if v in b.above:
            high = min(high, k - b.above[v])
    shifted = a.shifted(-b.high, -b.low)
    return Range(low, high, shifted.below, shifted.above)


def is_below(a: Range, b: Range, by: int) -> bool:
    """Whether a + by <= b for sure."""
    if a.high + by <= b.low:
        return True
    return any(k + by <= b.above[v] for v, k in a.below.items() if v in b.above)
