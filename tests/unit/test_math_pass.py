"""The pass `expand-math`: complete, located, accepted upstream."""

from __future__ import annotations

import subprocess

import numpy as np
import pytest
from xdsl.context import Context
from xdsl.dialects import arith, builtin, func, llvm, math, scf
from xdsl.dialects.builtin import FileLineColLoc, IntAttr, ModuleOp, StringAttr
from xdsl.ir import Operation
from xdsl.parser import Parser

import rfxjit as rfx
from rfxjit import compiler
from rfxjit.compiler import lower
from rfxjit.dialects.diagnostics import UnsupportedError
from rfxjit.interpreter import run_loops
from rfxjit.passes.expand_math import ExpandMathPass
from rfxjit.passes.math import FUNCTIONS

TYPES = ("f16", "f32", "f64")


def parse(text: str) -> tuple[Context, ModuleOp]:
    context = Context()
    for dialect in (builtin.Builtin, func.Func, math.Math, arith.Arith, scf.Scf):
        context.load_dialect(dialect)
    return context, Parser(context, text).parse_module()


def one_of_each(type_: str) -> str:
    """A function for each entry of the library."""
    lines: list[str] = []
    for op in FUNCTIONS:
        operands = "%x, %y" if op in (math.Atan2Op, math.PowFOp) else "%x"
        lines.append(
            f"func.func @{op.name.removeprefix('math.')}(%x: {type_}, %y: {type_})"
            f" -> {type_} {{ %r = {op.name} {operands} : {type_}"
            f" func.return %r : {type_} }}"
        )
    return "\n".join(lines)


@pytest.mark.parametrize("fma", [True, False])
@pytest.mark.parametrize("ldexp", [True, False])
@pytest.mark.parametrize("type_", TYPES)
def test_everything_expands(type_: str, ldexp: bool, fma: bool, mlir_opt: str) -> None:
    context, module = parse(one_of_each(type_))
    ExpandMathPass(fma=fma, ldexp=ldexp).apply(context, module)
    module.verify()
    left = {type(op) for op in module.walk()}

    assert not left & FUNCTIONS.keys()
    assert fma or math.FmaOp not in left
    run = subprocess.run(
        [mlir_opt], input=str(module), capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr


def test_ldexp_is_interpreted() -> None:
    x = np.array([-100.0, -88.0, 0.5, 88.0, 89.0], np.float32)
    program = rfx.jit(np.exp).lower(x)
    both = [lower(program.module, "loops") for _ in range(2)]
    ExpandMathPass().apply(compiler.context(), both[0])
    ExpandMathPass(ldexp=True).apply(compiler.context(), both[1])
    plain, ldexp = (run_loops(module, "exp", [x])[0] for module in both)
    np.testing.assert_array_equal(plain, ldexp)

    for op in both[1].walk():
        if isinstance(op, llvm.CallIntrinsicOp):
            op.intrin = StringAttr("llvm.fabs")
    with pytest.raises(UnsupportedError, match=r"has no llvm\.fabs"):
        run_loops(both[1], "exp", [x])


def test_only_the_requested_format_is_used() -> None:
    """f32 must not need f64, which GPUs lack or make slow."""
    context, module = parse(one_of_each("f32"))
    ExpandMathPass().apply(context, module)
    types = {str(result.type) for op in module.walk() for result in op.results}

    assert "f64" not in types


def test_expansions_carry_the_location_of_their_op() -> None:
    context, module = parse(one_of_each("f64"))
    here = FileLineColLoc(StringAttr("robot.py"), IntAttr(3), IntAttr(7))
    for op in module.walk():
        op.location = here
    ExpandMathPass().apply(context, module)

    assert all(op.location == here for op in module.walk())


def test_a_helper_that_is_there_is_not_added_again() -> None:
    sine = (
        "func.func @{}(%x: f64) -> f64 {{"
        " %r = math.sin %x : f64 func.return %r : f64 }}"
    )
    context, module = parse(sine.format("f"))
    ExpandMathPass().apply(context, module)
    _, more = parse(sine.format("g"))
    module.body.block.add_op(_functions(more)[0].clone())
    ExpandMathPass().apply(context, module)

    names = [op.sym_name.data for op in _functions(module)]
    assert names == ["f", "rfx_sin_huge_f64", "g"]


def test_uses_and_names_move_to_the_result() -> None:
    context, module = parse(
        "func.func @f(%x: f32) -> f32 {"
        " %a = math.exp %x : f32 %b = arith.addf %a, %a : f32 func.return %b : f32 }"
    )
    ExpandMathPass().apply(context, module)
    (function,) = _functions(module)
    add = _last(function, arith.AddfOp)

    assert isinstance(add.operands[0].owner, Operation)
    assert add.operands[0].owner.name == "arith.mulf"
    assert add.operands[0].name_hint == "a"
    assert add.operands[0] is add.operands[1]


def _functions(module: ModuleOp) -> list[func.FuncOp]:
    return [op for op in module.body.block.ops if isinstance(op, func.FuncOp)]


def _last(function: func.FuncOp, cls: type[Operation]) -> Operation:
    return [op for op in function.body.block.ops if isinstance(op, cls)][-1]
