"""Structured control flow as blocks of the llvm dialect: a part of `lower-to-llvm`.

    scf.while (%a = %x) { … condition(%c) %a }        llvm.br ^1(%x)
    do { …; yield %b }                             ^1(%a): … llvm.cond_br %c, ^2, ^3
                                              ->   ^2: … llvm.br ^1(%b)
                                                   ^3:

A loop of limited trips (`loop_facts.py`) counts them down, and returns its status from
the function when it is about to begin one too many. With `poll`, loops that say so also
count down, all of a function together; below 0 they call `i32 @rfx.poll(ptr %cell)`,
which puts a new count into the first word of a cell on the stack. What it returns,
unless 0, is the status of the function. The count has a place of its own, whose address
is given to no one: so LLVM may keep it in a register.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

from xdsl.dialects import llvm, scf
from xdsl.ir import Block, Operation, SSAValue

from rfxjit.dialects.ir import i1, i32, i32s, i64, integer_attr
from rfxjit.dialects.loop_facts import POLL, trip_limit
from rfxjit.passes.llvm_builder import (
    EQUAL,
    LESS,
    NOT_EQUAL,
    POINTER,
    WRAPS,
    LlvmBuilder,
    access_of,
    call_of,
    register_type,
)
from rfxjit.passes.math.common import RARE

_RARELY = i32s(1, 2000)
"""What Clang's `__builtin_expect` says."""


def _branch(f: LlvmBuilder, target: Block, values: Sequence[SSAValue] = ()) -> None:
    f.do(llvm.BrOp, values, successors=(target,))


def _cond_branch(
    f: LlvmBuilder,
    condition: SSAValue,
    then: tuple[Block, Sequence[SSAValue]],
    otherwise: tuple[Block, Sequence[SSAValue]],
    *,
    rare: bool = False,
) -> None:
    """To one of two blocks, each with the values of its arguments.

    If the first is `rare`, LLVM keeps all that is in registers there for the second.
    """
    sizes = i32s(1, len(then[1]), len(otherwise[1]))
    f.do(
        llvm.CondBrOp,
        (condition, *then[1], *otherwise[1]),
        {"operandSegmentSizes": sizes},
        (then[0], otherwise[0]),
    )
    if rare:
        cast("Operation", f.block.last_op).attributes["branch_weights"] = _RARELY


def either(
    f: LlvmBuilder,
    condition: SSAValue,
    then: Callable[[], None],
    otherwise: Callable[[], None],
) -> None:
    """Append what one of two functions appends, by a condition."""
    blocks, after = (f.start([]), f.start([])), Block()
    _cond_branch(f, condition, (blocks[0], ()), (blocks[1], ()))
    for block, side in zip(blocks, (then, otherwise), strict=True):
        f.block = block
        side()
        _branch(f, after)
    f.blocks.append(after)
    f.block = after


def _leave_if(
    f: LlvmBuilder, condition: SSAValue, status: SSAValue, stay: Block
) -> None:
    """Return a status from the function if a condition holds, or go on in `stay`."""
    leave = f.start([])
    # Not `rare`: with weights here and in `_ask` an insertion sort takes twice as long.
    _cond_branch(f, condition, (leave, ()), (stay, ()))
    f.block = leave
    f.do(llvm.ReturnOp, (status,))
    f.blocks.append(stay)
    f.block = stay


def _runs_over_arrays(loop: Operation) -> bool:
    """Whether a trip may be long: whole nests of loops are inside."""
    parent = loop.parent_op()
    while parent is not None:
        if isinstance(parent, scf.ParallelOp):
            return False
        parent = parent.parent_op()
    return any(
        isinstance(op, scf.ParallelOp)
        or (isinstance(op, (scf.ForOp, scf.WhileOp)) and POLL not in op.attributes)
        for op in loop.walk()
        if op is not loop
    )


def _ask(f: LlvmBuilder, loop: Operation, trip: SSAValue | None = None) -> None:
    """In the body of a loop: now and then, ask whether a signal has come.

    With the number of a trip, only every 64th is looked at: a short loop would feel
    the work in memory. A trip over arrays counts as 64 instead.
    """
    if f.countdown is None or POLL not in loop.attributes:
        return
    count, cell = f.countdown
    on, heavy = Block(), _runs_over_arrays(loop)
    if trip is not None and not heavy:
        low = f.op(llvm.AndOp, (trip, f.integer(63)), i64)
        rare = f.op(llvm.ICmpOp, (low, f.integer(0)), i1, EQUAL)
        counting = f.start([])
        _cond_branch(f, rare, (counting, ()), (on, ()))
        f.block = counting
    access = access_of(i64)
    left = f.op(llvm.LoadOp, (count,), i64, access)
    left = f.op(llvm.AddOp, (left, f.integer(-64 if heavy else -1)), i64, WRAPS)
    f.do(llvm.StoreOp, (left, count), access)
    due = f.op(llvm.ICmpOp, (left, f.integer(0)), i1, LESS)
    asking = f.start([])
    _cond_branch(f, due, (asking, ()), (on, ()))
    f.block = asking
    status = f.op(llvm.CallOp, (cell,), i32, call_of("rfx.poll", 1))
    f.do(llvm.StoreOp, (f.op(llvm.LoadOp, (cell,), i64, access), count), access)
    bad = f.op(llvm.ICmpOp, (status, f.zero(i32)), i1, NOT_EQUAL)
    _leave_if(f, bad, status, on)


