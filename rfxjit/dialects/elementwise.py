"""THE table: one row says everything about an elementwise op.

A row holds the NumPy function that defines the op, the kinds of dtype it takes, the
kind of its result, what it becomes at the loops level, and its partial derivatives.
A missing fact is a TypeError when this module is imported.

`kinds` are letters of `ir.kind_of`: b(ool), s(igned), u(nsigned), f(loat).

`lower` maps each kind to the `arith` or `math` op that *is* this op. A kind that is not
in it needs more than one op (a guard, a sign rule): `passes/scalar_semantics.py` has a
function of the op's name for it.

`partials` has one entry per operand: a function `(m, *operands, result)` that builds
the partial derivative from elementwise ops (`m.mul(a, b)`, `m.lit(like, 2.0)`), or
`ONE`, `MINUS_ONE` or `ZERO`. At points where the function is not differentiable the
value is that of one side, as JAX takes it.
"""

# The rules are lambdas over whatever values the builder has.
# pyright: reportUnknownLambdaType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol, cast

import numpy as np

from rfxjit.special import ON_ARRAYS


class Maths(Protocol):
    """What derivative rules are written in: one method per elementwise op."""

    def lit(self, like: Any, value: float) -> Any:
        """A constant of the type of `like`."""
        ...

    def __getattr__(self, name: str) -> Callable[..., Any]: ...


Partial = Callable[..., Any] | Literal["one", "minus one", "zero"]
ONE: Final = "one"
MINUS_ONE: Final = "minus one"
ZERO: Final = "zero"


@dataclass(frozen=True)
class Row:
    """The facts of one elementwise op."""

    name: str
    numpy: Callable[..., Any]
    kinds: str
    result: Literal["same", "bool"]
    lower: Mapping[str, str]
    partials: tuple[Partial, ...]

    @property
    def arity(self) -> int:
        return len(self.partials)


def _float(name: str, numpy: Callable[..., Any], lower: str, *partials: Partial) -> Row:
    """An op of floats only; `lower` is '' where it has no op of its own."""
    return Row(name, numpy, "f", "same", {"f": lower} if lower else {}, partials)


def _integers(s: str, u: str | None = None, b: str | None = None) -> dict[str, str]:
    """Lowering of integer kinds; `u` defaults to `s` (the op ignores the sign)."""
    return {"s": s, "u": u or s} | ({"b": b} if b else {})


def _select(a: Any, b: Any, c: Any) -> Any:
    return cast("Any", np.where(a, b, c))


def _scaled(value: float) -> Callable[[Maths, Any, Any], Any]:
    """`d f(x)` where `f' = value * f`."""
    return lambda m, x, r: m.mul(r, m.lit(x, value))


def _inverse_scaled(value: float) -> Callable[[Maths, Any, Any], Any]:
    """`d log_b(x) = value / x`."""
    return lambda m, x, r: m.div(m.lit(x, value), x)


def _ldexp(x: Any, n: Any) -> Any:
    """`x * 2**n` rounded once, for an integral float n; 5000 leaves every range."""
    return np.ldexp(x, np.clip(np.nan_to_num(n), -5000, 5000).astype(np.int32))


def _exponent(x: Any) -> Any:
    """The exponent of `np.frexp` as a float: at most 1074 in magnitude, so exact."""
    return np.frexp(x)[1].astype(np.asarray(x).dtype)


LN2, LN10 = float(np.log(2.0)), float(np.log(10.0))
PI = float(np.pi)
TWO_OVER_SQRT_PI = 1.1283791670955126
_COMPARE = (ZERO, ZERO)


def _gauss(factor: float) -> Callable[[Maths, Any, Any], Any]:
    """`factor * exp(-x**2)`."""
    return lambda m, x, r: m.mul(m.lit(x, factor), m.exp(m.neg(m.mul(x, x))))


_SHIFT = 8
_TRIGAMMA = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6)
"""B_2k, the Bernoulli numbers."""


