"""Judges of programs: each pass keeps the meaning, text gives a program back, and
upstream accepts it.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from xdsl.dialects.builtin import ModuleOp
from xdsl.parser import Parser
from xdsl.passes import ModulePass

from rfxjit.compiler import LEVELS, context, lower
from rfxjit.dialects.diagnostics import RfxDiagnostic, verify
from rfxjit.interpreter import (
    StatusError,
    UndefinedBehaviourError,
    run,
    run_loops,
)

Array = np.ndarray[Any, Any]


def assert_same(got: Array, want: Array) -> None:
    """Equal dtype, shape and bits, but that any NaN is any other NaN.

    Below the rfx level unsigned integers are signless: their bits count.
    """
    if want.dtype.kind == "u" and got.dtype == np.dtype(f"i{want.dtype.itemsize}"):
        got = got.view(want.dtype)
    assert (got.dtype, got.shape) == (want.dtype, want.shape)
    if want.dtype.kind == "f":
        nan = np.isnan(want)
        assert np.array_equal(np.isnan(got), nan)
        assert np.array_equal(np.signbit(got)[~nan], np.signbit(want)[~nan])
    np.testing.assert_array_equal(got, want)


def outcome(module: ModuleOp, inputs: Sequence[Any]) -> list[Array] | int:
    """The results of `f`, at whatever level, or the status with which it fails."""
    lowered = any("rfx.extent" in op.attributes for op in module.body.block.ops)
    try:
        return (run_loops if lowered else run)(module, "f", inputs)
    except StatusError as error:
        return error.code


def check_pipeline(
    module: ModuleOp, passes: Sequence[ModulePass], inputs: Sequence[Any]
) -> None:
    """Run the passes in place; an AssertionError names the one that was wrong."""
    ctx = context()
    want = outcome(module, inputs)
    for pass_ in passes:
        before = str(module)
        try:
            pass_.apply(ctx, module)
            verify(module)
            got = outcome(module, inputs)
            assert isinstance(got, int) == isinstance(want, int)
            if isinstance(got, int) or isinstance(want, int):
                assert got == want
                continue
            for one, other in zip(got, want, strict=True):
                assert_same(one, other)
        except (AssertionError, UndefinedBehaviourError, RfxDiagnostic) as error:
            raise AssertionError(
                f"{pass_.name} changed the meaning:\n{before}\n->\n{module}\n{error}"
            ) from error


def check_text(module: ModuleOp) -> None:
    """Our parser gives back what is printed."""
    verify(module)
    text = str(module)
    again = Parser(context(), text).parse_module()
    verify(again)
    assert str(again) == text


def check_upstream(mlir_opt: str, modules: Iterable[ModuleOp]) -> None:
    """LLVM's mlir-opt accepts programs at every level that has ops of its own alone."""
    levels = [level for level in LEVELS if level not in ("rfx", "fused")]
    texts = [str(lower(module, level)) for module in modules for level in levels]
    done = subprocess.run(
        [mlir_opt, "--split-input-file", "-o", "/dev/null"],
        input="\n// -----\n".join(texts),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[:2000]
