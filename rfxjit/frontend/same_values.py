"""Are two traced values the same, or a known number apart?

    x[x > 0] *= 2        two comparisons, of the same operands: one mask
    x[i : i + 4]         the bounds differ by 4, whatever i is

Ops are compared by what they do, as `cse` would, no deeper than a user writes.
"""

# Properties of ops are generic.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

from __future__ import annotations

from xdsl.ir import Block, Operation, SSAValue

from rfxjit.dialects import rfx
from rfxjit.dialects.dense_text import to_array
from rfxjit.dialects.ir import i64, tensor

DEPTH = 16
"""Expressions that differ above that many ops are not looked at further."""
INT = tensor(i64)


def same_value(a: SSAValue, b: SSAValue, depth: int = DEPTH) -> bool:
    """Whether two values are surely the same."""
    if a is b:
        return True
    one, two = a.owner, b.owner
    if depth == 0 or isinstance(one, Block) or isinstance(two, Block):
        return False
    return (
        type(one) is type(two)
        and a.type == b.type
        and [r is a for r in one.results] == [r is b for r in two.results]
        and one.properties == two.properties
        and not one.regions
        and len(one.operands) == len(two.operands)
        and all(
            same_value(x, y, depth - 1)
            for x, y in zip(one.operands, two.operands, strict=True)
        )
    )


Sum = tuple[list[tuple[SSAValue, int]], int]
"""Multiples of unknown numbers, and a constant."""


def difference(a: SSAValue, b: SSAValue) -> int | None:
    """`a - b` of two int64 numbers, if that is known."""
    terms, constant = _plus(_sum(a, DEPTH), _sum(b, DEPTH), -1)
    rest: list[tuple[SSAValue, int]] = []
    for value, factor in terms:
        for k, (known, count) in enumerate(rest):
            if same_value(known, value):
                rest[k] = known, count + factor
                break
        else:
            rest.append((value, factor))
    return None if any(count for _, count in rest) else constant


def _plus(a: Sum, b: Sum, times: int = 1) -> Sum:
    return [*a[0], *((v, times * n) for v, n in b[0])], a[1] + times * b[1]


def _sum(value: SSAValue, depth: int) -> Sum:
    op = value.owner
    if isinstance(op, Operation) and value.type == INT and depth:
        if isinstance(op, rfx.ConstantOp):
            return [], int(to_array(op.value))
        parts = [_sum(v, depth - 1) for v in op.operands]
        match op.name, parts:
            case "rfx.add", [a, b]:
                return _plus(a, b)
            case "rfx.sub", [a, b]:
                return _plus(a, b, -1)
            case "rfx.neg", [a]:
                return _plus(([], 0), a, -1)
            case ("rfx.mul", [([], n), a]) | ("rfx.mul", [a, ([], n)]):
                return _plus(([], 0), a, n)
            case _:
                pass
    return [(value, 1)], 0
