"""Strict C99 from the loops level: one file, no runtime, the unit's calling contract.

    int32_t f(const float *x, int64_t x_d0, float *out0, int64_t out0_d0,
              int64_t begin, int64_t end, void *ws)

Every value is a local variable, loops and branches are C's own, memrefs are pointers
with row-major indices. Nothing is undefined: integers wrap through unsigned arithmetic,
bits are moved by memcpy, floats are written as hex, contraction is switched off. So the
results are those of the CPU, bit for bit, on a compiler that does IEEE arithmetic.
"""

# Attributes of attributes have no types.
# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false

from __future__ import annotations

import math as python_math
from collections.abc import Callable, Sequence
from itertools import count
from typing import IO, Any, cast

from xdsl.context import Context
from xdsl.dialects import arith, func, math, memref, scf
from xdsl.dialects.builtin import DYNAMIC_INDEX, FloatAttr, ModuleOp
from xdsl.ir import Attribute, Block, Operation, SSAValue
from xdsl.utils.target import Target

from rfxjit.dialects import upstream
from rfxjit.dialects.diagnostics import TargetError
from rfxjit.dialects.ir import (
    element_type,
    f32,
    f64,
    i1,
    i8,
    i16,
    i32,
    i64,
    index,
    shape_of,
)

TYPES: dict[Attribute, str] = {
    i1: "bool", i8: "int8_t", i16: "int16_t", i32: "int32_t", i64: "int64_t",
    index: "int64_t", f32: "float", f64: "double",
}  # fmt: skip

HEADER = """\
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
"""

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
    arith.MaximumfOp: "{a} != {a} || {a} > {b} ? {a} : {b}",
    arith.MinimumfOp: "{a} != {a} || {a} < {b} ? {a} : {b}",
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


class _Writer:
    """Writes one function; `lines` may be nested by `depth`."""

    def __init__(self, function: func.FuncOp) -> None:
        self.function = function
        self.lines: list[str] = []
        self.depth = 1
        self.names: dict[SSAValue, str] = {}
        self.dims: dict[SSAValue, list[str]] = {}
        self.numbers = count()
        self.used: set[str] = set()

    # ---- names and types

    def type(self, type_: Attribute, op: Operation | None = None) -> str:
        name = TYPES.get(element_type(type_))
        if name is None:
            raise TargetError(
                f"{element_type(type_)} has no C99 type",
                op or self.function,
                "convert to float32 or float64 first",
            )
        return name

    def unsigned(self, type_: Attribute) -> str:
        name = self.type(type_)
        return name if name == "bool" else f"u{name}"

    def fresh(self, value: SSAValue) -> str:
        """A new name, from the hint where there is one."""
        hint = value.name_hint
        name = hint if hint and hint.isidentifier() else f"v{next(self.numbers)}"
        if name in _RESERVED:
            name += "_"
        while name in self.used:
            name = f"{hint or 'v'}_{next(self.numbers)}"
        self.used.add(name)
        self.names[value] = name
        return name

    def line(self, text: str) -> None:
        self.lines.append("  " * self.depth + text)

    def define(self, value: SSAValue, text: str) -> None:
        """`const T name = text;` unless nobody reads it."""
        if value.first_use is not None:
            type_ = self.type(value.type)
            self.line(f"const {type_} {self.fresh(value)} = {text};")

    # ---- the function

    def run(self) -> str:
        function = self.function
        block = function.body.block
        parameters: list[str] = []
        written = {
            op.operands[1] for op in block.walk() if isinstance(op, memref.StoreOp)
        }
        for argument in block.args:
            if shape_of(argument.type) or str(argument.type).startswith("memref"):
                const = "" if self._writes(argument, written) else "const "
                type_ = self.type(argument.type)
                void = (
                    argument is block.args[-1]
                    and "rfx.workspace" in function.attributes
                )
                name = self.fresh(argument)
                parameters.append(f"{const}{'void' if void else type_} *{name}")
                self._sizes(argument, parameters)
            else:
                parameters.append(f"{self.type(argument.type)} {self.fresh(argument)}")
        private = function.sym_visibility is not None
        outputs = function.function_type.outputs.data
        result = self.type(outputs[0]) if outputs else "void"
        head = f"{'static ' if private else ''}{result} {function.sym_name.data}"
        for name in [p.rpartition(" ")[2].lstrip("*") for p in parameters]:
            self.line(f"(void){name};")
        self.block(block)
        body = "\n".join(self.lines)
        return f"{head}({', '.join(parameters) or 'void'}) {{\n{body}\n}}\n"

    def _writes(self, value: SSAValue, written: set[SSAValue]) -> bool:
        """Whether a memref or a view of it is stored to."""
        views = (memref.CollapseShapeOp, memref.ReinterpretCastOp, memref.ViewOp)
        return value in written or any(
            isinstance(use.operation, views)
            and self._writes(use.operation.results[0], written)
            for use in value.uses
        )

    def _sizes(self, argument: SSAValue, parameters: list[str]) -> None:
        dims: list[str] = []
        self.dims[argument] = dims
        last = argument is self.function.body.block.args[-1]
        if last and "rfx.workspace" in self.function.attributes:
            return  # As large as the caller was told: its size is not passed.
        for d, n in enumerate(shape_of(argument.type)):
            if n != DYNAMIC_INDEX:
                dims.append(str(n))
                continue
            dims.append(f"{self.names[argument]}_d{d}")
            self.used.add(dims[-1])
            parameters.append(f"int64_t {dims[-1]}")

    def block(self, block: Block) -> None:
        for op in block.ops:
            self.op(op)

    def op(self, op: Operation) -> None:
        cls = type(op)
        names = [self.names[v] for v in op.operands if v in self.names]
        if (special := _SPECIAL.get(cls)) is not None:
            special(self, op)
        elif cls in _WRAPPING:
            u, t = self.unsigned(op.results[0].type), self.type(op.results[0].type)
            wide = "uint32_t" if u in ("uint8_t", "uint16_t") else u
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
            u = "" if element_type(op.results[0].type) in (f32, f64) else self.unsigned(
                op.results[0].type)  # fmt: skip
            self.define(op.results[0], _CHOICES[cls].format(a=a, b=b, u=u))
        elif cls in _LIBM:
            suffix = "f" if op.results[0].type == f32 else ""
            self.define(op.results[0], f"{_LIBM[cls]}{suffix}({', '.join(names)})")
        else:
            raise TargetError("cannot be written as C", op)


