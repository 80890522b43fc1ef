"""Keep what is rare out of the loop of a maximum or minimum: NaN, and equal zeros.

    %m = scf.for … iter_args(%a = %least) -> (vector<64xf32>) {
      %x = vector.load …
      %b = arith.maximumf %a, %x : vector<64xf32>
      scf.yield %b : vector<64xf32>
    }
    …                                    halves of halves, down to %r : f32
->
    %m, %n, %s = scf.for … iter_args(%a = %least, %n0 = %zeros, %s0 = %ones) {
      %x = vector.load …
      %0 = arith.cmpf ogt, %x, %a : vector<64xf32>
      %b = arith.select %0, %x, %a       one instruction on x86
      …                                  %n1: where %x was NaN
      …                                  %s1: the bits of all %x, anded
      scf.yield %b, %n1, %s1
    }
    …                                    halves by cmpf and select, down to %q : f32
    %zero = arith.select %plus, 0.0, -0.0           %plus: a sign bit of %s is not set
    %1 = arith.select %equal, %zero, %q             %equal: %q = 0
    %r = arith.select %any, NaN, %1                 %any: a lane of %n is set

`arith.maximumf` gives NaN if there is one, and 0.0 rather than -0.0: six instructions
a vector with AVX-512, seven with AVX2. Compared and selected, NaN never gets in, and
of equal values the first stays. Whether there was NaN is all that has to be known of
it, so that two vectors are tested at a time; and a maximum of 0 is 0.0 if any value has
no sign. Together that is less than three instructions.

Only where all lanes become one number: it does not matter then which lane saw NaN.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, cast

from xdsl.context import Context
from xdsl.dialects import arith, scf, vector
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Block, Operation, SSAValue
from xdsl.passes import ModulePass

from rfxjit.dialects import upstream
from rfxjit.dialects.ir import f32, f64, i1, make, move_before, shape_of, walked
from rfxjit.dialects.ir import vector as vector_type
from rfxjit.dialects.op_parts import int_list
from rfxjit.passes.emit import Emit, constant_of
from rfxjit.passes.math.common import format_of
from rfxjit.passes.vector_body import OR

_EXTREMA = (arith.MaximumfOp, arith.MinimumfOp)


class ReduceExtremaPass(ModulePass):
    """See the module's docstring."""

    name = "reduce-extrema"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for last in [o for o in walked(op) if isinstance(o, _EXTREMA)]:
            if last.result.type in (f32, f64):
                tree = [last]
                while (whole := _whole(tree[-1])) is not None:
                    if type(whole.owner) is not type(last):
                        _Extremum(last).rewrite(tree, whole)
                        break
                    tree.append(cast("arith.MaximumfOp", whole.owner))


def _users(value: SSAValue) -> set[Operation]:
    return {use.operation for use in value.uses}


def _whole(op: Operation) -> SSAValue | None:
    """The vector of which an op combines both halves; None if it does not."""
    low, high = (operand.owner for operand in op.operands)
    if isinstance(low, vector.ExtractOp) and isinstance(high, vector.ExtractOp):
        whole, size = low.vector, 2
        places = (low.static_position, high.static_position)
        if low.dynamic_position or high.dynamic_position or high.vector != whole:
            return None
    elif isinstance(low, vector.ShuffleOp) and isinstance(high, vector.ShuffleOp):
        whole, (size,) = low.v1, shape_of(low.v1.type)
        places = (low.mask, high.mask)
        if high.v1 != whole:
            return None
    else:
        return None
    lanes = [k for place in places for k in place.get_values()]
    if lanes != list(range(size)) or shape_of(whole.type) != (size,):
        return None
    single = all(_users(part.results[0]) == {op} for part in (low, high))
    return whole if single and _users(whole) == {low, high} else None


class _Seen(NamedTuple):
    """What is known of all values so far."""

    nan: SSAValue
    """Lanes of -1 where there was NaN."""

    signs: SSAValue
    """All bits, anded for a maximum and ored for a minimum."""


class _Tail(NamedTuple):
    """The three ops that take in a vector of which not all lanes are there."""

    first: upstream.SelectOp
    step: Operation
    last: upstream.SelectOp

    @property
    def old(self) -> SSAValue:
        """What they begin with."""
        return self.last.rhs