def _trigamma(m: Maths, x: Any, r: Any) -> Any:
    """The derivative of digamma, by recurrence, asymptotic series and reflection."""
    low = m.lt(x, m.lit(x, 0.5))
    y = m.select(low, m.sub(m.lit(x, 1.0), x), x)
    total = m.lit(x, 0.0)
    for _ in range(_SHIFT):
        total = m.add(total, m.div(m.lit(x, 1.0), m.mul(y, y)))
        y = m.add(y, m.lit(x, 1.0))
    t = m.div(m.lit(x, 1.0), y)
    z = m.mul(t, t)
    series = m.lit(x, 0.0)
    for b in reversed(_TRIGAMMA):
        series = m.mul(m.add(series, m.lit(x, b)), z)
    series = m.mul(m.add(m.add(series, m.lit(x, 1.0)), m.mul(t, m.lit(x, 0.5))), t)
    value = m.add(total, series)
    # Where this is not taken sin(pi x) may be 0.
    sine = m.sinpi(m.select(low, x, m.lit(x, 0.5)))
    reflected = m.sub(m.div(m.lit(x, PI * PI), m.mul(sine, sine)), value)
    return m.select(low, reflected, value)


def _one_minus_square(m: Maths, x: Any, r: Any) -> Any:
    return m.sub(m.lit(x, 1.0), m.mul(x, x))


def _reciprocal_sqrt(m: Maths, x: Any) -> Any:
    return m.div(m.lit(x, 1.0), m.sqrt(x))


def _cmp(name: str, numpy: Callable[..., Any]) -> Row:
    return Row(name, numpy, "bsuf", "bool", {}, _COMPARE)


def _pick(first: str) -> tuple[Partial, Partial]:
    """Partials of a minimum or maximum: 1 where that operand was taken."""

    def lhs(m: Maths, x: Any, y: Any, r: Any) -> Any:
        return m.select(getattr(m, first)(x, y), m.lit(x, 1.0), m.lit(x, 0.0))

    def rhs(m: Maths, x: Any, y: Any, r: Any) -> Any:
        return m.select(getattr(m, first)(x, y), m.lit(x, 0.0), m.lit(x, 1.0))

    return lhs, rhs


