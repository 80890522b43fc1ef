"""Write scalar loops-level code: `arith`, `math` and `scf.if` at the end of a block.

    m = Emit(block, location)                 %c = arith.constant 2.0 : f32
    y = m.mul(x, 2.0)                   ->    %0 = arith.mulf %x, %c : f32
    z = m.select(m.lt(y, 0.0), x, y)          %c0 = arith.constant 0.0 : f32
                                              %1 = arith.cmpf olt, %0, %c0 : f32
                                              %2 = arith.select %1, %x, %0 : f32

A method looks at the type of its first value and picks the float or the integer op; a
Python number stands for a constant of the other operand's type. `m.sitofp(x, f32)` and
the other conversions are named after their `arith` op.

Constants are interned: emitted where first used, reused after. Inside `if_` a child
emitter writes the region. It sees its parent's constants, which all lie before the
`scf.if`, while its own stay in the region, so every use is dominated.

Arithmetic on constant indices is done at once.

Everything is built by the trusted constructor (`dialects/ir.py`); nothing is verified.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, cast

from xdsl.dialects import arith, math, scf, vector
from xdsl.dialects.builtin import (
    Float16Type,
    Float32Type,
    Float64Type,
    FloatAttr,
    IndexType,
    IntegerAttr,
    IntegerType,
    LocationAttr,
)
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue

from rfxjit.dialects import upstream
from rfxjit.dialects.ir import (
    append,
    element_type,
    i1,
    index,
    like,
    make,
    scalar_attr,
)

Operand = SSAValue | float
Body = Callable[["Emit"], Sequence[SSAValue]]

FAST_NONE: Mapping[str, Attribute] = {"fastmath": arith.FastMathFlagsAttr("none")}
WRAPS: Mapping[str, Attribute] = {"overflowFlags": arith.IntegerOverflowAttr("none")}
_NO_PROPERTIES: Mapping[str, Attribute] = {}

_Choice = tuple[type[Operation], Mapping[str, Attribute]]


def _predicate(name: str, names: Sequence[str]) -> Mapping[str, Attribute]:
    return {"predicate": scalar_attr(names.index(name), IntegerType(64))}


_CMPI = {p: _predicate(p, arith.CMPI_COMPARISON_OPERATIONS)
         for p in arith.CMPI_COMPARISON_OPERATIONS}  # fmt: skip
_CMPF = {
    p: {**_predicate(p, arith.CMPF_COMPARISON_OPERATIONS), **FAST_NONE}
    for p in arith.CMPF_COMPARISON_OPERATIONS
}

MATH: dict[str, type[Operation]] = {
    cls.name.removeprefix("math."): cls for cls in math.Math.operations
}
"""The `math` ops by name: `m.math("sin", x)` emits `math.sin`."""


_IS_FLOAT: dict[type[Attribute], bool] = {
    Float16Type: True,
    Float32Type: True,
    Float64Type: True,
    IntegerType: False,
    IndexType: False,
}


def is_float(type_: Attribute) -> bool:
    """Whether a scalar type, or the element type of a vector, is a float."""
    known = _IS_FLOAT.get(type(type_))
    return _IS_FLOAT[type(element_type(type_))] if known is None else known


def constant_of(value: SSAValue) -> Any:
    """The number that a scalar value is, or None if it is not a constant."""
    if not isinstance(value.owner, arith.ConstantOp):
        return None
    attribute = value.owner.value
    if isinstance(attribute, (IntegerAttr, FloatAttr)):
        return cast("Any", attribute).value.data
    return None


class Emit:
    """Appends ops to `block`, each at `location`."""

    __slots__ = ("block", "constants", "location", "parent")

    def __init__(
        self, block: Block, location: LocationAttr, parent: Emit | None = None
    ) -> None:
        self.block = block
        self.location = location
        self.parent = parent
        self.constants: dict[tuple[float | str, int], SSAValue] = {}

    # ---- the two ways everything is built -------------------------------------------

    def op(
        self,
        cls: type[Operation],
        operands: Sequence[SSAValue],
        type_: Attribute,
        properties: Mapping[str, Attribute] = _NO_PROPERTIES,
    ) -> SSAValue:
        """Append any op with one result of type `type_`, and return that result."""
        return append(
            self.block, make(cls, operands, (type_,), self.location, properties)
        ).results[0]

    def const(self, value: float, type_: Attribute) -> SSAValue:
        """A constant, interned; of a vector type it is in all lanes."""
        # 0.0 == -0.0 and NaN != NaN, so these go by their text. Types go by identity,
        # which is 10x faster than their hash; equal ones that differ cost a constant.
        key = (value if value and value == value else str(value), id(type_))  # noqa: PLR0124
        emitter: Emit | None = self
        while emitter is not None:
            known = emitter.constants.get(key)
            if known is not None:
                return known
            emitter = emitter.parent
        element = element_type(type_)
        if element is type_:
            properties = {"value": scalar_attr(value, element)}
            result = self.op(arith.ConstantOp, (), type_, properties)
        else:
            # Not `dense<…>`: xDSL reads its hexadecimal floats back as integers.
            scalar = self.const(value, element)
            result = self.op(vector.BroadcastOp, (scalar,), type_)
        self.constants[key] = result
        return result

    # ---- arithmetic -----------------------------------------------------------------

    def _pair(self, a: Operand, b: Operand) -> tuple[SSAValue, SSAValue]:
        if isinstance(b, (int, float)):
            if isinstance(a, (int, float)):
                raise TypeError("an operation needs at least one value that has a type")
            return a, self.const(b, a.type)
        if isinstance(a, (int, float)):
            return self.const(a, b.type), b
        return a, b

    def _binary(self, a: Operand, b: Operand, f: _Choice, i: _Choice) -> SSAValue:
        lhs, rhs = self._pair(a, b)
        type_ = lhs.type
        cls, properties = f if is_float(type_) else i
        return self.op(cls, (lhs, rhs), type_, properties)

    def _place(
        self,
        a: Operand,
        b: Operand,
        fold: Callable[[int, int], int],
        neutral: int | None,
        *,
        commutes: bool = False,
    ) -> SSAValue | None:
        """Arithmetic on indices, where what it gives is known."""
        lhs, rhs = self._pair(a, b)
        if type(lhs.type) is not IndexType:
            return None
        first, second = constant_of(lhs), constant_of(rhs)
        if first is not None and second is not None:
            return self.const(fold(first, second), index)
        if second is not None and second == neutral:
            return lhs
        return rhs if commutes and first is not None and first == neutral else None

    _ADD: ClassVar = ((arith.AddfOp, FAST_NONE), (arith.AddiOp, WRAPS))
    _SUB: ClassVar = ((arith.SubfOp, FAST_NONE), (arith.SubiOp, WRAPS))
    _MUL: ClassVar = ((arith.MulfOp, FAST_NONE), (arith.MuliOp, WRAPS))
    _MIN: ClassVar = ((arith.MinimumfOp, FAST_NONE), (arith.MinSIOp, _NO_PROPERTIES))
    _MAX: ClassVar = ((arith.MaximumfOp, FAST_NONE), (arith.MaxSIOp, _NO_PROPERTIES))

    def add(self, a: Operand, b: Operand) -> SSAValue:
        """`a + b`; integers wrap around."""
        known = self._place(a, b, operator.add, 0, commutes=True)
        return known or self._binary(a, b, *self._ADD)

    def sub(self, a: Operand, b: Operand) -> SSAValue:
        """`a - b`; integers wrap around."""
        known = self._place(a, b, operator.sub, 0)
        return known or self._binary(a, b, *self._SUB)

    def mul(self, a: Operand, b: Operand) -> SSAValue:
        """`a * b`; integers wrap around."""
        known = self._place(a, b, operator.mul, 1, commutes=True)
        return known or self._binary(a, b, *self._MUL)

    def min(self, a: Operand, b: Operand) -> SSAValue:
        """The smaller one, NaN if either is; -0 < +0; integers are signed."""
        known = self._place(a, b, min, None)
        return known or self._binary(a, b, *self._MIN)

    def max(self, a: Operand, b: Operand) -> SSAValue:
        """The larger one, NaN if either is; -0 < +0; integers are signed."""
        known = self._place(a, b, max, None)
        return known or self._binary(a, b, *self._MAX)

    def _plain(self, cls: type[Operation], a: Operand, b: Operand) -> SSAValue:
        lhs, rhs = self._pair(a, b)
        return self.op(cls, (lhs, rhs), lhs.type)

    def _float(self, cls: type[Operation], a: Operand, b: Operand) -> SSAValue:
        lhs, rhs = self._pair(a, b)
        return self.op(cls, (lhs, rhs), lhs.type, FAST_NONE)

    def div(self, a: Operand, b: Operand) -> SSAValue:
        """`a / b` of floats."""
        return self._float(arith.DivfOp, a, b)

    def minnum(self, a: Operand, b: Operand) -> SSAValue:
        """The smaller float, the other one if one is NaN."""
        return self._float(arith.MinnumfOp, a, b)

    def maxnum(self, a: Operand, b: Operand) -> SSAValue:
        """The larger float, the other one if one is NaN."""
        return self._float(arith.MaxnumfOp, a, b)

    def copysign(self, a: Operand, b: Operand) -> SSAValue:
        """|a| with the sign of b."""
        return self._float(math.CopySignOp, a, b)

    def divsi(self, a: Operand, b: Operand) -> SSAValue:
        """Raw signed division, towards zero; undefined for b = 0 and MIN / -1."""
        return self._plain(arith.DivSIOp, a, b)

    def divui(self, a: Operand, b: Operand) -> SSAValue:
        """Raw unsigned division; undefined for b = 0."""
        known = self._place(a, b, int.__floordiv__, 1)
        return known or self._plain(arith.DivUIOp, a, b)

    def remsi(self, a: Operand, b: Operand) -> SSAValue:
        """Raw signed remainder, sign of a; undefined where `divsi` is."""
        return self._plain(arith.RemSIOp, a, b)

    def remui(self, a: Operand, b: Operand) -> SSAValue:
        """Raw unsigned remainder; undefined for b = 0."""
        return self._plain(arith.RemUIOp, a, b)

    def minui(self, a: Operand, b: Operand) -> SSAValue:
        """The smaller one of two unsigned integers."""
        return self._plain(arith.MinUIOp, a, b)

    def maxui(self, a: Operand, b: Operand) -> SSAValue:
        """The larger one of two unsigned integers."""
        return self._plain(arith.MaxUIOp, a, b)

    def neg(self, a: SSAValue) -> SSAValue:
        """-a; the sign bit of a float (a NaN's too)."""
        if is_float(a.type):
            return self.op(arith.NegfOp, (a,), a.type, FAST_NONE)
        return self.sub(0, a)

    def abs(self, a: SSAValue) -> SSAValue:
        """|a|; the smallest integer stays itself."""
        if is_float(a.type):
            return self.op(math.AbsFOp, (a,), a.type, FAST_NONE)
        return self.op(arith.MaxSIOp, (a, self.neg(a)), a.type)

    def fma(self, a: Operand, b: SSAValue, c: Operand) -> SSAValue:
        """`a * b + c` of floats, rounded once."""
        a, b = self._pair(a, b)
        b, c = self._pair(b, c)
        return self.op(math.FmaOp, (a, b, c), b.type, FAST_NONE)

    def math(self, name: str, *operands: SSAValue) -> SSAValue:
        """The upstream op `math.<name>`; its result has the first operand's type."""
        type_ = operands[0].type
        properties = FAST_NONE if is_float(type_) else _NO_PROPERTIES
        return self.op(MATH[name], operands, type_, properties)

    def sqrt(self, a: SSAValue) -> SSAValue:
        """The square root, correctly rounded."""
        return self.op(math.SqrtOp, (a,), a.type, FAST_NONE)

    def rint(self, a: SSAValue) -> SSAValue:
        """Round to the nearest integer, half to even."""
        return self.op(math.RoundEvenOp, (a,), a.type, FAST_NONE)

    def floor(self, a: SSAValue) -> SSAValue:
        """Round down to an integer."""
        return self.op(math.FloorOp, (a,), a.type, FAST_NONE)

    def ceil(self, a: SSAValue) -> SSAValue:
        """Round up to an integer."""
        return self.op(math.CeilOp, (a,), a.type, FAST_NONE)

    def trunc(self, a: SSAValue) -> SSAValue:
        """Round towards zero to an integer."""
        return self.op(math.TruncOp, (a,), a.type, FAST_NONE)

    # ---- bits -----------------------------------------------------------------------

    def and_(self, a: Operand, b: Operand) -> SSAValue:
        """Bitwise and."""
        return self._plain(arith.AndIOp, a, b)

    def or_(self, a: Operand, b: Operand) -> SSAValue:
        """Bitwise or."""
        return self._plain(arith.OrIOp, a, b)

    def xor(self, a: Operand, b: Operand) -> SSAValue:
        """Bitwise exclusive or."""
        return self._plain(arith.XOrIOp, a, b)

    def not_(self, a: SSAValue) -> SSAValue:
        """All bits flipped; of i1, logical not."""
        return self.xor(a, 1 if element_type(a.type) == i1 else -1)

    def shl(self, a: Operand, b: Operand) -> SSAValue:
        """`a << b`; undefined for b outside [0, width)."""
        lhs, rhs = self._pair(a, b)
        return self.op(arith.ShLIOp, (lhs, rhs), lhs.type, WRAPS)

    def shr_s(self, a: Operand, b: Operand) -> SSAValue:
        """`a >> b`, copies of the sign shifted in; undefined as `shl`."""
        return self._plain(arith.ShRSIOp, a, b)

    def shr_u(self, a: Operand, b: Operand) -> SSAValue:
        """`a >> b`, zeros shifted in; undefined as `shl`."""
        return self._plain(arith.ShRUIOp, a, b)

    # ---- comparisons ----------------------------------------------------------------

    def compare(self, predicate: str, a: Operand, b: Operand) -> SSAValue:
        """`arith.cmpf` or `arith.cmpi` under one of their own predicate names."""
        lhs, rhs = self._pair(a, b)
        type_ = lhs.type
        if is_float(type_):
            cls, properties = upstream.CmpfOp, _CMPF[predicate]
        else:
            cls, properties = upstream.CmpiOp, _CMPI[predicate]
        return self.op(cls, (lhs, rhs), upstream.boolean(type_), properties)

    def _ordered(self, name: str, a: Operand, b: Operand) -> SSAValue:
        lhs, rhs = self._pair(a, b)
        prefix = "o" if is_float(lhs.type) else "s"
        return self.compare(prefix + name, lhs, rhs)

    def eq(self, a: Operand, b: Operand) -> SSAValue:
        """`a == b`; false for NaN."""
        lhs, rhs = self._pair(a, b)
        return self.compare("oeq" if is_float(lhs.type) else "eq", lhs, rhs)

    def ne(self, a: Operand, b: Operand) -> SSAValue:
        """`a != b`; true for NaN."""
        lhs, rhs = self._pair(a, b)
        return self.compare("une" if is_float(lhs.type) else "ne", lhs, rhs)

    def lt(self, a: Operand, b: Operand) -> SSAValue:
        """`a < b`; false for NaN; integers are signed."""
        return self._ordered("lt", a, b)

    def le(self, a: Operand, b: Operand) -> SSAValue:
        """`a <= b`; false for NaN; integers are signed."""
        return self._ordered("le", a, b)

    def gt(self, a: Operand, b: Operand) -> SSAValue:
        """`a > b`; false for NaN; integers are signed."""
        return self._ordered("gt", a, b)

    def ge(self, a: Operand, b: Operand) -> SSAValue:
        """`a >= b`; false for NaN; integers are signed."""
        return self._ordered("ge", a, b)

    def ult(self, a: Operand, b: Operand) -> SSAValue:
        """Integers: unsigned a < b. Floats: true also for NaN."""
        return self.compare("ult", a, b)

    def ule(self, a: Operand, b: Operand) -> SSAValue:
        """Integers: unsigned a <= b. Floats: true also for NaN."""
        return self.compare("ule", a, b)

    def ugt(self, a: Operand, b: Operand) -> SSAValue:
        """Integers: unsigned a > b. Floats: true also for NaN."""
        return self.compare("ugt", a, b)

    def uge(self, a: Operand, b: Operand) -> SSAValue:
        """Integers: unsigned a >= b. Floats: true also for NaN."""
        return self.compare("uge", a, b)

    def isnan(self, a: SSAValue) -> SSAValue:
        """Whether a float is NaN."""
        return self.compare("uno", a, a)

    def select(self, condition: SSAValue, a: Operand, b: Operand) -> SSAValue:
        """`a` where the condition holds, else `b`."""
        lhs, rhs = self._pair(a, b)
        return self.op(upstream.SelectOp, (condition, lhs, rhs), lhs.type)

    # ---- conversions: to an element type, keeping a vector's shape ------------------

    def _to(self, cls: type[Operation], a: SSAValue, element: Attribute) -> SSAValue:
        return self.op(cls, (a,), like(a.type, element))

    def bitcast(self, a: SSAValue, element: Attribute) -> SSAValue:
        """The same bits as another type of the same width."""
        return self._to(arith.BitcastOp, a, element)

    def sitofp(self, a: SSAValue, element: Attribute) -> SSAValue:
        """Signed integer to float."""
        return self._to(upstream.SIToFPOp, a, element)

    def uitofp(self, a: SSAValue, element: Attribute) -> SSAValue:
        """Unsigned integer to float."""
        return self._to(upstream.UIToFPOp, a, element)

    def fptosi(self, a: SSAValue, element: Attribute) -> SSAValue:
        """Float to signed integer, towards zero; poison out of range."""
        return self._to(upstream.FPToSIOp, a, element)

    def fptoui(self, a: SSAValue, element: Attribute) -> SSAValue:
        """Float to unsigned integer, towards zero; poison out of range."""
        return self._to(upstream.FPToUIOp, a, element)

    def extf(self, a: SSAValue, element: Attribute) -> SSAValue:
        """To a wider float."""
        return self._to(arith.ExtFOp, a, element)

    def truncf(self, a: SSAValue, element: Attribute) -> SSAValue:
        """To a narrower float, round to nearest even."""
        return self._to(arith.TruncFOp, a, element)

    def extsi(self, a: SSAValue, element: Attribute) -> SSAValue:
        """To a wider integer, sign extended."""
        return self._to(upstream.ExtSIOp, a, element)

    def extui(self, a: SSAValue, element: Attribute) -> SSAValue:
        """To a wider integer, zero extended."""
        return self._to(upstream.ExtUIOp, a, element)

    def trunci(self, a: SSAValue, element: Attribute) -> SSAValue:
        """The low bits, as a narrower integer."""
        return self._to(upstream.TruncIOp, a, element)

    def index_cast(self, a: SSAValue, element: Attribute) -> SSAValue:
        """Between `index` and a signed integer."""
        return self._to(upstream.IndexCastOp, a, element)

    # ---- control flow ---------------------------------------------------------------

    def child(self, block: Block) -> Emit:
        """An emitter for a block nested in this one's, which sees its constants."""
        return Emit(block, self.location, self)

    def _region(self, body: Body) -> Region:
        block = Block()
        child = self.child(block)
        append(block, make(scf.YieldOp, body(child), (), self.location))
        return Region(block)

    def if_(
        self,
        condition: SSAValue,
        then: Body,
        otherwise: Body,
        types: Sequence[Attribute],
        attributes: Mapping[str, Attribute] = _NO_PROPERTIES,
    ) -> Sequence[SSAValue]:
        """`scf.if`: each body is called with the emitter of its own region.

        `attributes` are discardable ones (`rfx.rare`).
        """
        regions = (self._region(then), self._region(otherwise))
        op = make(scf.IfOp, (condition,), types, self.location, regions=regions)
        op.attributes.update(attributes)
        return append(self.block, op).results


__all__ = [
    "FAST_NONE", "MATH", "WRAPS", "Body", "Emit", "Operand", "constant_of", "is_float",
]  # fmt: skip
