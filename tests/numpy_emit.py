"""The math functions on NumPy arrays: an emitter that computes instead of writing ops.

`NumpyEmit` overrides the few methods that every other one goes through, so a function
`exp(m, x)` runs unchanged on arrays of a million points, without a compiler.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import numpy as np
from xdsl.dialects import arith, llvm, math
from xdsl.dialects.builtin import IntegerAttr, UnknownLoc
from xdsl.ir import Attribute, Block, Operation, SSAValue

from rfxjit.dialects import upstream
from rfxjit.dialects.ir import DTYPES, f32, f64
from rfxjit.passes.emit import Body
from rfxjit.passes.math.common import Function, Helper, MathEmit

Array = np.ndarray[Any, np.dtype[Any]]


class Value:
    """An array that has an element type, as an SSA value has."""

    def __init__(self, array: Array, type_: Attribute) -> None:
        self.array = array
        self.type = type_


def _fma(a: Array, b: Array, c: Array) -> Array:
    """a * b + c rounded once: f32 in f64, f64 by exact products and sums."""
    if a.dtype == np.float32:
        # The product of two f32 is exact in f64; rounding the sum to odd makes the
        # second rounding harmless.
        wide = a.astype(np.float64) * b
        total, error = _two_sum(wide, c.astype(np.float64))
        bits = np.atleast_1d(total).view(np.int64)
        inexact = (error != 0) & (bits & 1 == 0) & np.isfinite(total)
        toward = np.where(np.signbit(error) == np.signbit(total), 1, -1)
        return (bits + inexact * toward).view(np.float64).astype(np.float32)
    p, e = _two_prod(a, b)
    total, low = _two_sum(p, c)
    exact = total + (low + e)
    # The splitting overflows, and the low part underflows, far from 1; a product beyond
    # the largest number may still have a finite sum.
    plain = ~np.isfinite(exact) | (np.abs(p) < 1e-250)
    scaled = ((a * 0.25) * b + c * 0.25) * 4.0
    return np.where(plain, np.where(np.isinf(p), scaled, a * b + c), exact)


def _two_sum(a: Array, b: Array) -> tuple[Array, Array]:
    s = a + b
    bb = s - a
    return s, (a - (s - bb)) + (b - bb)


def _two_prod(a: Array, b: Array) -> tuple[Array, Array]:
    def split(x: Array) -> tuple[Array, Array]:
        c = x * 134217729.0
        high = c - (c - x)
        return high, x - high

    p = a * b
    (ah, al), (bh, bl) = split(a), split(b)
    return p, ((ah * bh - p) + ah * bl + al * bh) + al * bl


def _unsigned(function: Callable[[Array, Array], Array]) -> Callable[..., Array]:
    def apply(a: Array, b: Array) -> Array:
        unsigned = np.dtype(f"u{a.dtype.itemsize}")
        result = function(a.view(unsigned), b.astype(a.dtype).view(unsigned))
        return result.view(a.dtype) if result.dtype == unsigned else result

    return apply


_OPS: dict[type[Operation], Callable[..., Array]] = {
    arith.AddfOp: np.add,
    arith.SubfOp: np.subtract,
    arith.MulfOp: np.multiply,
    arith.DivfOp: np.divide,
    arith.AddiOp: np.add,
    arith.SubiOp: np.subtract,
    arith.MuliOp: np.multiply,
    arith.NegfOp: np.negative,
    arith.MinSIOp: np.minimum,
    arith.MaxSIOp: np.maximum,
    arith.AndIOp: np.bitwise_and,
    arith.OrIOp: np.bitwise_or,
    arith.XOrIOp: np.bitwise_xor,
    arith.ShLIOp: np.left_shift,
    arith.ShRSIOp: np.right_shift,
    arith.ShRUIOp: _unsigned(np.right_shift),
    upstream.SelectOp: np.where,
    math.AbsFOp: np.abs,
    math.SqrtOp: np.sqrt,
    math.TruncOp: np.trunc,
    math.CopySignOp: np.copysign,
    math.FmaOp: _fma,
    llvm.CallIntrinsicOp: np.ldexp,
}


def _to(cls: type[Operation], a: Array, to: np.dtype[Any]) -> Array | None:
    """The conversions, which need to know their result type."""
    if cls is arith.BitcastOp:
        return a.view(to)
    if cls in (upstream.ExtUIOp, upstream.UIToFPOp):
        return a.view(np.dtype(f"u{a.dtype.itemsize}")).astype(to)
    if cls in (
        upstream.SIToFPOp,
        upstream.FPToSIOp,
        arith.ExtFOp,
        arith.TruncFOp,
        upstream.TruncIOp,
    ):
        return a.astype(to)
    return None


_FLOAT_TESTS: dict[str, Callable[[Array, Array], Array]] = {
    "oeq": np.equal,
    "olt": np.less,
    "ole": np.less_equal,
    "ogt": np.greater,
    "oge": np.greater_equal,
    "une": np.not_equal,
    "uge": lambda a, b: ~np.less(a, b),
    "uno": lambda a, b: np.isnan(a) | np.isnan(b),
}
_INTEGER_TESTS: dict[str, Callable[[Array, Array], Array]] = {
    "eq": np.equal,
    "ne": np.not_equal,
    "slt": np.less,
    "sgt": np.greater,
    "uge": _unsigned(np.greater_equal),
}


class NumpyEmit(MathEmit):
    """Computes with arrays: values are `Value`s in the guise of SSA values."""

    def __init__(self, *, has_fma: bool = True, has_ldexp: bool = False) -> None:
        super().__init__(Block(), UnknownLoc(), has_fma=has_fma, has_ldexp=has_ldexp)

    def op(
        self,
        cls: type[Operation],
        operands: Sequence[SSAValue],
        type_: Attribute,
        properties: Mapping[str, Attribute] = {},
    ) -> SSAValue:
        arrays = [cast("Value", v).array for v in operands]
        if cls in (upstream.CmpfOp, upstream.CmpiOp):
            predicate = cast("IntegerAttr[Any]", properties["predicate"]).value.data
            if cls is upstream.CmpfOp:
                test = _FLOAT_TESTS[arith.CMPF_COMPARISON_OPERATIONS[predicate]]
            else:
                test = _INTEGER_TESTS[arith.CMPI_COMPARISON_OPERATIONS[predicate]]
            result = test(*arrays)
        else:
            converted = _to(cls, arrays[0], DTYPES[type_])
            result = _OPS[cls](*arrays) if converted is None else converted
        return cast("SSAValue", Value(result, type_))

    def const(self, value: float, type_: Attribute) -> SSAValue:
        return cast("SSAValue", Value(np.array([value], DTYPES[type_]), type_))

    def if_(
        self,
        condition: SSAValue,
        then: Body,
        otherwise: Body,
        types: Sequence[Attribute],
        attributes: Mapping[str, Attribute] = {},
    ) -> Sequence[SSAValue]:
        pairs = zip(then(self), otherwise(self), strict=True)
        return [self.select(condition, a, b) for a, b in pairs]

    def call(self, helper: Helper, *operands: SSAValue) -> SSAValue:
        return helper.function(self, *operands)


def evaluate(function: Function, *arrays: Array, **has: bool) -> Array:
    """A math function of arrays of float32 or float64."""
    type_ = f64 if arrays[0].dtype == np.float64 else f32
    with np.errstate(all="ignore"):
        values = [Value(np.atleast_1d(a), type_) for a in arrays]
        result = function(NumpyEmit(**has), *values)
    return cast("Value", result).array
