"""The rules of `grad` for branches and loops, on tensors and in the regions of maps.

A branch has a branch on the same condition behind it, which computes what it needs
anew: a branch in d branches is computed d + 1 times, and nothing has to be kept.

    %y = scf.if %c -> (T) {                %dx = scf.if %c -> (T) {
      %s = rfx.sin %x                        %k = rfx.cos %x
      scf.yield %s                     +     %d = rfx.mul %dy, %k
    } else {                                 scf.yield %d
      scf.yield %x                         } else {
    }                                        scf.yield %dy
                                           }

A loop has a loop that runs backwards. It carries the cotangents of what the loop
carries, and adds up those of what its body reads from outside. Each of its iterations
computes the body anew, from what the loop carried at that iteration. Whatever is needed
of this, a loop on tensors keeps on a tape, one row for each iteration:

    %r = scf.for %i = 0 to 9               %r, %t = scf.for %i = 0 to 9
        iter_args(%a = %x) {                   iter_args(%a = %x, %tape = %empty) {
                                             %tape1 = tape[i] = a
      %b = rfx.sin %a                ->      %b = rfx.sin %a
      scf.yield %b                           scf.yield %b, %tape1
    }                                      }
                                           %dx = scf.for %k = 0 to 9
                                               iter_args(%db = %dr) {
                                             %a = t[8 - k]
                                             %c = rfx.cos %a
                                             %da = rfx.mul %db, %c
                                             scf.yield %da
                                           }

Only what the body's derivative reads is kept. If that is anything, a bound of the
number of iterations must be known, a number or a size: that of the tape. So a loop that
ends on a condition is refused.

In a map there is no tape, but a replay: the loop runs again up to that iteration. So
that n iterations cost n * sqrt(n) and not n * n, the replays start at blocks of about
sqrt(n) iterations, each of which has one replay from the start. A loop that ends on a
condition first runs once more, to count.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from xdsl.dialects import scf
from xdsl.ir import Block, Region

from rfxjit.dialects.builder import Builder
from rfxjit.dialects.ir import append, index, make
from rfxjit.passes.dce import sweep
from rfxjit.passes.grad_replay import as_counted, replayed
from rfxjit.passes.grad_step import Step, copy, trips_of, unknown_length
from rfxjit.passes.grad_tape import taped

if TYPE_CHECKING:
    from rfxjit.passes.grad import Reverse


# ---- branches ----------------------------------------------------------------------


def branch(reverse: Reverse, op: scf.IfOp) -> None:
    """A branch on the same condition."""
    b, wanted = reverse.builder, reverse.outside(op)
    regions: list[Region] = []
    for region in op.regions:
        block = Block()
        values = copy(region.block, block, {})
        inner = reverse.child(block, wanted)
        known = reverse.cotangents
        inner.cotangents.update((v, known[v]) for v in wanted if v in known)
        for value, result in zip(values, op.results, strict=True):
            if result in known:
                inner.add(value, known[result])
        inner.walk(inner.forward)
        slopes = [inner.slope(v) for v in wanted]
        append(block, make(scf.YieldOp, slopes, (), b.location))
        sweep(block, ends=True)
        regions.append(Region(block))
    types = [v.type for v in wanted]
    new = make(scf.IfOp, (op.cond,), types, b.location, regions=regions)
    append(b.block, new)
    reverse.cotangents.update(zip(wanted, new.results, strict=True))


# ---- loops -------------------------------------------------------------------------


def unbounded(reverse: Reverse, op: scf.WhileOp) -> None:
    """In a map, that of a loop that runs as often; see `grad_replay.py`."""
    if not reverse.in_map:
        raise unknown_length(op)
    block = Block()
    values = as_counted(Builder(block, op.location), op)
    reverse.again(block, dict(zip(op.results, values, strict=True)))


def counted(reverse: Reverse, op: scf.ForOp) -> None:
    """A loop over the same iterations, from the last to the first."""
    old = op.body.block
    carried = [k for k, a in enumerate(old.args[1:]) if a in reverse.active]
    outside = reverse.outside(op)
    starts = [
        *(reverse.slope(op.results[k]) for k in carried),
        *(reverse.slope(v) for v in outside),
    ]
    block = Block(arg_types=[index, *(v.type for v in (*starts, *old.args))])
    slopes = block.args[1 : len(starts) + 1]
    step = Step(op, trips_of(op), block, starts, block.args[len(starts) + 1 :])

    values = copy(old, block, dict(zip(old.args, step.known, strict=True)))
    variables = [*(step.known[1 + k] for k in carried), *outside]
    inner = reverse.child(block, variables)
    inner.cotangents.update(zip(outside, slopes[len(carried) :], strict=True))
    for k, slope in zip(carried, slopes, strict=False):
        inner.add(values[k], slope)
    inner.walk(inner.forward)
    ends = [inner.slope(v) for v in variables]
    append(block, make(scf.YieldOp, ends, (), op.location))
    sweep(block, ends=True)

    backwards = replayed if reverse.in_map else taped
    results = iter(backwards(reverse.builder, step))
    totals = [next(results) for _ in carried]
    reverse.cotangents.update(zip(outside, results, strict=True))
    for k, total in zip(carried, totals, strict=True):
        reverse.add(op.iter_args[k], total)