class _Extremum:
    """How a maximum or a minimum is taken."""

    def __init__(self, op: arith.MaximumfOp | arith.MinimumfOp) -> None:
        self.kind = type(op)
        self.is_max = isinstance(op, arith.MaximumfOp)
        self.least = float("-inf" if self.is_max else "inf")
        """What does not change anything."""

    # ---- what is emitted

    def choose(self, m: Emit, old: SSAValue, new: SSAValue) -> SSAValue:
        """The larger or smaller one; `old` if `new` is NaN or equal."""
        return m.select(m.compare("ogt" if self.is_max else "olt", new, old), new, old)

    def nothing(self, m: Emit, x: SSAValue) -> _Seen:
        """What has been seen before the first value."""
        type_ = vector_type(format_of(x).bits, shape_of(x.type)[0] // 4)
        return _Seen(m.const(0, type_), m.const(-1 if self.is_max else 0, type_))

    def see(self, m: Emit, x: SSAValue, seen: _Seen) -> _Seen:
        """A vector's quarters, two of which are tested for NaN by one comparison."""
        quarter = shape_of(x.type)[0] // 4
        type_ = vector_type(format_of(x).type, quarter)
        a, b, c, d = parts = [
            m.op(
                vector.ShuffleOp, (x, x), type_,
                {"mask": int_list(range(k * quarter, (k + 1) * quarter))},
            )
            for k in range(4)
        ]  # fmt: skip
        found = m.or_(m.compare("uno", a, b), m.compare("uno", c, d))
        signs = seen.signs
        for part in parts:
            bits = m.bitcast(part, format_of(x).bits)
            signs = (m.and_ if self.is_max else m.or_)(signs, bits)
        return _Seen(m.select(found, -1, seen.nan), signs)

    def mend(self, m: Emit, x: SSAValue, seen: _Seen) -> SSAValue:
        """The result, NaN and the sign of zero put right."""

        def any_(lanes: SSAValue) -> SSAValue:
            return m.op(vector.ReductionOp, (lanes,), i1, OR)

        if self.is_max:
            zero = m.select(any_(m.ge(seen.signs, 0)), m.const(0.0, x.type), -0.0)
        else:
            zero = m.select(any_(m.lt(seen.signs, 0)), m.const(-0.0, x.type), 0.0)
        x = m.select(m.eq(x, 0.0), zero, x)
        return m.select(any_(m.ne(seen.nan, 0)), float("nan"), x)

    # ---- what is rewritten

    def rewrite(self, tree: Sequence[Operation], whole: SSAValue) -> None:
        """A tree, last op first, of a vector that a loop has made."""
        tails: list[_Tail] = []
        value = whole
        while (tail := self.tail(value)) is not None:
            tails.append(tail)
            value = tail.old
        loop = self.loop(value)
        if loop is None:
            return
        value, seen = self.rewrite_loop(*loop)
        for tail in reversed(tails):
            value, seen = self.rewrite_tail(tail, value, seen)
        for op in reversed(tree):
            block = Block()
            m = Emit(block, op.location)
            new = self.choose(m, *op.operands)
            if op is tree[0]:
                new = self.mend(m, new, seen)
            _replace(op, block, new)

    def loop(self, value: SSAValue) -> tuple[scf.ForOp, int] | None:
        """The loop that takes the extremum of vectors, and which result that is."""
        loop = value.owner
        if not isinstance(loop, scf.ForOp):
            return None
        k = loop.results.index(value)
        start, body = loop.iter_args[k].owner, loop.body.block
        last = cast("scf.YieldOp", body.last_op)
        old, step = body.args[1 + k], last.operands[k].owner
        fits = (
            isinstance(start, vector.BroadcastOp)
            and constant_of(start.source) == self.least
            and isinstance(step, self.kind)
            and _users(step.result) == {last}
            and _users(old) == {step}
            and step.lhs == old
            and step.rhs != old
        )
        return (loop, k) if fits else None

    def rewrite_loop(self, loop: scf.ForOp, k: int) -> tuple[SSAValue, _Seen]:
        """Let a loop carry what it has seen; the extremum and that after it."""
        body = loop.body.block
        last = cast("scf.YieldOp", body.last_op)
        step = cast("Operation", last.operands[k].owner)
        before, inside = Block(), Block()
        start = self.nothing(Emit(before, loop.location), step.operands[1])
        move_before(before.ops, loop)
        seen = _Seen(*(body.insert_arg(v.type, len(body.args)) for v in start))
        m = Emit(inside, step.location)
        new = self.choose(m, *step.operands)
        yields = self.see(m, step.operands[1], seen)
        _replace(step, inside, new)
        last.operands = [*last.operands, *yields]
        region = loop.detach_region(loop.body)
        operands = [*loop.operands, *start]
        types = [v.type for v in operands[3:]]
        carrier = make(
            scf.ForOp, operands, types, loop.location, loop.properties, [region]
        )
        carrier.attributes.update(loop.attributes)
        cast("Block", loop.parent).insert_op_before(carrier, loop)
        *results, nan, signs = carrier.results
        for old, result in zip(loop.results, results, strict=True):
            old.replace_all_uses_with(result)
        loop.detach()
        loop.erase()
        return results[k], _Seen(nan, signs)

    def tail(self, value: SSAValue) -> _Tail | None:
        """The last values, which do not fill a vector: `vectorize` makes

        %0 = arith.select %mask, %old, %zeros
        %1 = arith.maximumf %0, %x
        %value = arith.select %mask, %1, %old
        """
        last = value.owner
        if not isinstance(last, upstream.SelectOp):
            return None
        step = last.lhs.owner
        if not isinstance(step, self.kind):
            return None
        first = step.lhs.owner
        if not isinstance(first, upstream.SelectOp):
            return None
        fits = (
            first.cond == last.cond
            and first.lhs == last.rhs
            and _users(last.rhs) == {first, last}
            and _users(first.result) == {step}
            and _users(step.result) == {last}
        )
        return _Tail(first, step, last) if fits else None

    def rewrite_tail(
        self, tail: _Tail, old: SSAValue, seen: _Seen
    ) -> tuple[SSAValue, _Seen]:
        """Lanes that are not there get the least value."""
        block = Block()
        m = Emit(block, tail.step.location)
        x = m.select(tail.last.cond, tail.step.operands[1], self.least)
        new, seen = self.choose(m, old, x), self.see(m, x, seen)
        _replace(tail.last, block, new)
        for op in (tail.step, tail.first):
            op.detach()
            op.erase()
        return new, seen


def _replace(op: Operation, block: Block, new: SSAValue) -> None:
    """Put the ops of a block, which make `new`, in the place of an op."""
    op.results[0].replace_all_uses_with(new)
    move_before(block.ops, op)
    op.detach()
    op.erase()


__all__ = ["ReduceExtremaPass"]
