"""Each level of many programs: upstream reads it, our parser gives it back, and every
op knows the line of Python it comes from.
"""

from __future__ import annotations

import numpy as np
import pytest
from check_pipeline import check_text, check_upstream
from numpy_code import KERNELS
from xdsl.dialects.builtin import ModuleOp, UnknownLoc

import rfxjit as rfx
from rfxjit.compiler import LEVELS, lower
from rfxjit.dialects.diagnostics import place_of

X = np.arange(24.0).reshape(4, 6)
AT = np.array([3, 0])

CASES = {
    **KERNELS,
    "slices": (lambda x: x[1:, ::-2] * x[:3, 1::2], (X,)),
    "joined": (lambda x: np.concatenate([x, x[:1]]), (X,)),
    "gathered": (lambda x, i: x[i] + x[:, i][:2, :1], (X, AT)),
    "one row": (lambda x, i: x[i], (X, 2)),
    "contracted": (lambda x: x @ x.T @ x, (X,)),
    "reduced": (lambda x: x.prod(0) + x.min(0) + x.max(0) + x.argmin(0), (X,)),
    "truths": (lambda x: (x > 3).any(axis=1) & (x < 30).all(axis=1), (X,)),
    "kinds": (lambda x: x.astype("i1").astype("u4") + x.astype(bool), (X,)),
    "derivative": (rfx.grad(lambda x: (np.sin(x[1:]) * x[:-1].max(0)).sum()), (X,)),
}  # fmt: skip


def traced(case):
    function, arguments = CASES[case]
    jitted = function if hasattr(function, "lower") else rfx.jit(function, strict=True)
    return jitted.lower(*arguments).module


def test_upstream_accepts_every_level(mlir_opt):
    check_upstream(mlir_opt, map(traced, CASES))


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("case", CASES)
def test_text_round_trips(case, level):
    check_text(lower(traced(case), level))


def unplaced(module: ModuleOp) -> set[str]:
    return {op.name for op in module.walk() if isinstance(op.location, UnknownLoc)}


@pytest.mark.parametrize("level", LEVELS)
def test_no_op_loses_its_line(level):
    for case in CASES:
        module = lower(traced(case), level)
        assert unplaced(module) <= {"builtin.module", "gpu.module"}, case
        files = {place_of(op.location).filename.data for op in module.walk()
                 if place_of(op.location) is not None}  # fmt: skip
        assert all(file.endswith(".py") for file in files), files
