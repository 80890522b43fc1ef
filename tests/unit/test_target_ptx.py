"""Kernels: assembled by ptxas, and run on the CPU, where they give the CPU's bits."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from check_pipeline import assert_same
from gpu_emulator import Emulator
from hypothesis import HealthCheck, given, settings
from programs import programs
from xdsl.dialects import func
from xdsl.dialects.builtin import ModuleOp
from xdsl.parser import Parser

import rfxjit as rfx
from rfxjit.compiler import context, run_passes, text
from rfxjit.dialects.diagnostics import UnsupportedError, verify
from rfxjit.interpreter import StatusError
from rfxjit.interpreter import run as interpret
from rfxjit.targets.ptx import FLOAT_INTRINSICS, INTEGER_INTRINSICS

RNG = np.random.default_rng(11)
DTYPES = "?bhilBHILefd"
FLOATS = "efd"


@pytest.fixture(scope="session")
def emulator(cc: str, tmp_path_factory: pytest.TempPathFactory) -> Emulator:
    return Emulator(cc, tmp_path_factory.mktemp("gpu"))


def numbers(dtype: str, *shape: int) -> np.ndarray[Any, Any]:
    """Values of any dtype, some of them special."""
    values = (RNG.standard_normal(shape) * 50).astype(dtype)
    if values.dtype.kind == "f" and values.size > 8:
        values.flat[:7] = [0.0, -0.0, np.nan, np.inf, -np.inf, 1e-5, 1.0]
    return values


def assemble(ptx: str, ptxas: str, tmp_path) -> None:
    (tmp_path / "k.ptx").write_text(ptx)
    command = [ptxas, "-arch=sm_90", "-o", str(tmp_path / "k.cubin"), "k.ptx"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


def check(function, arguments, emulator, ptxas, tmp_path) -> None:
    """The kernels of a program have the results of the CPU."""
    jitted = rfx.jit(function, strict=True)
    with np.errstate(all="ignore"):
        results = jitted(*arguments)
    want = [np.asarray(r) for r in (results if type(results) is tuple else (results,))]
    lowered = jitted.lower(*arguments)
    assemble(lowered.text("ptx"), ptxas, tmp_path)
    module = Parser(context(), lowered.text("nvvm")).parse_module()
    verify(module)
    compare(module, arguments, want, emulator)


def compare(module, arguments, want, emulator) -> None:
    """The kernels give `want`, whatever the order of the threads."""
    for up in (True, False):
        got = emulator.run(module, unit_name(module), arguments, up=up)
        for have, expected in zip(got, want, strict=True):
            assert_same(np.asarray(have).view(expected.dtype), expected)


def unit_name(module: ModuleOp) -> str:
    return next(
        op.sym_name.data for op in module.body.block.ops if isinstance(op, func.FuncOp)
    )


# ---- programs


@pytest.mark.parametrize("dtype", DTYPES)
def test_elementwise(dtype, emulator, ptxas, tmp_path):
    x, y = numbers(dtype, 3, 100), numbers(dtype, 100)
    if dtype == "?":
        check(lambda x, y: (x & y, x ^ y, x < y), (x, y), emulator, ptxas, tmp_path)
        return

    def function(x, y):
        return x + y * x, x - y, np.where(x > y, x, y), x == y

    check(function, (x, y), emulator, ptxas, tmp_path)


@pytest.mark.parametrize("dtype", "bhilBHIL")
def test_integers(dtype, emulator, ptxas, tmp_path):
    x, y = numbers(dtype, 600), numbers(dtype, 600) // 9

    def function(x, y):
        return x // y, x % y, x << y, x >> y, np.minimum(x, y), ~x

    check(function, (x, y), emulator, ptxas, tmp_path)


MATH = {
    "trigonometric": lambda x: (np.sin(x), np.cos(x), np.tan(x), np.arctan(x),
                                np.arcsin(x), np.arccos(x)),
    "hyperbolic": lambda x: (np.sinh(x), np.cosh(x), np.tanh(x), np.arcsinh(x),
                             np.arccosh(x), np.arctanh(x)),
    "powers": lambda x: (np.exp(x), np.exp2(x), np.expm1(x), np.sqrt(x), np.cbrt(x),
                         np.power(abs(x), x), np.arctan2(x, x - 1)),
    "logarithms": lambda x: (np.log(x), np.log2(x), np.log10(x), np.log1p(x)),
    "rounding": lambda x: (np.floor(x), np.ceil(x), np.trunc(x), np.rint(x),
                           np.copysign(x, -x), np.maximum(x, 1), np.fmin(x, 1),
                           abs(x), x % 3, x // 3, x.astype(np.int32)),
}  # fmt: skip


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("family", MATH)
def test_math(family, dtype, emulator, ptxas, tmp_path):
    check(MATH[family], (numbers(dtype, 50),), emulator, ptxas, tmp_path)


REDUCTIONS = {
    "sum": lambda x: x.sum(axis=-1),
    "max": lambda x: x.max(axis=-1),
    "argmax": lambda x: x.argmax(axis=-1),
    "mean": lambda x: x.mean(axis=-1),
    "first axis": lambda x: x.sum(axis=0),
    "all": lambda x: x.sum(),
    "map and sum": lambda x: (np.sin(x) * x).sum(axis=1),
    "two": lambda x: (x.sum(axis=1), x.prod(axis=1)),
}


@pytest.mark.parametrize("columns", [3, 16, 64, 300, 5000])
@pytest.mark.parametrize("name", REDUCTIONS)
def test_reductions(name, columns, emulator, ptxas, tmp_path):
    x = RNG.standard_normal((4, columns)).astype(np.float32)
    check(REDUCTIONS[name], (x,), emulator, ptxas, tmp_path)


@pytest.mark.parametrize("dtype", "bILed")
def test_reductions_of_other_dtypes(dtype, emulator, ptxas, tmp_path):
    x = numbers(dtype, 3, 130)

    def function(x):
        return x.sum(axis=1), x.min(axis=1), x.argmin(axis=1)

    check(function, (x,), emulator, ptxas, tmp_path)


def test_any_and_all(emulator, ptxas, tmp_path):
    x = RNG.standard_normal((5, 90)) > 1
    check(lambda x: (x.any(axis=1), x.all(axis=1)), (x,), emulator, ptxas, tmp_path)


def softmax(x):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


PROGRAMS = {
    "softmax": (softmax, RNG.standard_normal((3, 70)).astype("f")),
    "standard": (lambda x: (x - x.mean()) / x.std(), RNG.standard_normal((9, 80))),
    "products": (lambda x: x @ x.T, RNG.standard_normal((6, 30))),
    "small products": (lambda x: x @ x @ x, RNG.standard_normal((4, 4))),
    "slices": (lambda x: x[::-1, 1::3] + x[0, 0], numbers("d", 7, 9)),
    "joined": (lambda x: np.concatenate([x, x * 2, x[:1]]), numbers("f", 4, 5)),
    "scalar": (lambda x: x.sum() * 2 + x[1, 1], RNG.standard_normal((2, 2))),
    "exact path": (lambda x: np.sin(x) + np.cos(x[0, 0]), np.full((2, 2), 1e30)),
    "nothing": (lambda x: x * 2, np.ones((0, 4))),
    "rows of nothing": (lambda x: x.sum(axis=1), np.ones((3, 0))),
}  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs(name, emulator, ptxas, tmp_path):
    function, x = PROGRAMS[name]
    check(function, (x,), emulator, ptxas, tmp_path)


def test_scalar_arguments(emulator, ptxas, tmp_path):
    def function(x, k, n):
        return x * np.tanh(k) + n, k * 2.0

    check(function, (numbers("f", 70), 0.75, 3), emulator, ptxas, tmp_path)


def test_dynamic_sizes(emulator, ptxas, tmp_path):
    source = """
    func.func @f(%x: tensor<?x?xf32>) -> (tensor<?x?xf32>, tensor<?xf32>) {
      %0 = rfx.mul %x, %x : tensor<?x?xf32>
      %1 = rfx.reduce "add" %0 dims [1] : tensor<?x?xf32> to tensor<?xf32>
      func.return %0, %1 : tensor<?x?xf32>, tensor<?xf32>
    }
    """
    rfx_level = Parser(context(), source).parse_module()
    assemble(text(rfx_level, "ptx"), ptxas, tmp_path)
    module = Parser(context(), text(rfx_level, "nvvm")).parse_module()
    for shape in ((3, 70), (1, 1), (2, 5000), (0, 3), (3, 0)):
        x = RNG.standard_normal(shape).astype(np.float32)
        want = [np.asarray(w) for w in rfx.jit(lambda x: (x * x, (x * x).sum(1)))(x)]
        compare(module, (x,), want, emulator)


def test_a_failure_reaches_the_host(emulator, ptxas, tmp_path):
    """The status is computed by a kernel, in memory that the host reads."""
    source = """
    func.func @f(%x: tensor<4xf32>, %k: tensor<i64>) -> tensor<4xf32> {
      %zero = rfx.constant dense<0> : tensor<i64>
      %fine = rfx.ge %k, %zero : tensor<i64>
      rfx.require %fine 7 : tensor<i1>
      %0 = rfx.mul %x, %x : tensor<4xf32>
      func.return %0 : tensor<4xf32>
    }
    """
    rfx_level = Parser(context(), source).parse_module()
    assemble(text(rfx_level, "ptx"), ptxas, tmp_path)
    module = Parser(context(), text(rfx_level, "nvvm")).parse_module()
    x = np.full(4, 3, np.float32)
    compare(module, (x, np.array(1)), [x * x], emulator)
    with pytest.raises(StatusError) as caught:
        emulator.run(module, "f", (x, np.array(-1)))
    assert caught.value.code == 7


@settings(max_examples=int(os.environ.get("RFX_FUZZ", "40")), deadline=None,
          derandomize="RFX_FUZZ" not in os.environ,
          suppress_health_check=list(HealthCheck))  # fmt: skip
@given(programs())
def test_random_programs(emulator, program):
    """Kernels give what the interpreter gives."""
    want = interpret(program.module, "f", program.inputs)
    rfx_level = program.module
    assert ".visible .entry" in text(rfx_level, "ptx")
    module = Parser(context(), text(rfx_level, "nvvm")).parse_module()
    compare(module, program.inputs, want, emulator)


# ---- what the emulator would find


def test_a_missing_barrier_is_found(emulator):
    x = RNG.standard_normal((2, 300))
    lowered = rfx.jit(lambda x: x.sum(axis=1)).lower(x)
    broken = re.sub(r'\s*"gpu.barrier"\(\) : \(\) -> \(\)', "", lowered.text("gpu"))
    module = Parser(context(), broken).parse_module()
    run_passes(module, "to-nvvm")
    with pytest.raises(AssertionError):
        compare(module, (x,), [x.sum(axis=1)], emulator)


def test_a_barrier_for_some_threads_is_found(emulator):
    source = """
    module attributes {gpu.container_module} {
      func.func @f(%begin: index, %end: index, %ws: memref<?xi8>) -> i32
          attributes {rfx.extent = 1 : i64, rfx.workspace = 0 : i64} {
        %one = arith.constant 1 : index
        %four = arith.constant 4 : index
        "gpu.launch_func"(%one, %one, %one, %four, %one, %one)
          <{kernel = @kernels::@k, operandSegmentSizes =
            array<i32: 0, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0>}>
          : (index, index, index, index, index, index) -> ()
        %zero = arith.constant 0 : i32
        func.return %zero : i32
      }
      "gpu.module"() <{sym_name = "kernels"}> ({
        "gpu.func"() <{function_type = () -> ()}> ({
          %t = "gpu.thread_id"() <{dimension = #gpu<dim x>}> : () -> index
          %two = arith.constant 2 : index
          %few = arith.cmpi slt, %t, %two : index
          scf.if %few {
            "gpu.barrier"() : () -> ()
          }
          "gpu.return"() : () -> ()
        }) {sym_name = "k", gpu.kernel} : () -> ()
      }) : () -> ()
    }
    """
    module = Parser(context(), source).parse_module()
    run_passes(module, "to-nvvm")
    with pytest.raises(AssertionError, match="not reached by all threads"):
        emulator.run(module, "f", [])


# ---- the text


@pytest.mark.parametrize("level", ["gpu", "nvvm"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_upstream_takes_the_levels(level, name, mlir_opt):
    function, x = PROGRAMS[name]
    source = rfx.jit(function).lower(x).text(level)
    run = subprocess.run([mlir_opt], input=source, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


def test_branches_are_copied_into_kernels_in_one_order():
    x = np.ones((4, 5))
    texts = {rfx.jit(lambda x: x.sum() ** 0.3).lower(x).text("gpu") for _ in range(4)}
    assert len(texts) == 1


def test_the_text_is_deterministic_and_says_each_rounding():
    x = RNG.standard_normal((4, 100)).astype(np.float32)

    def function(x):
        return np.exp(x * 2 + 1) + x.sum(axis=1, keepdims=True)

    texts = {rfx.jit(function).lower(x).text("ptx") for _ in range(2)}
    (ptx,) = texts
    assert "add.rn.f32" in ptx
    assert "mul.rn.f32" in ptx
    assert not re.search(r"\b(add|sub|mul)\.f32|\.approx|\.ftz", ptx)
    assert "ld.global.nc" in ptx
    assert ".reqntid 64, 1, 1" in ptx


def intrinsics() -> list[tuple[str, str, str]]:
    floats = {"f16": "half", "f32": "float", "f64": "double"}
    integers = {f"i{n}": f"i{n}" for n in (8, 16, 32, 64)}
    return [
        (name, suffix, type_)
        for names, types in ((FLOAT_INTRINSICS, floats), (INTEGER_INTRINSICS, integers))
        for name in names
        for suffix, type_ in types.items()
    ]


def test_allowed_intrinsics_are_selected(ptxas, tmp_path):
    """All of them, in a process of their own: LLVM would end this one."""
    lines: list[str] = []
    arity = {"fma": 3, "fabs": 1, "sqrt": 1, "floor": 1, "ceil": 1, "trunc": 1,
             "roundeven": 1, "ctpop": 1}  # fmt: skip
    for name, suffix, type_ in intrinsics():
        count = arity.get(name, 2)
        types = ", ".join([type_] * count)
        values = ", ".join(f"{type_} %a{i}" for i in range(count))
        kernel = f"{name}_{suffix}"
        lines += [
            f"declare {type_} @llvm.{name}.{suffix}({types})",
            f"define ptx_kernel void @{kernel}(ptr addrspace(1) %p, {values}) {{",
            f"  %r = call {type_} @llvm.{name}.{suffix}({values})",
            f"  store {type_} %r, ptr addrspace(1) %p",
            "  ret void\n}",
        ]
    script = (
        "import sys; from rfxjit.targets.ptx import compile_ptx;"
        "print(compile_ptx(sys.stdin.read()))"
    )
    command = [sys.executable, "-c", script]
    run = subprocess.run(
        command, input="\n".join(lines), capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.count(".visible .entry") == len(intrinsics())
    assert "call" not in re.sub(r"//.*", "", run.stdout)
    assert ".approx" not in run.stdout
    assemble(run.stdout, ptxas, tmp_path)


def test_other_intrinsics_are_refused():
    source = rfx.jit(lambda x: np.exp(x) + 1).lower(np.ones(3)).text("loops")
    module = Parser(context(), source).parse_module()
    run_passes(module, "to-gpu")
    with pytest.raises(UnsupportedError, match=r"math\.exp"):
        run_passes(module, "to-nvvm")
