"""Random programs: the interpreter before and after each level, and native code."""

from __future__ import annotations

import ctypes
import os

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from xdsl.dialects.builtin import ModuleOp

from rfxjit.compiler import run_passes
from rfxjit.dialects.builder import Builder, new_function
from rfxjit.dialects.diagnostics import verify
from rfxjit.dialects.elementwise import TABLE
from rfxjit.dialects.ir import ELEMENT_TYPES, dtype_of, kind_of, shape_of, tensor
from rfxjit.interpreter import run
from rfxjit.runtime import cpu
from rfxjit.targets.llvm_ir import print_llvm_ir

DTYPES = [np.dtype(d) for d in ("f4", "f8", "i1", "i4", "i8", "u1", "u8", "?")]
# Exact in NumPy and here: bit for bit. The math functions have accuracy tests.
EXACT = [
    row for row in TABLE.values()
    if row.name in {
        "add", "sub", "mul", "div", "neg", "abs", "sign", "square", "sqrt", "floor",
        "ceil", "trunc", "rint", "copysign", "minimum", "maximum", "eq", "ne", "lt",
        "le", "gt", "ge", "isnan", "isinf", "isfinite", "signbit", "and", "or", "xor",
        "not", "shl", "shr", "select", "floor_div", "rem", "fmod", "pow",
    }
]  # fmt: skip
FLOATS = [0.0, -0.0, 1.0, -1.5, 2.5, 1e-40, 3e38, np.inf, -np.inf, np.nan, 7.25, -3.0]


def values(draw, dtype, shape):
    count = int(np.prod(shape, dtype=int))
    if dtype.kind == "f":
        picks = draw(st.lists(st.sampled_from(FLOATS), min_size=count, max_size=count))
    elif dtype.kind == "b":
        picks = draw(st.lists(st.booleans(), min_size=count, max_size=count))
    else:
        info = np.iinfo(dtype)
        edge = st.sampled_from([info.min, info.max, 0, 1, 2, 3, 7, info.max - 1])
        picks = draw(st.lists(edge, min_size=count, max_size=count))
    with np.errstate(all="ignore"):
        return np.array(picks, dtype).reshape(shape)


def grow(draw, builder, pool):
    """Append one random op on values of the pool."""
    x = draw(st.sampled_from(pool))
    shape, kind = shape_of(x.type), kind_of(x.type)
    choice = draw(st.integers(0, 9))
    if choice == 0 and len(shape) == 2:
        return builder.transpose(x, [1, 0])
    if choice == 1:
        return builder.convert(x, draw(st.sampled_from(DTYPES)))
    if choice == 2 and shape:
        starts, sizes, steps = [], [], []
        for n in shape:
            step = draw(st.sampled_from([1, 2, -1]))
            starts.append(0 if step > 0 else n - 1)
            sizes.append(len(range(0, n, abs(step))))
            steps.append(step)
        return builder.slice(x, starts, sizes, steps)
    if choice == 3 and shape:
        kinds = ["minimum", "maximum"] + (["add"] if kind in "sf" else [])
        each = [[d] for d in range(len(shape))]
        dims = draw(st.sampled_from([*each, [*range(len(shape))]]))
        return builder.reduce(x, draw(st.sampled_from(kinds)), dims)
    if choice == 4 and len(shape) < 2:
        n = draw(st.integers(1, 3))
        return builder.broadcast(x, [d + 1 for d in range(len(shape))], [n, *shape])
    if choice == 5 and shape:
        return builder.concatenate([x, x], len(shape) - 1)
    if choice == 6:
        return builder.reshape(x, [int(np.prod(shape, dtype=int))])
    rows = [r for r in EXACT if kind in r.kinds]
    row = draw(st.sampled_from(rows))
    same = [v for v in pool if v.type == x.type]
    operands = [draw(st.sampled_from(same)) for _ in range(row.arity)]
    if row.name == "select":
        operands[0] = builder.ne(operands[1], operands[2])
    return builder.elementwise(row.name, *operands)


@st.composite
def programs(draw):
    shape = tuple(draw(st.lists(st.integers(1, 5) | st.just(67), max_size=2)))
    dtypes = [draw(st.sampled_from(DTYPES)) for _ in range(draw(st.integers(1, 3)))]
    types = [tensor(ELEMENT_TYPES[d], shape) for d in dtypes]
    function, arguments = new_function("f", types)
    builder = Builder(function.body.block)
    pool = list(arguments)
    for _ in range(draw(st.integers(1, 8))):
        pool.append(grow(draw, builder, pool))
    builder.ret(pool[-1], pool[len(pool) // 2])
    return ModuleOp([function]), [values(draw, d, shape) for d in dtypes]


def native(module, inputs, results):
    library = cpu.Library([cpu.compile_object(print_llvm_ir(module))], ["f"])
    outs = [np.empty(shape_of(t), dtype_of(t)) for t in results]
    pointers = [a.ctypes.data for a in (*inputs, *outs)]
    workspace = np.empty(1 << 16, np.uint8)
    kinds = [ctypes.c_void_p] * len(pointers) + [ctypes.c_int64] * 2 + [ctypes.c_void_p]
    call = ctypes.CFUNCTYPE(ctypes.c_int32, *kinds)(library.address("f"))
    return library, call, pointers, outs, workspace  # `library` keeps the code


def same(a, b):
    a, b = np.asarray(a), np.asarray(b)
    assert a.dtype == b.dtype
    np.testing.assert_array_equal(a, b)


@settings(max_examples=int(os.environ.get("RFX_FUZZ", "120")), deadline=None)
@given(programs())
def test_every_level_means_the_same(program):
    module, inputs = program
    verify(module)
    types = [v.type for v in module.body.block.first_op.body.block.last_op.operands]
    want = run(module, "f", inputs)
    run_passes(module, "fuse")
    verify(module)
    for got, expected in zip(run(module, "f", inputs), want, strict=True):
        same(got, expected)
    run_passes(module, "lower-to-loops")
    verify(module)
    extent = module.body.block.first_op.attributes["rfx.extent"].value.data
    for pipeline in ("to-scalars", "to-vectors", "to-llvm"):
        run_passes(module, pipeline)
        verify(module)
    library, call, pointers, outs, workspace = native(module, inputs, types)
    assert library.address("f")
    assert call(*pointers, 0, extent, workspace.ctypes.data) == 0
    for got, expected in zip(outs, want, strict=True):
        same(got, expected)
