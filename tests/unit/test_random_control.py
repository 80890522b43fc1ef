"""Random programs with branches and loops on tensors mean the same at every level.

`RFX_FUZZ=2000 pytest tests/unit/test_random_control.py` is the long run.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest
from check_pipeline import assert_same, check_pipeline, outcome
from control_programs import control_programs
from hand_written_units import Called
from hypothesis import HealthCheck, given, settings
from programs import Program, signature_of

from rfxjit.compiler import compile_module
from rfxjit.passes import load_pass
from rfxjit.runtime.unit import Options

RUNS = int(os.environ.get("RFX_FUZZ", "150"))
fuzz = settings(
    max_examples=RUNS,
    deadline=None,
    derandomize="RFX_FUZZ" not in os.environ,
    suppress_health_check=[HealthCheck.too_slow],
)


@fuzz
@given(control_programs(dynamic=False) | control_programs(dynamic=True))
def test_no_pass_changes_the_meaning(program: Program) -> None:
    names = (
        "canonicalize", "cse", "dce", "fuse", "canonicalize", "cse", "dce",
        "lower-to-loops", "expand-math", "vectorize", "promote-buffers",
    )  # fmt: skip
    passes = [load_pass(name)() for name in names]
    check_pipeline(program.module, passes, program.inputs)


@fuzz
@given(control_programs(dynamic=False) | control_programs(dynamic=True))
def test_native_code_means_the_same(program: Program) -> None:
    wants = outcome(program.module, program.inputs)
    signature = signature_of(program.module)
    native: Any = Called(
        compile_module(program.module, signature, Options()), native=True
    )
    if isinstance(wants, int):
        with pytest.raises(ArithmeticError, match=f"^{wants}$"):
            native(*program.inputs)
        return
    for got, want in zip(native(*program.inputs), wants, strict=True):
        assert_same(np.asarray(got), want)
    assert native.misses == 0
