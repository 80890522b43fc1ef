"""Rules of `canonicalize` that are identities of arithmetic.

All in `RULES` hold for every input, bit by bit (but for the payload of a NaN): -0.0,
infinities, NaN and wrap-around included. `FAST` holds what is only true of real
numbers, for `fastmath`. In the equations c is a constant, k an integer.
"""

from __future__ import annotations

from math import frexp
from typing import Any

import numpy as np
from xdsl.ir import SSAValue

from rfxjit.dialects.elementwise import TABLE
from rfxjit.dialects.elementwise_ops import BY_NAME, Elementwise, result_type
from rfxjit.dialects.ir import kind_of
from rfxjit.passes.canonicalize_fold import splat
from rfxjit.passes.rewriting import Rewriter, Rule, Rules

INVERSE = {"eq": "ne", "ne": "eq", "lt": "ge", "ge": "lt", "gt": "le", "le": "gt"}
MIRRORED = {"lt": "gt", "gt": "lt", "le": "ge", "ge": "le"} | {
    name: name
    for name in ("add", "mul", "minimum", "maximum", "eq", "ne", "and", "or", "xor")
}


def _build(rewriter: Rewriter, name: str, *operands: SSAValue) -> SSAValue:
    type_ = result_type(TABLE[name], operands[-1].type)
    return rewriter.new(BY_NAME[name], operands, type_)


def _same(rewriter: Rewriter, op: Elementwise, value: Any) -> SSAValue:
    """A constant in the place of the result of `op`."""
    return rewriter.splat(value, op.results[0].type, op.operands[-1])


def _inner(value: SSAValue, name: str) -> Elementwise | None:
    """The op that made `value`, if it is this one."""
    op = value.owner
    return op if isinstance(op, BY_NAME[name]) else None


def _is(number: Any, value: float) -> bool:
    """Whether a constant is this number; 0.0 and -0.0 differ."""
    return (
        number is not None
        and bool(number == value)
        and bool(np.signbit(np.float64(number)) == np.signbit(value))
    )


def _constant_right(op: Elementwise, rewriter: Rewriter) -> SSAValue | None:
    # c + x = x + c, c < x = x > c
    a, b = op.operands
    if splat(a) is None or splat(b) is not None:
        return None
    name = op.name.removeprefix("rfx.")
    return _build(rewriter, MIRRORED[name], b, a)


def _add(op: Elementwise, rewriter: Rewriter) -> SSAValue | None:
    x, y = op.operands
    integer, c = kind_of(x.type) != "f", splat(y)
    # x + 0 = x of integers, x + -0.0 = x of floats (but 0.0 + -0.0 is 0.0)
    if _is(c, 0.0 if integer else -0.0):
        return x
    # x + -y = x - y
    if (inner := _inner(y, "neg")) is not None:
        return _build(rewriter, "sub", x, inner.operands[0])
    # -x + y = y - x
    if (inner := _inner(x, "neg")) is not None:
        return _build(rewriter, "sub", y, inner.operands[0])
    return _regroup(op, rewriter, c) if integer else None


def _regroup(op: Elementwise, rewriter: Rewriter, c: Any) -> SSAValue | None:
    # (x . c) . d = x . (c . d)
    inner = op.operands[0].owner
    if c is None or not isinstance(inner, Elementwise) or type(inner) is not type(op):
        return None
    if splat(inner.operands[1]) is None:
        return None
    name = op.name.removeprefix("rfx.")
    constant = _build(rewriter, name, inner.operands[1], op.operands[1])
    return _build(rewriter, name, inner.operands[0], constant)


def _sub(op: Elementwise, rewriter: Rewriter) -> SSAValue | None:
    x, y = op.operands
    integer = kind_of(x.type) != "f"
    # x - 0 = x, x - 0.0 = x
    if _is(splat(y), 0.0):
        return x
    # 0 - x = -x of integers, -0.0 - x = -x of floats
    if _is(splat(x), 0.0 if integer else -0.0):
        return _build(rewriter, "neg", y)
    # x - x = 0 of integers (infinities and NaN give NaN)
    if x is y and integer:
        return _same(rewriter, op, 0)
    # x - -y = x + y
    if (inner := _inner(y, "neg")) is not None:
        return _build(rewriter, "add", x, inner.operands[0])
    return None


def _mul(op: Elementwise, rewriter: Rewriter) -> SSAValue | None:
    x, y = op.operands
    kind, c = kind_of(x.type), splat(y)
    # x * 1 = x
    if _is(c, 1.0):
        return x
    # x * -1 = -x
    if _is(c, -1.0):
        return _build(rewriter, "neg", x)
    # x * 0 = 0 of integers
    if kind != "f" and _is(c, 0.0):
        return y
    # -x * -y = x * y
    a, b = _inner(x, "neg"), _inner(y, "neg")
    if a is not None and b is not None:
        return _build(rewriter, "mul", a.operands[0], b.operands[0])
    return _regroup(op, rewriter, c) if kind != "f" else None