_RESERVED = frozenset(
    ("auto", "break", "case", "char", "const", "continue", "default", "do", "double",
     "else", "enum", "extern", "float", "for", "goto", "if", "inline", "int", "long",
     "register", "restrict", "return", "short", "signed", "sizeof", "static", "struct",
     "switch", "typedef", "union", "unsigned", "void", "volatile", "while", "bool",
     "true", "false", "main", "sqrt", "fabs", "floor", "ceil", "trunc", "rint",
     "copysign", "fma", "fmax", "fmin", "memcpy", "y0", "y1", "yn", "j0", "j1", "jn",
     "gamma", "index", "exp", "log", "sin", "cos", "tan", "pow")
)  # fmt: skip
"""Keywords of C, and functions of its headers, which no variable may be called."""


def _literal(value: Any, type_: Attribute) -> str:
    if element_type(type_) in (f32, f64):
        number = float(value)
        if python_math.isnan(number):
            return "NAN"
        if python_math.isinf(number):
            return "INFINITY" if number > 0 else "(-INFINITY)"
        text = number.hex() + ("f" if type_ == f32 else "")
        return f"({text})" if text.startswith("-") else text
    if type_ == i1:
        return "true" if value else "false"
    if type_ in (i64, index):
        # The smallest integer has no literal of its own.
        return "INT64_MIN" if value == -(2**63) else f"INT64_C({value})"
    if type_ == i32 and value == -(2**31):
        return "INT32_MIN"
    return f"({value})" if value < 0 else str(value)


def _constant(w: _Writer, op: arith.ConstantOp) -> None:
    type_ = op.result.type
    w.type(type_, op)
    value = cast("Any", op.value).value.data
    if not isinstance(op.value, FloatAttr) and type_ == i1:
        value = bool(value)
    w.names[op.result] = _literal(value, type_)


def _compare_ints(w: _Writer, op: upstream.CmpiOp) -> None:
    a, b = w.names[op.lhs], w.names[op.rhs]
    number = cast("Any", op.predicate).value.data
    if number > 5:
        u = w.unsigned(op.lhs.type)
        a, b = f"({u}){a}", f"({u}){b}"
    w.define(op.result, f"{a} {_CMPI[number]} {b}")


def _compare_floats(w: _Writer, op: upstream.CmpfOp) -> None:
    number = cast("int", cast("Any", op.predicate).value.data)
    w.define(op.result, _CMPF[number].format(a=w.names[op.lhs], b=w.names[op.rhs]))


def _select(w: _Writer, op: upstream.SelectOp) -> None:
    c, a, b = (w.names[v] for v in op.operands)
    w.define(op.result, f"{c} ? {a} : {b}")


def _negate(w: _Writer, op: arith.NegfOp) -> None:
    w.define(op.result, f"-{w.names[op.operand]}")


def _shift_left(w: _Writer, op: arith.ShLIOp) -> None:
    t, u = w.type(op.result.type), w.unsigned(op.result.type)
    a, b = w.names[op.lhs], w.names[op.rhs]
    w.define(op.result, f"({t})({u})((uint64_t){a} << {b})")


