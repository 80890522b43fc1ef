"""Mistakes seeded into masks, branches and loops: the check of each pass finds them."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import numpy as np
import pytest
from check_pipeline import check_pipeline
from xdsl.context import Context
from xdsl.dialects import arith, scf, vector
from xdsl.dialects.builtin import ModuleOp, VectorType
from xdsl.ir import Block, Operation
from xdsl.passes import ModulePass

import rfxjit as rfx
from rfxjit.compiler import context
from rfxjit.dialects.elementwise_ops import BY_NAME
from rfxjit.dialects.ir import i1
from rfxjit.dialects.upstream import SelectOp
from rfxjit.passes import load_pass
from rfxjit.passes.pipelines import PIPELINES

PASSES = ("canonicalize", "cse", "dce", "fuse", "cse", "lower-to-loops", "expand-math",
          *PIPELINES["to-vectors"].split(","))  # fmt: skip
N = np.arange(150) % 23
X = np.linspace(-2.0, 2.0, 150)


@rfx.kernel
def f(x, n):
    """Loops that lanes leave at different times, and a branch in each round."""
    total = x
    for i in range(n):
        if total > 6.0:
            return total * 100.0
        if total < 0.0:
            total = total + 1.5
            for k in range(i):
                if k * k > i:
                    break
                total = total + k
        else:
            total = total * 1.25 + i
    return total


def module() -> ModuleOp:
    return f.lower(X, N).module


Mistake = Callable[[Operation], None]


def _is_mask(op: Operation) -> bool:
    return isinstance(op.results[0].type, VectorType) and (
        cast("VectorType", op.results[0].type).element_type == i1
    )


def everybody_puts_down(op: Operation) -> None:
    if isinstance(op, vector.MaskedStoreOp) and isinstance(op.parent_op(), scf.IfOp):
        *place, mask, value = op.operands
        one = arith.ConstantOp.from_int_and_width(1, i1)
        every = vector.BroadcastOp(one.result, cast("VectorType", mask.type))
        cast("Block", op.parent).insert_ops_before([one, every], op)
        op.operands = (*place, every.results[0], value)


def stops_with_the_first(op: Operation) -> None:
    if isinstance(op, vector.ReductionOp):
        kind = vector.CombiningKindFlag.AND
        op.properties["kind"] = vector.CombiningKindAttr(kind)


def who_left_comes_back(op: Operation) -> None:
    if isinstance(op, arith.AndIOp) and _is_mask(op):
        op.results[0].replace_all_uses_with(op.operands[1])


def other_side(op: Operation) -> None:
    if isinstance(op, SelectOp) and isinstance(op.results[0].type, VectorType):
        condition, a, b = op.operands
        op.operands = (condition, b, a)


def never_puts_down(op: Operation) -> None:
    if isinstance(op, vector.MaskedStoreOp) and isinstance(op.parent_op(), scf.IfOp):
        op.detach()
        op.erase()


def swapped_choice(op: Operation) -> None:
    if isinstance(op, BY_NAME["select"]):
        condition, a, b = op.operands
        op.operands = (condition, b, a)


def one_round_less(op: Operation) -> None:
    if isinstance(op, BY_NAME["lt"]) and isinstance(op.parent_op(), scf.WhileOp):
        op.operands = tuple(reversed(op.operands))


CASES: list[tuple[Mistake, str]] = [
    (everybody_puts_down, "vectorize"),
    (stops_with_the_first, "vectorize"),
    (who_left_comes_back, "vectorize"),
    (other_side, "vectorize"),
    (never_puts_down, "vectorize"),
    (swapped_choice, "fuse"),
    (one_round_less, "cse"),
]


@pytest.mark.parametrize(("mistake", "after"), CASES, ids=lambda v: getattr(
    v, "__name__", v))  # fmt: skip
def test_a_mistake_is_found_and_named(mistake: Mistake, after: str) -> None:
    program = module()
    changed = False
    for name in PASSES[: PASSES.index(after) + 1]:
        load_pass(name)().apply(context(), program)

    class Mutant(ModulePass):
        name = mistake.__name__

        def apply(self, ctx: Context, op: ModuleOp) -> None:
            nonlocal changed
            before = str(op)
            for inner in list(op.walk()):
                mistake(inner)
            changed = str(op) != before

    with pytest.raises(AssertionError, match=f"^{mistake.__name__} changed"):
        check_pipeline(program, [Mutant()], [X, N])
    assert changed


def test_the_passes_themselves_pass() -> None:
    check_pipeline(module(), [load_pass(name)() for name in PASSES], [X, N])
