"""What each elementwise op is at the loops level: NumPy's meaning in `arith`, `math`.

Where the table names one upstream op, that op is emitted. The rest is here: signs of
floor division and modulo, division by zero (0, as NumPy gives) and MIN // -1 (wraps),
shifts by the width or more, comparisons by sign, integer powers, conversions out of
range. Nothing is left undefined or poison.

Values at the loops level are signless; `type_` is the rfx element type, which still
knows the sign.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, cast

import numpy as np
from xdsl.dialects import arith, scf
from xdsl.dialects.builtin import IntegerType
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue

from rfxjit.dialects import upstream
from rfxjit.dialects.elementwise import TABLE
from rfxjit.dialects.ir import (
    INTEGERS,
    append,
    dtype_of,
    f16,
    f32,
    f64,
    i1,
    i64,
    index,
    interned,
    kind_of,
    make,
)
from rfxjit.passes.emit import Emit, constant_of
from rfxjit.passes.float_parts import exponent, fraction, ldexp, nextafter
from rfxjit.passes.math import LIBRARY
from rfxjit.passes.math.common import MathEmit

_ARITH: dict[str, type[Operation]] = {cls.name: cls for cls in arith.Arith.operations}
_FLOAT_WIDTH: Mapping[Attribute, int] = {f16: 16, f32: 32, f64: 64}


@cache
def signless(type_: Attribute) -> Attribute:
    """The loops-level type of an rfx element type, interned."""
    if type_ in _FLOAT_WIDTH or type_ == index:
        return interned(type_)
    return INTEGERS[width_of(type_)]


def width_of(type_: Attribute) -> int:
    """The width in bits."""
    if isinstance(type_, IntegerType):
        return cast("IntegerType", type_).width.data
    return _FLOAT_WIDTH[type_]


def lower_elementwise(
    m: Emit, name: str, type_: Attribute, operands: Sequence[SSAValue]
) -> SSAValue:
    """Emit the op `rfx.<name>` on scalars whose rfx element type is `type_`."""
    row, kind = TABLE[name], kind_of(type_)
    upstream = row.lower.get(kind)
    if upstream is None:
        return EXPANSIONS[name](m, kind, type_, *operands)
    if upstream == "arith.select":
        return m.select(*operands)
    dialect, _, op = upstream.partition(".")
    if dialect == "math":
        return m.math(op, *operands)
    cls = _ARITH[upstream]
    return m.op(cls, operands, operands[0].type, _properties(cls))


@cache
def _properties(cls: type[Operation]) -> Mapping[str, Attribute]:
    if cls in (arith.AddiOp, arith.SubiOp, arith.MuliOp):
        return {"overflowFlags": arith.IntegerOverflowAttr("none")}
    if cls.name.endswith("f"):
        return {"fastmath": arith.FastMathFlagsAttr("none")}
    return {}


# ---- division ---------------------------------------------------------------------


def _safe_divisor(m: Emit, kind: str, b: SSAValue) -> SSAValue:
    """`b`, but 1 where `a / b` would trap: b = 0, and b = -1 for signed ones."""
    bad = m.eq(b, 0)
    if kind == "s":
        bad = m.or_(bad, m.eq(b, -1))
    return m.select(bad, 1, b)


def _int_floor_div(m: Emit, kind: str, a: SSAValue, b: SSAValue) -> SSAValue:
    safe = _safe_divisor(m, kind, b)
    if kind == "u":
        return m.select(m.eq(b, 0), 0, m.divui(a, safe))
    quotient = m.divsi(a, safe)
    remainder = m.sub(a, m.mul(quotient, safe))
    # Round down: one less where the remainder has the sign opposite to the divisor's.
    down = m.and_(m.ne(remainder, 0), m.lt(m.xor(remainder, safe), 0))
    quotient = m.sub(quotient, m.extui(down, quotient.type))
    # a // -1 is -a, which wraps for the smallest integer.
    quotient = m.select(m.eq(b, -1), m.neg(a), quotient)
    return m.select(m.eq(b, 0), 0, quotient)


def _int_rem(m: Emit, kind: str, a: SSAValue, b: SSAValue, floor: bool) -> SSAValue:
    safe = _safe_divisor(m, kind, b)
    if kind == "u":
        return m.select(m.eq(b, 0), 0, m.remui(a, safe))
    remainder = m.remsi(a, safe)
    if floor:
        wrong = m.and_(m.ne(remainder, 0), m.lt(m.xor(remainder, safe), 0))
        remainder = m.select(wrong, m.add(remainder, safe), remainder)
    # b = -1 was divided by 1 instead, which leaves 0 as well.
    return m.select(m.eq(b, 0), 0, remainder)


def _float_fmod(m: Emit, a: SSAValue, b: SSAValue) -> SSAValue:
    """C's fmod, exact: subtract the largest `|b| * 2^k` that fits, until none does.

    Each step is exact (Sterbenz); there are at most as many as the exponents differ.
    """
    type_ = a.type
    x, y = m.abs(a), m.abs(b)
    infinity, tiny = float("inf"), m.eq(y, 0.0)
    invalid = m.or_(m.or_(m.isnan(a), m.isnan(b)), m.or_(m.eq(x, infinity), tiny))
    x0 = m.select(invalid, 0.0, x)
    y0 = m.select(m.or_(invalid, m.eq(y, infinity)), 1.0, y)
    before, after = Block(arg_types=[type_]), Block(arg_types=[type_])
    top = m.child(before)
    go = top.ge(before.args[0], y0)
    append(before, make(scf.ConditionOp, (go, before.args[0]), (), m.location))
    outer = m.child(after)
    # Double the divisor while it fits twice: half of what is left might be rounded, a
    # difference that is less than the divisor never is.
    grow, grown = Block(arg_types=[type_]), Block(arg_types=[type_])
    test = outer.child(grow)
    fits = test.le(grow.args[0], test.sub(after.args[0], grow.args[0]))
    append(grow, make(scf.ConditionOp, (fits, grow.args[0]), (), m.location))
    twice = outer.child(grown)
    doubled = twice.add(grown.args[0], grown.args[0])
    append(grown, make(scf.YieldOp, (doubled,), (), m.location))
    regions = (Region(grow), Region(grown))
    step = append(
        after, make(scf.WhileOp, (y0,), (type_,), m.location, regions=regions)
    )
    rest = outer.sub(after.args[0], step.results[0])
    append(after, make(scf.YieldOp, (rest,), (), m.location))
    regions = (Region(before), Region(after))
    loop = append(
        m.block, make(scf.WhileOp, (x0,), (type_,), m.location, regions=regions)
    )
    result = m.select(m.eq(y, infinity), x, loop.results[0])
    result = m.copysign(result, a)
    return m.select(invalid, float("nan"), result)


def _float_rem(m: Emit, a: SSAValue, b: SSAValue) -> SSAValue:
    """NumPy's modulo: fmod moved to the sign of b; a zero has the sign of b."""
    r = _float_fmod(m, a, b)
    wrong = m.and_(m.ne(r, 0.0), m.xor(m.lt(r, 0.0), m.lt(b, 0.0)))
    r = m.select(wrong, m.add(r, b), r)
    return m.select(m.eq(r, 0.0), m.copysign(m.const(0.0, a.type), b), r)


