"""canonicalize, cse and dce keep what a program computes, bit by bit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp

from rfxjit.dialects.builder import Builder, new_function
from rfxjit.dialects.elementwise import TABLE
from rfxjit.dialects.ir import ELEMENT_TYPES, tensor
from rfxjit.interpreter import tensors as interpreter
from rfxjit.passes.canonicalize import CanonicalizePass
from rfxjit.passes.cse import CsePass
from rfxjit.passes.dce import DcePass

FLOATS = [0.0, -0.0, 1.0, -1.0, 2.0, 0.25, 3.0, np.inf, -np.inf, np.nan, 1e-40]
INTEGERS = [0, 1, 2, 8, 3, 127, 255]
DTYPES = ["float32", "float64", "int8", "int32", "uint8"]
ARITHMETIC = [
    *("add", "sub", "mul", "div", "floor_div", "rem", "pow", "neg", "abs", "square"),
    *("minimum", "maximum", "and", "or", "xor", "not", "shl", "shr", "eq", "lt", "ge"),
]


@st.composite
def programs(draw: st.DrawFn) -> tuple[ModuleOp, list[np.ndarray]]:
    """A chain of ops over two inputs and special constants, and its inputs."""
    dtype = np.dtype(draw(st.sampled_from(DTYPES)))
    numbers = FLOATS if dtype.kind == "f" else INTEGERS
    names = [n for n in ARITHMETIC if dtype.kind.replace("i", "s") in TABLE[n].kinds]
    type_ = tensor(ELEMENT_TYPES[dtype], (len(numbers),))
    function, (x, y) = new_function("f", [type_, type_])
    b = Builder(function.body.block)
    values, flags = [x, y], []
    for _ in range(draw(st.integers(1, 8))):
        kind = draw(st.sampled_from(["constant", "op", "op", "op", "select"]))
        pick = st.sampled_from(values)
        if kind == "constant":
            values.append(
                b.lit(x, np.array(draw(st.sampled_from(numbers))).astype(dtype))
            )
        elif kind == "select" and flags:
            flag = draw(st.sampled_from(flags))
            values.append(b.select(flag, draw(pick), draw(pick)))
        else:
            name = draw(st.sampled_from(names))
            row = TABLE[name]
            result = b.elementwise(name, *(draw(pick) for _ in range(row.arity)))
            (flags if row.result == "bool" else values).append(result)
    b.ret(values[-1], *flags[-1:])
    inputs = np.array(numbers).astype(dtype)
    return ModuleOp([function]), [inputs, inputs[::-1].copy()]


def same(a: np.ndarray, b: np.ndarray) -> bool:
    """Equal bits; one NaN is as good as another."""
    if a.dtype != b.dtype or a.shape != b.shape:
        return False
    bits = np.frombuffer(a.tobytes(), np.uint8) == np.frombuffer(b.tobytes(), np.uint8)
    equal = bits.reshape(-1, a.itemsize).all(axis=1)
    nan = np.isnan(a) & np.isnan(b) if a.dtype.kind == "f" else np.zeros(a.shape, bool)
    return bool((equal | nan.reshape(-1)).all())


@settings(deadline=None, max_examples=300)
@given(programs())
def test_passes_keep_the_meaning(program):
    module, inputs = program
    wanted = interpreter.run(module, "f", inputs)
    for each in (CanonicalizePass(), CsePass(), DcePass(), CanonicalizePass()):
        each.apply(Context(), module)
        module.verify()
    got = interpreter.run(module, "f", inputs)
    assert all(same(a, b) for a, b in zip(got, wanted, strict=True)), str(module)


@pytest.mark.parametrize("a", ["int8", "uint8", "int32", "int64", "float32", "float64"])
@pytest.mark.parametrize("b", ["int16", "int64", "float16", "float32", "float64"])
@pytest.mark.parametrize("c", ["bool", "int8", "uint64", "float16", "float64"])
def test_two_converts_keep_the_meaning(a, b, c):
    numbers = FLOATS if a.startswith("f") else [np.iinfo(a).min, np.iinfo(a).max, 3, 0]
    x = np.array(numbers, a)
    function, (value,) = new_function("f", [tensor(ELEMENT_TYPES[x.dtype], x.shape)])
    builder = Builder(function.body.block)
    builder.ret(builder.convert(builder.convert(value, b), c))
    module = ModuleOp([function])
    [wanted] = interpreter.run(module, "f", [x])
    CanonicalizePass().apply(Context(), module)
    [got] = interpreter.run(module, "f", [x])
    assert same(got, wanted)
