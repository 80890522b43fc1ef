"""Entries: results, `out=`, arguments that are written, shapes and workspace."""

from __future__ import annotations

import sys

import numpy as np
import optree
import pytest
from entries import errors, gains, misaligned, read_only, strided, swapped
from hand_written_units import (
    F8,
    I8,
    Called,
    one_result,
    param,
    params,
    pid_unit,
    saxpy_unit,
    scale_unit,
)

from rfxjit.runtime.portable import MISS, RunsInPython
from rfxjit.runtime.unit import Unit
from rfxjit.signature import Alias, Constant, Failure, Input, Output, Signature, Slot

# out=


def test_out(native):
    f = Called(pid_unit(), native=native)
    out = np.empty(1)
    assert f(*errors(), *gains(), out=out) is out
    assert out.tolist() == [4.0]
    assert f(*errors(), *gains(), out=None).tolist() == [4.0]
    assert f.misses == (0 if native else 2)


def test_out_in_any_form(native):
    f = Called(saxpy_unit(), native=native)
    x, y = np.arange(5.0), np.linspace(1, 2, 5)
    for out in (np.empty(10)[::2], misaligned(x), swapped(x), np.empty(5, np.float32)):
        assert f(2.0, x, y, out=out) is out
        np.testing.assert_array_equal(out, (2 * x + y).astype(out.dtype))


def test_out_may_overlap_inputs(native):
    f = Called(saxpy_unit(), native=native)
    memory = np.arange(8.0)
    x, y, out = memory[:5], np.ones(5), memory[2:7]
    wanted = 2 * x + y
    assert f(2.0, x, y, out=out) is out
    np.testing.assert_array_equal(out, wanted)
    memory = np.arange(5.0)
    f(2.0, memory, memory, out=memory)
    np.testing.assert_array_equal(memory, 3 * np.arange(5.0))


@pytest.mark.parametrize(
    ("out", "error", "text"),
    [
        (np.empty(4), ValueError, r"out has shape \(4,\), the result \(5,\)"),
        (np.empty((5, 1)), ValueError, "shape"),
        (read_only(np.empty(5)), ValueError, "read-only"),
        (np.empty(5, np.int64), TypeError, "same_kind"),
        ([0.0] * 5, TypeError, "out must be an array, not list"),
        ((np.empty(5), np.empty(5)), ValueError, "2 arrays for 1 results"),
    ],
)
def test_wrong_out(native, out, error, text):
    f = Called(saxpy_unit(), native=native)
    with pytest.raises(error, match=text):
        f(2.0, np.ones(5), np.ones(5), out=out)


BOTH = (Slot(0), Slot(1))


def two_results_unit(treedef, results=BOTH):
    """Sum and difference of f64 (3,)."""
    text = """
define i32 @two(ptr %x, ptr %y, ptr %s, ptr %d, i64 %begin, i64 %end, ptr %w) {
  %xv = load <3 x double>, ptr %x, align 8
  %yv = load <3 x double>, ptr %y, align 8
  %sv = fadd <3 x double> %xv, %yv
  %dv = fsub <3 x double> %xv, %yv
  store <3 x double> %sv, ptr %s, align 8
  store <3 x double> %dv, ptr %d, align 8
  ret i32 0
}
"""
    inputs = tuple(Input(n, param(k), "array", F8, (3,)) for k, n in enumerate("xy"))
    outputs = (Output(F8, (3,)), Output(F8, (3,)))
    signature = Signature("two", params("x", "y"), inputs, outputs, results, treedef)
    return Unit(signature, llvm_ir=text)


def test_tuples_natively_and_with_out(native):
    f = Called(two_results_unit(optree.tree_structure((0, 0))), native=native)
    x, y = np.arange(3.0), np.ones(3)
    s, d = f(x, y)
    np.testing.assert_array_equal(s, x + y)
    np.testing.assert_array_equal(d, x - y)
    out = (np.empty(3), np.empty(3))
    result = f(x, y, out=out)
    assert result[0] is out[0]
    assert result[1] is out[1]
    np.testing.assert_array_equal(out[1], x - y)
    assert f.misses == (0 if native else 2)
    # One memory for both results, or an input: the slow path gets it right.
    both = np.empty(6)
    f(x, y, out=(both[:3], x))
    np.testing.assert_array_equal(x, np.arange(3.0) - 1)
    with pytest.raises(ValueError, match="1 arrays for 2 results"):
        f(x, y, out=both[:3])


def test_other_trees(native):
    tree = optree.tree_structure({"sum": 0, "rest": [0, (0, 0)]})
    constant = object()
    results = (Slot(1), Alias(param(0)), Slot(0), Slot(0), Constant(constant))
    leaves = optree.tree_structure({"a": 0, "b": [0, (0, 0)], "c": 0})
    assert leaves.num_leaves == len(results)
    assert tree.num_leaves == 4
    f = Called(two_results_unit(leaves, results), native=native)
    x, y = np.arange(3.0), np.ones(3)
    result = f(x, y)
    np.testing.assert_array_equal(result["a"], x - y)
    assert result["b"][0] is x
    assert result["b"][1][0] is result["b"][1][1]
    assert result["c"] is constant
    with pytest.raises(TypeError, match=r"two\(\) cannot write its result to out="):
        f(x, y, out=np.empty(3))
    count = sys.getrefcount(constant)
    for _ in range(100):
        f(x, y)
    assert sys.getrefcount(constant) == count