def _div(op: Elementwise, rewriter: Rewriter) -> SSAValue | None:
    x, y = op.operands
    c = splat(y)
    if c is None:
        return None
    # x / 1 = x
    if _is(c, 1.0):
        return x
    # x / 2^k = x * 2^-k, where 2^-k is a number of the dtype: both round x * 2^-k once
    with np.errstate(all="ignore"):
        inverse = c.dtype.type(1.0) / c
        if abs(frexp(c)[0]) != 0.5 or not np.isfinite(inverse) or 1.0 / inverse != c:
            return None
    return _build(rewriter, "mul", x, _same(rewriter, op, inverse))


def _power_of_two(c: Any) -> int | None:
    """k where the integer c is 2^k."""
    if c is None or c.dtype.kind == "f" or c <= 0 or int(c) & (int(c) - 1):
        return None
    return int(c).bit_length() - 1


def _floor_div(op: Elementwise, rewriter: Rewriter) -> SSAValue | None:
    # x // 2^k = x >> k of integers: both round down
    k = _power_of_two(splat(op.operands[1]))
    if k is None:
        return None
    return _build(rewriter, "shr", op.operands[0], _same(rewriter, op, k))


def _rem(op: Elementwise, rewriter: Rewriter) -> SSAValue | None:
    # x % 2^k = x & (2^k - 1) of integers: the sign is that of the divisor
    k = _power_of_two(splat(op.operands[1]))
    if k is None:
        return None
    return _build(rewriter, "and", op.operands[0], _same(rewriter, op, (1 << k) - 1))


def _power(op: Elementwise, rewriter: Rewriter) -> SSAValue | None:
    x, y = op.operands
    c = splat(y)
    # x ** 0 = 1, of NaN too
    if c is not None and c == 0:
        return _same(rewriter, op, 1)
    # x ** 1 = x
    if _is(c, 1.0):
        return x
    # x ** 2 = x * x
    if _is(c, 2.0):
        return _build(rewriter, "square", x)
    # x ** -1 = 1 / x of floats. (x ** 0.5 is no sqrt: that of -inf is inf, not NaN.)
    if _is(c, -1.0) and kind_of(x.type) == "f":
        return _build(rewriter, "div", _same(rewriter, op, 1), x)
    return None


def _neg(op: Elementwise, _: Rewriter) -> SSAValue | None:
    # --x = x
    inner = _inner(op.operands[0], "neg")
    return None if inner is None else inner.operands[0]


def _absolute(op: Elementwise, rewriter: Rewriter) -> SSAValue | None:
    x = op.operands[0]
    # |x| = x of unsigned integers, ||x|| = |x|
    if kind_of(x.type) == "u" or _inner(x, "abs") is not None:
        return x
    # |-x| = |x|
    inner = _inner(x, "neg")
    return None if inner is None else _build(rewriter, "abs", inner.operands[0])


def _square(op: Elementwise, rewriter: Rewriter) -> SSAValue | None:
    # (-x)^2 = |x|^2 = x^2
    inner = _inner(op.operands[0], "neg") or _inner(op.operands[0], "abs")
    return None if inner is None else _build(rewriter, "square", inner.operands[0])


def _equal_operands(op: Elementwise, _: Rewriter) -> SSAValue | None:
    # min(x, x) = x & x = x | x = x
    return op.operands[0] if op.operands[0] is op.operands[1] else None


def _bits(op: Elementwise, rewriter: Rewriter) -> SSAValue | None:
    x, y = op.operands
    c, name = splat(y), op.name.removeprefix("rfx.")
    if name == "xor" and x is y:
        return _same(rewriter, op, 0)  # x ^ x = 0
    if c is None:
        return None
    if not c:  # x & 0 = 0, x | 0 = x, x ^ 0 = x
        return y if name == "and" else x
    if c == np.invert(c.dtype.type(0)):  # x & ~0 = x, x | ~0 = ~0, x ^ ~0 = ~x
        if name == "xor":
            return _build(rewriter, "not", x)
        return x if name == "and" else y
    return None


def _invert(op: Elementwise, rewriter: Rewriter) -> SSAValue | None:
    # ~~x = x
    if (inner := _inner(op.operands[0], "not")) is not None:
        return inner.operands[0]
    # not x < y = x >= y of integers; of floats only == and !=, because of NaN
    inner = op.operands[0].owner
    if not isinstance(inner, Elementwise):
        return None
    name = inner.name.removeprefix("rfx.")
    if name not in INVERSE or (
        kind_of(inner.operands[0].type) == "f" and name not in ("eq", "ne")
    ):
        return None
    return _build(rewriter, INVERSE[name], *inner.operands)


def _shift(op: Elementwise, _: Rewriter) -> SSAValue | None:
    # x << 0 = x >> 0 = x
    return op.operands[0] if _is(splat(op.operands[1]), 0.0) else None


