"""Random programs mean the same at every level, and in machine code.

`RFX_FUZZ=2000 pytest tests/unit/test_random_programs.py` is the long run.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import fuzzing
import numpy as np
from check_pipeline import assert_same, check_pipeline, check_text
from hand_written_units import Called
from hypothesis import given, settings
from numpy_same import same
from programs import SMALL_DIMS, Program, programs, signature_of
from xdsl.dialects.builtin import ModuleOp

import rfxjit as rfx
from rfxjit.compiler import compile_module
from rfxjit.dialects.builder import Builder, new_function
from rfxjit.dialects.ir import i1, tensor
from rfxjit.interpreter import run
from rfxjit.passes import load_pass
from rfxjit.passes.pipelines import PIPELINES
from rfxjit.runtime.unit import Options

fuzz = fuzzing.fuzz(150, shrink=True)


@fuzz
@given(programs())
def test_text_round_trips(program: Program) -> None:
    check_text(program.module)


@fuzz
@given(programs())
def test_no_pass_changes_the_meaning(program: Program) -> None:
    names = (
        "canonicalize", "cse", "dce", "fuse", "canonicalize", "cse", "dce",
        "lower-to-loops", *PIPELINES["to-scalars"].split(","),
        *PIPELINES["to-vectors"].split(","),
    )  # fmt: skip
    passes = [load_pass(name)() for name in names]
    check_pipeline(program.module, passes, program.inputs)


@fuzz
@given(programs())
def test_narrow_vectors_mean_the_same(program: Program) -> None:
    names = ("dce", "fuse", "lower-to-loops", "expand-math")
    lower = [load_pass(name)() for name in names]
    narrow = load_pass("vectorize")(bytes=16, masked=False)
    check_pipeline(program.module, [*lower, narrow], program.inputs)


@settings(fuzz, max_examples=fuzz.max_examples // 4)
@given(programs(steps=3, dims=SMALL_DIMS))
def test_kernels_mean_the_same(program: Program) -> None:
    # A barrier of 64 Python threads takes a while: small programs.
    names = ("dce", "fuse", "lower-to-loops", "expand-math", "map-to-gpu")
    check_pipeline(
        program.module, [load_pass(name)() for name in names], program.inputs
    )


def both(program: Program) -> tuple[Sequence[Any], Sequence[Any]]:
    """What native code gives, and what the interpreter does."""
    wants = run(program.module, "f", program.inputs)
    signature = signature_of(program.module)
    unit = compile_module(program.module, signature, Options())
    native: Any = Called(unit, native=True)
    results = [np.asarray(result) for result in native(*program.inputs)]
    assert native.misses == 0
    return results, wants


@fuzz
@given(programs())
def test_native_code_means_the_same(program: Program) -> None:
    for got, want in zip(*both(program), strict=True):
        assert_same(got, want)


@fuzz
@given(programs(rounded=True))
def test_math_functions_are_near(program: Program) -> None:
    for got, want in zip(*both(program), strict=True):
        same(got, want, ulps=1 if want.dtype == np.float16 else 4)


def test_memory_of_a_block_that_never_waits() -> None:
    # A gather at no place reads a buffer of no elements. (Found by the long run.)
    function, (x,) = new_function("f", [tensor(i1, (1,))])
    b = Builder(function.body.block)
    b.ret(b.gather(x, [b.constant([], np.int64)], [0]))
    names = ("fuse", "lower-to-loops", "map-to-gpu")
    passes = [load_pass(name)() for name in names]
    check_pipeline(ModuleOp([function]), passes, [np.array([True])])


def test_remainders_of_the_smallest_numbers() -> None:
    # Half of three times the smallest number is no number. (Found by the long run.)
    for dtype in (np.float16, np.float32, np.float64):
        tiny = np.arange(-9, 10) * np.finfo(dtype).smallest_subnormal
        x, y = tiny.astype(dtype)[:, None], tiny[tiny != 0].astype(dtype)
        want = np.fmod(x, y)
        got = rfx.jit(np.fmod, strict=True)(x, y)
        same(got, want)


def test_a_call_that_is_the_same_for_all_lanes() -> None:
    # The exact path of a number that is broadcast. (Found by the long run.)
    x = np.float32([1.0, 2e5])
    for a in x:
        got = rfx.jit(lambda a: np.cos(np.broadcast_to(a, 3)), strict=True)(a)
        same(got, np.cos(np.full(3, a)), ulps=4)
