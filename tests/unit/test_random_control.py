"""Random programs with branches and loops on tensors mean the same at every level.

`RFX_FUZZ=2000 pytest tests/unit/test_random_control.py` is the long run.
"""

from __future__ import annotations

import ctypes
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import fuzzing
import numpy as np
import pytest
from check_pipeline import (
    assert_same,
    check_pipeline,
    check_text,
    check_upstream,
    outcome,
)
from control_programs import control_programs
from hand_written_units import Called
from hypothesis import assume, given, settings
from programs import Program, signature_of
from xdsl.dialects.builtin import IntegerAttr

from rfxjit.compiler import compile_module, lower, text
from rfxjit.passes import load_pass
from rfxjit.passes.pipelines import PIPELINES
from rfxjit.runtime.unit import Options

fuzz = fuzzing.fuzz(40, shrink=True)
few = settings(fuzz, max_examples=fuzz.max_examples // 8)
either = control_programs(dynamic=False) | control_programs(dynamic=True)


@fuzz
@given(either)
def test_no_pass_changes_the_meaning(program: Program) -> None:
    names = (
        "canonicalize", "hoist", "cse", "dce", "fuse", "canonicalize", "cse", "dce",
        "lower-to-loops", *PIPELINES["to-scalars"].split(","),
        *PIPELINES["to-vectors"].split(","),
    )  # fmt: skip
    passes = [load_pass(name)() for name in names]
    check_pipeline(program.module, passes, program.inputs)


@fuzz
@given(either)
def test_native_code_means_the_same(program: Program) -> None:
    wants = outcome(program.module, program.inputs)
    unit = compile_module(program.module, signature_of(program.module), Options())
    native: Any = Called(unit, native=True)
    if isinstance(wants, int):
        with pytest.raises(ArithmeticError, match=f"^{wants}$"):
            native(*program.inputs)
        return
    for got, want in zip(native(*program.inputs), wants, strict=True):
        assert_same(np.asarray(got), want)
    assert native.misses == 0


@few
@given(control_programs(dynamic=False, sizes=(1, 2, 3)))
def test_one_block_of_threads_means_the_same(program: Program) -> None:
    names = ("dce", "fuse", "lower-to-loops", "expand-math", "map-to-gpu")
    passes = [load_pass(name)() for name in names]
    check_pipeline(program.module, passes, program.inputs)


@few
@given(program=control_programs(dynamic=False))
def test_c_means_the_same(cc: str, program: Program) -> None:
    # C99 has no f16.
    assume("xf16" not in str(program.module) and "<f16" not in str(program.module))
    wants = outcome(program.module, program.inputs)
    outputs = signature_of(program.module).outputs
    results = [np.zeros(o.shape, o.dtype) for o in outputs]
    loops: Any = lower(program.module, "loops").body.block.first_op
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "f.c").write_text(text(program.module, "c"))
        flags = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic", "-O1"]
        more = ["-ffp-contract=off", "-fPIC", "-shared", "-o", "f.so", "f.c", "-lm"]
        built = subprocess.run(
            [cc, *flags, *more], cwd=folder, capture_output=True, text=True
        )
        assert built.returncode == 0, built.stderr
        function = ctypes.CDLL(f"{folder}/f.so").f
        extent, size = (loops.attributes[f"rfx.{k}"] for k in ("extent", "workspace"))
        assert isinstance(extent, IntegerAttr)
        assert isinstance(size, IntegerAttr)
        scratch = np.empty(size.value.data + 64, np.uint8)
        inputs = [np.ascontiguousarray(x) for x in program.inputs]
        buffers = [ctypes.c_void_p(a.ctypes.data) for a in (*inputs, *results)]
        numbers = ctypes.c_int64(0), ctypes.c_int64(extent.value.data)
        start = ctypes.c_void_p(scratch.ctypes.data + -scratch.ctypes.data % 64)
        status = function(*buffers, *numbers, start)
    if isinstance(wants, int):
        assert status == wants
        return
    for got, want in zip(results, wants, strict=True):
        assert_same(got, want)


@few
@given(either)
def test_text_round_trips(program: Program) -> None:
    for level in ("rfx", "fused", "loops"):
        check_text(lower(program.module, level))


@few
@given(program=either)
def test_upstream_accepts_every_level(mlir_opt: str, program: Program) -> None:
    check_upstream(mlir_opt, [program.module])