def _compare_equal(op: Elementwise, rewriter: Rewriter) -> SSAValue | None:
    x, y = op.operands
    if x is not y:
        return None
    name = op.name.removeprefix("rfx.")
    # x < x = false, of NaN too
    if name in ("lt", "gt"):
        return _same(rewriter, op, value=False)
    if kind_of(x.type) == "f":
        # x != x = isnan(x)
        return _build(rewriter, "isnan", x) if name == "ne" else None
    # x == x = true of integers
    return _same(rewriter, op, name != "ne")


def _select(op: Elementwise, rewriter: Rewriter) -> SSAValue | None:
    condition, x, y = op.operands
    # select(c, x, x) = x
    if x is y:
        return x
    # select(true, x, y) = x
    if (c := splat(condition)) is not None:
        return x if c else y
    # select(not c, x, y) = select(c, y, x)
    if (inner := _inner(condition, "not")) is not None:
        return _build(rewriter, "select", inner.operands[0], y, x)
    # select(c, select(c, x, _), y) = select(c, x, select(c, _, y)) = select(c, x, y)
    then, other = _inner(x, "select"), _inner(y, "select")
    if then is not None and then.operands[0] is condition:
        return _build(rewriter, "select", condition, then.operands[1], y)
    if other is not None and other.operands[0] is condition:
        return _build(rewriter, "select", condition, x, other.operands[2])
    return _logic(op, rewriter) if kind_of(x.type) == "b" else None


def _logic(op: Elementwise, rewriter: Rewriter) -> SSAValue | None:
    """A choice between truth values."""
    condition, x, y = op.operands
    a, b = splat(x), splat(y)
    # select(c, true, false) = c, select(c, false, true) = not c
    if a is not None and b is not None and a != b:
        return condition if a else _build(rewriter, "not", condition)
    # select(c, x, false) = select(c, x, c) = c and x
    if (b is not None and not b) or y is condition:
        return _build(rewriter, "and", condition, x)
    # select(c, true, y) = select(c, c, y) = c or y
    if a or x is condition:
        return _build(rewriter, "or", condition, y)
    return None


_COMPARE: dict[str, tuple[Rule, ...]] = dict.fromkeys(INVERSE, (_compare_equal,))
_BY_NAME: dict[str, tuple[Rule, ...]] = {
    "add": (_add,), "sub": (_sub,), "mul": (_mul,), "div": (_div,),
    "floor_div": (_floor_div,), "rem": (_rem,), "pow": (_power,),
    "neg": (_neg,), "abs": (_absolute,), "square": (_square,),
    "minimum": (_equal_operands,), "maximum": (_equal_operands,),
    "fmin": (_equal_operands,), "fmax": (_equal_operands,),
    "and": (_equal_operands, _bits), "or": (_equal_operands, _bits), "xor": (_bits,),
    "not": (_invert,), "shl": (_shift,), "shr": (_shift,), "select": (_select,),
    **_COMPARE,
}  # fmt: skip

RULES: Rules = {
    BY_NAME[name]: (*((_constant_right,) if name in MIRRORED else ()), *rules)
    for name, rules in _BY_NAME.items()
}


# ---- fastmath: true of real numbers --------------------------------------------------


def _fast_add(op: Elementwise, rewriter: Rewriter) -> SSAValue | None:
    # x + 0.0 = x (-0.0 + 0.0 is 0.0)
    c = splat(op.operands[1])
    if c is not None and c == 0:
        return op.operands[0]
    return _regroup(op, rewriter, c)


def _fast_sub(op: Elementwise, rewriter: Rewriter) -> SSAValue | None:
    # x - x = 0 (infinity - infinity is NaN)
    return _same(rewriter, op, 0) if op.operands[0] is op.operands[1] else None


def _fast_mul(op: Elementwise, rewriter: Rewriter) -> SSAValue | None:
    # x * 0.0 = 0.0 (infinity * 0.0 is NaN, -1.0 * 0.0 is -0.0)
    c = splat(op.operands[1])
    if c is not None and c == 0:
        return op.operands[1]
    return _regroup(op, rewriter, c)


def _fast_div(op: Elementwise, rewriter: Rewriter) -> SSAValue | None:
    x, y = op.operands
    # x / x = 1 (0.0 / 0.0 is NaN)
    if x is y:
        return _same(rewriter, op, 1)
    # x / c = x * (1 / c), rounded twice; not where 1 / c over- or underflows
    c = splat(y)
    if c is None or c == 0:
        return None
    with np.errstate(all="ignore"):
        inverse = c.dtype.type(1.0) / c
    if not np.isfinite(inverse) or abs(inverse) < np.finfo(c.dtype).tiny:
        return None
    return _build(rewriter, "mul", x, _same(rewriter, op, inverse))


FAST: Rules = {
    BY_NAME["add"]: (_fast_add,),
    BY_NAME["sub"]: (_fast_sub,),
    BY_NAME["mul"]: (_fast_mul,),
    BY_NAME["div"]: (_fast_div,),
}
