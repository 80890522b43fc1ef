"""Loops and branches of the C family, as C's own; see `c_family.py`.

What a loop carries is a variable, which the end of its body assigns to.
"""

# Attributes of attributes have no types.
# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, cast

from xdsl.dialects import scf
from xdsl.ir import Block, Operation, SSAValue

from rfxjit.dialects.ir import i64
from rfxjit.dialects.loop_facts import trip_limit

if TYPE_CHECKING:
    from rfxjit.targets.c_family import Writer


def _body(w: Writer, block: Block) -> None:
    w.depth += 1
    w.block(block)
    w.depth -= 1


def _assign(w: Writer, targets: Sequence[str], values: Sequence[SSAValue]) -> None:
    """Assign all at once: a value may be another target's old one."""
    names = [w.names[v] for v in values]
    if len(names) > 1 and set(names) & set(targets):
        fresh = [w.unused(f"next{next(w.numbers)}") for _ in names]
        for new, name, value in zip(fresh, names, values, strict=True):
            w.line(f"const {w.type(value.type)} {new} = {name};")
        names = fresh
    for target, name in zip(targets, names, strict=True):
        if target != name:
            w.line(f"{target} = {name};")


def _variables(
    w: Writer, results: Sequence[SSAValue], start: Sequence[SSAValue]
) -> list[str]:
    """A variable for each value that a loop carries."""
    for value, first in zip(results, start, strict=True):
        name = w.fresh(value)
        w.line(f"{w.type(value.type)} {name} = {w.names[first]};")
        if value not in w.read:
            w.line(f"(void){name};")
    return [w.names[v] for v in results]


def _for(w: Writer, op: scf.ForOp) -> None:
    block = op.body.block
    targets = _variables(w, op.results, op.iter_args)
    for argument, name in zip(block.args[1:], targets, strict=True):
        w.names[argument] = name
    _head(w, block.args[0], op.lb, op.ub, op.step)
    _body(w, block)
    w.depth += 1
    _assign(w, targets, cast("Operation", block.last_op).operands)
    w.depth -= 1
    w.line("}")


def _head(w: Writer, i: SSAValue, lb: SSAValue, ub: SSAValue, step: SSAValue) -> None:
    name = w.fresh(i)
    low, high, by = (w.names[v] for v in (lb, ub, step))
    w.line(f"for ({w.syntax.size} {name} = {low}; {name} < {high}; {name} += {by}) {{")


def _parallel(w: Writer, op: scf.ParallelOp) -> None:
    block = op.body.block
    bounds = zip(block.args, op.lowerBound, op.upperBound, op.step, strict=True)
    for bound in bounds:
        _head(w, *bound)
        w.depth += 1
    w.depth -= 1
    _body(w, block)
    for _ in block.args:
        w.line("}")
        w.depth -= 1
    w.depth += 1


def _if(w: Writer, op: scf.IfOp) -> None:
    targets: list[str] = []
    for result in op.results:
        targets.append(w.fresh(result))
        w.line(f"{w.type(result.type)} {targets[-1]};")
        if result not in w.read:
            w.line(f"(void){targets[-1]};")
    w.line(f"if ({w.names[op.cond]}) {{")
    for k, region in enumerate((op.true_region, op.false_region)):
        if region.blocks:
            if k:
                w.line("} else {")
            _body(w, region.block)
            last = region.block.last_op
            w.depth += 1
            _assign(w, targets, last.operands if last is not None else ())
            w.depth -= 1
    w.line("}")


def _while(w: Writer, op: scf.WhileOp) -> None:
    before, after = op.before_region.block, op.after_region.block
    condition = cast("scf.ConditionOp", before.last_op)
    pairs = zip(op.results, condition.args, strict=True)
    used = [(r, v) for r, v in pairs if r in w.read]
    carried = _variables(w, before.args, op.arguments)
    for result, _ in used:
        w.line(f"{w.type(result.type)} {w.fresh(result)};")
    limit, left = trip_limit(op), ""
    if limit is not None:
        left = w.unused("left")
        w.line(f"{w.type(i64)} {left} = {w.syntax.literal(limit[0], i64)};")
    w.line("for (;;) {")
    _body(w, before)
    w.depth += 1
    _assign(w, [w.names[r] for r, _ in used], [v for _, v in used])
    w.line(f"if (!{w.names[condition.condition]}) break;")
    if limit is not None:
        w.line(f"if ({left}-- == 0) return {limit[1]};")
    for argument, value in zip(after.args, condition.args, strict=True):
        if argument in w.read:
            w.names[argument] = w.names[value]
    w.depth -= 1
    _body(w, after)
    w.depth += 1
    _assign(w, carried, cast("Operation", after.last_op).operands)
    w.depth -= 1
    w.line("}")


CONTROL: dict[type[Operation], Callable[[Writer, Any], None]] = {
    scf.ForOp: _for, scf.ParallelOp: _parallel, scf.IfOp: _if, scf.WhileOp: _while,
}  # fmt: skip

__all__ = ["CONTROL"]
