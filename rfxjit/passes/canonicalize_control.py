"""Rules of `canonicalize` about branches and loops: what they carry for nothing.

    %r:2 = scf.if %c -> (f32, f32) {       %r = rfx.select %c, %a, %b : f32
      scf.yield %a, %a : f32, f32
    } else {                          ->
      scf.yield %b, %b : f32, f32
    }

A branch whose condition is known is its side. A branch that computes nothing is a
select, if it is about scalars, and so is one that computes little, if it is about
tensors of rank 0 (in a map, vectors have to run both sides, and LLVM may decide).
Results that are not used, or are the same as others, are dropped, and so are values
that a loop carries but never changes. A loop that never runs gives what it begins with.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from xdsl.dialects import scf
from xdsl.dialects.builtin import TensorType
from xdsl.dialects.tensor import ExtractOp
from xdsl.ir import Attribute, Block, BlockArgument, Operation, Region, SSAValue

from rfxjit.dialects import rfx
from rfxjit.dialects.dense_text import to_array
from rfxjit.dialects.elementwise_ops import BY_NAME, Elementwise
from rfxjit.dialects.ir import index, make, shape_of
from rfxjit.passes.canonicalize_fold import size
from rfxjit.passes.rewriting import Replacement, Rewriter, Rules, is_pure

_NOTHING = (scf.YieldOp, scf.ConditionOp)
_CHEAP = frozenset({
    "add", "sub", "mul", "neg", "abs", "minimum", "maximum", "and", "or", "xor", "not",
    "eq", "ne", "lt", "le", "gt", "ge", "isnan", "select",
})  # fmt: skip
_FEW = 8
"""Branches of up to so many cheap ops are computed without branching."""


def _end(region: Region) -> Operation:
    return cast("Operation", region.block.last_op)


def _known_branch(op: scf.IfOp, rewriter: Rewriter) -> Replacement:
    # if true {a} else {b} = a
    if not isinstance(op.cond.owner, rfx.ConstantOp):
        return None
    region = op.regions[0 if to_array(op.cond.owner.value).item() else 1]
    if not region.blocks:
        return []
    values = list(_end(region).operands)
    for inner in list(region.block.ops):
        if not isinstance(inner, _NOTHING):
            inner.detach()
            rewriter.insert(inner)
    return values


def _select(op: scf.IfOp, rewriter: Rewriter) -> Replacement:
    # if c { yield a } else { yield b } = select(c, a, b)
    sides = [r.block for r in op.regions if r.blocks]
    inner = [o for b in sides for o in b.ops if not isinstance(o, _NOTHING)]
    if not op.results or any(r.type == index or shape_of(r.type) for r in op.results):
        return None
    condition, free = op.cond, (rfx.ConstantOp,)
    if all(isinstance(r.type, TensorType) for r in op.results):
        if not isinstance(op.cond.owner, ExtractOp) or not all(map(_is_cheap, inner)):
            return None
        if sum(not isinstance(o, free) for o in inner) > _FEW:
            return None
        condition = op.cond.owner.tensor
    elif not all(isinstance(o, free) for o in inner):
        return None
    for moved in inner:
        moved.detach()
        rewriter.insert(moved)
    pairs = zip(*(_end(region).operands for region in op.regions), strict=True)
    select = BY_NAME["select"]
    return [
        a if a is b else rewriter.new(select, (condition, a, b), a.type)
        for a, b in pairs
    ]


def _is_cheap(op: Operation) -> bool:
    """Whether an op takes less time than a branch that is guessed wrong."""
    if isinstance(op, Elementwise):
        return not shape_of(op.result.type) and op.name.removeprefix("rfx.") in _CHEAP
    return isinstance(op, rfx.ConstantOp)


def _branch_results(op: scf.IfOp, rewriter: Rewriter) -> Replacement:
    """Drop results that are unused, or equal in both sides to an earlier one."""
    if not op.results:
        return None
    yields = list(zip(*(_end(region).operands for region in op.regions), strict=True))
    first = [yields.index(pair) for pair in yields]
    keep = [k for k in sorted(set(first)) if any(
        r.first_use is not None for r, f in zip(op.results, first, strict=True)
        if f == k)]  # fmt: skip
    if len(keep) == len(yields) or not keep:
        return None
    for region in op.regions:
        end = _end(region)
        end.operands = [end.operands[k] for k in keep]
    types = [op.results[k].type for k in keep]
    new = _moved(op, (op.cond,), types)
    rewriter.insert(new)
    results = dict(zip(keep, new.results, strict=True))
    return [results.get(k) for k in first]


def _moved(
    op: Operation, operands: Sequence[SSAValue], types: Sequence[Attribute]
) -> Operation:
    """The same op on other operands, with the regions of the old one."""
    regions = [op.detach_region(0) for _ in range(len(op.regions))]
    new = make(type(op), operands, types, op.location, op.properties, regions)
    new.attributes.update(op.attributes)
    return new


def _never(op: scf.ForOp, _: Rewriter) -> Replacement:
    # for 1 to 0 iter_args(a = x) = x
    first, end = size(op.lb), size(op.ub)
    if first is None or end is None or first < end:
        return None
    return list(op.iter_args)


def _counted_loop(op: scf.ForOp, rewriter: Rewriter) -> Replacement:
    """Drop what a loop carries without change, or for nobody."""
    block = op.body.block
    end = _end(op.body)
    arguments = block.args[1:]
    given: list[SSAValue | None] = []
    for k, argument in enumerate(arguments):
        new = end.operands[k]
        if new is argument or new is op.iter_args[k]:
            # Unchanged from its start on.
            given.append(op.iter_args[k])
        elif op.results[k].first_use is None and _only_feeds(argument, end, k):
            given.append(op.iter_args[k])
        else:
            given.append(None)
    keep = [k for k, value in enumerate(given) if value is None]
    if len(keep) == len(arguments):
        return None
    for k, value in enumerate(given):
        if value is not None:
            arguments[k].replace_all_uses_with(value)
    end.operands = [end.operands[k] for k in keep]
    for k in reversed(range(len(arguments))):
        if k not in keep:
            block.erase_arg(arguments[k])
    starts = [op.iter_args[k] for k in keep]
    new_op = _moved(
        op, (op.lb, op.ub, op.step, *starts), [op.results[k].type for k in keep]
    )
    rewriter.insert(new_op)
    results = dict(zip(keep, new_op.results, strict=True))
    return [results.get(k, given[k]) for k in range(len(arguments))]


def _only_feeds(value: SSAValue, end: Operation, k: int) -> bool:
    """Whether a value, and all that is made of it, is at most yielded as number k."""
    todo, seen = [value], {value}
    while todo:
        for use in todo.pop().uses:
            user = use.operation
            if user is end and use.index == k:
                continue
            if user is end or user.regions or not is_pure(user):
                return False
            if isinstance(user, _NOTHING) or user.parent is not end.parent:
                return False
            new = [result for result in user.results if result not in seen]
            todo += new
            seen.update(new)
    return True


def _forwarded(op: scf.WhileOp, rewriter: Rewriter) -> Replacement:
    """Drop what the condition hands on for nobody, twice, or from outside."""
    before, after = op.before_region.block, op.after_region.block
    end = _end(op.before_region)
    values = list(end.operands[1:])
    first = [values.index(value) for value in values]
    outside = [_defined_outside(value, before) for value in values]

    def used(k: int) -> bool:
        return any(
            op.results[i].first_use is not None or after.args[i].first_use is not None
            for i, f in enumerate(first)
            if f == k
        )

    keep = [k for k in sorted(set(first)) if used(k) and not outside[k]]
    if len(keep) == len(values):
        return None
    arguments = list(after.args)
    for i, argument in enumerate(arguments):
        if outside[i]:
            argument.replace_all_uses_with(values[i])
        elif first[i] != i:
            argument.replace_all_uses_with(arguments[first[i]])
    for i in reversed(range(len(arguments))):
        if i not in keep:
            after.erase_arg(arguments[i])
    end.operands = [end.operands[0], *(values[k] for k in keep)]
    new = _moved(op, list(op.operands), [values[k].type for k in keep])
    rewriter.insert(new)
    results: dict[int, SSAValue] = dict(zip(keep, new.results, strict=True))
    return [values[i] if outside[i] else results.get(f) for i, f in enumerate(first)]


def _defined_outside(value: SSAValue, block: Block) -> bool:
    owner: Block | None = value.owner if isinstance(value.owner, Block) else (
        value.owner.parent_block())  # fmt: skip
    while owner is not None:
        if owner is block:
            return False
        owner = owner.parent_block()
    return True


def _carried(op: scf.WhileOp, rewriter: Rewriter) -> Replacement:
    """Drop what a loop takes around without change."""
    before, after = op.before_region.block, op.after_region.block
    end, values = _end(op.after_region), _end(op.before_region).operands[1:]
    keep: list[int] = []
    for k, argument in enumerate(before.args):
        new = end.operands[k]
        same = new is op.operands[k] or (
            isinstance(new, BlockArgument)
            and new.block is after
            and values[new.index] is argument
        )
        if not same:
            keep.append(k)
    arguments = list(before.args)
    if len(keep) == len(arguments):
        return None
    for k, argument in enumerate(arguments):
        if k not in keep:
            argument.replace_all_uses_with(op.operands[k])
            before.erase_arg(argument)
    end.operands = [end.operands[k] for k in keep]
    types = [r.type for r in op.results]
    new_op = _moved(op, [op.operands[k] for k in keep], types)
    rewriter.insert(new_op)
    return list(new_op.results)


RULES: Rules = {
    scf.IfOp: (_known_branch, _select, _branch_results),
    scf.ForOp: (_never, _counted_loop),
    scf.WhileOp: (_forwarded, _carried),
}
