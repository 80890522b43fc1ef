"""One printer for the C family: C99 and MSL differ by a record of syntax.

Every value is a local variable, loops and branches are C's own, memrefs are pointers
with row-major indices. Nothing is undefined: integers wrap through unsigned arithmetic,
bits are moved without aliasing, contraction is switched off. So the results are those
of the CPU, bit for bit, on a compiler that does IEEE arithmetic.
"""

# Attributes of attributes have no types.
# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, cast

from xdsl.dialects import arith, func, math, memref, scf
from xdsl.dialects.builtin import DYNAMIC_INDEX, FloatAttr, IndexType
from xdsl.ir import Attribute, Block, Operation, SSAValue

from rfxjit.dialects import upstream
from rfxjit.dialects.diagnostics import TargetError
from rfxjit.dialects.ir import (
    element_type,
    f16,
    f32,
    f64,
    i1,
    i8,
    i16,
    i32,
    i64,
    shape_of,
    walked,
)
from rfxjit.targets.c_control import CONTROL

FLOATS = (f16, f32, f64)


@dataclass(frozen=True)
class Syntax:
    """What one language of the family spells in its own way."""

    language: str
    types: Mapping[Attribute, str]
    unsigned: Mapping[str, str]
    """The unsigned type of each signed one."""
    size: str
    """The type of an index."""
    literal: Callable[[Any, Attribute], str]
    function: Callable[[str, Attribute], str]
    """A function of `math.h` for a type: fabs of f32 is fabsf in C."""
    bits: Callable[[Writer, arith.BitcastOp], None]
    """Write a bitcast."""
    reserved: frozenset[str]
    """Names that no variable may have."""
    missing: Mapping[Attribute, str]
    """What to do about a type that the language does not have."""


_WRAPPING = {arith.AddiOp: "+", arith.SubiOp: "-", arith.MuliOp: "*"}
_PLAIN = {
    arith.AddfOp: "+", arith.SubfOp: "-", arith.MulfOp: "*", arith.DivfOp: "/",
    arith.DivSIOp: "/", arith.RemSIOp: "%", arith.AndIOp: "&", arith.OrIOp: "|",
    arith.XOrIOp: "^",
}  # fmt: skip
_UNSIGNED = {arith.DivUIOp: "/", arith.RemUIOp: "%", arith.ShRUIOp: ">>"}
_CHOICES = {
    arith.MaxSIOp: "{a} > {b} ? {a} : {b}",
    arith.MinSIOp: "{a} < {b} ? {a} : {b}",
    arith.MaxUIOp: "({u}){a} > ({u}){b} ? {a} : {b}",
    arith.MinUIOp: "({u}){a} < ({u}){b} ? {a} : {b}",
    # NaN wins: a if a is NaN, and b if b is, since every comparison with it is false.
    # Of two zeros, the sign decides.
    arith.MaximumfOp: "{a} != {a} || {a} > {b} || ({a} == {b} && signbit({b}))"
    " ? {a} : {b}",
    arith.MinimumfOp: "{a} != {a} || {a} < {b} || ({a} == {b} && signbit({a}))"
    " ? {a} : {b}",
}
_LIBM: dict[type[Operation], str] = {
    math.SqrtOp: "sqrt", math.AbsFOp: "fabs", math.FloorOp: "floor",
    math.CeilOp: "ceil", math.TruncOp: "trunc", math.RoundEvenOp: "rint",
    math.CopySignOp: "copysign", math.FmaOp: "fma", arith.MaxnumfOp: "fmax",
    arith.MinnumfOp: "fmin",
}  # fmt: skip
_CMPI = ("==", "!=", "<", "<=", ">", ">=", "<", "<=", ">", ">=")
_CMPF = ("false", "{a} == {b}", "{a} > {b}", "{a} >= {b}", "{a} < {b}", "{a} <= {b}",
         "{a} < {b} || {a} > {b}", "{a} == {a} && {b} == {b}",
         "!({a} < {b} || {a} > {b})", "!({a} <= {b})", "!({a} < {b})", "!({a} >= {b})",
         "!({a} > {b})", "{a} != {b}", "{a} != {a} || {b} != {b}", "true")  # fmt: skip


_VIEWS = (memref.CollapseShapeOp, memref.ReinterpretCastOp, memref.ViewOp)


