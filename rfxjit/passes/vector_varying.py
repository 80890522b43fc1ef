"""Which values differ between the iterations of a loop: the analysis of `vectorize`.

A value is varying if it depends on the index of the loop, or on lanes taking different
ways; anything else is the same for all iterations and stays a scalar. Carried values of
loops are walked until nothing changes.
"""

from __future__ import annotations

from typing import cast

from xdsl.dialects import func, llvm, memref, scf
from xdsl.ir import Block, Operation, Region, SSAValue

from rfxjit.dialects.ir import append, make
from rfxjit.passes.emit import Emit
from rfxjit.passes.handed_on import handed_on

_SUPPORTED = (memref.LoadOp, memref.StoreOp, memref.DimOp, func.CallOp, scf.IfOp,
              scf.ForOp, scf.WhileOp, scf.YieldOp, scf.ConditionOp,
              scf.ReduceOp)  # fmt: skip
_STRAIGHT = frozenset({"arith", "math"})


def is_straight(op: Operation) -> bool:
    """Whether an op works on scalars and on vectors alike."""
    return op.dialect_name() in _STRAIGHT or isinstance(op, llvm.CallIntrinsicOp)


def find_varying(body: Block) -> set[SSAValue] | None:
    """The values that differ between iterations, or None if there is no vector form.

    Loops whose lanes run different numbers of times become `scf.while` on the way.
    """
    while True:
        varying: set[SSAValue] = set(body.args)
        try:
            return varying if _vary(body, varying) else None
        except _DivergentError as divergent:
            for_to_while(divergent.loop)


class _DivergentError(Exception):
    """The bounds of a loop vary."""

    def __init__(self, loop: scf.ForOp) -> None:
        super().__init__()
        self.loop = loop


def for_to_while(op: scf.ForOp) -> None:
    """Write a counted loop with its condition.

    scf.for %i = %a to %b step %s iter_args(%x = %y) { ...; yield %z }
      ->  scf.while (%i = %a, %x = %y) { condition(%i < %b) %i, %x }
          do { ...; yield %i + %s, %z }
    """
    old = op.body.block
    types = [a.type for a in old.args]
    head = Block(arg_types=types)
    m = Emit(head, op.location)
    more = m.lt(head.args[0], op.ub)
    append(head, make(scf.ConditionOp, (more, *head.args), (), op.location))
    end = cast("Operation", old.last_op)
    values = list(end.operands)
    end.detach()
    end.erase()
    m = Emit(old, op.location)
    values.insert(0, m.add(old.args[0], op.step))
    append(old, make(scf.YieldOp, values, (), op.location))
    operands = (op.lb, *op.iter_args)
    regions = (Region(head), op.detach_region(0))
    loop = make(scf.WhileOp, operands, types, op.location, regions=regions)
    loop.attributes.update(op.attributes)
    cast("Block", op.parent).insert_op_before(loop, op)
    for result, new in zip(op.results, loop.results[1:], strict=True):
        result.replace_all_uses_with(new)
    op.detach()
    op.erase()


def _vary(block: Block, varying: set[SSAValue]) -> bool:
    """Add the varying values of `block`; whether all of it has a vector form."""
    for op in block.ops:
        if isinstance(op, scf.IfOp):
            if not all(_vary(r.block, varying) for r in op.regions if r.blocks):
                return False
            for given, taken in handed_on(op):
                if not varying.isdisjoint((op.cond, *given)):
                    varying.update(taken)
        elif isinstance(op, (scf.ForOp, scf.WhileOp)):
            if not _vary_loop(op, varying):
                return False
        elif isinstance(op, memref.StoreOp):
            if not varying.intersection(op.indices):
                return False
        elif not (is_straight(op) or isinstance(op, _SUPPORTED)):
            return False
        elif not varying.isdisjoint(op.operands):
            varying.update(op.results)
    return True


def _vary_loop(op: scf.ForOp | scf.WhileOp, varying: set[SSAValue]) -> bool:
    """What is the same in all lanes that still run stays uniform inside the loop.

    Its results vary all the same if lanes leave at different times.
    """
    if isinstance(op, scf.ForOp) and varying & {op.lb, op.ub, op.step}:
        raise _DivergentError(op)
    count = -1
    while count < len(varying):
        count = len(varying)
        for given, taken in handed_on(op):
            if not varying.isdisjoint(given):
                varying.update(taken)
        if not all(_vary(region.block, varying) for region in op.regions):
            return False
        if isinstance(op, scf.WhileOp):
            end = cast("scf.ConditionOp", op.before_region.block.last_op)
            if end.condition in varying:
                varying.update(op.results)
    return True
