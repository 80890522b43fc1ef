"""The math library: every function once, as scalar code that vectorizes.

    common.py              formats, polynomials, exact sums and products
    exponential.py         exp exp2 expm1 sinh cosh tanh
    logarithm.py           log log2 log10 log1p
    trigonometric.py       sin cos tan
    inverse.py             asin acos atan atan2
    inverse_hyperbolic.py  asinh acosh atanh
    power.py               cbrt hypot pow rsqrt
    error.py               erf erfc
    gamma.py               gamma lgamma digamma
    turns.py               sinpi cospi

Each docstring states the measured bound in ULP, "f32 / f64".
"""

from __future__ import annotations

from importlib import import_module

from xdsl.dialects import math
from xdsl.ir import Operation, SSAValue

from rfxjit.passes.math.common import Function, MathEmit


def _later(name: str) -> Function:
    """A function of one of these files, which is imported when it is called."""
    module, _, attribute = name.partition(".")

    def function(m: MathEmit, *operands: SSAValue) -> SSAValue:
        file = import_module(f"{__name__}.{module}")
        return getattr(file, attribute)(m, *operands)

    return function


FUNCTIONS: dict[type[Operation], Function] = {
    math.AcosOp: _later("inverse.acos"),
    math.AcoshOp: _later("inverse_hyperbolic.acosh"),
    math.AsinOp: _later("inverse.asin"),
    math.AsinhOp: _later("inverse_hyperbolic.asinh"),
    math.Atan2Op: _later("inverse.atan2"),
    math.AtanOp: _later("inverse.atan"),
    math.AtanhOp: _later("inverse_hyperbolic.atanh"),
    math.CbrtOp: _later("power.cbrt"),
    math.CosOp: _later("trigonometric.cos"),
    math.CoshOp: _later("exponential.cosh"),
    math.ErfOp: _later("error.erf"),
    math.Exp2Op: _later("exponential.exp2"),
    math.ExpM1Op: _later("exponential.expm1"),
    math.ExpOp: _later("exponential.exp"),
    math.Log10Op: _later("logarithm.log10"),
    math.Log1pOp: _later("logarithm.log1p"),
    math.Log2Op: _later("logarithm.log2"),
    math.LogOp: _later("logarithm.log"),
    math.PowFOp: _later("power.pow_"),
    math.RsqrtOp: _later("power.rsqrt"),
    math.SinOp: _later("trigonometric.sin"),
    math.SinhOp: _later("exponential.sinh"),
    math.TanOp: _later("trigonometric.tan"),
    math.TanhOp: _later("exponential.tanh"),
}
"""What replaces each `math` op. Ops that are one machine instruction are not here."""

LIBRARY: dict[str, Function] = {
    "cospi": _later("turns.cospi"),
    "digamma": _later("gamma.digamma"),
    "erfc": _later("error.erfc"),
    "gamma": _later("gamma.gamma"),
    "hypot": _later("power.hypot"),
    "lgamma": _later("gamma.lgamma"),
    "sinpi": _later("turns.sinpi"),
}
"""Functions without an op in `math`: the lowering to loops writes them out."""