# Arguments that are written


@pytest.mark.parametrize("in_place", [False, True])
def test_inout(native, in_place):
    f = Called(scale_unit(in_place=in_place), native=native)
    a = np.array([3.0])
    for form in (np.copy, swapped, misaligned, strided):
        x = form(np.arange(4.0))
        assert f(x, a) is x
        np.testing.assert_array_equal(x, 3 * np.arange(4.0))
    assert f.misses == (3 if native else 4)


def test_inout_of_read_only_or_shared_memory_is_for_python(native):
    f = Called(scale_unit(in_place=False), native=native)
    memory = np.arange(5.0)
    with pytest.raises(RunsInPython, match="arguments 'x', 'a' overlap"):
        f(memory[:4], memory[3:4])
    with pytest.raises(RunsInPython, match="argument 'x' is read-only"):
        f(read_only(memory[:4]), np.array([2.0]))
    np.testing.assert_array_equal(memory, np.arange(5.0))
    f(memory[:4], memory[4:])
    np.testing.assert_array_equal(memory, [0, 4, 8, 12, 4])


def test_failure(native):
    f = Called(scale_unit(in_place=False), native=native)
    x = np.arange(4.0)
    before = sys.getrefcount(x)
    for _ in range(50):
        with pytest.raises(ZeroDivisionError, match=r"^scale by zero$"):
            f(x, np.array([0.0]))
    np.testing.assert_array_equal(x, np.arange(4.0))
    assert sys.getrefcount(x) == before


def test_status_out_of_range(native):
    unit = scale_unit(in_place=False)
    s = unit.signature
    signature = Signature(s.name, s.params, s.inputs, s.outputs, s.results)
    f = Called(Unit(signature, llvm_ir=unit.llvm_ir), native=native)
    with pytest.raises(SystemError, match="scale: status out of range"):
        f(np.arange(4.0), np.array([0.0]))


# Shapes and workspace


def grow_unit(bytes_=None):
    """`[n, n, …]` (n + 1 times), by way of the workspace; n = 13 fails."""
    bytes_line = "%m8" if bytes_ is None else str(bytes_)
    text = f"""
define i32 @grow(ptr %x, i64 %n, ptr %out, i64 %m, i64 %begin, i64 %end, ptr %w) {{
entry:
  %low = ptrtoint ptr %w to i64
  %off = and i64 %low, 63
  %unaligned = icmp ne i64 %off, 0
  br i1 %unaligned, label %bad, label %loop
loop:
  %i = phi i64 [ %begin, %entry ], [ %next, %body ]
  %more = icmp slt i64 %i, %end
  br i1 %more, label %body, label %done
body:
  %wp = getelementptr i64, ptr %w, i64 %i
  store i64 %n, ptr %wp
  %v = load i64, ptr %wp
  %op = getelementptr i64, ptr %out, i64 %i
  store i64 %v, ptr %op
  %next = add i64 %i, 1
  br label %loop
done:
  ret i32 0
bad:
  ret i32 1
}}
define i32 @grow_shapes(ptr %in, ptr %out) {{
  %n = load i64, ptr %in
  %bad = icmp eq i64 %n, 13
  %m = add i64 %n, 1
  %m8 = mul i64 %m, 8
  store i64 %m, ptr %out
  %extent = getelementptr i64, ptr %out, i64 1
  store i64 %m, ptr %extent
  %bytes = getelementptr i64, ptr %out, i64 2
  store i64 {bytes_line}, ptr %bytes
  %status = select i1 %bad, i32 2, i32 0
  ret i32 %status
}}
"""
    spec = Input("x", param(0), "array", F8, ("n",))
    failures = (Failure(SystemError, "unaligned"), Failure(ValueError, "not thirteen"))
    return one_result(
        "grow",
        params("x"),
        (spec,),
        Output(I8, (None,)),
        text,
        extent=None,
        workspace=bytes_,
        failures=failures,
    )


@pytest.mark.parametrize("bytes_", [None, 4096, 1 << 20])
def test_shapes_and_workspace(native, bytes_):
    f = Called(grow_unit(bytes_), native=native)
    for n in (2, 7, 500):
        assert f(np.ones(n)).tolist() == [n] * (n + 1)
    with pytest.raises(ValueError, match="not thirteen"):
        f(np.ones(13))
    out = np.empty(8, np.int64)
    assert f(np.ones(7), out=out) is out
    with pytest.raises(ValueError, match="shape"):
        f(np.ones(6), out=out)
    with pytest.raises(ValueError, match="not thirteen"):
        f(np.ones(13), out=out)


def test_a_workspace_that_is_not_to_be_had(native):
    f = Called(grow_unit(1 << 60), native=native)
    with pytest.raises(MemoryError):
        f(np.ones(5))


def test_units_that_are_python():
    signature = saxpy_unit().signature
    unit = Unit(signature, run=lambda values: [values[0] * values[1] + values[2]])
    f = Called(unit, native=False)
    x = np.arange(3.0)
    np.testing.assert_array_equal(f(2.0, x[::-1], x), 2 * x[::-1] + x)
    assert f(2.0, x, np.ones(4)) is MISS
