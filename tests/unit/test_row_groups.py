"""Nests that run row by row together mean what they mean one after the other."""

from __future__ import annotations

import fuzzing
import numpy as np
import pytest
from check_pipeline import check_pipeline
from fuzz_coverage import saw_program
from hypothesis import given
from hypothesis import strategies as st
from programs import DTYPES, draw_array
from xdsl.dialects.builtin import ModuleOp

import rfxjit as rfx
from rfxjit.compiler import lower
from rfxjit.dialects.builder import Builder, new_function
from rfxjit.dialects.ir import ELEMENT_TYPES, shape_of, tensor
from rfxjit.interpreter import run
from rfxjit.passes import load_pass, row_groups
from rfxjit.passes.pipelines import PIPELINES


def softmax(x):
    e = np.exp(x - np.max(x, axis=1, keepdims=True))
    return e / np.sum(e, axis=1, keepdims=True)


def layernorm(x, gain):
    d = x - np.mean(x, axis=-1, keepdims=True)
    return d / np.sqrt(np.mean(d * d, axis=-1, keepdims=True) + 1e-5) * gain


def statistics(x):
    mean = np.mean(x, axis=1)
    return mean, np.var(x, axis=1), np.argmax(x, axis=1), x - mean[:, None]


def blocks(x):
    y = x - np.sum(x, axis=(1, 2))[:, None, None]
    return np.max(y, axis=1), y * y


@pytest.mark.parametrize("shape", [(3, 128), (40, 201), (2, 4097), (128, 1)])
@pytest.mark.parametrize("fn", [softmax, layernorm, statistics])
def test_against_numpy(fn, shape):
    x = np.random.default_rng(1).standard_normal(shape)
    gain = np.linspace(1, 2, shape[1])
    arguments = (x, gain)[: fn.__code__.co_argcount]
    want = fn(*arguments)
    got = rfx.jit(fn, strict=True)(*arguments)
    if fn is not statistics:
        got, want = (got,), (want,)
    for a, b in zip(got, want, strict=True):
        np.testing.assert_allclose(a, b, 1e-12, 1e-12)


def test_rows_of_several_axes():
    x = np.random.default_rng(1).standard_normal((7, 20, 30))
    for a, b in zip(rfx.jit(blocks, strict=True)(x), blocks(x), strict=True):
        np.testing.assert_allclose(a, b, 1e-12, 1e-12)


@pytest.mark.parametrize("fn", [softmax, layernorm, statistics])
def test_any_number_of_rows(fn):
    shapes = [(None, 130), (130,)][: fn.__code__.co_argcount]
    specs = [rfx.ArraySpec(shape, "f4") for shape in shapes]
    any_rows = rfx.jit(fn).lower(*specs).compile()
    for rows in (2, 9):
        x = np.random.default_rng(rows).standard_normal((rows, 130)).astype("f4")
        arguments = (x, x[0].copy())[: fn.__code__.co_argcount]
        want = rfx.jit(fn).lower(*arguments).compile()(*arguments)
        got = any_rows(*arguments)
        for a, b in zip(*((v if fn is statistics else (v,)) for v in (got, want)),
                        strict=True):  # fmt: skip
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("rows", [40, None])
def test_there_is_one_loop_over_rows(rows):
    spec = rfx.ArraySpec((rows, 200), "f8")
    lowered = rfx.jit(layernorm).lower(spec, np.ones(200))
    assert lowered.text("fused").count("rfx.map") > 3
    loops = lower(lowered.module, "loops")
    function = loops.body.block.first_op
    assert [op.name for op in function.body.block.ops].count("scf.parallel") == 1


@st.composite
def row_programs(draw):
    """Reductions of the last dims, their broadcasts, elementwise ops, reshapes."""
    rows, columns = draw(st.sampled_from([(2, 3), (3, 70), (4, 130), (5, 2), (1, 4)]))
    dtype = draw(st.sampled_from([d for d in DTYPES if d.kind in "if"]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    function, (x, y) = new_function(
        "f", [tensor(ELEMENT_TYPES[dtype], s) for s in ((rows, columns), (rows,))]
    )
    b = Builder(function.body.block)
    wide, narrow = [x], [y]

    def pick(values):
        return draw(st.sampled_from(values))

    for _ in range(draw(st.integers(2, 8))):
        match draw(
            st.sampled_from(["reduce", "reduce", "spread", "op", "row", "turn"])
        ):
            case "reduce":
                kind = draw(st.sampled_from(["add", "maximum", "minimum", "mul"]))
                narrow.append(b.reduce(pick(wide), kind, [1]))
            case "spread":
                dim = [0, 1] if rows == columns else [0]
                dims = [draw(st.sampled_from(dim))]
                spread = b.broadcast(pick(narrow), dims, [rows, columns])
                wide.append(b.sub(pick(wide), spread))
            case "op":
                wide.append(b.add(pick(wide), pick(wide)))
            case "row":
                narrow.append(b.mul(pick(narrow), pick(narrow)))
            case _:
                column = b.neg(b.reshape(pick(narrow), [rows, 1]))
                narrow.append(b.reshape(column, [rows]))
    b.ret(*{pick(wide), pick(narrow), pick(narrow), pick(wide)})
    module = ModuleOp([function])
    saw_program(module)
    inputs = [draw_array(rng, dtype, shape_of(v.type)) for v in (x, y)]
    return module, inputs


@fuzzing.fuzz(150, shrink=True)
@given(row_programs(), st.booleans())
def test_random_rows_mean_the_same(program, gpu):
    module, inputs = program
    last = PIPELINES["to-gpu" if gpu else "to-vectors"].split(",")
    names = ["canonicalize", "cse", "dce", "fuse", "cse", "lower-to-loops",
             "expand-math", *last]  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(row_groups, "SHORTEST", 2)
        check_pipeline(module, [load_pass(name)() for name in names], inputs)


def test_the_interpreter_agrees_to_the_bit():
    x = np.random.default_rng(1).standard_normal((6, 130)).astype("f4")
    lowered = rfx.jit(statistics).lower(x)
    for got, want in zip(
        lowered.compile()(x), run(lowered.module, "statistics", [x]), strict=True
    ):
        np.testing.assert_array_equal(got, want)


def test_accumulators_of_whole_vectors_stay_in_registers():
    text = rfx.jit(layernorm).lower(np.ones((40, 128)), np.ones(128)).text("vectors")
    assert "iter_args" in text
    assert "memref<64xf64>" not in text


def several(x):
    a = np.exp(x)
    b = a / a.sum(axis=1, keepdims=True)
    c = b - b.max(axis=1, keepdims=True)
    d = c * c.sum(axis=1, keepdims=True)
    return d + d.min(axis=1, keepdims=True), a.T


def test_the_rows_on_the_stack_have_a_bound_together():
    x = np.random.default_rng(1).standard_normal((5, 2000)).astype("f4")
    text = rfx.jit(several).lower(x).text("loops")
    rows = text.count("memref.alloca() {alignment = 64 : i64} : memref<2000xf32>")
    assert rows == row_groups.ROW_BYTES // 8000
    for got, want in zip(rfx.jit(several, strict=True)(x), several(x), strict=True):
        np.testing.assert_allclose(got, want, 1e-4, 1e-4)


def test_the_text_is_always_the_same():
    x = np.ones((5, 2000), "f4")
    assert len({rfx.jit(several).lower(x).text("loops") for _ in range(5)}) == 1
