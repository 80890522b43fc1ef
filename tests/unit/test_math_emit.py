"""The scalar emitter: what it writes verifies, here and upstream."""

from __future__ import annotations

import subprocess

import pytest
from xdsl.dialects.builtin import ModuleOp, UnknownLoc
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.ir import SSAValue

from rfxjit.dialects.ir import append, f16, f32, f64, i1, i32, i64, index, make
from rfxjit.passes.emit import Emit

LOCATION = UnknownLoc()
TYPES = (f16, f32, f64, i1, i32, i64, index)


def function() -> tuple[ModuleOp, Emit, dict[str, SSAValue]]:
    """A module with one function that takes a value of each type, named by type."""
    func = FuncOp("f", (TYPES, ()))
    names = [str(t) for t in TYPES]
    emitter = Emit(func.body.block, LOCATION)
    return ModuleOp([func]), emitter, dict(zip(names, func.args, strict=True))


def finish(module: ModuleOp, m: Emit) -> str:
    append(m.block, make(ReturnOp, (), (), LOCATION))
    module.verify()
    return str(module)


def accept(mlir_opt: str, text: str) -> None:
    """Upstream's parser and verifier take the text."""
    run = subprocess.run(
        [mlir_opt], input=text, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr


def emit_everything(m: Emit, v: dict[str, SSAValue]) -> None:
    """One op of each kind the emitter knows."""
    x, n, b = v["f32"], v["i32"], v["i1"]
    for value in (x, v["f64"], n, v["index"]):
        for name in ("add", "sub", "mul", "min", "max", "eq", "ne", "lt", "le"):
            getattr(m, name)(value, 3)
        for name in ("gt", "ge", "ult", "ule", "ugt", "uge"):
            getattr(m, name)(2, value)
        m.neg(value)
        m.abs(value)
    for name in ("div", "minnum", "maxnum", "copysign"):
        getattr(m, name)(x, 0.5)
    for name in ("sqrt", "rint", "floor", "ceil", "trunc", "isnan"):
        getattr(m, name)(x)
    m.fma(x, x, -0.0)
    for name in ("divsi", "divui", "remsi", "remui", "minui", "maxui", "and_", "or_"):
        getattr(m, name)(n, 7)
    for name in ("xor", "shl", "shr_s", "shr_u"):
        getattr(m, name)(n, 7)
    m.not_(n)
    m.and_(m.not_(b), b)
    m.select(b, x, float("nan"))
    m.bitcast(x, i32)
    m.sitofp(n, f64)
    m.uitofp(n, f16)
    m.fptosi(x, i64)
    m.fptoui(x, i32)
    m.extf(x, f64)
    m.truncf(x, f16)
    m.extsi(n, i64)
    m.extui(b, i32)
    m.trunci(n, i1)
    m.index_cast(n, index)
    m.math("sin", x)
    m.math("atan2", x, x)
    m.math("ctpop", n)


def test_every_op_verifies_here_and_upstream(mlir_opt: str) -> None:
    module, m, values = function()
    emit_everything(m, values)
    text = finish(module, m)

    assert "arith.cmpf une" in text
    assert "arith.cmpi sge" in text
    accept(mlir_opt, text)


def test_constants_are_interned_by_bits_and_type() -> None:
    _, m, v = function()
    zero = m.const(0.0, f32)

    assert m.const(0.0, f32) is zero
    assert m.add(v["f32"], 0.0).owner.operands[1] is zero
    assert m.const(-0.0, f32) is not zero
    assert m.const(0.0, f64) is not zero
    assert m.const(float("nan"), f32) is m.const(float("nan"), f32)


def test_a_region_sees_earlier_constants_and_keeps_its_own(mlir_opt: str) -> None:
    module, m, v = function()
    outer = m.const(1.0, f32)
    seen: list[SSAValue] = []

    def then(inner: Emit) -> list[SSAValue]:
        seen.append(inner.const(1.0, f32))
        return [inner.add(v["f32"], 2.0)]

    def otherwise(inner: Emit) -> list[SSAValue]:
        return [inner.mul(v["f32"], 2.0)]

    (result,) = m.if_(v["i1"], then, otherwise, (f32,))
    m.add(result, 2.0)
    text = finish(module, m)

    assert seen == [outer]
    assert text.count("arith.constant 2.0") == 3
    accept(mlir_opt, text)


def test_two_numbers_have_no_type() -> None:
    _, m, _ = function()
    with pytest.raises(TypeError, match="at least one value"):
        m.add(1.0, 2.0)
