"""What the ops on numbers mean at the loops level, on NumPy scalars and vectors.

Integers are signless; the op says how they are taken.
"""

# Values are whatever NumPy gives.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false, reportUnknownLambdaType=false

from __future__ import annotations

import ctypes
import ctypes.util
import functools
from collections.abc import Callable
from typing import Any, cast

import numpy as np
from xdsl.dialects import arith, llvm, math
from xdsl.dialects.builtin import DenseIntOrFPElementsAttr, FloatAttr, IntegerAttr
from xdsl.ir import Operation

from rfxjit.dialects import upstream
from rfxjit.dialects.diagnostics import UnsupportedError
from rfxjit.dialects.elementwise import TABLE
from rfxjit.dialects.evaluate import evaluate
from rfxjit.dialects.ir import dtype_of, element_type, i1


class UndefinedBehaviourError(Exception):
    """An op was given what its level leaves undefined."""


def undefined(op: Operation, why: str) -> UndefinedBehaviourError:
    """The error to raise."""
    return UndefinedBehaviourError(f"{op.name}: {why}\n{op}")


def _unsigned(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of integers taken as unsigned."""

    def apply(*operands: Any) -> Any:
        wide = [np.asarray(v) for v in operands]
        kinds = [w.view(f"u{w.itemsize}") if w.dtype != np.bool_ else w for w in wide]
        result = np.asarray(function(*kinds))
        signed = result.dtype.kind == "u"
        return result.view(f"i{result.itemsize}") if signed else result

    return apply


@functools.cache
def _libm_fma(double: bool) -> Callable[..., Any]:
    library = ctypes.CDLL(ctypes.util.find_library("m"))
    name, kind = ("fma", ctypes.c_double) if double else ("fmaf", ctypes.c_float)
    function = getattr(library, name)
    function.restype, function.argtypes = kind, [kind] * 3
    return np.frompyfunc(function, 3, 1)


def _fma(a: Any, b: Any, c: Any) -> Any:
    """The C library's, which rounds once."""
    dtype = np.asarray(a).dtype
    # f16 in double: rounding twice is rounding once, from 53 to 11 bits.
    result = _libm_fma(dtype != np.float32)(a, b, c)
    return np.asarray(result, dtype)


def _wrapping(function: Callable[..., Any]) -> Callable[..., Any]:
    """Integer arithmetic; bools are numbers of one bit."""

    def apply(a: Any, b: Any) -> Any:
        if np.asarray(a).dtype != np.bool_:
            return function(a, b)
        return function(np.int8(a), np.int8(b)) & 1 != 0

    return apply


def _signed(function: Callable[..., Any], bools: Any) -> Callable[..., Any]:
    """A signed minimum or maximum, in which true is -1."""
    return lambda a, b: (bools if np.asarray(a).dtype == np.bool_ else function)(a, b)


def _divide(op: Operation, *operands: Any) -> Any:
    """Division towards zero and its remainder."""
    a, b = map(np.asarray, operands)
    if np.any(b == 0):
        raise undefined(op, "division by zero")
    signed = isinstance(op, (arith.DivSIOp, arith.RemSIOp))
    if signed and np.any((b == -1) & (a == np.iinfo(a.dtype).min)):
        raise undefined(op, "the smallest integer by -1")
    if not signed:
        a, b = a.view(f"u{a.itemsize}"), b.view(f"u{b.itemsize}")
    rest = np.fmod(a, b)
    whole = (a - rest) // b
    result = whole if isinstance(op, (arith.DivSIOp, arith.DivUIOp)) else rest
    return result.view(f"i{a.itemsize}")


def _shift(op: Operation, *operands: Any) -> Any:
    a, b = map(np.asarray, operands)
    if np.any((b < 0) | (b >= dtype_of(op.results[0].type).itemsize * 8)):
        raise undefined(op, "a shift by the width or more")
    if isinstance(op, arith.ShLIOp):
        return np.left_shift(a, b)
    if isinstance(op, arith.ShRSIOp):
        return np.right_shift(a, b)
    return _unsigned(np.right_shift)(a, b)


def _compare_ints(op: upstream.CmpiOp, a: Any, b: Any) -> Any:
    name = arith.CMPI_COMPARISON_OPERATIONS[op.predicate.value.data]
    if np.asarray(a).dtype == np.bool_ and name.startswith("s"):
        a, b = b, a  # as a signed number, true is -1
    test = _TESTS[name.removeprefix("s").removeprefix("u")]
    return _unsigned(test)(a, b) if name.startswith("u") else test(a, b)


def _compare_floats(op: upstream.CmpfOp, a: Any, b: Any) -> Any:
    name = arith.CMPF_COMPARISON_OPERATIONS[op.predicate.value.data]
    unordered = np.isnan(a) | np.isnan(b)
    if name in ("false", "true"):
        return np.full(np.shape(a), name == "true")
    if name in ("ord", "uno"):
        return unordered if name == "uno" else ~unordered
    ordered = _TESTS[name[1:]](a, b) & ~unordered
    return ordered | unordered if name[0] == "u" else ordered


_TESTS: dict[str, Callable[..., Any]] = {
    "eq": np.equal, "ne": np.not_equal, "lt": np.less, "le": np.less_equal,
    "gt": np.greater, "ge": np.greater_equal,
}  # fmt: skip


def _constant(op: arith.ConstantOp) -> Any:
    value = op.value
    if isinstance(value, DenseIntOrFPElementsAttr):
        return np.array(list(cast("Any", value).get_values()))
    number = cast("FloatAttr | IntegerAttr", value).value.data
    return bool(number) if op.result.type == i1 else number


def _to_float(op: Operation, operand: Any) -> Any:
    value = np.asarray(operand)
    if isinstance(op, upstream.UIToFPOp) and value.dtype != np.bool_:
        value = value.view(f"u{value.itemsize}")
    return value.astype(dtype_of(op.results[0].type))


def _to_int(op: Operation, operand: Any) -> Any:
    """Towards zero; what does not fit is undefined."""
    value = np.trunc(np.asarray(operand, np.float64))
    dtype = dtype_of(op.results[0].type)
    if isinstance(op, upstream.FPToUIOp):
        dtype = np.dtype(f"u{dtype.itemsize}")
    info = np.iinfo(cast("Any", dtype))
    if not np.all((value >= float(info.min)) & (value < float(info.max) + 1.0)):
        raise undefined(op, "a float out of range")
    return value.astype(dtype).view(f"i{dtype.itemsize}")


def _widen(op: Operation, operand: Any) -> Any:
    value = np.asarray(operand)
    if isinstance(op, upstream.ExtUIOp) and value.dtype != np.bool_:
        value = value.view(f"u{value.itemsize}")
    elif isinstance(op, upstream.ExtSIOp) and value.dtype == np.bool_:
        return -value.astype(dtype_of(op.results[0].type))
    return value.astype(dtype_of(op.results[0].type))


def _narrow(op: upstream.TruncIOp, operand: Any) -> Any:
    value = np.asarray(operand)
    return value & 1 != 0 if element_type(op.result.type) == i1 else value


def _bitcast(op: arith.BitcastOp, operand: Any) -> Any:
    return np.asarray(operand).view(dtype_of(op.result.type)).copy()


def _intrinsic(op: llvm.CallIntrinsicOp, *operands: Any) -> Any:
    if op.intrin.data != "llvm.ldexp":
        raise UnsupportedError(f"has no {op.intrin.data}", op)
    return np.ldexp(*operands)


FUNCTIONS: dict[type[Operation], Callable[..., Any]] = {
    **{
        cls: row.numpy
        for row in TABLE.values()
        for cls in math.Math.operations
        if row.lower.get("f") == cls.name
    },
    arith.AddfOp: np.add, arith.SubfOp: np.subtract, arith.MulfOp: np.multiply,
    arith.DivfOp: np.divide, arith.NegfOp: np.negative, arith.AddiOp: _wrapping(np.add),
    arith.SubiOp: _wrapping(np.subtract), arith.MuliOp: _wrapping(np.multiply),
    arith.MinSIOp: _signed(np.minimum, np.logical_or),
    arith.MaxSIOp: _signed(np.maximum, np.logical_and),
    arith.MinUIOp: _unsigned(np.minimum), arith.MaxUIOp: _unsigned(np.maximum),
    arith.AndIOp: np.bitwise_and, arith.OrIOp: np.bitwise_or,
    arith.XOrIOp: np.bitwise_xor, arith.MinnumfOp: np.fmin, arith.MaxnumfOp: np.fmax,
    arith.MinimumfOp: functools.partial(evaluate, "minimum"),
    arith.MaximumfOp: functools.partial(evaluate, "maximum"),
    upstream.SelectOp: np.where, math.AbsFOp: np.abs, math.SqrtOp: np.sqrt,
    math.FloorOp: np.floor, math.CeilOp: np.ceil, math.TruncOp: np.trunc,
    math.RoundEvenOp: np.rint, math.CopySignOp: np.copysign, math.FmaOp: _fma,
    math.CtPopOp: _unsigned(np.bitwise_count),
}  # fmt: skip
"""Functions of the operands. First NumPy's, for what `expand-math` has not replaced."""

ARITHMETIC: dict[type[Operation], Callable[..., Any]] = {
    arith.ConstantOp: _constant, arith.DivSIOp: _divide, arith.DivUIOp: _divide,
    arith.RemSIOp: _divide, arith.RemUIOp: _divide, arith.ShLIOp: _shift,
    arith.ShRSIOp: _shift, arith.ShRUIOp: _shift, upstream.CmpiOp: _compare_ints,
    upstream.CmpfOp: _compare_floats, upstream.SIToFPOp: _to_float,
    upstream.UIToFPOp: _to_float, arith.ExtFOp: _to_float, arith.TruncFOp: _to_float,
    upstream.FPToSIOp: _to_int, upstream.FPToUIOp: _to_int, upstream.ExtSIOp: _widen,
    upstream.ExtUIOp: _widen, upstream.TruncIOp: _narrow, arith.BitcastOp: _bitcast,
    upstream.IndexCastOp: lambda op, operand: operand, llvm.CallIntrinsicOp: _intrinsic,
}  # fmt: skip
"""Functions of the op, for its types and predicates, and of the operands."""
