"""Drop checks of indices that cannot fail, from the ranges that integers have.

    scf.for %i = %c0 to %n step %c1 {            scf.for %i = %c0 to %n step %c1 {
      %low = arith.cmpi slt, %i, %c0
      %up = arith.addi %i, %n
      %k = arith.select %low, %up, %i
      %ok = arith.cmpi slt, %k, %n
      %bad = arith.xori %ok, %true         ->
      scf.if %bad { status = 1 }
      %m = arith.minsi %k, %last
      %p = arith.maxsi %m, %c0
      %0 = memref.load %x[%p]                      %0 = memref.load %x[%i]
    }                                            }

The analysis goes forward through a function (`ranges.py` has its values). A branch
knows that its condition holds, and the body of a `scf.while` that the loop goes on.
What a loop carries begins with its start, is joined with what an iteration gives, and
loses each bound that the next iteration breaks; the last walk, with what stays, is the
one whose facts count. As MLIR's `int-range-optimizations`, with bounds relative to
other values (P. Cousot, R. Cousot, POPL 1977).

Functions without loops around their nests have no such checks, and are left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from xdsl.context import Context
from xdsl.dialects import arith, func, memref, scf
from xdsl.dialects.arith import CMPI_COMPARISON_OPERATIONS
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Block, Operation, Region, SSAValue
from xdsl.passes import ModulePass

from rfxjit.dialects import upstream
from rfxjit.dialects.ir import i1, integer_attr, make, move_before
from rfxjit.passes.dce import sweep
from rfxjit.passes.emit import constant_of
from rfxjit.passes.loops import outside_of_nests
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
Known = Range | bool | None
"""What is known of a value: of an integer its range, of a boolean perhaps all."""


class IntegerRangesPass(ModulePass):
    """See the module's docstring."""

    name = "integer-ranges"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for function in op.body.block.ops:
            if isinstance(function, func.FuncOp) and function.body.blocks:
                entry = function.body.block
                loops = (scf.ForOp, scf.WhileOp)
                if any(isinstance(o, loops) for o in outside_of_nests(function)):
                    analysis = _Analysis()
                    analysis.block(entry)
                    _rewrite(entry, analysis)
                    sweep(entry)


class _Analysis:
    """The ranges of one function."""

    def __init__(self) -> None:
        self.ranges: dict[SSAValue, Range] = {}
        self.truth: dict[SSAValue, bool] = {}
        self.facts: dict[Operation, bool] = {}
        """What conditions are, and the conditions of branches."""
        self.chosen: dict[Operation, int] = {}
        """The ops that give one of their operands, and which."""

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
        self.block(op.body.block)

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
                self.block(body)
                return self.values(op, _end(op.after_region).operands)

        self.rounds(op, op.arguments, head.args, walk)
        with self.assuming(condition.condition, False):
            ends = self.values(op, condition.args)
        self.merge(op.results, [ends])


def _end(region: Region) -> Operation:
    return cast("Operation", region.block.last_op)


_TRANSFER: dict[type[Operation], Callable[[_Analysis, Any], None]] = {
    arith.ConstantOp: _Analysis.constant, memref.DimOp: _Analysis.dim,
    upstream.IndexCastOp: _Analysis.cast, upstream.ExtSIOp: _Analysis.cast,
    upstream.ExtUIOp: _Analysis.cast, upstream.TruncIOp: _Analysis.cast,
    arith.AddiOp: _Analysis.add, arith.SubiOp: _Analysis.sub,
    arith.MuliOp: _Analysis.mul, arith.DivSIOp: _Analysis.divide,
    arith.DivUIOp: _Analysis.divide, arith.RemSIOp: _Analysis.divide,
    arith.RemUIOp: _Analysis.divide, arith.AndIOp: _Analysis.bits,
    arith.OrIOp: _Analysis.bits, arith.XOrIOp: _Analysis.bits,
    arith.MinSIOp: _Analysis.extreme, arith.MinUIOp: _Analysis.extreme,
    arith.MaxSIOp: _Analysis.extreme, arith.MaxUIOp: _Analysis.extreme,
    upstream.CmpiOp: _Analysis.compare, upstream.SelectOp: _Analysis.select,
    scf.IfOp: _Analysis.if_, scf.ForOp: _Analysis.for_,
    scf.ParallelOp: _Analysis.parallel, scf.WhileOp: _Analysis.while_,
}  # fmt: skip


def _rewrite(block: Block, found: _Analysis) -> None:
    """Put what is known in the places of ops."""
    for op in list(block.ops):
        for region in op.regions:
            for inner in region.blocks:
                _rewrite(inner, found)
        values: Sequence[SSAValue]
        if op in found.chosen:
            values = (op.operands[found.chosen[op]],)
        elif op not in found.facts:
            continue
        elif isinstance(op, scf.IfOp):
            values = _inline(op, op.true_region if found.facts[op] else op.false_region)
        else:
            value = {"value": integer_attr(int(found.facts[op]), i1)}
            constant = make(arith.ConstantOp, (), (i1,), op.location, value)
            block.insert_op_before(constant, op)
            values = constant.results
        for result, value in zip(op.results, values, strict=True):
            result.replace_all_uses_with(value)
        op.detach()
        op.erase()


def _inline(op: scf.IfOp, region: Region) -> Sequence[SSAValue]:
    """Move a side in front of its branch; what it gives."""
    if not region.blocks:
        return ()
    *body, end = region.block.ops
    move_before(body, op)
    return list(end.operands)