def _shift_right(w: _Writer, op: arith.ShRSIOp) -> None:
    # Shifting a negative number is up to the compiler in C; its complement is not.
    t, a, b = w.type(op.result.type), w.names[op.lhs], w.names[op.rhs]
    w.define(op.result, f"({t})({a} < 0 ? ~(~{a} >> {b}) : {a} >> {b})")


def _cast(w: _Writer, op: Any) -> None:
    w.type(op.operands[0].type, op)
    w.define(
        op.results[0], f"({w.type(op.results[0].type, op)}){w.names[op.operands[0]]}"
    )


def _cast_unsigned(w: _Writer, op: Any) -> None:
    """From an unsigned value: zero extension, or to a float."""
    u, t = w.unsigned(op.operands[0].type), w.type(op.results[0].type)
    w.define(op.results[0], f"({t})({u}){w.names[op.operands[0]]}")


def _float_to_unsigned(w: _Writer, op: Any) -> None:
    u, t = w.unsigned(op.results[0].type), w.type(op.results[0].type)
    w.define(op.results[0], f"({t})({u}){w.names[op.operands[0]]}")


def _truncate(w: _Writer, op: upstream.TruncIOp) -> None:
    t, u = w.type(op.results[0].type), w.unsigned(op.results[0].type)
    name = w.names[op.operands[0]]
    text = f"({name} & 1) != 0" if t == "bool" else f"({t})({u}){name}"
    w.define(op.results[0], text)


def _bitcast(w: _Writer, op: arith.BitcastOp) -> None:
    if op.result.first_use is None:
        return
    source, name = w.names[op.input], w.fresh(op.result)
    w.line(f"const {w.type(op.input.type)} {name}_bits = {source};")
    w.line(f"{w.type(op.result.type)} {name};")
    w.line(f"memcpy(&{name}, &{name}_bits, sizeof {name});")


def _place(w: _Writer, buffer: SSAValue, indices: Sequence[SSAValue]) -> str:
    text = "0"
    for where, dim in zip(indices, w.dims[buffer], strict=True):
        name = w.names[where]
        text = name if text == "0" else f"({text}) * {dim} + {name}"
    return f"{w.names[buffer]}[{text}]"


def _load(w: _Writer, op: memref.LoadOp) -> None:
    w.define(op.res, _place(w, op.memref, op.indices))


def _store(w: _Writer, op: memref.StoreOp) -> None:
    w.line(f"{_place(w, op.memref, op.indices)} = {w.names[op.value]};")


def _dim(w: _Writer, op: memref.DimOp) -> None:
    constant = cast("Any", op.index.owner).value
    w.names[op.result] = w.dims[op.source][constant.value.data]


def _alloca(w: _Writer, op: memref.AllocaOp) -> None:
    shape = shape_of(op.memref.type)
    total = 1
    for n in shape:
        total *= n
    w.line(f"{w.type(op.memref.type)} {w.fresh(op.memref)}[{total}];")
    w.dims[op.memref] = [str(n) for n in shape]


def _mixed(w: _Writer, shape: Sequence[int], sizes: Sequence[SSAValue]) -> list[str]:
    rest = iter(sizes)
    return [w.names[next(rest)] if n == DYNAMIC_INDEX else str(n) for n in shape]


def _view(w: _Writer, op: Operation) -> None:
    result, type_ = op.results[0], w.type(op.results[0].type)
    source, shift = w.names[op.operands[0]], w.names[op.operands[1]]
    place = f"(void *)((char *){source} + {shift})"
    w.line(f"{type_} *const {w.fresh(result)} = ({type_} *){place};")
    w.dims[result] = _mixed(w, shape_of(result.type), op.operands[2:])


def _reinterpret(w: _Writer, op: memref.ReinterpretCastOp) -> None:
    w.names[op.result] = w.names[op.source]
    w.dims[op.result] = _mixed(w, shape_of(op.result.type), op.sizes)


def _collapse(w: _Writer, op: memref.CollapseShapeOp) -> None:
    dims = w.dims[op.src]
    w.names[op.result] = w.names[op.src]
    w.dims[op.result] = [
        "(" + " * ".join(dims[d.value.data] for d in cast("Any", group)) + ")"
        for group in op.reassociation
    ]


def _body(w: _Writer, block: Block) -> None:
    w.depth += 1
    w.block(block)
    w.depth -= 1


def _assign(w: _Writer, targets: Sequence[str], values: Sequence[SSAValue]) -> None:
    """Assign all at once: a value may be another target's old one."""
    names = [w.names[v] for v in values]
    if len(names) > 1 and set(names) & set(targets):
        fresh = [f"next{next(w.numbers)}" for _ in names]
        for new, name, value in zip(fresh, names, values, strict=True):
            w.line(f"const {w.type(value.type)} {new} = {name};")
        names = fresh
    for target, name in zip(targets, names, strict=True):
        if target != name:
            w.line(f"{target} = {name};")