def countdown(f: LlvmBuilder) -> tuple[SSAValue, SSAValue]:
    """The count of trips that are left, and the cell for `rfx.poll`; all are 0."""
    places: list[SSAValue] = []
    for words in (1, 2):
        properties = {"elem_type": i64, "alignment": integer_attr(8, i64)}
        place = f.op(llvm.AllocaOp, (f.integer(words),), POINTER, properties)
        for k in range(words):
            f.do(llvm.StoreOp, (f.integer(0), f.offset(place, k, i64)), access_of(i64))
        places.append(place)
    return places[0], places[1]


def _loop(
    f: LlvmBuilder,
    begin: SSAValue,
    end: SSAValue,
    step: SSAValue,
    carried: Sequence[SSAValue],
    body: Callable[[SSAValue, Sequence[SSAValue]], Sequence[SSAValue]],
) -> Sequence[SSAValue]:
    """A counted loop, tested at its end: one branch an iteration."""
    types = [v.type for v in carried]
    inside = f.start([i64, *types])
    after = Block(arg_types=types)
    first, last = f.number(begin), f.number(end)
    if isinstance(first, int) and isinstance(last, int) and first < last:
        _branch(f, inside, (begin, *carried))
    else:
        go = f.op(llvm.ICmpOp, (begin, end), i1, LESS)
        _cond_branch(f, go, (inside, (begin, *carried)), (after, carried))
    f.block = inside
    values = body(inside.args[0], inside.args[1:])
    following = f.op(llvm.AddOp, (inside.args[0], step), i64, WRAPS)
    again = f.op(llvm.ICmpOp, (following, end), i1, LESS)
    _cond_branch(f, again, (inside, (following, *values)), (after, values))
    f.blocks.append(after)
    f.block = after
    return after.args


def _for(f: LlvmBuilder, op: scf.ForOp) -> None:
    old = op.body.block

    def body(i: SSAValue, carried: Sequence[SSAValue]) -> Sequence[SSAValue]:
        f.values.update(zip(old.args, (i, *carried), strict=True))
        _ask(f, op, i if f.number(f.get(op.step)) == 1 else None)
        f.walk(old)
        return f.all(cast("Operation", old.last_op).operands)

    results = _loop(
        f, f.get(op.lb), f.get(op.ub), f.get(op.step), f.all(op.iter_args), body
    )
    f.values.update(zip(op.results, results, strict=True))


def _parallel(f: LlvmBuilder, op: scf.ParallelOp) -> None:
    old = op.body.block
    bounds = list(
        zip(
            f.all(op.lowerBound), f.all(op.upperBound), f.all(op.step), old.args,
            strict=True,
        )
    )  # fmt: skip

    def nest(level: int) -> None:
        if level == len(bounds):
            f.walk(old)
            return
        begin, end, step, argument = bounds[level]

        def body(i: SSAValue, _: Sequence[SSAValue]) -> Sequence[SSAValue]:
            f.values[argument] = i
            nest(level + 1)
            return ()

        _loop(f, begin, end, step, (), body)

    nest(0)


def _if(f: LlvmBuilder, op: scf.IfOp) -> None:
    then, otherwise = f.start([]), f.start([])
    after = Block(arg_types=[register_type(r.type) for r in op.results])
    rare = RARE in op.attributes
    _cond_branch(f, f.get(op.cond), (then, ()), (otherwise, ()), rare=rare)
    for block, region in ((then, op.true_region), (otherwise, op.false_region)):
        f.block = block
        values: list[SSAValue] = []
        if region.blocks:
            f.walk(region.block)
            if region.block.last_op is not None:
                values = f.all(region.block.last_op.operands)
        _branch(f, after, values)
    f.blocks.append(after)
    f.block = after
    f.values.update(zip(op.results, after.args, strict=True))


def _while(f: LlvmBuilder, op: scf.WhileOp) -> None:
    before, body = op.before_region.block, op.after_region.block
    limit = trip_limit(op)
    more = [] if limit is None else [f.integer(limit[0])]
    head = f.start(
        [*(register_type(a.type) for a in before.args), *(i64 for _ in more)]
    )
    _branch(f, head, (*f.all(op.arguments), *more))
    f.block = head
    f.values.update(zip(before.args, head.args, strict=False))
    f.walk(before)
    condition = cast("scf.ConditionOp", before.last_op)
    values = f.all(condition.args)
    inside = f.start([])
    after = Block(arg_types=[v.type for v in values])
    _cond_branch(f, f.get(condition.condition), (inside, ()), (after, values))
    f.block = inside
    f.values.update(zip(body.args, values, strict=True))
    again: list[SSAValue] = []
    if limit is not None:
        left = head.args[-1]
        over = f.op(llvm.ICmpOp, (left, f.integer(0)), i1, EQUAL)
        status = {"value": integer_attr(limit[1], i32)}
        _leave_if(f, over, f.op(llvm.ConstantOp, (), i32, status), Block())
        again.append(f.op(llvm.AddOp, (left, f.integer(-1)), i64, WRAPS))
    _ask(f, op)
    f.walk(body)
    _branch(f, head, (*f.all(cast("Operation", body.last_op).operands), *again))
    f.blocks.append(after)
    f.block = after
    f.values.update(zip(op.results, after.args, strict=True))


CONTROL: dict[type[Operation], Callable[[LlvmBuilder, Any], None]] = {
    scf.ForOp: _for, scf.ParallelOp: _parallel, scf.IfOp: _if, scf.WhileOp: _while,
}  # fmt: skip
