"""The ranges of the integers of a function, and what follows: for `integer-ranges`.

The analysis goes forward through a function (`ranges.py` has its values). A branch
knows that its condition holds, and the body of a `scf.while` that the loop goes on.
What a loop carries begins with its start, is joined with what an iteration gives, and
loses each bound that the next iteration breaks; the last walk, with what stays, is the
one whose facts count. As MLIR's `int-range-optimizations`, with bounds relative to
other values (P. Cousot, R. Cousot, POPL 1977).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from xdsl.dialects import arith, memref, scf
from xdsl.dialects.arith import CMPI_COMPARISON_OPERATIONS
from xdsl.ir import Block, Operation, Region, SSAValue

from rfxjit.dialects import upstream
from rfxjit.dialects.ir import i1
from rfxjit.passes.emit import constant_of
from rfxjit.passes.ranges import (
    Range,
    difference,
    is_below,
    is_integer,
    joined,
    limits,
    widened,
)

if TYPE_CHECKING:
    from collections.abc import Generator

_NEGATED = {"slt": "sge", "sge": "slt", "sgt": "sle", "sle": "sgt",
            "ult": "uge", "uge": "ult", "ugt": "ule", "ule": "ugt",
            "eq": "ne", "ne": "eq"}  # fmt: skip
_SWAPPED = {"sgt": "slt", "sge": "sle", "ugt": "ult", "uge": "ule"}
_LOOPS = (scf.ForOp, scf.ParallelOp, scf.WhileOp)
FEW = 4096
"""Trips; the loop around asks for signals often enough."""
Known = Range | bool | None
"""What is known of a value: of an integer its range, of a boolean perhaps all."""


class Analysis:
    """The ranges of one function."""

    def __init__(self) -> None:
        self.ranges: dict[SSAValue, Range] = {}
        self.truth: dict[SSAValue, bool] = {}
        self.facts: dict[Operation, bool] = {}
        """What conditions are, and the conditions of branches."""
        self.chosen: dict[Operation, int] = {}
        """The ops that give one of their operands, and which."""
        self.few: set[Operation] = set()
        """The `scf.while` that make a few trips."""
        self.nests = 0
        """How many parallel loops are around; they ask for no signals."""

    def of(self, value: SSAValue) -> Range:
        """The range of a value."""
        known = self.ranges.get(value)
        if known is None:
            known = self.ranges[value] = Range(
                *limits(value.type), {value: 0}, {value: 0}
            )
        return known

    def block(self, block: Block) -> None:
        """Walk the ops of a block."""
        for op in block.ops:
            self.forget(op)
            transfer = _TRANSFER.get(type(op))
            if transfer is not None:
                transfer(self, op)
            elif op.regions:
                for region in op.regions:
                    for inner in region.blocks:
                        self.block(inner)

    def forget(self, op: Operation) -> None:
        """Drop what another walk found."""
        self.facts.pop(op, None)
        self.chosen.pop(op, None)
        for result in op.results:
            self.ranges.pop(result, None)
            self.truth.pop(result, None)

    def give(self, value: SSAValue, found: Range) -> None:
        """Note the range of a value, which is a name of its own."""
        found = found.within(value.type)
        self.ranges[value] = Range(
            found.low, found.high, {**found.below, value: 0}, {**found.above, value: 0}
        )

    # ---- conditions

    @contextmanager
    def assuming(self, condition: SSAValue, holds: bool) -> Generator[None]:
        """What is known where a condition holds, or does not."""
        ranges, truth = dict(self.ranges), dict(self.truth)
        self.assume(condition, holds)
        yield
        self.ranges, self.truth = ranges, truth

    def assume(self, condition: SSAValue, holds: bool) -> None:
        """Narrow the ranges of what a condition compares."""
        self.truth[condition] = holds
        op = condition.owner
        if isinstance(op, upstream.CmpiOp):
            name = CMPI_COMPARISON_OPERATIONS[op.predicate.value.data]
            self.narrow(name if holds else _NEGATED[name], op.lhs, op.rhs)
        elif isinstance(op, arith.AndIOp if holds else arith.OrIOp):
            for operand in op.operands:
                self.assume(operand, holds)
        elif isinstance(op, arith.XOrIOp):
            known = self.truth_of(op.rhs)
            if known is not None:
                self.assume(op.lhs, holds != known)
        elif isinstance(op, scf.IfOp):
            # `a and b`: the side that gives the other value was not taken.
            k = op.results.index(cast("Any", condition))
            for taken, region, other in (
                (True, op.true_region, op.false_region),
                (False, op.false_region, op.true_region),
            ):
                given = _end(other).operands[k]
                known = self.truth_of(given)
                if given is op.cond:
                    known = not taken
                if known is not None and known != holds:
                    self.assume(op.cond, taken)
                    self.assume(_end(region).operands[k], holds)

    def narrow(self, name: str, a: SSAValue, b: SSAValue) -> None:
        """Use that a comparison holds."""
        if not is_integer(a.type):
            return
        if name in _SWAPPED:
            name, a, b = _SWAPPED[name], b, a
        left, right = self.of(a), self.of(b)
        if name == "eq":
            self.ranges[a] = self.ranges[b] = left.met(right)
        elif name in ("slt", "sle") or (
            name in ("ult", "ule") and left.low >= 0 and right.low >= 0
        ):
            by = 1 if name.endswith("lt") else 0
            low, high = limits(a.type)
            most, least = right.shifted(-by, -by), left.shifted(by, by)
            self.ranges[a] = left.met(Range(low, most.high, most.below))
            self.ranges[b] = right.met(Range(least.low, high, {}, least.above))

    def truth_of(self, value: SSAValue) -> bool | None:
        """Whether a boolean is true, if that is known."""
        number = constant_of(value)
        return self.truth.get(value) if number is None else bool(number)

    def conclude(self, op: Operation, truth: bool | None) -> None:
        """Note what the boolean that an op gives is."""
        if truth is not None:
            self.truth[op.results[0]] = self.facts[op] = truth

    # ---- ops

    def constant(self, op: arith.ConstantOp) -> None:
        number = constant_of(op.result)
        if is_integer(op.result.type) and number is not None:
            self.ranges[op.result] = Range(number, number)

    def dim(self, op: memref.DimOp) -> None:
        self.give(op.result, Range(0, limits(op.result.type)[1]))

    def cast(self, op: Operation) -> None:
        (value,), (result,) = op.operands, op.results
        if is_integer(value.type) and is_integer(result.type):
            given, (low, high) = self.of(value), limits(result.type)
            fits = low <= given.low and given.high <= high
            same = fits and (given.low >= 0 or not isinstance(op, upstream.ExtUIOp))
            self.give(result, given if same else Range(low, high))

    def add(self, op: arith.AddiOp) -> None:
        a, b = self.of(op.lhs), self.of(op.rhs)
        self.give(op.result, a.shifted(b.low, b.high).met(b.shifted(a.low, a.high)))

    def sub(self, op: arith.SubiOp) -> None:
        self.give(op.result, difference(self.of(op.lhs), self.of(op.rhs)))

    def mul(self, op: arith.MuliOp) -> None:
        a, b = self.of(op.lhs), self.of(op.rhs)
        ends = [x * y for x in (a.low, a.high) for y in (b.low, b.high)]
        self.give(op.result, Range(min(ends), max(ends)))

    def divide(self, op: Any) -> None:
        a, b = self.of(op.lhs), self.of(op.rhs)
        if a.low >= 0 and b.low > 0:
            remainder = isinstance(op, (arith.RemSIOp, arith.RemUIOp))
            ends = (0, min(a.high, b.high - 1)) if remainder else (
                a.low // b.high, a.high // b.low)  # fmt: skip
            self.give(op.result, Range(*ends))

    def bits(self, op: arith.AndIOp | arith.OrIOp | arith.XOrIOp) -> None:
        if is_integer(op.result.type):
            a, b = self.of(op.lhs), self.of(op.rhs)
            masks = [r.high for r in (a, b) if r.low >= 0]
            if isinstance(op, arith.AndIOp) and masks:
                self.give(op.result, Range(0, min(masks)))
            return
        a, b = self.truth_of(op.lhs), self.truth_of(op.rhs)
        if isinstance(op, arith.XOrIOp):
            self.conclude(op, None if a is None or b is None else a != b)
            return
        decisive = isinstance(op, arith.OrIOp)
        if decisive in (a, b):
            self.conclude(op, decisive)
        else:
            self.conclude(op, None if a is None or b is None else not decisive)

    def extreme(self, op: Any) -> None:
        """The smaller or the larger one of two."""
        a, b = self.of(op.lhs), self.of(op.rhs)
        smaller = isinstance(op, (arith.MinSIOp, arith.MinUIOp))
        if isinstance(op, (arith.MinUIOp, arith.MaxUIOp)) and min(a.low, b.low) < 0:
            return
        if is_below(a, b, 0) or is_below(b, a, 0):
            first = is_below(a, b, 0) == smaller
            self.chosen[op] = 0 if first else 1
            self.give(op.result, a if first else b)
            return
        either, both = joined(a, b, self.of), a.met(b)
        if smaller:
            found = Range(either.low, both.high, both.below, either.above)
        else:
            found = Range(both.low, either.high, either.below, both.above)
        self.give(op.result, found)

    def compare(self, op: upstream.CmpiOp) -> None:
        if not is_integer(op.lhs.type):
            self.conclude(op, None)
            return
        name, a, b = (CMPI_COMPARISON_OPERATIONS[op.predicate.value.data],
                      op.lhs, op.rhs)  # fmt: skip
        if name in _SWAPPED:
            name, a, b = _SWAPPED[name], b, a
        left, right = self.of(a), self.of(b)
        if name[0] == "u" and min(left.low, right.low) < 0:
            self.conclude(op, None)
        elif name in ("eq", "ne"):
            apart = is_below(left, right, 1) or is_below(right, left, 1)
            same = is_below(left, right, 0) and is_below(right, left, 0)
            self.conclude(op, same == (name == "eq") if same or apart else None)
        else:
            by = 1 if name.endswith("lt") else 0
            no = is_below(right, left, 1 - by)
            self.conclude(
                op, True if is_below(left, right, by) else False if no else None
            )

    def select(self, op: upstream.SelectOp) -> None:
        condition, a, b = op.operands
        known = self.truth_of(condition)
        if known is not None:
            self.chosen[op] = 1 if known else 2
        if is_integer(op.results[0].type):
            sides: list[Range] = []
            for value, holds in ((a, True), (b, False)):
                if known is None or known == holds:
                    with self.assuming(condition, holds):
                        sides.append(self.of(value))
            self.give(op.results[0], joined(sides[0], sides[-1], self.of))

    # ---- control flow

    def if_(self, op: scf.IfOp) -> None:
        known = self.truth_of(op.cond)
        if known is not None:
            self.facts[op] = known
        ends: list[list[Known]] = []
        for region, holds in ((op.true_region, True), (op.false_region, False)):
            if region.blocks:
                with self.assuming(op.cond, holds):
                    self.block(region.block)
                    if op.results and known in (None, holds):
                        ends.append(self.values(op, _end(region).operands))
        self.merge(op.results, ends)

    def values(self, op: Operation, values: Iterable[SSAValue]) -> list[Known]:
        """What is known of values of a region, behind it."""

        def inside(value: SSAValue) -> bool:
            return op.is_ancestor(value.owner)

        def known(value: SSAValue) -> Known:
            if is_integer(value.type):
                return self.of(value).outside_of(inside)
            return self.truth_of(value) if value.type == i1 else None

        return list(map(known, values))

    def merge(
        self,
        results: Sequence[SSAValue],
        ends: Sequence[Sequence[Known]],
    ) -> None:
        """Note what one of several ways gives."""
        for result, *found in zip(results, *ends, strict=True):
            if all(isinstance(f, Range) for f in found):
                first, *rest = cast("list[Range]", found)
                for other in rest:
                    first = joined(first, other, self.of)
                self.give(result, first)
            elif found[0] is not None and all(f is found[0] for f in found):
                self.truth[result] = cast("bool", found[0])

    def rounds(
        self,
        op: Operation,
        starts: Sequence[SSAValue],
        arguments: Sequence[SSAValue],
        walk: Callable[[], Sequence[Known]],
    ) -> Sequence[Known]:
        """Walk the body of a loop until what it carries stays; `walk` gives what is
        known of what the next iteration gets.
        """
        carried = [k for k, a in enumerate(arguments) if is_integer(a.type)]
        now = {k: self.of(starts[k]) for k in carried}
        first = True
        while True:
            for k in carried:
                self.give(arguments[k], now[k])
            for argument in arguments:
                self.truth.pop(argument, None)
            given = walk()
            after = {
                k: joined(self.of(starts[k]), cast("Range", given[k]), self.of)
                for k in carried
            }
            following = {
                k: after[k] if first else widened(now[k], after[k], arguments[k].type)
                for k in carried
            }
            if following == now:
                return given
            first, now = False, following

    def for_(self, op: scf.ForOp) -> None:
        counter, *arguments = op.body.block.args

        def walk() -> Sequence[Known]:
            self.counter(counter, op.lb, op.ub)
            self.block(op.body.block)
            return self.values(op, _end(op.body).operands)

        given = self.rounds(op, op.iter_args, arguments, walk)
        self.merge(op.results, [self.values(op, op.iter_args), given])

    def counter(self, counter: SSAValue, begin: SSAValue, end: SSAValue) -> None:
        """The index of a loop that runs upwards.

        A choice of ends is one of those with which the loop runs at all.
        """
        first, last = self.of(begin), self.of(end)
        if isinstance(end.owner, upstream.SelectOp):
            ends = [self.of(v) for v in end.owner.operands[1:]]
            ends = [r for r in ends if not is_below(r, first, 0)]
            last = ends[0] if len(ends) == 1 else last
        last = last.shifted(-1, -1)
        self.give(counter, Range(first.low, last.high, last.below, first.above))

    def parallel(self, op: scf.ParallelOp) -> None:
        for counter, begin, end in zip(
            op.body.block.args, op.lowerBound, op.upperBound, strict=True
        ):
            self.counter(counter, begin, end)
        self.nests += 1
        self.block(op.body.block)
        self.nests -= 1

    def while_(self, op: scf.WhileOp) -> None:
        head, body = op.before_region.block, op.after_region.block
        condition = cast("scf.ConditionOp", head.last_op)

        def walk() -> Sequence[Known]:
            self.block(head)
            with self.assuming(condition.condition, True):
                known = self.values(op, condition.args)
                for argument in body.args:
                    self.truth.pop(argument, None)
                self.merge(body.args, [known])
                self.few.discard(op)
                counters = () if self.nests else _counters(op)
                if any(self.few_values(*counter) for counter in counters):
                    self.few.add(op)
                self.block(body)
                return self.values(op, _end(op.after_region).operands)

        self.rounds(op, op.arguments, head.args, walk)
        with self.assuming(condition.condition, False):
            ends = self.values(op, condition.args)
        self.merge(op.results, [ends])

    def few_values(self, counter: SSAValue, step: int) -> bool:
        """Whether the range of a number that goes on by so much is short."""
        known = self.of(counter)
        return known.high - known.low < FEW * abs(step)


def _counters(op: scf.WhileOp) -> Iterator[tuple[SSAValue, int]]:
    """What goes on by a constant in each trip, if that has no loops."""
    head, body = op.before_region.block, op.after_region.block
    passed = cast("scf.ConditionOp", head.last_op).args
    if any(isinstance(o, _LOOPS) for o in body.walk()):
        return
    for begun, following in zip(head.args, _end(op.after_region).operands, strict=True):
        add = following.owner
        if isinstance(add, (arith.AddiOp, arith.SubiOp)) and add.lhs in body.args:
            step = constant_of(add.rhs)
            if step and passed[body.args.index(add.lhs)] is begun:
                yield add.lhs, step


def _end(region: Region) -> Operation:
    return cast("Operation", region.block.last_op)


_TRANSFER: dict[type[Operation], Callable[[Analysis, Any], None]] = {
    arith.ConstantOp: Analysis.constant, memref.DimOp: Analysis.dim,
    upstream.IndexCastOp: Analysis.cast, upstream.ExtSIOp: Analysis.cast,
    upstream.ExtUIOp: Analysis.cast, upstream.TruncIOp: Analysis.cast,
    arith.AddiOp: Analysis.add, arith.SubiOp: Analysis.sub,
    arith.MuliOp: Analysis.mul, arith.DivSIOp: Analysis.divide,
    arith.DivUIOp: Analysis.divide, arith.RemSIOp: Analysis.divide,
    arith.RemUIOp: Analysis.divide, arith.AndIOp: Analysis.bits,
    arith.OrIOp: Analysis.bits, arith.XOrIOp: Analysis.bits,
    arith.MinSIOp: Analysis.extreme, arith.MinUIOp: Analysis.extreme,
    arith.MaxSIOp: Analysis.extreme, arith.MaxUIOp: Analysis.extreme,
    upstream.CmpiOp: Analysis.compare, upstream.SelectOp: Analysis.select,
    scf.IfOp: Analysis.if_, scf.ForOp: Analysis.for_,
    scf.ParallelOp: Analysis.parallel, scf.WhileOp: Analysis.while_,
}  # fmt: skip


__all__ = ["Analysis"]