def _variables(
    w: _Writer, results: Sequence[SSAValue], start: Sequence[SSAValue]
) -> list[str]:
    """A variable for each value that a loop carries."""
    for value, first in zip(results, start, strict=True):
        name = w.fresh(value)
        w.line(f"{w.type(value.type)} {name} = {w.names[first]};")
    return [w.names[v] for v in results]


def _for(w: _Writer, op: scf.ForOp) -> None:
    block = op.body.block
    targets = _variables(w, op.results, op.iter_args)
    for argument, name in zip(block.args[1:], targets, strict=True):
        w.names[argument] = name
    _head(w, block.args[0], op.lb, op.ub, op.step)
    _body(w, block)
    w.depth += 1
    _assign(w, targets, cast("Operation", block.last_op).operands)
    w.depth -= 1
    w.line("}")


def _head(w: _Writer, i: SSAValue, lb: SSAValue, ub: SSAValue, step: SSAValue) -> None:
    name = w.fresh(i)
    low, high, by = (w.names[v] for v in (lb, ub, step))
    w.line(f"for (int64_t {name} = {low}; {name} < {high}; {name} += {by}) {{")


def _parallel(w: _Writer, op: scf.ParallelOp) -> None:
    block = op.body.block
    bounds = zip(block.args, op.lowerBound, op.upperBound, op.step, strict=True)
    for bound in bounds:
        _head(w, *bound)
        w.depth += 1
    w.depth -= 1
    _body(w, block)
    for _ in block.args:
        w.line("}")
        w.depth -= 1
    w.depth += 1


def _if(w: _Writer, op: scf.IfOp) -> None:
    targets: list[str] = []
    for result in op.results:
        targets.append(w.fresh(result))
        w.line(f"{w.type(result.type)} {targets[-1]};")
    w.line(f"if ({w.names[op.cond]}) {{")
    for k, region in enumerate((op.true_region, op.false_region)):
        if region.blocks:
            if k:
                w.line("} else {")
            _body(w, region.block)
            last = region.block.last_op
            w.depth += 1
            _assign(w, targets, last.operands if last is not None else ())
            w.depth -= 1
    w.line("}")


def _while(w: _Writer, op: scf.WhileOp) -> None:
    before, after = op.before_region.block, op.after_region.block
    carried = _variables(w, before.args, op.arguments)
    for result in op.results:
        w.line(f"{w.type(result.type)} {w.fresh(result)};")
    w.line("for (;;) {")
    _body(w, before)
    condition = cast("scf.ConditionOp", before.last_op)
    w.depth += 1
    _assign(w, [w.names[r] for r in op.results], condition.args)
    w.line(f"if (!{w.names[condition.condition]}) break;")
    for argument, value in zip(after.args, condition.args, strict=True):
        w.names[argument] = w.names[value]
    w.depth -= 1
    _body(w, after)
    w.depth += 1
    _assign(w, carried, cast("Operation", after.last_op).operands)
    w.depth -= 1
    w.line("}")


def _call(w: _Writer, op: func.CallOp) -> None:
    arguments = ", ".join(w.names[v] for v in op.arguments)
    w.define(op.results[0], f"{op.callee.string_value()}({arguments})")


def _return(w: _Writer, op: func.ReturnOp) -> None:
    w.line(f"return {w.names[op.arguments[0]]};" if op.arguments else "return;")


def _nothing(w: _Writer, op: Operation) -> None:
    """A terminator: its parent has written what it says."""


_SPECIAL: dict[type[Operation], Callable[[_Writer, Any], None]] = {
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
    memref.CollapseShapeOp: _collapse, scf.ForOp: _for, scf.ParallelOp: _parallel,
    scf.IfOp: _if, scf.WhileOp: _while, scf.YieldOp: _nothing, scf.ReduceOp: _nothing,
    scf.ConditionOp: _nothing, func.CallOp: _call, func.ReturnOp: _return,
}  # fmt: skip


def print_c(module: ModuleOp) -> str:
    """The C99 text of a module at the loops level, private functions first."""
    functions = [op for op in module.body.block.ops if isinstance(op, func.FuncOp)]
    functions.sort(key=lambda op: op.sym_visibility is None)
    public = [op for op in functions if op.sym_visibility is None]
    texts = {op: _Writer(op).run() for op in functions}
    prototypes = [texts[op].partition(" {\n")[0] + ";" for op in public]
    return "\n".join([HEADER, *prototypes, "", *texts.values()])


class CTarget(Target):
    """`-t c`."""

    name = "c"

    def emit(self, ctx: Context, module: ModuleOp, output: IO[str]) -> None:  # noqa: ARG002
        output.write(print_c(module))