class Writer:
    """Writes one function; `lines` may be nested by `depth`."""

    def __init__(self, function: Any, syntax: Syntax) -> None:
        self.function = function
        self.syntax = syntax
        self.lines: list[str] = []
        self.depth = 1
        self.names: dict[SSAValue, str] = {}
        self.dims: dict[SSAValue, list[str]] = {}
        self.numbers = count()
        self.used: set[str] = set()
        self.read: set[SSAValue] = set()
        """What something that is written out reads."""
        self.dead: set[Operation] = set()
        """What is not written out: strict compilers warn of what nobody reads."""
        for op in reversed(walked(function)):
            # Loops, stores and terminators are there in any case.
            if isinstance(op, scf.ConditionOp):
                self.read.update(self._handed_on(op))
            elif not op.results or op.regions or not self.read.isdisjoint(op.results):
                self.read.update(op.operands)
            else:
                self.dead.add(op)

    def _handed_on(self, op: scf.ConditionOp) -> list[SSAValue]:
        """What a condition reads: of the values, those that are read where they go."""
        loop = cast("scf.WhileOp", op.parent_op())
        places = zip(loop.results, loop.after_region.block.args, strict=True)
        read = [not self.read.isdisjoint(both) for both in places]
        values = [v for v, here in zip(op.args, read, strict=True) if here]
        return [op.condition, *values]

    # ---- names and types

    def type(self, type_: Attribute, op: Operation | None = None) -> str:
        element = element_type(type_)
        name = self.syntax.types.get(element)
        if name is None:
            raise TargetError(
                f"{element} has no {self.syntax.language} type",
                op or self.function,
                self.syntax.missing.get(element),
            )
        return name

    def unsigned(self, type_: Attribute) -> str:
        name = self.type(type_)
        return self.syntax.unsigned.get(name, name)

    def fresh(self, value: SSAValue) -> str:
        """A new name, from the hint where there is one."""
        hint = value.name_hint
        usable = hint is not None and hint.isidentifier() and hint.isascii()
        name = self.unused(hint if usable and hint else f"v{next(self.numbers)}")
        self.names[value] = name
        return name

    def unused(self, name: str) -> str:
        """The name, or one like it that nothing else has."""
        while name in self.used or name in self.syntax.reserved:
            name += "_"
        self.used.add(name)
        return name

    def line(self, text: str) -> None:
        self.lines.append("  " * self.depth + text)

    def define(self, value: SSAValue, text: str) -> None:
        """`const T name = text;`"""
        type_ = self.type(value.type)
        self.line(f"const {type_} {self.fresh(value)} = {text};")

    # ---- the function

    def reads(self, value: SSAValue) -> bool:
        """Whether more is done with a memref, or a view of it, than storing."""
        return any(
            self.reads(use.operation.results[0])
            if isinstance(use.operation, _VIEWS)
            else not isinstance(use.operation, memref.StoreOp)
            for use in value.uses
            if use.operation not in self.dead
        )

    def writes(self, value: SSAValue, written: set[SSAValue]) -> bool:
        """Whether a memref or a view of it is stored to."""
        return value in written or any(
            isinstance(use.operation, _VIEWS)
            and self.writes(use.operation.results[0], written)
            for use in value.uses
        )

    def sizes(self, argument: SSAValue) -> list[str]:
        """Name the dims of a buffer; those that are parameters of their own."""
        parameters: list[str] = []
        dims: list[str] = []
        self.dims[argument] = dims
        last = argument is self.function.body.block.args[-1]
        if last and "rfx.workspace" in self.function.attributes:
            return []  # As large as the caller was told: its size is not passed.
        for d, n in enumerate(shape_of(argument.type)):
            if n != DYNAMIC_INDEX:
                dims.append(str(n))
                continue
            dims.append(self.unused(f"{self.names[argument]}_d{d}"))
            parameters.append(dims[-1])
        return parameters

    def block(self, block: Block) -> None:
        for op in block.ops:
            if op not in self.dead:
                self.op(op)

    def op(self, op: Operation) -> None:
        cls = type(op)
        names = [self.names[v] for v in op.operands if v in self.names]
        if (special := SPECIAL.get(cls)) is not None:
            special(self, op)
        elif cls in _WRAPPING and isinstance(op.results[0].type, IndexType):
            # Indices are far below where they would overflow.
            self.define(op.results[0], f"{names[0]} {_WRAPPING[cls]} {names[1]}")
        elif cls in _WRAPPING:
            type_ = op.results[0].type
            u, t = self.unsigned(type_), self.type(type_)
            # Small types are computed in int, which may not overflow.
            wide = self.unsigned(i32) if type_ in (i1, i8, i16) else u
            a, b = (f"({wide}){n}" for n in names)
            self.define(op.results[0], f"({t})({u})({a} {_WRAPPING[cls]} {b})")
        elif cls in _PLAIN:
            t = self.type(op.results[0].type)
            self.define(op.results[0], f"({t})({names[0]} {_PLAIN[cls]} {names[1]})")
        elif cls in _UNSIGNED:
            u, t = self.unsigned(op.results[0].type), self.type(op.results[0].type)
            a, b = names
            self.define(op.results[0], f"({t})(({u}){a} {_UNSIGNED[cls]} ({u}){b})")
        elif cls in _CHOICES:
            a, b = names
            type_ = op.results[0].type
            u = "" if type_ in FLOATS else self.unsigned(type_)
            self.define(op.results[0], _CHOICES[cls].format(a=a, b=b, u=u))
        elif cls in _LIBM:
            name = self.syntax.function(_LIBM[cls], op.results[0].type)
            self.define(op.results[0], f"{name}({', '.join(names)})")
        else:
            raise TargetError(f"cannot be written as {self.syntax.language}", op)


