"""Drop the fill of an array that a loop then writes anew, before anything reads it.

    scf.parallel (%i) = (%c0) to (%n) step (%c1) {
      memref.store %zero, %y[%i]
    }                                                 ->
    scf.for %i = %c0 to %n step %c1 {                     scf.for %i = %c0 to %n … {
      … memref.store %v, %y[%i]                             … memref.store %v, %y[%i]

`y = np.empty(n)` is such a fill, as programs have one meaning: without the loop the
elements are 0. The loops around the store count through all indices of the array, and
their bodies have it outside of branches. A loop that is left out or left early because
of a status is one of a function that fails, and has no results.
"""

from __future__ import annotations

from math import prod

from xdsl.context import Context
from xdsl.dialects import arith, func, memref, scf
from xdsl.dialects.builtin import DYNAMIC_INDEX, ModuleOp
from xdsl.ir import Operation, SSAValue
from xdsl.passes import ModulePass

from rfxjit.dialects import upstream
from rfxjit.dialects.ir import shape_of
from rfxjit.passes.emit import constant_of
from rfxjit.passes.loops import RESHAPES, uncast, users_of


class DeadFillsPass(ModulePass):
    """See the module's docstring."""

    name = "dead-fills"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for function in op.body.block.ops:
            if isinstance(function, func.FuncOp) and function.body.blocks:
                for fill in list(function.body.block.ops):
                    if not isinstance(fill, scf.ParallelOp):
                        continue
                    store = _only_store(fill)
                    if store is not None and _is_dead(fill, store):
                        fill.detach()
                        fill.erase()


def _only_store(fill: scf.ParallelOp) -> memref.StoreOp | None:
    """The store of a loop that does nothing else, at its own indices."""
    *ops, _ = fill.body.block.ops
    stores = [o for o in ops if not isinstance(o, arith.ConstantOp)]
    if len(stores) != 1 or not isinstance(stores[0], memref.StoreOp):
        return None
    return stores[0] if stores[0].indices == fill.body.block.args else None


def _is_dead(fill: scf.ParallelOp, store: memref.StoreOp) -> bool:
    """Whether what next uses the buffer is a loop that writes all of it."""
    buffer = store.memref
    if isinstance(buffer.owner, memref.CollapseShapeOp):
        buffer = buffer.owner.src
    if isinstance(buffer.owner, RESHAPES):
        # Perhaps a part of something, of which who reads it is not known here.
        return False
    users = users_of(buffer)
    following = fill.next_op
    while following is not None and not any(map(following.is_ancestor, users)):
        following = following.next_op
    if not isinstance(following, scf.ForOp):
        return False
    inside = [user for user in users if following.is_ancestor(user)]
    stores = [o for o in inside if isinstance(o, memref.StoreOp)]
    return len(stores) == len(inside) and any(
        o.memref is buffer and _covers(following, o, fill) for o in stores
    )


def _covers(loop: scf.ForOp, store: memref.StoreOp, fill: scf.ParallelOp) -> bool:
    """Whether the loops around a store write all that the fill does."""
    ends: dict[SSAValue, SSAValue] = {}
    around = store.parent_op()
    while True:
        if (
            not isinstance(around, scf.ForOp)
            or constant_of(around.lb) != 0
            or constant_of(around.step) != 1
        ):
            return False
        ends[around.body.block.args[0]] = _end(around.ub)
        if around is loop:
            break
        around = around.parent_op()
    indices = [uncast(index) for index in store.indices]
    if len(set(indices)) != len(indices) or set(indices) != set(ends):
        return False
    counts, shape = [ends[i] for i in indices], shape_of(store.memref.type)
    if any(constant_of(n) != d for n, d in zip(counts[1:], shape[1:], strict=True)):
        return False
    if shape[0] != DYNAMIC_INDEX:
        return constant_of(counts[0]) == shape[0]
    # So many whole rows, from the first on.
    (upper, *others) = fill.upperBound
    return not others and _factors(upper) == ([counts[0]], prod(shape[1:]))


def _factors(value: SSAValue) -> tuple[list[SSAValue], int]:
    """What a product is made of, and its constant part."""
    if (number := constant_of(value)) is not None:
        return [], number
    if not isinstance(value.owner, arith.MuliOp):
        return [value], 1
    (a, m), (b, n) = map(_factors, value.owner.operands)
    return a + b, m * n


def _end(end: SSAValue) -> SSAValue:
    """How far a loop runs, if the function has not failed."""
    if isinstance(end.owner, upstream.SelectOp):
        good, run, stay = end.owner.operands
        if constant_of(stay) == 0 and _is_good(good):
            return run
    return end


def _is_good(condition: SSAValue) -> bool:
    """Whether a condition is that the status is still 0."""
    test = condition.owner
    if not isinstance(test, upstream.CmpiOp) or test.predicate.value.data != 0:
        return False
    cell, zero = _cell(test.lhs), constant_of(test.rhs)
    function: Operation | None = test
    while function is not None and not isinstance(function, func.FuncOp):
        function = function.parent_op()
    if function is None or cell is None or zero != 0:
        return False
    end = function.body.block.last_op
    return end is not None and any(_cell(value) is cell for value in end.operands)


def _cell(value: SSAValue) -> SSAValue | None:
    """The place of one number that a value was loaded from."""
    load = value.owner
    if isinstance(load, memref.LoadOp) and not load.indices:
        return load.memref
    return None


__all__ = ["DeadFillsPass"]
