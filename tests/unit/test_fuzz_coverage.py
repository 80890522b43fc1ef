"""The report of `make fuzz` counts what was drawn and names what was not."""

from __future__ import annotations

from collections import Counter

import fuzz_coverage
import numpy as np
import pytest
from fuzz_coverage import load, report, save, saw, saw_program
from xdsl.dialects.builtin import ModuleOp

from rfxjit.dialects.builder import Builder, new_function
from rfxjit.dialects.ir import f32, tensor


@pytest.fixture
def counts(monkeypatch):
    monkeypatch.setattr(fuzz_coverage, "ON", True)
    monkeypatch.setattr(fuzz_coverage, "COUNTS", Counter())
    return fuzz_coverage


def test_ops_dtypes_and_steps_are_counted(counts, tmp_path):
    function, (x,) = new_function("f", [tensor(f32, (1, 5))])
    b = Builder(function.body.block)
    b.ret(b.sin(b.convert(b.sin(x), np.float64)))
    saw_program(ModuleOp([function]))
    saw("step", ["elementwise", "elementwise"])
    save(tmp_path, "one")
    save(tmp_path, "two")
    lines = list(report(load(tmp_path)))
    assert any(line.startswith("ops: 2 of ") and "6 times" in line for line in lines)
    assert any(line.startswith("dtypes: 2 of 12 drawn") for line in lines)
    assert "step: elementwise 4" in lines
    assert "rank: 2 6" in lines
    assert "size: 1 6, 2 or more 6" in lines
    by_dtype = "\n".join(lines).split("elementwise ops by dtype")[1].splitlines()[1]
    never = by_dtype.removeprefix("  never: ").split(", ")
    assert "cos float32" in never
    assert "sin float16" in never
    assert "sin float32" not in never


def test_nothing_is_counted_in_short_runs(counts, monkeypatch):
    monkeypatch.setattr(fuzz_coverage, "ON", False)
    saw("step", ["elementwise"])
    assert not counts.COUNTS
    assert any(line.startswith("ops: 0 of ") for line in report(counts.COUNTS))