def _constant(w: Writer, op: arith.ConstantOp) -> None:
    type_ = op.result.type
    w.type(type_, op)
    value = cast("Any", op.value).value.data
    if not isinstance(op.value, FloatAttr) and type_ == i1:
        value = bool(value)
    w.names[op.result] = w.syntax.literal(value, type_)


def _compare_ints(w: Writer, op: upstream.CmpiOp) -> None:
    a, b = w.names[op.lhs], w.names[op.rhs]
    number = cast("Any", op.predicate).value.data
    if number > 5:
        u = w.unsigned(op.lhs.type)
        a, b = f"({u}){a}", f"({u}){b}"
    w.define(op.result, f"{a} {_CMPI[number]} {b}")


def _compare_floats(w: Writer, op: upstream.CmpfOp) -> None:
    number = cast("int", cast("Any", op.predicate).value.data)
    w.define(op.result, _CMPF[number].format(a=w.names[op.lhs], b=w.names[op.rhs]))


def _select(w: Writer, op: upstream.SelectOp) -> None:
    c, a, b = (w.names[v] for v in op.operands)
    w.define(op.result, f"{c} ? {a} : {b}")


def _negate(w: Writer, op: arith.NegfOp) -> None:
    w.define(op.result, f"-{w.names[op.operand]}")


def _shift_left(w: Writer, op: arith.ShLIOp) -> None:
    t, u = w.type(op.result.type), w.unsigned(op.result.type)
    a, b, wide = w.names[op.lhs], w.names[op.rhs], w.unsigned(i64)
    w.define(op.result, f"({t})({u})(({wide}){a} << {b})")


def _shift_right(w: Writer, op: arith.ShRSIOp) -> None:
    # Shifting a negative number is up to the compiler in C; its complement is not.
    t, a, b = w.type(op.result.type), w.names[op.lhs], w.names[op.rhs]
    w.define(op.result, f"({t})({a} < 0 ? ~(~{a} >> {b}) : {a} >> {b})")


def _cast(w: Writer, op: Any) -> None:
    w.type(op.operands[0].type, op)
    w.define(
        op.results[0], f"({w.type(op.results[0].type, op)}){w.names[op.operands[0]]}"
    )


def _cast_unsigned(w: Writer, op: Any) -> None:
    """From an unsigned value: zero extension, or to a float."""
    u, t = w.unsigned(op.operands[0].type), w.type(op.results[0].type)
    w.define(op.results[0], f"({t})({u}){w.names[op.operands[0]]}")


def _float_to_unsigned(w: Writer, op: Any) -> None:
    u, t = w.unsigned(op.results[0].type), w.type(op.results[0].type)
    w.define(op.results[0], f"({t})({u}){w.names[op.operands[0]]}")


def _truncate(w: Writer, op: upstream.TruncIOp) -> None:
    t, u = w.type(op.results[0].type), w.unsigned(op.results[0].type)
    name = w.names[op.operands[0]]
    text = f"({name} & 1) != 0" if t == "bool" else f"({t})({u}){name}"
    w.define(op.results[0], text)


