"""The interpreter against NumPy, and the elementwise table against differences."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from check_pipeline import assert_same
from programs import DTYPES, special_values
from xdsl.dialects.builtin import ModuleOp
from xdsl.parser import Parser

from rfxjit.compiler import context
from rfxjit.dialects.builder import Builder, new_function
from rfxjit.dialects.diagnostics import verify
from rfxjit.dialects.elementwise import MINUS_ONE, ONE, TABLE, Partial, Row
from rfxjit.dialects.ir import ELEMENT_TYPES, f64, kind_of, tensor
from rfxjit.interpreter.reductions import reduce
from rfxjit.interpreter.tensors import StatusError, convert, run

FLOAT_DTYPES = [np.dtype(c) for c in "efd"]


def parsed(text: str) -> ModuleOp:
    module = Parser(context(), text).parse_module()
    verify(module)
    return module


# ---- elementwise ops


def grid(row: Row, dtype: np.dtype[Any]) -> list[np.ndarray[Any, Any]]:
    """All combinations of special values, as operands of one length."""
    axes = [special_values(dtype)] * row.arity
    if row.name == "select":
        axes[0] = special_values(np.dtype(np.bool_))
    return [a.ravel() for a in np.meshgrid(*axes, indexing="ij")]


@pytest.mark.parametrize("dtype", [*DTYPES, np.dtype(np.float16)], ids=str)
@pytest.mark.parametrize("row", TABLE.values(), ids=lambda row: row.name)
def test_an_elementwise_op_is_its_numpy_function(
    row: Row, dtype: np.dtype[Any]
) -> None:
    if kind_of(ELEMENT_TYPES[dtype]) not in row.kinds:
        return
    operands = grid(row, dtype)
    if row.name == "pow" and dtype.kind == "i":  # NumPy refuses negative exponents
        operands = [a[operands[1] >= 0] for a in operands]
    types = [tensor(ELEMENT_TYPES[a.dtype], a.shape) for a in operands]
    function, arguments = new_function("f", types)
    b = Builder(function.body.block)
    b.ret(b.elementwise(row.name, *arguments))
    module = ModuleOp([function])
    verify(module)
    with np.errstate(all="ignore"):
        want = np.asarray(row.numpy(*operands))
    (got,) = run(module, "f", operands)
    if row.name in ("minimum", "maximum") and dtype.kind == "f":
        # Of two zeros NumPy gives either, we the one that sorts first, or last.
        zeros = (operands[0] == 0) & (operands[1] == 0)
        signs = [np.signbit(a) for a in operands]
        low = signs[0] | signs[1] if row.name == "minimum" else signs[0] & signs[1]
        want = np.where(zeros, np.where(low, -0.0, 0.0).astype(dtype), want)
    assert_same(got, want)


def test_powers_of_negative_exponents_are_truncated_inverses() -> None:
    module = parsed("""
    func.func @f(%x: tensor<5xi32>, %y: tensor<5xi32>) -> tensor<5xi32> {
      %0 = rfx.pow %x, %y : tensor<5xi32>
      func.return %0 : tensor<5xi32>
    }""")
    x, y = np.array([[1, -1, -1, 2, 0], [-3, -3, -4, -1, -1]], np.int32)
    (got,) = run(module, "f", [x, y])
    assert got.tolist() == [1, -1, 1, 0, 0]


@pytest.mark.parametrize("source", FLOAT_DTYPES, ids=str)
@pytest.mark.parametrize("target", [d for d in DTYPES if d.kind in "iu"], ids=str)
def test_floats_convert_to_integers_by_saturation(
    source: np.dtype[Any], target: np.dtype[Any]
) -> None:
    values = special_values(source)
    info = np.iinfo(target)
    for value, got in zip(values, convert(values, target), strict=True):
        if np.isnan(value):
            assert got == 0
        elif np.isinf(value):
            assert got == (info.max if value > 0 else info.min)
        else:
            assert got == min(max(int(value), info.min), info.max)


# ---- derivatives

POINTS = {  # by op: operands where the function is smooth and the default is not in it
    "acosh": ([1.7], [2.3]), "hypot": ([1.3], [-2.1]), "pow": ([1.7], [2.3]),
    "atan2": ([0.7], [-1.2]), "rem": ([7.3], [2.1]), "fmod": ([-7.3], [2.1]),
    "floor_div": ([7.3], [2.1]),
}  # fmt: skip


def evaluated(partial: Partial, operands: list[np.ndarray[Any, Any]], row: Row) -> Any:
    """A partial derivative of the table, built as a program and run."""
    if isinstance(partial, str):
        return {ONE: 1.0, MINUS_ONE: -1.0}.get(partial, 0.0)
    types = [tensor(ELEMENT_TYPES[a.dtype], a.shape) for a in operands]
    function, arguments = new_function("f", types)
    b = Builder(function.body.block)
    result = b.elementwise(row.name, *arguments)
    b.ret(partial(b, *arguments, result))
    module = ModuleOp([function])
    verify(module)
    return run(module, "f", operands)[0]


SMOOTH = [row for row in TABLE.values() if "f" in row.kinds and row.result == "same"]


@pytest.mark.parametrize("row", SMOOTH, ids=lambda row: row.name)
def test_partials_are_finite_differences(row: Row) -> None:
    points = POINTS.get(row.name, ([0.37], [0.81], [-0.53]))
    operands = [np.array(points[i % len(points)]) for i in range(row.arity)]
    if row.name == "select":
        operands[0] = np.array([True])
    for i, partial in enumerate(row.partials):
        if operands[i].dtype == np.bool_:
            continue
        step = 1e-6
        ends: list[Any] = []
        for sign in (1.0, -1.0):
            moved = list(operands)
            moved[i] = operands[i] + sign * step
            ends.append(row.numpy(*moved))
        slope = (ends[0] - ends[1]) / (2 * step)
        got = evaluated(partial, operands, row)
        np.testing.assert_allclose(got, slope, rtol=1e-7, atol=1e-8)


# ---- reductions


@pytest.mark.parametrize("count", [0, 1, 63, 65, 4096, 4097, 20000])
def test_sums_are_within_rounding_of_exact(count: int) -> None:
    x = np.random.default_rng(count).standard_normal(count)
    exact = math.fsum(x)
    bound = (4096 / 64 + 8) * np.finfo(float).eps * np.abs(x).sum()
    assert abs(reduce("add", x, [0]) - exact) <= bound


def test_block_sums_are_compensated() -> None:
    x = np.zeros(3 * 4096)
    x[0], x[4096], x[8192] = 1e16, 1.0, -1e16
    assert reduce("add", x, [0]) == 1.0


def test_a_sum_over_outer_dims_runs_in_order() -> None:
    x = np.array([[1e16, 1.0], [1.0, 1e16], [-1e16, -1e16]])
    assert reduce("add", x, [0]).tolist() == [0.0, 0.0]


# ---- control flow

COLLATZ = """
func.func @f(%n: tensor<i64>) -> tensor<i64> {
  %zero = rfx.constant dense<0> : tensor<i64>
  %one = rfx.constant dense<1> : tensor<i64>
  %two = rfx.constant dense<2> : tensor<i64>
  %three = rfx.constant dense<3> : tensor<i64>
  %r:2 = scf.while (%x = %n, %k = %zero) : (tensor<i64>, tensor<i64>)
      -> (tensor<i64>, tensor<i64>) {
    %more = rfx.gt %x, %one : tensor<i64>
    %go = tensor.extract %more[] : tensor<i1>
    scf.condition(%go) %x, %k : tensor<i64>, tensor<i64>
  } do {
  ^bb0(%x: tensor<i64>, %k: tensor<i64>):
    %rest = rfx.rem %x, %two : tensor<i64>
    %odd = rfx.eq %rest, %one : tensor<i64>
    %c = tensor.extract %odd[] : tensor<i1>
    %next = scf.if %c -> (tensor<i64>) {
      %t = rfx.mul %x, %three : tensor<i64>
      %u = rfx.add %t, %one : tensor<i64>
      scf.yield %u : tensor<i64>
    } else {
      %h = rfx.floor_div %x, %two : tensor<i64>
      scf.yield %h : tensor<i64>
    }
    %k1 = rfx.add %k, %one : tensor<i64>
    scf.yield %next, %k1 : tensor<i64>, tensor<i64>
  }
  func.return %r#1 : tensor<i64>
}
"""


def test_while_and_if() -> None:
    (steps,) = run(parsed(COLLATZ), "f", [np.asarray(27)])
    assert steps == 111


def test_for_carries_tensors() -> None:
    module = parsed("""func.func @f(%x: tensor<2xf64>) -> tensor<2xf64> {
      %begin = arith.constant 0 : index
      %end = arith.constant 10 : index
      %step = arith.constant 3 : index
      %r = scf.for %i = %begin to %end step %step iter_args(%a = %x)
          -> (tensor<2xf64>) {
        %b = rfx.add %a, %a : tensor<2xf64>
        scf.yield %b : tensor<2xf64>
      }
      func.return %r : tensor<2xf64>
    }""")
    (got,) = run(module, "f", [np.array([1.0, -3.0])])
    assert got.tolist() == [16.0, -48.0]


# ---- the contract


def identity() -> ModuleOp:
    function, (x,) = new_function("f", [tensor(f64, (3,))])
    Builder(function.body.block).ret(x)
    return ModuleOp([function])


def test_unfit_inputs_are_refused() -> None:
    module = identity()
    with pytest.raises(ValueError, match="no function 'g'"):
        run(module, "g", [])
    with pytest.raises(TypeError, match="f takes 1 inputs, got 2"):
        run(module, "f", [np.zeros(3), np.zeros(3)])
    with pytest.raises(TypeError, match="must have dtype float64, got float32"):
        run(module, "f", [np.zeros(3, np.float32)])
    for shape in ((4,), (3, 1), ()):
        with pytest.raises(ValueError, match="must be tensor<3xf64>, got shape"):
            run(module, "f", [np.zeros(shape)])


def test_a_failed_require_is_a_status() -> None:
    function, (x,) = new_function("f", [tensor(f64)])
    b = Builder(function.body.block)
    b.require(b.gt(x, b.lit(x, 0.0)), 7)
    b.ret(x)
    module = ModuleOp([function])
    assert run(module, "f", [np.asarray(1.0)]) == [1.0]
    with pytest.raises(StatusError) as caught:
        run(module, "f", [np.asarray(np.nan)])
    assert caught.value.code == 7
