"""Rows of which the next begins while one is stored have the same bits."""

from __future__ import annotations

import numpy as np
import pytest
from check_pipeline import check_pipeline
from xdsl.context import Context
from xdsl.dialects import arith
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

import rfxjit as rfx
from rfxjit.dialects.builder import Builder, new_function
from rfxjit.dialects.ir import f64, tensor
from rfxjit.passes import load_pass, pipeline_rows
from rfxjit.passes.pipelines import PIPELINES


def centered(x):
    return x - np.sum(x, axis=1, keepdims=True)


def softmax(x):
    e = np.exp(x - np.max(x, axis=1, keepdims=True))
    return e / np.sum(e, axis=1, keepdims=True)


def layernorm(x):
    d = x - np.mean(x, axis=1, keepdims=True)
    return d / np.sqrt(np.mean(d * d, axis=1, keepdims=True) + 1e-5)


def _one_row_after_the_other(fn, x):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline_rows, "_ratio", lambda first, last: 0)
        return rfx.jit(fn).lower(x).compile()(x)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("shape", [(2, 128), (3, 129), (4, 500), (300, 1024)])
@pytest.mark.parametrize("fn", [centered, softmax, layernorm])
def test_the_bits_are_the_same(fn, shape, dtype):
    x = np.random.default_rng(3).standard_normal(shape).astype(dtype)
    x[-1, 0] = np.nan
    x[0, -1] = -0.0
    lowered = rfx.jit(fn).lower(x)
    want = _one_row_after_the_other(fn, x)
    np.testing.assert_array_equal(lowered.compile()(x), want)
    spec = rfx.ArraySpec((None, shape[1]), dtype)
    np.testing.assert_array_equal(rfx.jit(fn).lower(spec).compile()(x), want)


@pytest.mark.parametrize("rows", [40, None])
@pytest.mark.parametrize("fn", [centered, softmax, layernorm])
def test_rows_are_carried_from_one_to_the_next(fn, rows):
    text = rfx.jit(fn).lower(rfx.ArraySpec((rows, 256), "f4")).text("vectors")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline_rows, "_ratio", lambda first, last: 0)
        plain = rfx.jit(fn).lower(rfx.ArraySpec((rows, 256), "f4")).text("vectors")
    assert text.count("scf.parallel") == plain.count("scf.parallel") - 2


class _ThisRowAgain(ModulePass):
    """A mistake: what is carried is of the same row, not of the next."""

    name = "this-row-again"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for inner in op.walk():
            if isinstance(inner, arith.MinSIOp):
                row = inner.lhs.owner.operands[0]
                inner.result.replace_all_uses_with(row)


def test_a_mistake_is_found():
    function, (x,) = new_function("f", [tensor(f64, (3, 180))])
    b = Builder(function.body.block)
    total = b.broadcast(b.reduce(x, "add", [1]), [0], [3, 180])
    b.ret(b.sub(x, total))
    module = ModuleOp([function])
    lowering = ["fuse", "lower-to-loops", *PIPELINES["to-vectors"].split(",")]
    inputs = [np.random.default_rng(3).standard_normal((3, 180))]
    check_pipeline(module, [load_pass(name)() for name in lowering], inputs)
    with pytest.raises(AssertionError, match="this-row-again changed"):
        check_pipeline(module, [_ThisRowAgain()], inputs)
