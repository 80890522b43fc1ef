"""Passes with a mistake are found, and named, by `check_pipeline`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np
import pytest
from check_pipeline import check_pipeline
from xdsl.context import Context
from xdsl.dialects import arith, memref, scf, vector
from xdsl.dialects.builtin import (
    DenseArrayBase,
    FloatAttr,
    IndexType,
    IntegerAttr,
    ModuleOp,
    VectorType,
    i1,
    i64,
)
from xdsl.ir import Operation, SSAValue
from xdsl.passes import ModulePass

from rfxjit.compiler import context
from rfxjit.dialects import rfx
from rfxjit.dialects.builder import Builder, new_function
from rfxjit.dialects.elementwise_ops import BY_NAME
from rfxjit.dialects.ir import f64, tensor
from rfxjit.dialects.op_parts import int_list
from rfxjit.passes import load_pass
from rfxjit.passes.pipelines import PIPELINES

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
        op.steps = int_list([1, 1])


def other_dim(op: Operation) -> None:
    if isinstance(op, rfx.ReduceOp):
        op.dims = int_list([1 - rfx.ints(op.dims)[0]])


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


# ---- mistakes of the lowerings, made where the pass has left its result --------------


def other_element(op: Operation) -> None:
    if isinstance(op, memref.LoadOp) and len(op.indices) == 2:
        op.operands = (op.memref, *reversed(op.indices))


def short_loop(op: Operation) -> None:
    if isinstance(op, scf.ForOp):
        op.operands = (op.step, *op.operands[1:])


def wrong_sign_of_modulo(op: Operation) -> None:
    if isinstance(op, arith.XOrIOp) or op.name == "arith.xori":
        op.results[0].replace_all_uses_with(op.operands[0])


def coarse_constant(op: Operation) -> None:
    value = op.properties.get("value")
    if isinstance(value, FloatAttr) and 0.1 < abs(value.value.data) < 0.2:
        op.properties["value"] = FloatAttr(0.15, value.type)


def forgotten_tail(op: Operation) -> None:
    if isinstance(op, vector.MaskedStoreOp):
        op.detach()
        op.erase()


def no_stores(op: Operation) -> None:
    if isinstance(op, (memref.StoreOp, vector.StoreOp, vector.MaskedStoreOp)):
        op.detach()
        op.erase()


def lane_too_many(op: Operation) -> None:
    if isinstance(op, vector.CreateMaskOp):
        (lanes,) = op.mask_vector.type.get_shape()
        block = op.parent
        assert block is not None
        all_lanes = arith.ConstantOp(IntegerAttr(lanes, IndexType()))
        block.insert_op_before(all_lanes, op)
        op.operands = (all_lanes.result,)


def swapped_lanes(op: Operation) -> None:
    if isinstance(op, vector.ShuffleOp):
        lanes = op.mask.get_values()
        op.properties["mask"] = DenseArrayBase.from_list(i64, [lanes[0]] * len(lanes))


def dropped_barrier_store(op: Operation) -> None:
    if isinstance(op, memref.StoreOp) and isinstance(op.parent_op(), scf.IfOp):
        op.detach()
        op.erase()


def nan_not_noticed(op: Operation) -> None:
    if op.name == "arith.cmpf" and "uno" in str(op):
        op.operands = tuple(SSAValue.get(other) for other in [_zero_like(op)] * 2)


def negative_zeros(op: Operation) -> None:
    if isinstance(op, vector.ReductionOp) and op.next_op is not None:
        value = op.next_op.properties.get("value")
        if isinstance(value, FloatAttr) and value.value.data == 0:
            op.dest.replace_all_uses_with(_false_before(op))


def never_rare(op: Operation) -> None:
    if isinstance(op, scf.IfOp) and "rfx.rare" in op.attributes:
        op.operands = (_false_before(op),)


def _false_before(op: Operation) -> SSAValue:
    return _constant_before(op, IntegerAttr(0, i1))


def _constant_before(op: Operation, value: Any) -> SSAValue:
    constant = arith.ConstantOp(value)
    block = op.parent
    assert block is not None
    block.insert_op_before(constant, op)
    return constant.result


def _zero_like(op: Operation) -> SSAValue:
    type_ = op.operands[0].type
    zero = _constant_before(op, FloatAttr(0.0, f64))
    spread = vector.BroadcastOp(zero, cast("VectorType[Any]", type_))
    block = op.parent
    assert block is not None
    block.insert_op_before(spread, op)
    return spread.vector


def _largest(b: Builder, x: SSAValue) -> SSAValue:
    return b.reduce(b.concatenate([x] * 30, 1), "maximum", [1])


def _largest_zero(b: Builder, x: SSAValue) -> SSAValue:
    zero = b.mul(x, b.lit(x, 0.0))
    return b.reduce(b.concatenate([b.neg(zero), zero] * 15, 1), "maximum", [1])


def _quotients(b: Builder, x: SSAValue) -> SSAValue:
    wide = b.concatenate([x] * 30, 1)
    return b.div(wide, b.lit(wide, 3.0))


def _rows(b: Builder, x: SSAValue) -> SSAValue:
    return b.reduce(b.concatenate([x] * 30, 1), "add", [1])


LOWERED: list[tuple[Mistake, str, Callable[[Any, Any], SSAValue]]] = [
    (other_element, "lower-to-loops", lambda b, x: b.transpose(x, [1, 0])),
    (short_loop, "lower-to-loops", _rows),
    (wrong_sign_of_modulo, "lower-to-loops", lambda b, x: b.rem(x, b.lit(x, -3.0))),
    (coarse_constant, "expand-math", lambda b, x: b.sin(x)),
    (forgotten_tail, "vectorize", lambda b, x: b.add(x, x)),
    (no_stores, "lower-to-loops", lambda b, x: b.add(x, x)),
    (no_stores, "vectorize", lambda b, x: b.add(x, x)),
    (lane_too_many, "vectorize", lambda b, x: b.add(x, x)),
    (swapped_lanes, "promote-buffers", _rows),
    (never_rare, "divide-by-invariant", _quotients),
    (nan_not_noticed, "reduce-extrema", _largest),
    (negative_zeros, "reduce-extrema", _largest_zero),
    (dropped_barrier_store, "map-to-gpu", _rows),
]
LOWERING = (
    "fuse",
    "lower-to-loops",
    "expand-math",
    *PIPELINES["to-vectors"].split(","),
)


@pytest.mark.parametrize(
    ("mistake", "after", "body"), LOWERED, ids=[row[0].__name__ for row in LOWERED]
)
def test_a_mistake_of_a_lowering_is_found_and_named(
    mistake: Mistake, after: str, body: Callable[[Any, Any], SSAValue]
) -> None:
    names = LOWERING if after in LOWERING else ("fuse", "lower-to-loops", after)
    before = [load_pass(name)() for name in names[: names.index(after) + 1]]
    module = _program(body)
    for pass_ in before:
        pass_.apply(context(), module)
    # In itself the program is right, and what is wrong is the next pass.
    with pytest.raises(AssertionError, match=f"^{mistake.__name__} changed"):
        check_pipeline(module, [_pass(mistake)], [INPUT])


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
