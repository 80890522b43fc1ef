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

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import TypeVar

from xdsl.dialects import math
from xdsl.ir import Operation

from rfxjit.passes.math.common import Function

Key = TypeVar("Key")


class Functions(Mapping[Key, Function]):
    """A table of functions, whose files are imported when they are looked up: eight of
    them, of which a program needs few.
    """

    def __init__(self, names: dict[Key, str]) -> None:
        self._names = names

    def __getitem__(self, key: Key) -> Function:
        module, _, name = self._names[key].partition(".")
        return getattr(import_module(f"{__name__}.{module}"), name)

    def __contains__(self, key: object) -> bool:
        return key in self._names

    def __iter__(self) -> Iterator[Key]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


FUNCTIONS = Functions[type[Operation]](
    {
        math.AcosOp: "inverse.acos",
        math.AcoshOp: "inverse_hyperbolic.acosh",
        math.AsinOp: "inverse.asin",
        math.AsinhOp: "inverse_hyperbolic.asinh",
        math.Atan2Op: "inverse.atan2",
        math.AtanOp: "inverse.atan",
        math.AtanhOp: "inverse_hyperbolic.atanh",
        math.CbrtOp: "power.cbrt",
        math.CosOp: "trigonometric.cos",
        math.CoshOp: "exponential.cosh",
        math.ErfOp: "error.erf",
        math.Exp2Op: "exponential.exp2",
        math.ExpM1Op: "exponential.expm1",
        math.ExpOp: "exponential.exp",
        math.Log10Op: "logarithm.log10",
        math.Log1pOp: "logarithm.log1p",
        math.Log2Op: "logarithm.log2",
        math.LogOp: "logarithm.log",
        math.PowFOp: "power.pow_",
        math.RsqrtOp: "power.rsqrt",
        math.SinOp: "trigonometric.sin",
        math.SinhOp: "exponential.sinh",
        math.TanOp: "trigonometric.tan",
        math.TanhOp: "exponential.tanh",
    }
)
"""What replaces each `math` op. Ops that are one machine instruction are not here."""

LIBRARY = Functions(
    {
        "cospi": "turns.cospi",
        "digamma": "gamma.digamma",
        "erfc": "error.erfc",
        "gamma": "gamma.gamma",
        "hypot": "power.hypot",
        "lgamma": "gamma.lgamma",
        "sinpi": "turns.sinpi",
    }
)
"""Functions without an op in `math`: the lowering to loops writes them out."""