def _float_floor_div(m: Emit, a: SSAValue, b: SSAValue) -> SSAValue:
    """NumPy's `//`: from the exact remainder, `npy_divmod`'s rounding steps."""
    r = _float_fmod(m, a, b)
    quotient = m.div(m.sub(a, r), b)
    wrong = m.and_(m.ne(r, 0.0), m.xor(m.lt(r, 0.0), m.lt(b, 0.0)))
    quotient = m.select(wrong, m.sub(quotient, 1.0), quotient)
    down = m.floor(quotient)
    down = m.select(m.gt(m.sub(quotient, down), 0.5), m.add(down, 1.0), down)
    zero = m.copysign(m.const(0.0, a.type), m.div(a, b))
    result = m.select(m.eq(quotient, 0.0), zero, down)
    return m.select(m.eq(b, 0.0), m.div(a, b), result)


def _floor_div(m: Emit, kind: str, _: Attribute, a: SSAValue, b: SSAValue) -> SSAValue:
    return _float_floor_div(m, a, b) if kind == "f" else _int_floor_div(m, kind, a, b)


def _rem(m: Emit, kind: str, _: Attribute, a: SSAValue, b: SSAValue) -> SSAValue:
    return _float_rem(m, a, b) if kind == "f" else _int_rem(m, kind, a, b, floor=True)


def _fmod(m: Emit, kind: str, _: Attribute, a: SSAValue, b: SSAValue) -> SSAValue:
    return _float_fmod(m, a, b) if kind == "f" else _int_rem(m, kind, a, b, floor=False)


# ---- arithmetic -------------------------------------------------------------------


def _neg(m: Emit, kind: str, _: Attribute, a: SSAValue) -> SSAValue:
    return m.neg(a)


def _abs(m: Emit, kind: str, _: Attribute, a: SSAValue) -> SSAValue:
    return a if kind == "u" else m.abs(a)


def _sign(m: Emit, kind: str, _: Attribute, a: SSAValue) -> SSAValue:
    if kind == "u":
        return m.extui(m.ne(a, 0), a.type) if a.type != i1 else a
    minus = m.select(m.lt(a, 0), m.const(-1, a.type), m.const(0, a.type))
    result = m.select(m.gt(a, 0), m.const(1, a.type), minus)
    return m.select(m.isnan(a), a, result) if kind == "f" else result