ROWS: tuple[Row, ...] = (
    # ---- arithmetic
    Row("add", np.add, "suf", "same",
        {"f": "arith.addf", **_integers("arith.addi")}, (ONE, ONE)),
    Row("sub", np.subtract, "suf", "same",
        {"f": "arith.subf", **_integers("arith.subi")}, (ONE, MINUS_ONE)),
    Row("mul", np.multiply, "suf", "same",
        {"f": "arith.mulf", **_integers("arith.muli")},
        (lambda m, x, y, r: y, lambda m, x, y, r: x)),
    _float("div", np.divide, "arith.divf",
           lambda m, x, y, r: m.div(m.lit(y, 1.0), y),
           lambda m, x, y, r: m.neg(m.div(r, y))),
    Row("floor_div", np.floor_divide, "suf", "same", {}, (ZERO, ZERO)),
    Row("rem", np.remainder, "suf", "same", {},
        (ONE, lambda m, x, y, r: m.neg(m.floor(m.div(x, y))))),
    Row("fmod", np.fmod, "suf", "same", {},
        (ONE, lambda m, x, y, r: m.neg(m.trunc(m.div(x, y))))),
    Row("neg", np.negative, "suf", "same", {"f": "arith.negf"}, (MINUS_ONE,)),
    Row("abs", np.absolute, "suf", "same", {"f": "math.absf"},
        (lambda m, x, r: m.sign(x),)),
    Row("sign", np.sign, "suf", "same", {}, (ZERO,)),
    Row("square", np.square, "suf", "same", {},
        (lambda m, x, r: m.mul(m.lit(x, 2.0), x),)),
    _float("fma", ON_ARRAYS["fma"], "math.fma",
           lambda m, x, y, z, r: y, lambda m, x, y, z, r: x, ONE),
    _float("sqrt", np.sqrt, "math.sqrt",
           lambda m, x, r: m.div(m.lit(x, 0.5), r)),
    _float("cbrt", np.cbrt, "math.cbrt",
           lambda m, x, r: m.div(r, m.mul(m.lit(x, 3.0), x))),
    _float("hypot", np.hypot, "",
           lambda m, x, y, r: m.div(x, r), lambda m, x, y, r: m.div(y, r)),
    Row("pow", np.power, "suf", "same", {"f": "math.powf"},
        (lambda m, x, y, r: m.mul(y, m.pow(x, m.sub(y, m.lit(y, 1.0)))),
         lambda m, x, y, r: m.select(m.gt(x, m.lit(x, 0.0)), m.mul(r, m.log(x)),
                                     m.lit(x, 0.0)))),
    # ---- rounding and sign
    _float("floor", np.floor, "math.floor", ZERO),
    _float("ceil", np.ceil, "math.ceil", ZERO),
    _float("trunc", np.trunc, "math.trunc", ZERO),
    _float("rint", np.rint, "math.roundeven", ZERO),
    _float("copysign", np.copysign, "math.copysign",
           lambda m, x, y, r: m.copysign(m.lit(x, 1.0), m.mul(
               m.copysign(m.lit(x, 1.0), x), m.copysign(m.lit(x, 1.0), y))), ZERO),
    # ---- the parts of a float: all exact
    _float("nextafter", np.nextafter, "", ONE, ZERO),
    _float("ldexp", _ldexp, "",
           lambda m, x, n, r: m.ldexp(m.lit(x, 1.0), n), ZERO),
    _float("fraction", lambda x: np.frexp(x)[0], "",
           lambda m, x, r: m.ldexp(m.lit(x, 1.0), m.neg(m.exponent(x)))),
    _float("exponent", _exponent, "", ZERO),
    # ---- exponentials and logarithms
    _float("exp", np.exp, "math.exp", lambda m, x, r: r),
    _float("exp2", np.exp2, "math.exp2", _scaled(LN2)),
    _float("expm1", np.expm1, "math.expm1",
           lambda m, x, r: m.add(r, m.lit(x, 1.0))),
    _float("log", np.log, "math.log", _inverse_scaled(1.0)),
    _float("log2", np.log2, "math.log2", _inverse_scaled(1.0 / LN2)),
    _float("log10", np.log10, "math.log10", _inverse_scaled(1.0 / LN10)),
    _float("log1p", np.log1p, "math.log1p",
           lambda m, x, r: m.div(m.lit(x, 1.0), m.add(x, m.lit(x, 1.0)))),
    # ---- trigonometric and hyperbolic
    _float("sin", np.sin, "math.sin", lambda m, x, r: m.cos(x)),
    _float("cos", np.cos, "math.cos", lambda m, x, r: m.neg(m.sin(x))),
    _float("tan", np.tan, "math.tan",
           lambda m, x, r: m.add(m.lit(x, 1.0), m.mul(r, r))),
    _float("asin", np.arcsin, "math.asin",
           lambda m, x, r: _reciprocal_sqrt(m, _one_minus_square(m, x, r))),
    _float("acos", np.arccos, "math.acos",
           lambda m, x, r: m.neg(_reciprocal_sqrt(m, _one_minus_square(m, x, r)))),
    _float("atan", np.arctan, "math.atan",
           lambda m, x, r: m.div(m.lit(x, 1.0), m.add(m.lit(x, 1.0), m.mul(x, x)))),
    _float("atan2", np.arctan2, "math.atan2",
           lambda m, y, x, r: m.div(x, m.add(m.mul(x, x), m.mul(y, y))),
           lambda m, y, x, r: m.neg(m.div(y, m.add(m.mul(x, x), m.mul(y, y))))),
    _float("sinh", np.sinh, "math.sinh", lambda m, x, r: m.cosh(x)),
    _float("cosh", np.cosh, "math.cosh", lambda m, x, r: m.sinh(x)),
    _float("tanh", np.tanh, "math.tanh",
           lambda m, x, r: m.sub(m.lit(x, 1.0), m.mul(r, r))),
    _float("asinh", np.arcsinh, "math.asinh",
           lambda m, x, r: _reciprocal_sqrt(m, m.add(m.mul(x, x), m.lit(x, 1.0)))),
    _float("acosh", np.arccosh, "math.acosh",
           lambda m, x, r: _reciprocal_sqrt(m, m.sub(m.mul(x, x), m.lit(x, 1.0)))),
    _float("atanh", np.arctanh, "math.atanh",
           lambda m, x, r: m.div(m.lit(x, 1.0), _one_minus_square(m, x, r))),
    # ---- special functions
    _float("erf", ON_ARRAYS["erf"], "math.erf", _gauss(TWO_OVER_SQRT_PI)),
    _float("erfc", ON_ARRAYS["erfc"], "", _gauss(-TWO_OVER_SQRT_PI)),
    _float("gamma", ON_ARRAYS["gamma"], "", lambda m, x, r: m.mul(r, m.digamma(x))),
    _float("lgamma", ON_ARRAYS["lgamma"], "", lambda m, x, r: m.digamma(x)),
    _float("digamma", ON_ARRAYS["digamma"], "", _trigamma),
    _float("sinpi", ON_ARRAYS["sinpi"], "",
           lambda m, x, r: m.mul(m.lit(x, PI), m.cospi(x))),
    _float("cospi", ON_ARRAYS["cospi"], "",
           lambda m, x, r: m.mul(m.lit(x, -PI), m.sinpi(x))),
    # ---- minimum and maximum: NaN wins, then NaN loses
    Row("minimum", np.minimum, "bsuf", "same",
        {"f": "arith.minimumf", "s": "arith.minsi", "u": "arith.minui",
         "b": "arith.andi"}, _pick("le")),
    Row("maximum", np.maximum, "bsuf", "same",
        {"f": "arith.maximumf", "s": "arith.maxsi", "u": "arith.maxui",
         "b": "arith.ori"}, _pick("ge")),
    _float("fmin", np.fmin, "arith.minnumf", *_pick("le")),
    _float("fmax", np.fmax, "arith.maxnumf", *_pick("ge")),
    # ---- comparison
    _cmp("eq", np.equal), _cmp("ne", np.not_equal), _cmp("lt", np.less),
    _cmp("le", np.less_equal), _cmp("gt", np.greater), _cmp("ge", np.greater_equal),
    Row("isnan", np.isnan, "f", "bool", {}, (ZERO,)),
    Row("isinf", np.isinf, "f", "bool", {}, (ZERO,)),
    Row("isfinite", np.isfinite, "f", "bool", {}, (ZERO,)),
    Row("signbit", np.signbit, "f", "bool", {}, (ZERO,)),
    # ---- logic and bits
    Row("and", np.bitwise_and, "bsu", "same",
        _integers("arith.andi", b="arith.andi"), (ZERO, ZERO)),
    Row("or", np.bitwise_or, "bsu", "same",
        _integers("arith.ori", b="arith.ori"), (ZERO, ZERO)),
    Row("xor", np.bitwise_xor, "bsu", "same",
        _integers("arith.xori", b="arith.xori"), (ZERO, ZERO)),
    Row("not", np.invert, "bsu", "same", {}, (ZERO,)),
    Row("shl", np.left_shift, "su", "same", {}, (ZERO, ZERO)),
    Row("shr", np.right_shift, "su", "same", {}, (ZERO, ZERO)),
    # ---- number theory: of the absolute values, wrapping at the smallest integer
    Row("gcd", np.gcd, "su", "same", {}, (ZERO, ZERO)),
    # ---- choice: the first operand is i1 of the same shape
    Row("select", _select, "bsuf", "same",
        dict.fromkeys("bsuf", "arith.select"),
        (ZERO,
         lambda m, c, x, y, r: m.select(c, m.lit(x, 1.0), m.lit(x, 0.0)),
         lambda m, c, x, y, r: m.select(c, m.lit(x, 0.0), m.lit(x, 1.0)))),
)  # fmt: skip

TABLE: Mapping[str, Row] = {row.name: row for row in ROWS}
