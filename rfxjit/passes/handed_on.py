"""Which values become which others at the borders of branches and loops."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import cast

from xdsl.dialects import scf
from xdsl.ir import Operation, SSAValue

Values = tuple[SSAValue, ...]


def handed_on(
    op: scf.IfOp | scf.ForOp | scf.WhileOp,
) -> Iterable[tuple[Values, Values]]:
    """What may be given, and what it becomes, for each value that is handed on.

    if       what the sides yield                     the result
    for      the start, what the body yields          the argument, the result
    while    the start, what the body yields          the argument
             what the condition passes on             the body's argument, the result
    """
    ends = [cast("Operation", r.block.last_op).operands for r in op.regions if r.blocks]
    if isinstance(op, scf.IfOp):
        return zip(zip(*ends, strict=True), zip(op.results), strict=True)
    if isinstance(op, scf.ForOp):
        arguments = op.body.block.args[1:]
        return zip(
            zip(op.iter_args, ends[0], strict=True),
            zip(arguments, op.results, strict=True),
            strict=True,
        )
    before, after = (region.block.args for region in op.regions)
    return chain(
        zip(zip(op.arguments, ends[1], strict=True), zip(before), strict=True),
        zip(zip(ends[0][1:]), zip(after, op.results, strict=True), strict=True),
    )
