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

from xdsl.dialects import math
from xdsl.ir import Operation

from rfxjit.passes.math import (
    error,
    exponential,
    gamma,
    inverse,
    inverse_hyperbolic,
    logarithm,
    power,
    trigonometric,
    turns,
)
from rfxjit.passes.math.common import Function

FUNCTIONS: dict[type[Operation], Function] = {
    math.AcosOp: inverse.acos,
    math.AcoshOp: inverse_hyperbolic.acosh,
    math.AsinOp: inverse.asin,
    math.AsinhOp: inverse_hyperbolic.asinh,
    math.Atan2Op: inverse.atan2,
    math.AtanOp: inverse.atan,
    math.AtanhOp: inverse_hyperbolic.atanh,
    math.CbrtOp: power.cbrt,
    math.CosOp: trigonometric.cos,
    math.CoshOp: exponential.cosh,
    math.ErfOp: error.erf,
    math.Exp2Op: exponential.exp2,
    math.ExpM1Op: exponential.expm1,
    math.ExpOp: exponential.exp,
    math.Log10Op: logarithm.log10,
    math.Log1pOp: logarithm.log1p,
    math.Log2Op: logarithm.log2,
    math.LogOp: logarithm.log,
    math.PowFOp: power.pow_,
    math.RsqrtOp: power.rsqrt,
    math.SinOp: trigonometric.sin,
    math.SinhOp: exponential.sinh,
    math.TanOp: trigonometric.tan,
    math.TanhOp: exponential.tanh,
}
"""What replaces each `math` op. Ops that are one machine instruction are not here."""

LIBRARY: dict[str, Function] = {
    "cospi": turns.cospi,
    "digamma": gamma.digamma,
    "erfc": error.erfc,
    "gamma": gamma.gamma,
    "hypot": power.hypot,
    "lgamma": gamma.lgamma,
    "sinpi": turns.sinpi,
}
"""Functions without an op in `math`: the lowering to loops writes them out."""
