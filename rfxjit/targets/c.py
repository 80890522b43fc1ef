"""Strict C99 from the loops level: one file, no runtime, the unit's calling contract.

    int32_t f(const float *x, int64_t x_d0, float *out0, int64_t out0_d0,
              int64_t begin, int64_t end, void *ws)

`c_family.py` writes the bodies. Floats are written as hex, and bits are moved by
memcpy: the file compiles under -std=c99 -Wall -Wextra -Werror -pedantic.
"""

from __future__ import annotations

import math
from typing import IO, Any

from xdsl.context import Context
from xdsl.dialects import arith, func, memref
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Attribute
from xdsl.utils.target import Target

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
    index,
)
from rfxjit.targets.c_family import Syntax, Writer

HEADER = """\
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#elif defined(__GNUC__)
#pragma GCC optimize ("-ffp-contract=off")
#endif
"""

_RESERVED = frozenset(
    ("auto", "break", "case", "char", "const", "continue", "default", "do", "double",
     "else", "enum", "extern", "float", "for", "goto", "if", "inline", "int", "long",
     "register", "restrict", "return", "short", "signed", "sizeof", "static", "struct",
     "switch", "typedef", "union", "unsigned", "void", "volatile", "while", "bool",
     "true", "false", "main", "sqrt", "fabs", "floor", "ceil", "trunc", "rint",
     "copysign", "fma", "fmax", "fmin", "memcpy", "y0", "y1", "yn", "j0", "j1", "jn",
     "gamma", "index", "exp", "log", "sin", "cos", "tan", "pow", "acos", "acosh",
     "asin", "asinh", "atan", "atan2", "atanh", "cbrt", "cosh", "erf", "erfc", "exp2",
     "expm1",
     "fdim", "fmod", "frexp", "hypot", "ilogb", "ldexp", "lgamma", "llrint", "llround",
     "log10", "log1p", "log2", "logb", "lrint", "lround", "modf", "nan", "nearbyint",
     "nextafter", "remainder", "remquo", "round", "scalbln", "scalbn", "sinh", "tanh",
     "tgamma", "drem", "significand", "signbit", "isnan", "isinf", "isfinite", "NAN",
     "INFINITY", "HUGE_VAL", "memmove", "memset", "memcmp", "strlen", "abs", "labs")
)  # fmt: skip
"""Keywords of C, and functions of its headers: other names get an underscore."""


def _literal(value: Any, type_: Attribute) -> str:
    if type_ in (f32, f64):
        number = float(value)
        if math.isnan(number):
            return "NAN"
        if math.isinf(number):
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


def _bits(w: Writer, op: arith.BitcastOp) -> None:
    source, name = w.names[op.input], w.fresh(op.result)
    w.line(f"const {w.type(op.input.type)} {name}_bits = {source};")
    w.line(f"{w.type(op.result.type)} {name};")
    w.line(f"memcpy(&{name}, &{name}_bits, sizeof {name});")


C99 = Syntax(
    language="C99",
    types={
        i1: "bool", i8: "int8_t", i16: "int16_t", i32: "int32_t", i64: "int64_t",
        index: "int64_t", f32: "float", f64: "double",
    },
    unsigned={f"int{n}_t": f"uint{n}_t" for n in (8, 16, 32, 64)},
    size="int64_t",
    literal=_literal,
    function=lambda name, type_: name + ("f" if type_ == f32 else ""),
    bits=_bits,
    reserved=_RESERVED,
    missing={f16: "convert to float32 or float64 first"},
)  # fmt: skip


def _function(function: func.FuncOp) -> str:
    """One function."""
    w = Writer(function, C99)
    block = function.body.block
    parameters: list[str] = []
    written = {op.operands[1] for op in block.walk() if isinstance(op, memref.StoreOp)}
    for argument in block.args:
        if element_type(argument.type) is argument.type:
            parameters.append(f"{w.type(argument.type)} {w.fresh(argument)}")
            continue
        const = "" if w.writes(argument, written) else "const "
        last = argument is block.args[-1]
        void = last and "rfx.workspace" in function.attributes
        type_ = "void" if void else w.type(argument.type)
        parameters.append(f"{const}{type_} *{w.fresh(argument)}")
        parameters += [f"int64_t {size}" for size in w.sizes(argument)]
    private = function.sym_visibility is not None
    outputs = function.function_type.outputs.data
    result = w.type(outputs[0]) if outputs else "void"
    name = function.sym_name.data
    name += "_" if name in _RESERVED else ""
    head = f"{'static ' if private else ''}{result} {name}"
    for name in [p.rpartition(" ")[2].lstrip("*") for p in parameters]:
        w.line(f"(void){name};")
    w.block(block)
    body = "\n".join(w.lines)
    return f"{head}({', '.join(parameters) or 'void'}) {{\n{body}\n}}\n"


def print_c(module: ModuleOp) -> str:
    """The C99 text of a module at the loops level, private functions first."""
    functions = [op for op in module.body.block.ops if isinstance(op, func.FuncOp)]
    functions.sort(key=lambda op: op.sym_visibility is None)
    public = [op for op in functions if op.sym_visibility is None]
    texts = {op: _function(op) for op in functions}
    prototypes = [texts[op].partition(" {\n")[0] + ";" for op in public]
    return "\n".join([HEADER, *prototypes, "", *texts.values()])


class CTarget(Target):
    """`-t c`."""

    name = "c"

    def emit(self, ctx: Context, module: ModuleOp, output: IO[str]) -> None:  # noqa: ARG002
        output.write(print_c(module))
