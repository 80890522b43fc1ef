"""Passes with a mistake are found, and named, by `check_pipeline`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from check_pipeline import check_pipeline
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Operation, SSAValue
from xdsl.passes import ModulePass

from rfxjit.dialects import rfx
from rfxjit.dialects.builder import Builder, new_function
from rfxjit.dialects.elementwise_ops import BY_NAME
from rfxjit.dialects.ir import f64, tensor
from rfxjit.passes import load_pass

Mistake = Callable[[Operation], None]
INPUT = np.array([[1.0, np.nan, 3.0], [-4.0, np.inf, 6.0], [7.0, 8.0, 9.5]])


def multiplied_by_zero(op: Operation) -> None:
    if op.name == "rfx.mul":
        op.results[0].replace_all_uses_with(op.operands[1])


def commuted_difference(op: Operation) -> None:
    if op.name == "rfx.sub":
        op.operands = tuple(reversed(op.operands))


def dropped_step(op: Operation) -> None:
    if isinstance(op, rfx.SliceOp):
        op.steps = rfx.int_list([1, 1])


def other_dim(op: Operation) -> None:
    if isinstance(op, rfx.ReduceOp):
        op.dims = rfx.int_list([1 - rfx.ints(op.dims)[0]])


def merged_without_attributes(op: Operation) -> None:
    before = op.prev_op
    if before is None or before.name != op.name or not op.results:
        return
    if list(before.operands) == list(op.operands):
        op.results[0].replace_all_uses_with(before.results[0])


def dropped_require(op: Operation) -> None:
    if isinstance(op, rfx.RequireOp):
        op.detach()
        op.erase()


def forgotten_nan(op: Operation) -> None:
    if op.name == "rfx.minimum":
        new = BY_NAME["fmin"].create(
            operands=op.operands, result_types=[r.type for r in op.results]
        )
        block = op.parent
        assert block is not None
        block.insert_op_before(new, op)
        op.results[0].replace_all_uses_with(new.result)


def _product(b: Builder, x: SSAValue) -> SSAValue:
    return b.mul(x, b.lit(x, 0.0))


def _required(b: Builder, x: SSAValue) -> SSAValue:
    b.require(b.lt(b.reduce(x, "maximum", [0, 1]), b.constant(0.0)), 3)
    return x


def _two_sums(b: Builder, x: SSAValue) -> SSAValue:
    first = b.reduce(x, "add", [0])
    return b.sub(first, b.reduce(x, "add", [1]))


CASES: list[tuple[Mistake, Callable[[Any, Any], SSAValue]]] = [
    (multiplied_by_zero, _product),
    (commuted_difference, lambda b, x: b.sub(x, b.abs(x))),
    (dropped_step, lambda b, x: b.slice(x, [0, 0], [2, 3], [2, 1])),
    (other_dim, lambda b, x: b.reduce(x, "add", [0])),
    (merged_without_attributes, _two_sums),
    (dropped_require, _required),
    (forgotten_nan, lambda b, x: b.minimum(x, b.lit(x, 0.0))),
]


def _program(body: Callable[[Any, Any], SSAValue]) -> ModuleOp:
    function, (x,) = new_function("f", [tensor(f64, (3, 3))])
    b = Builder(function.body.block)
    b.ret(body(b, x))
    return ModuleOp([function])


def _pass(mistake: Mistake) -> ModulePass:
    class Mutant(ModulePass):
        name = mistake.__name__

        def apply(self, ctx: Context, op: ModuleOp) -> None:
            for inner in list(op.walk()):
                mistake(inner)

    return Mutant()


@pytest.mark.parametrize(("mistake", "body"), CASES, ids=lambda v: v.__name__)
def test_a_mistake_is_found_and_named(
    mistake: Mistake, body: Callable[[Any, Any], SSAValue]
) -> None:
    passes = [load_pass("cse")(), _pass(mistake), load_pass("dce")()]
    with pytest.raises(AssertionError, match=f"^{mistake.__name__} changed"):
        check_pipeline(_program(body), passes, [INPUT])


@pytest.mark.parametrize("body", [body for _, body in CASES])
def test_the_passes_themselves_pass(body: Callable[[Any, Any], SSAValue]) -> None:
    passes = [load_pass(name)() for name in ("canonicalize", "cse", "dce", "fuse")]
    check_pipeline(_program(body), passes, [INPUT])
