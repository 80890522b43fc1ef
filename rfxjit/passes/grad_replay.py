"""Loops in maps run again as far as their derivative needs: see `grad_control.py`.

    scf.for %k = 0 to %count {
      %n = %count - 1 - %k
      %a = scf.for %j = 0 to %n ...       // what is carried at iteration n
      ...                                 // its derivative
    }

This takes count * count / 2 iterations. Therefore longer loops go by blocks:

    scf.for %l = 0 to %blocks {
      %first = (%blocks - 1 - %l) * size
      %s = scf.for %j = 0 to %first ...   // what is carried at the start of the block
      scf.for %k = 0 to size { ... }      // as above, from %s
    }

Numbers are i64 here, and indices only where loops need them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from xdsl.dialects import scf
from xdsl.ir import Block, Region, SSAValue

from rfxjit.dialects import rfx, upstream
from rfxjit.dialects.builder import Builder, Size
from rfxjit.dialects.ir import append, i64, index, make, scalar_attr
from rfxjit.passes.grad_step import Step, Trips, copy, for_

SHORT, BLOCK = 4, 16
"""In maps: loops this short have no blocks, and blocks this long are in loops whose
length is not known."""


def as_counted(m: Builder, op: scf.WhileOp) -> list[SSAValue]:
    """The results of a loop with a condition, from a loop that runs as often.

    scf.while (%a = %x) { ... condition(%c) %b } do { ... yield %d }
      ->  %n = scf.while (%a = %x, %i = 0) { ... condition(%c) %b, %i }
               do { ... yield %d, %i + 1 }
          %y = scf.for %k = 0 to %n iter_args(%a = %x) { ...; ...; yield %d }
          ... -> %b of %y
    """
    before, after = op.before_region.block, op.after_region.block
    head = Block(arg_types=[*(a.type for a in before.args), i64])
    ends = copy(before, head, dict(zip(before.args, head.args, strict=False)))
    append(head, make(scf.ConditionOp, (*ends, head.args[-1]), (), m.location))
    types = [v.type for v in (*ends[1:], head.args[-1])]
    body = Block(arg_types=types)
    ends = copy(after, body, dict(zip(after.args, body.args, strict=False)))
    one = Builder(body, m.location)
    ends.append(one.add(body.args[-1], one.lit(body.args[-1], 1)))
    append(body, make(scf.YieldOp, ends, (), m.location))
    starts, regions = (*op.arguments, _lit(m, 0)), (Region(head), Region(body))
    loop = make(scf.WhileOp, starts, types, m.location, regions=regions)
    count = m.op(upstream.IndexCastOp, (append(m.block, loop).results[-1],), index)

    block = Block(arg_types=[index, *(a.type for a in before.args)])
    passed = copy(before, block, dict(zip(before.args, block.args[1:], strict=True)))
    ends = copy(after, block, dict(zip(after.args, passed[1:], strict=True)))
    append(block, make(scf.YieldOp, ends, (), m.location))
    state = for_(m, count, op.arguments, block)
    return copy(before, m.block, dict(zip(before.args, state, strict=True)))[1:]


def replayed(b: Builder, step: Step) -> Sequence[SSAValue]:
    """The cotangents in front of a loop, by blocks unless it is short."""
    trips = step.trips
    count = _lit(b, trips.count)
    if not step.needs() or (isinstance(trips.count, int) and trips.count <= SHORT):
        return _replay_from(b, step, _lit(b, 0), count, step.op.iter_args)
    size = BLOCK if isinstance(trips.count, SSAValue) else (
        math.isqrt(trips.count - 1) + 1)  # fmt: skip
    blocks = b.floor_div(b.add(count, b.lit(count, size - 1)), b.lit(count, size))
    outer = Block(arg_types=[index, *(v.type for v in step.starts)])
    m = Builder(outer, b.location)
    left = m.sub(blocks, _lit(m, outer.args[0]))
    first = m.mul(m.sub(left, m.lit(left, 1)), m.lit(left, size))
    length = m.minimum(m.sub(count, first), m.lit(count, size))
    state = _forwards(m, step, _lit(m, 0), first, step.op.iter_args)
    starts, step.starts = step.starts, outer.args[1:]
    ends = _replay_from(m, step, first, length, state)
    append(outer, make(scf.YieldOp, ends, (), b.location))
    return for_(b, b.op(upstream.IndexCastOp, (blocks,), index), starts, outer)


def _lit(m: Builder, value: Size) -> SSAValue:
    """A number in a map."""
    if isinstance(value, int):
        return m.op(rfx.ConstantOp, (), i64, value=scalar_attr(value, i64))
    return m.op(upstream.IndexCastOp, (value,), i64)


def _index(m: Builder, trips: Trips, n: SSAValue) -> SSAValue:
    """The index of iteration n."""
    if not trips.plain:
        n = m.add(m.mul(n, m.lit(n, trips.step)), m.lit(n, trips.first))
    return m.op(upstream.IndexCastOp, (n,), index)


def _forwards(
    m: Builder,
    step: Step,
    first: SSAValue,
    last: SSAValue,
    state: Sequence[SSAValue],
) -> Sequence[SSAValue]:
    """What the loop carries at iteration `last`, from that at `first`."""
    old = step.op.body.block
    block = Block(arg_types=[a.type for a in old.args])
    inner = Builder(block, m.location)
    n = inner.add(first, _lit(inner, block.args[0]))
    arguments = (_index(inner, step.trips, n), *block.args[1:])
    values = copy(old, block, dict(zip(old.args, arguments, strict=True)))
    append(block, make(scf.YieldOp, values, (), m.location))
    count = m.op(upstream.IndexCastOp, (m.sub(last, first),), index)
    return for_(m, count, state, block)


def _replay_from(
    b: Builder,
    step: Step,
    first: SSAValue,
    length: SSAValue,
    state: Sequence[SSAValue],
) -> Sequence[SSAValue]:
    """Some iterations backwards, of which the first one starts from `state`."""
    front = Block()
    m = Builder(front, b.location)
    left = m.sub(m.add(first, length), _lit(m, step.block.args[0]))
    n = m.sub(left, m.lit(left, 1))
    known = {step.known[0]: _index(m, step.trips, n)}
    if step.needs():
        values = _forwards(m, step, first, n, state)
        known.update(zip(step.known[1:], values, strict=True))
    count = b.op(upstream.IndexCastOp, (length,), index)
    return step.loop(b, count, front, known)