def _square(m: Emit, kind: str, _: Attribute, a: SSAValue) -> SSAValue:
    return m.mul(a, a)


def _of_library(name: str) -> Callable[..., SSAValue]:
    """What upstream's `math` lacks: the math library's, written out; f16 in f32."""

    def emit(m: Emit, kind: str, _: Attribute, *operands: SSAValue) -> SSAValue:
        function, inner = LIBRARY[name], MathEmit(m.block, m.location, m)
        if operands[0].type != f16:
            return function(inner, *operands)
        wide = (inner.extf(operand, f32) for operand in operands)
        return inner.truncf(function(inner, *wide), f16)

    return emit


def _pow(m: Emit, kind: str, type_: Attribute, a: SSAValue, b: SSAValue) -> SSAValue:
    """Integer power by squaring, wrapping; a negative exponent (an error in NumPy,
    raised before the call where it is known) gives 1/a truncated.
    """
    t = a.type
    before = Block(arg_types=[t, t, t])
    after = Block(arg_types=[t, t, t])
    top = m.child(before)
    go = top.ne(before.args[1], 0)
    append(before, make(scf.ConditionOp, (go, *before.args), (), m.location))
    body = m.child(after)
    base, exponent, result = after.args
    odd = body.ne(body.and_(exponent, 1), 0)
    new = body.select(odd, body.mul(result, base), result)
    values = (body.mul(base, base), body.shr_u(exponent, 1), new)
    append(after, make(scf.YieldOp, values, (), m.location))
    start = b if kind == "u" else m.select(m.lt(b, 0), m.const(0, t), b)
    loop = append(
        m.block,
        make(
            scf.WhileOp,
            (a, start, m.const(1, t)),
            (t, t, t),
            m.location,
            regions=(Region(before), Region(after)),
        ),
    )
    result = loop.results[2]
    if kind == "u":
        return result
    odd = m.ne(m.and_(b, 1), 0)
    minus = m.select(odd, m.const(-1, t), m.const(1, t))
    inverse = m.select(
        m.eq(a, 1), m.const(1, t), m.select(m.eq(a, -1), minus, m.const(0, t))
    )
    return m.select(m.lt(b, 0), inverse, result)


# ---- comparison -------------------------------------------------------------------


def _compare(name: str) -> Callable[..., SSAValue]:
    def emit(m: Emit, kind: str, _: Attribute, a: SSAValue, b: SSAValue) -> SSAValue:
        if kind == "f":
            return m.compare("une" if name == "ne" else f"o{name}", a, b)
        if name in ("eq", "ne"):
            return m.compare(name, a, b)
        return m.compare(f"{'s' if kind == 's' else 'u'}{name}", a, b)

    return emit


def _isnan(m: Emit, kind: str, _: Attribute, a: SSAValue) -> SSAValue:
    return m.isnan(a)


def _isinf(m: Emit, kind: str, _: Attribute, a: SSAValue) -> SSAValue:
    return m.eq(m.abs(a), float("inf"))


def _isfinite(m: Emit, kind: str, _: Attribute, a: SSAValue) -> SSAValue:
    # Not `< inf`: of that LLVM makes a comparison of integers, which AVX2 has on one
    # port alone for 64 bits.
    return m.le(m.abs(a), float(np.finfo(dtype_of(a.type)).max))


def _signbit(m: Emit, kind: str, _: Attribute, a: SSAValue) -> SSAValue:
    return m.lt(m.bitcast(a, INTEGERS[width_of(a.type)]), 0)


# ---- bits -------------------------------------------------------------------------


def _not(m: Emit, kind: str, _: Attribute, a: SSAValue) -> SSAValue:
    return m.not_(a)


def _shl(m: Emit, kind: str, _: Attribute, a: SSAValue, b: SSAValue) -> SSAValue:
    width = width_of(a.type)
    small = m.ult(b, width)
    return m.select(small, m.shl(a, m.select(small, b, 0)), 0)


def _shr(m: Emit, kind: str, _: Attribute, a: SSAValue, b: SSAValue) -> SSAValue:
    width = width_of(a.type)
    small = m.ult(b, width)
    if kind == "u":
        return m.select(small, m.shr_u(a, m.select(small, b, 0)), 0)
    return m.shr_s(a, m.select(small, b, width - 1))


