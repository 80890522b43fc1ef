"""Derivatives through branches, loops and kernels.

Two oracles: the derivative of the same program without its control flow, and dual
numbers in plain Python. Both are exact, at kinks and jumps as well.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import fuzzing
import numpy as np
import pytest
from dual_numbers import slopes
from grad_programs import Program, programs
from hypothesis import given
from kernel_programs import Kernel, kernels
from xdsl.dialects.builtin import ModuleOp
from xdsl.parser import Parser
from xdsl.printer import Printer

import rfxjit as rfx
from rfxjit.compiler import context
from rfxjit.dialects.diagnostics import verify
from rfxjit.interpreter.tensors import run
from rfxjit.passes.grad import GradPass

fuzz = fuzzing.fuzz(25)
INPUTS = (np.array([0.3, -0.7, 1.1]), np.array([0.9, 0.2, -0.4]),
          np.float64(0.35), np.int64(2))  # fmt: skip


def differentiated(text: str, argnums: tuple[int, ...] = (0,), times: int = 1) -> Any:
    module: ModuleOp = Parser(context(), text).parse_module()
    for _ in range(times):
        GradPass(argnums).apply(context(), module)
        verify(module)
    return module


@fuzz
@given(programs())
def test_as_without_control_flow(program: Program) -> None:
    texts = (program.text(), program.text(INPUTS))
    got, want = (run(Parser(context(), t).parse_module(), "f", INPUTS) for t in texts)
    for a, b in zip(got, want, strict=True):
        np.testing.assert_array_equal(a, b)
    for argnums, times in (((0, 1, 2), 1), ((0, 1), 2)):
        got, want = (
            run(differentiated(text, argnums, times), "f", INPUTS) for text in texts
        )
        for a, b in zip(got, want, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)


def differences(function: Callable[..., Any], x: np.ndarray) -> np.ndarray:
    """Central differences of the sum of the results."""
    result = np.empty_like(x)
    for place in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[place] += 1e-6
        down[place] -= 1e-6
        result[place] = (np.sum(function(up)) - np.sum(function(down))) / 2e-6
    return result


ANY_SIZE = """
func.func @f(%x: tensor<?xf64>, %c: tensor<i1>) -> tensor<?xf64> {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %n = tensor.dim %x, %zero : tensor<?xf64>
  %less = rfx.constant dense<1> : tensor<i64>
  %none = rfx.constant dense<0> : tensor<i64>
  %raw = arith.index_cast %n : index to i64
  %all = tensor.from_elements %raw : tensor<i64>
  %number = rfx.sub %all, %less : tensor<i64>
  %count = rfx.maximum %number, %none : tensor<i64>
  %e = tensor.extract %count[] : tensor<i64>
  %m = arith.index_cast %e : i64 to index
  %t = tensor.extract %c[] : tensor<i1>
  %r = scf.for %i = %zero to %m step %one iter_args(%a = %x) -> (tensor<?xf64>) {
    %y = scf.if %t -> (tensor<?xf64>) {
      %s = scf.for %j = %zero to %n step %one iter_args(%b = %a) -> (tensor<?xf64>) {
        %u = rfx.sin %b : tensor<?xf64>
        %v = rfx.mul %u, %x : tensor<?xf64>
        scf.yield %v : tensor<?xf64>
      }
      scf.yield %s : tensor<?xf64>
    } else {
      %v = rfx.mul %a, %x : tensor<?xf64>
      scf.yield %v : tensor<?xf64>
    }
    scf.yield %y : tensor<?xf64>
  }
  func.return %r : tensor<?xf64>
}
"""


@pytest.mark.parametrize("taken", [True, False])
@pytest.mark.parametrize("size", [0, 1, 4])
def test_tapes_of_any_size(size: int, taken: bool) -> None:
    # The outer loop runs max(n - 1, 0) times.
    x, c = np.linspace(0.7, 1.2, size), np.bool_(taken)
    programs = [differentiated(ANY_SIZE, times=k) for k in range(3)]
    for program, slope in pairwise(programs):
        want = differences(lambda y, p=program: run(p, "f", [y, c])[0], x)
        got = run(slope, "f", [x, c])[0]
        np.testing.assert_allclose(got, want, rtol=1e-6, atol=1e-7)


def printed(module: ModuleOp) -> str:
    stream = io.StringIO()
    Printer(stream).print_op(module)
    return stream.getvalue()


def nested(depth: int) -> str:
    """Branches in branches, each of which needs what the next one gives."""
    if depth == 0:
        return "%r0 = rfx.sin %x : tensor<f64>"
    return f"""%r{depth} = scf.if %c -> (tensor<f64>) {{
        {nested(depth - 1)}
        %s{depth} = rfx.sin %r{depth - 1} : tensor<f64>
        scf.yield %s{depth} : tensor<f64>
    }} else {{
        scf.yield %x : tensor<f64>
    }}"""


def test_what_is_nested_is_not_computed_exponentially_often() -> None:
    text = f"""func.func @f(%x: tensor<f64>, %c: i1) -> tensor<f64> {{
        {nested(12)}
        func.return %r12 : tensor<f64>
    }}"""

    assert printed(differentiated(text)).count("rfx.sin") <= 12 * 13 / 2


EIGHTH_POWER = """
func.func @f(%x: tensor<?xf64>) -> tensor<?xf64> {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %seven = arith.constant 7 : index
  %r = scf.for %i = %zero to %seven step %one iter_args(%a = %x) -> (tensor<?xf64>) {
    %s = rfx.mul %a, %x : tensor<?xf64>
    scf.yield %s : tensor<?xf64>
  }
  func.return %r : tensor<?xf64>
}
"""


@pytest.mark.parametrize("dim", ["?", "2"])
def test_a_tape_is_not_taped(dim: str) -> None:
    second = differentiated(EIGHTH_POWER.replace("?", dim), times=2)
    x = np.array([1.5, -0.5])

    assert f"tensor<7x{dim}xf64>" in printed(second)
    assert "tensor<7x7x" not in printed(second)
    np.testing.assert_allclose(run(second, "f", [x])[0], 56 * x**6)


# ---- kernels


@rfx.kernel
def root(a):
    x = a
    while abs(x * x - a) > 1e-13 * a:
        x = (x + a / x) * 0.5
    return x


@rfx.kernel
def power(x, n: int):
    result = 1.0
    for _ in range(n):
        result *= x
    return result


@rfx.kernel
def waves(x):
    for i in range(12):
        x += 0.1 * np.sin(x * i)
    return x


@rfx.kernel
def walk(x, y):
    for i in range(40):
        if x * x > 4.0:
            return x * y
        for j in range(3):
            x += 0.1 * np.sin(x * y + j) + 0.01 * i
    return y


@rfx.kernel
def safe(x):
    if x > 0.0:
        return np.log(x) * np.sqrt(x)
    return -x


X = np.linspace(0.4, 1.9, 37)
Y = np.array([[0.3], [1.1]])


@pytest.mark.parametrize(
    "function",
    [
        lambda x: walk(x, Y) ** 2,
        lambda x: walk(Y * 2.0, x[::3]),
        lambda x: walk(x, 0.5 * x.sum() / x.size),
    ],
)
def test_kernels_against_differences(function: Callable[..., Any]) -> None:
    want = differences(function, X)
    np.testing.assert_allclose(rfx.grad(function)(X), want, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "function",
    [
        root,
        waves,
        lambda x: power(x, 0),
        lambda x: power(np.sin(x), 5) * x,
        lambda x: power(x, 30),
        lambda x: safe(x - 1.0) * safe(1.0 - x),
    ],
)
def test_second_derivatives_of_kernels(function: Callable[..., Any]) -> None:
    slope = rfx.grad(function)
    for f, g in ((function, slope), (slope, rfx.grad(slope))):
        want = np.array([differences(f, x) for x in X[:, None]])[:, 0]
        np.testing.assert_allclose(g(X), want, rtol=1e-5, atol=1e-6)


def test_the_untaken_branch_adds_no_nan() -> None:
    x = np.array([-1.0, 0.0, 4.0])
    want = [-1.0, -1.0, np.log(4.0) / 4 + 0.5]
    np.testing.assert_allclose(rfx.grad(safe)(x), want)


def test_numbers_for_all_elements_and_the_value() -> None:
    def loss(rate: float, x: np.ndarray) -> Any:
        return np.sum(power(x * rate, 3))

    value, slope = rfx.value_and_grad(loss)(2.0, X)
    np.testing.assert_allclose(value, 8 * np.sum(X**3))
    np.testing.assert_allclose(slope, 12 * np.sum(X**3))


def test_single_precision_stays() -> None:
    slope = rfx.grad(lambda x: power(x, 3))(X.astype(np.float32))
    assert slope.dtype == np.float32
    np.testing.assert_allclose(slope, 3 * X**2, rtol=1e-5)


def slopes_of_kernel(kernel: Kernel, arrays: list[np.ndarray]) -> Any:
    function = rfx.kernel_from_source(kernel.text)
    return rfx.grad(lambda x, y, n, m: function(x, y, n, m)[0], (0, 1))(*arrays)


@fuzz
@given(kernels())
def test_kernels_as_dual_numbers(kernel: Kernel) -> None:
    rng = np.random.default_rng(5)
    arrays = [rng.normal(size=9) * 2 for _ in "xy"]
    arrays += [rng.integers(-9, 9, 9) for _ in "nm"]
    got = slopes_of_kernel(kernel, arrays)
    namespace: dict[str, Any] = {"np": np}
    exec(kernel.text, namespace)
    for k in range(9):
        with np.errstate(all="ignore"):
            want, largest = slopes(
                lambda *v: namespace["f"](*v)[0], *(a[k] for a in arrays)
            )
        if largest < 1e6:
            np.testing.assert_allclose([g[k] for g in got], want, rtol=1e-9, atol=1e-9)