def _bitcast(w: Writer, op: arith.BitcastOp) -> None:
    w.syntax.bits(w, op)


def _place(w: Writer, buffer: SSAValue, indices: Sequence[SSAValue]) -> str:
    text = "0"
    for where, dim in zip(indices, w.dims[buffer], strict=True):
        name = w.names[where]
        text = name if text == "0" else f"({text}) * {dim} + {name}"
    return f"{w.names[buffer]}[{text}]"


def _load(w: Writer, op: memref.LoadOp) -> None:
    w.define(op.res, _place(w, op.memref, op.indices))


def _store(w: Writer, op: memref.StoreOp) -> None:
    w.line(f"{_place(w, op.memref, op.indices)} = {w.names[op.value]};")


def _dim(w: Writer, op: memref.DimOp) -> None:
    constant = cast("Any", op.index.owner).value
    w.names[op.result] = w.dims[op.source][constant.value.data]


def _alloca(w: Writer, op: memref.AllocaOp) -> None:
    shape = shape_of(op.memref.type)
    total = 1
    for n in shape:
        total *= n
    # There are no arrays of no elements.
    w.line(f"{w.type(op.memref.type)} {w.fresh(op.memref)}[{max(total, 1)}];")
    w.dims[op.memref] = [str(n) for n in shape]
    if not w.reads(op.memref):
        w.line(f"(void){w.names[op.memref]};")


def _mixed(w: Writer, shape: Sequence[int], sizes: Sequence[SSAValue]) -> list[str]:
    rest = iter(sizes)
    return [w.names[next(rest)] if n == DYNAMIC_INDEX else str(n) for n in shape]


def _view(w: Writer, op: Operation) -> None:
    result, type_ = op.results[0], w.type(op.results[0].type)
    source, shift = w.names[op.operands[0]], w.names[op.operands[1]]
    place = f"(void *)((char *){source} + {shift})"
    w.line(f"{type_} *const {w.fresh(result)} = ({type_} *){place};")
    w.dims[result] = _mixed(w, shape_of(result.type), op.operands[2:])


def _reinterpret(w: Writer, op: memref.ReinterpretCastOp) -> None:
    w.names[op.result] = w.names[op.source]
    w.dims[op.result] = _mixed(w, shape_of(op.result.type), op.sizes)


def _collapse(w: Writer, op: memref.CollapseShapeOp) -> None:
    dims = w.dims[op.src]
    w.names[op.result] = w.names[op.src]
    w.dims[op.result] = [
        "(" + " * ".join(dims[d.value.data] for d in cast("Any", group)) + ")"
        for group in op.reassociation
    ]


def _call(w: Writer, op: func.CallOp) -> None:
    arguments = ", ".join(w.names[v] for v in op.arguments)
    w.define(op.results[0], f"{op.callee.string_value()}({arguments})")


def _return(w: Writer, op: func.ReturnOp) -> None:
    w.line(f"return {w.names[op.arguments[0]]};" if op.arguments else "return;")


def _nothing(w: Writer, op: Operation) -> None:
    """A terminator: its parent has written what it says."""


SPECIAL: dict[type[Operation], Callable[[Writer, Any], None]] = {
    arith.ConstantOp: _constant, upstream.CmpiOp: _compare_ints,
    upstream.CmpfOp: _compare_floats, upstream.SelectOp: _select, arith.NegfOp: _negate,
    arith.ShLIOp: _shift_left, arith.ShRSIOp: _shift_right, upstream.ExtSIOp: _cast,
    arith.ExtFOp: _cast, arith.TruncFOp: _cast, upstream.SIToFPOp: _cast,
    upstream.FPToSIOp: _cast, upstream.IndexCastOp: _cast,
    upstream.ExtUIOp: _cast_unsigned,
    upstream.UIToFPOp: _cast_unsigned, upstream.FPToUIOp: _float_to_unsigned,
    upstream.TruncIOp: _truncate, arith.BitcastOp: _bitcast, memref.LoadOp: _load,
    memref.StoreOp: _store, memref.DimOp: _dim, memref.AllocaOp: _alloca,
    memref.ViewOp: _view, memref.ReinterpretCastOp: _reinterpret,
    memref.CollapseShapeOp: _collapse,
    **CONTROL, scf.YieldOp: _nothing, scf.ReduceOp: _nothing,
    scf.ConditionOp: _nothing, func.CallOp: _call, func.ReturnOp: _return,
}  # fmt: skip