def _gcd(m: Emit, kind: str, _: Attribute, a: SSAValue, b: SSAValue) -> SSAValue:
    """Euclid's algorithm on absolute values, taken as unsigned."""
    t = a.type
    if kind == "s":
        a, b = m.abs(a), m.abs(b)
    before, after = Block(arg_types=[t, t]), Block(arg_types=[t, t])
    go = m.child(before).ne(before.args[1], 0)
    append(before, make(scf.ConditionOp, (go, *before.args), (), m.location))
    body = m.child(after)
    x, y = after.args
    # A vector lane that has ended still divides.
    rest = body.remui(x, body.select(body.eq(y, 0), 1, y))
    append(after, make(scf.YieldOp, (y, rest), (), m.location))
    regions = (Region(before), Region(after))
    loop = make(scf.WhileOp, (a, b), (t, t), m.location, regions=regions)
    return append(m.block, loop).results[0]


Expansion = Callable[..., SSAValue]
EXPANSIONS: dict[str, Expansion] = {
    "floor_div": _floor_div, "rem": _rem, "fmod": _fmod, "neg": _neg, "abs": _abs,
    "sign": _sign, "square": _square, "pow": _pow,
    "isnan": _isnan, "isinf": _isinf, "isfinite": _isfinite, "signbit": _signbit,
    "not": _not, "shl": _shl, "shr": _shr, "gcd": _gcd,
    "nextafter": nextafter, "ldexp": ldexp, "fraction": fraction,
    "exponent": exponent,
    **{name: _of_library(name) for name in LIBRARY},
    **{name: _compare(name) for name in ("eq", "ne", "lt", "le", "gt", "ge")},
}  # fmt: skip

_missing = {
    row.name for row in TABLE.values() if set(row.kinds) - set(row.lower)
} - EXPANSIONS.keys()
if _missing:
    raise TypeError(f"ops without a meaning at the loops level: {_missing}")


# ---- conversion -------------------------------------------------------------------


def lower_convert(m: Emit, x: SSAValue, source: Attribute, to: Attribute) -> SSAValue:
    """Change the dtype as `astype`; floats out of range saturate, NaN becomes 0."""
    if source == index:
        x, source = m.index_cast(x, i64), i64
    if source == to:
        return x
    a, b = kind_of(source), kind_of(to)
    if b == "b":
        return m.ne(x, 0.0 if a == "f" else 0)
    if a == "f":
        if b == "f":
            wider = width_of(to) > width_of(source)
            return m.extf(x, to) if wider else m.truncf(x, to)
        return _float_to_int(m, x, to)
    if b == "f":
        unsigned = a in "bu"
        return m.uitofp(x, to) if unsigned else m.sitofp(x, to)
    return resize(m, x, signless(to), signed=a == "s")


def resize(m: Emit, x: SSAValue, to: Attribute, *, signed: bool) -> SSAValue:
    """An integer with another width."""
    have, want = width_of(x.type), width_of(to)
    if have == want:
        return x
    if have > want:
        return m.trunci(x, to)
    return m.extsi(x, to) if signed else m.extui(x, to)


def _most(value: SSAValue, depth: int = 0) -> float:
    """What an integer is at most, without its sign, by the few ops that made it."""
    if (number := constant_of(value)) is not None:
        return abs(number)
    op = value.owner
    if isinstance(op, arith.AndIOp):
        mask = constant_of(op.rhs)
        return mask if mask is not None and mask >= 0 else float("inf")
    if depth < 4 and isinstance(op, (arith.AddiOp, arith.SubiOp)):
        return _most(op.lhs, depth + 1) + _most(op.rhs, depth + 1)
    if depth < 4 and isinstance(op, upstream.SelectOp):
        return max(_most(op.lhs, depth + 1), _most(op.rhs, depth + 1))
    return float("inf")


def _float_to_int(m: Emit, x: SSAValue, to: Attribute) -> SSAValue:
    """Clamp first, since a conversion out of range is poison.

    A small integer that has become a float, an exponent, is taken as it was.
    """
    info = np.iinfo(cast("Any", dtype_of(to)))
    if isinstance(x.owner, upstream.SIToFPOp) and info.min < 0:
        whole = x.owner.operands[0]
        if _most(whole) <= min(info.max, 2 ** np.finfo(dtype_of(x.type)).nmant):
            return resize(m, whole, signless(to), signed=True)
    low, bound = int(info.min), int(info.max) + 1
    if x.type == f16:
        x = m.extf(x, f32)
    # `bound` is a power of 2 and exact; the largest float below it is what converts.
    inside = m.and_(
        m.gt(x, float(low) - 1.0 if low == 0 else float(low)), m.lt(x, float(bound))
    )
    safe = m.select(inside, x, 0.0)
    whole = signless(to)
    result = m.fptosi(safe, whole) if low else m.fptoui(safe, whole)
    top = m.const(-1 if low == 0 else int(info.max), whole)
    result = m.select(m.ge(x, float(bound)), top, result)
    if low:
        result = m.select(m.le(x, float(low)), m.const(low, whole), result)
    return result
