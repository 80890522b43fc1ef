"""Stand-ins for upstream ops that xDSL lacks or gets wrong; until it catches up.

- `arith.cmpf`, `arith.cmpi`, `arith.select` and the conversions of integers,
  `llvm.fcmp` and `llvm.select`: xDSL's know scalars only; upstream's take vectors too.
- `llvm.fptosi`, `llvm.fptoui` and `llvm.uitofp`: xDSL has only `llvm.sitofp`.
- `llvm.extractelement`, `llvm.fence`; `memref.prefetch`.

Each reads and prints as upstream. Our passes build and match these classes, never
xDSL's of the same name.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self, cast

from xdsl.dialects import arith, llvm, memref
from xdsl.dialects.arith import (
    CMPF_COMPARISON_OPERATIONS,
    CMPI_COMPARISON_OPERATIONS,
    FastMathFlagsAttr,
)
from xdsl.dialects.builtin import (
    BoolAttr,
    IndexType,
    IntegerAttr,
    MemRefType,
    VectorType,
    i1,
)
from xdsl.ir import Attribute, Dialect, Operation
from xdsl.irdl import (
    IRDLOperation,
    ParsePropInAttrDict,
    irdl_op_definition,
    operand_def,
    prop_def,
    result_def,
    traits_def,
    var_operand_def,
)
from xdsl.parser import Parser
from xdsl.printer import Printer
from xdsl.traits import Pure
from xdsl.utils.exceptions import VerifyException

from rfxjit.dialects.ir import (
    element_type,
    i32,
    i64,
    index,
    integer_attr,
    shape_of,
    vector,
)

_PRECISE = FastMathFlagsAttr("none")
_PREDICATES: dict[str, Sequence[str]] = {
    "arith.cmpf": CMPF_COMPARISON_OPERATIONS,
    "arith.cmpi": CMPI_COMPARISON_OPERATIONS,
}


def boolean(type_: Attribute) -> Attribute:
    """The type of a comparison of two values of this type."""
    return i1 if element_type(type_) is type_ else vector(i1, shape_of(type_)[0])


def _verify_condition(condition: Attribute, chosen: Attribute) -> None:
    if condition not in (i1, boolean(chosen)):
        raise VerifyException(
            f"the condition of a select of {chosen} is i1 or {boolean(chosen)}, "
            f"not {condition}"
        )


class _Compare(IRDLOperation):
    lhs = operand_def()
    rhs = operand_def()
    traits = traits_def(Pure())

    def verify_(self) -> None:
        type_ = self.operands[0].type
        if self.operands[1].type != type_:
            raise VerifyException("both operands of a comparison have one type")
        if self.results[0].type != boolean(type_):
            raise VerifyException(f"a comparison of {type_} gives {boolean(type_)}")


class _ArithCompare(_Compare):
    result = result_def()
    predicate = prop_def(IntegerAttr)

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        where, names = parser.pos, _PREDICATES[cls.name]
        name = parser.parse_identifier()
        if name not in names:
            known = ", ".join(names)
            parser.raise_error(f"unknown predicate {name!r}; there are {known}", where)
        parser.parse_punctuation(",")
        a = parser.parse_unresolved_operand()
        parser.parse_punctuation(",")
        b = parser.parse_unresolved_operand()
        properties: dict[str, Attribute] = {}
        properties["predicate"] = integer_attr(names.index(name), i64)
        if parser.parse_optional_keyword("fastmath"):
            flags = FastMathFlagsAttr.parse_parameter(parser)
            properties["fastmath"] = FastMathFlagsAttr(flags)
        parser.parse_punctuation(":")
        type_ = parser.parse_type()
        operands = parser.resolve_operands([a, b], [type_, type_], parser.pos)
        return cls(
            operands=operands, result_types=[boolean(type_)], properties=properties
        )

    def print(self, printer: Printer) -> None:
        names = _PREDICATES[self.name]
        printer.print_string(f" {names[self.predicate.value.data]}, ")
        printer.print_list(self.operands, printer.print_operand)
        flags = self.properties.get("fastmath", _PRECISE)
        if flags != _PRECISE:
            printer.print_string(" fastmath")
            cast("FastMathFlagsAttr", flags).print_parameter(printer)
        printer.print_string(" : ")
        printer.print_attribute(self.lhs.type)


@irdl_op_definition
class CmpfOp(_ArithCompare):
    """Compare floats, or vectors of them lane by lane."""

    name = "arith.cmpf"
    fastmath = prop_def(FastMathFlagsAttr, default_value=_PRECISE)


@irdl_op_definition
class CmpiOp(_ArithCompare):
    """Compare integers, or vectors of them lane by lane."""

    name = "arith.cmpi"


@irdl_op_definition
class SelectOp(IRDLOperation):
    """Choose between two values; with a vector of conditions, lane by lane."""

    name = "arith.select"
    cond = operand_def()
    lhs = operand_def()
    rhs = operand_def()
    result = result_def()
    traits = traits_def(Pure())

    @classmethod
    def parse(cls, parser: Parser) -> SelectOp:
        unresolved = [parser.parse_unresolved_operand()]
        for _ in range(2):
            parser.parse_punctuation(",")
            unresolved.append(parser.parse_unresolved_operand())
        attributes = parser.parse_optional_attr_dict()
        parser.parse_punctuation(":")
        condition, type_ = i1, parser.parse_type()
        if parser.parse_optional_punctuation(","):
            condition, type_ = type_, parser.parse_type()
        types = [condition, type_, type_]
        operands = parser.resolve_operands(unresolved, types, parser.pos)
        return cls(operands=operands, result_types=[type_], attributes=attributes)

    def print(self, printer: Printer) -> None:
        printer.print_string(" ")
        printer.print_list(self.operands, printer.print_operand)
        printer.print_op_attributes(self.attributes)
        printer.print_string(" : ")
        if self.cond.type != i1:
            printer.print_attribute(self.cond.type)
            printer.print_string(", ")
        printer.print_attribute(self.result.type)

    def verify_(self) -> None:
        if not self.lhs.type == self.rhs.type == self.result.type:
            raise VerifyException("a select chooses between values of its own type")
        _verify_condition(self.cond.type, self.result.type)


@irdl_op_definition
class FCmpOp(_Compare):
    """`arith.cmpf` of the llvm dialect."""

    name = "llvm.fcmp"
    res = result_def()
    predicate = prop_def(IntegerAttr)
    fastmathFlags = prop_def(  # noqa: N815 - upstream's name
        llvm.FastMathAttr, default_value=llvm.FastMathAttr(None)
    )

    @classmethod
    def parse(cls, parser: Parser) -> FCmpOp:
        flag = llvm.FCmpPredicateFlag(parser.parse_str_literal())
        a = parser.parse_unresolved_operand()
        parser.parse_punctuation(",")
        b = parser.parse_unresolved_operand()
        attributes = parser.parse_optional_attr_dict()
        parser.parse_punctuation(":")
        type_ = parser.parse_type()
        return cls(
            operands=parser.resolve_operands([a, b], [type_, type_], parser.pos),
            result_types=[boolean(type_)],
            properties={"predicate": integer_attr(flag.to_int(), i64)},
            attributes=attributes,
        )

    def print(self, printer: Printer) -> None:
        flag = llvm.FCmpPredicateFlag.from_int(self.predicate.value.data)
        printer.print_string(f' "{flag}" ')
        printer.print_ssa_value(self.lhs)
        printer.print_string(", ")
        printer.print_ssa_value(self.rhs)
        printer.print_op_attributes(self.attributes)
        printer.print_string(" : ")
        printer.print_attribute(self.lhs.type)


@irdl_op_definition
class LLVMSelectOp(IRDLOperation):
    """`arith.select` of the llvm dialect."""

    name = "llvm.select"
    cond = operand_def()
    lhs = operand_def()
    rhs = operand_def()
    res = result_def()
    fastmathFlags = prop_def(  # noqa: N815 - upstream's name
        llvm.FastMathAttr, default_value=llvm.FastMathAttr(None)
    )
    traits = traits_def(Pure())
    irdl_options = (ParsePropInAttrDict(),)

    @classmethod
    def parse(cls, parser: Parser) -> LLVMSelectOp:
        unresolved = [parser.parse_unresolved_operand()]
        for _ in range(2):
            parser.parse_punctuation(",")
            unresolved.append(parser.parse_unresolved_operand())
        attributes = parser.parse_optional_attr_dict()
        parser.parse_punctuation(":")
        condition = parser.parse_type()
        parser.parse_punctuation(",")
        type_ = parser.parse_type()
        types = [condition, type_, type_]
        operands = parser.resolve_operands(unresolved, types, parser.pos)
        return cls(operands=operands, result_types=[type_], attributes=attributes)

    def print(self, printer: Printer) -> None:
        printer.print_string(" ")
        printer.print_list(self.operands, printer.print_operand)
        printer.print_op_attributes(self.attributes)
        printer.print_string(" : ")
        printer.print_attribute(self.cond.type)
        printer.print_string(", ")
        printer.print_attribute(self.res.type)

    def verify_(self) -> None:
        if not self.lhs.type == self.rhs.type == self.res.type:
            raise VerifyException("a select chooses between values of its own type")
        _verify_condition(self.cond.type, self.res.type)


class _Cast(IRDLOperation):
    input = operand_def()
    result = result_def()
    traits = traits_def(Pure())
    assembly_format = "$input attr-dict `:` type($input) `to` type($result)"

    def verify_(self) -> None:
        if shape_of(self.input.type) != shape_of(self.result.type):
            raise VerifyException("a conversion keeps the number of lanes")


@irdl_op_definition
class IndexCastOp(_Cast):
    """Between `index` and a signed integer."""

    name = "arith.index_cast"


@irdl_op_definition
class SIToFPOp(_Cast):
    """Signed integer to float."""

    name = "arith.sitofp"


@irdl_op_definition
class UIToFPOp(_Cast):
    """Unsigned integer to float."""

    name = "arith.uitofp"


@irdl_op_definition
class FPToSIOp(_Cast):
    """Float to signed integer; poison out of range."""

    name = "arith.fptosi"


@irdl_op_definition
class FPToUIOp(_Cast):
    """Float to unsigned integer; poison out of range."""

    name = "arith.fptoui"


@irdl_op_definition
class ExtSIOp(_Cast):
    """To a wider integer, sign extended."""

    name = "arith.extsi"


@irdl_op_definition
class ExtUIOp(_Cast):
    """To a wider integer, zero extended."""

    name = "arith.extui"


@irdl_op_definition
class TruncIOp(_Cast):
    """The low bits."""

    name = "arith.trunci"


@irdl_op_definition
class LLVMFPToSIOp(_Cast):
    """`arith.fptosi` of the llvm dialect."""

    name = "llvm.fptosi"


@irdl_op_definition
class LLVMFPToUIOp(_Cast):
    """`arith.fptoui` of the llvm dialect."""

    name = "llvm.fptoui"


@irdl_op_definition
class LLVMUIToFPOp(_Cast):
    """`arith.uitofp` of the llvm dialect."""

    name = "llvm.uitofp"


@irdl_op_definition
class ExtractElementOp(IRDLOperation):
    """One lane of a vector."""

    name = "llvm.extractelement"
    vector = operand_def(VectorType)
    position = operand_def()
    res = result_def()
    traits = traits_def(Pure())

    @classmethod
    def parse(cls, parser: Parser) -> ExtractElementOp:
        source = parser.parse_unresolved_operand()
        parser.parse_punctuation("[")
        position = parser.parse_unresolved_operand()
        parser.parse_punctuation(":")
        index_type = parser.parse_type()
        parser.parse_punctuation("]")
        attributes = parser.parse_optional_attr_dict()
        parser.parse_punctuation(":")
        type_ = parser.parse_type()
        types = [type_, index_type]
        operands = parser.resolve_operands([source, position], types, parser.pos)
        return cls(
            operands=operands,
            result_types=[element_type(type_)],
            attributes=attributes,
        )

    def print(self, printer: Printer) -> None:
        printer.print_string(" ")
        printer.print_operand(self.vector)
        printer.print_string("[")
        printer.print_operand(self.position)
        printer.print_string(" : ")
        printer.print_attribute(self.position.type)
        printer.print_string("]")
        printer.print_op_attributes(self.attributes)
        printer.print_string(" : ")
        printer.print_attribute(self.vector.type)


@irdl_op_definition
class FenceOp(IRDLOperation):
    """All memory accesses before it come before all behind it, for other threads."""

    name = "llvm.fence"
    ordering = prop_def(IntegerAttr)


@irdl_op_definition
class PrefetchOp(IRDLOperation):
    """Get the cache line of an element, which will be read or written soon."""

    name = "memref.prefetch"
    memref = operand_def(MemRefType)
    indices = var_operand_def(IndexType)
    write = prop_def(BoolAttr, prop_name="isWrite")
    locality = prop_def(IntegerAttr, prop_name="localityHint")
    data = prop_def(BoolAttr, prop_name="isDataCache")

    @classmethod
    def parse(cls, parser: Parser) -> PrefetchOp:
        buffer = parser.parse_unresolved_operand()
        places = parser.parse_comma_separated_list(
            parser.Delimiter.SQUARE, parser.parse_unresolved_operand
        )
        parser.parse_punctuation(",")
        write = parser.expect(
            lambda: (
                parser.parse_optional_keyword("write")
                or parser.parse_optional_keyword("read")
            ),
            "read or write",
        )
        parser.parse_punctuation(",")
        parser.parse_keyword("locality")
        with parser.in_angle_brackets():
            locality = parser.parse_integer()
        parser.parse_punctuation(",")
        data = parser.expect(
            lambda: (
                parser.parse_optional_keyword("data")
                or parser.parse_optional_keyword("instr")
            ),
            "data or instr",
        )
        parser.parse_punctuation(":")
        type_ = parser.parse_type()
        types = [type_, *(index for _ in places)]
        operands = parser.resolve_operands([buffer, *places], types, parser.pos)
        return cls(
            operands=[operands[0], operands[1:]],
            properties={
                "isWrite": integer_attr(int(write == "write"), i1),
                "localityHint": integer_attr(locality, i32),
                "isDataCache": integer_attr(int(data == "data"), i1),
            },
        )

    def print(self, printer: Printer) -> None:
        printer.print_string(" ")
        printer.print_operand(self.memref)
        printer.print_string("[")
        printer.print_list(self.indices, printer.print_operand)
        write = "write" if self.write.value.data else "read"
        data = "data" if self.data.value.data else "instr"
        locality = self.locality.value.data
        printer.print_string(f"], {write}, locality<{locality}>, {data} : ")
        printer.print_attribute(self.memref.type)


def _with(dialect: Dialect, *stand_ins: type[Operation]) -> Dialect:
    """A dialect with some ops added or replaced."""
    names = {cls.name for cls in stand_ins}
    kept = [cls for cls in dialect.operations if cls.name not in names]
    return Dialect(dialect.name, [*kept, *stand_ins], list(dialect.attributes))


ARITH = _with(
    arith.Arith,
    CmpfOp,
    CmpiOp,
    SelectOp,
    IndexCastOp,
    SIToFPOp,
    UIToFPOp,
    FPToSIOp,
    FPToUIOp,
    ExtSIOp,
    ExtUIOp,
    TruncIOp,
)
LLVM = _with(
    llvm.LLVM,
    FCmpOp,
    LLVMSelectOp,
    LLVMFPToSIOp,
    LLVMFPToUIOp,
    LLVMUIToFPOp,
    ExtractElementOp,
    FenceOp,
)
MEMREF = _with(memref.MemRef, PrefetchOp)
