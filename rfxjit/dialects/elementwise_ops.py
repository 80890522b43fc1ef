"""The elementwise ops: on tensors of one shape, or on scalars inside an `rfx.map`.

    %2 = rfx.add %0, %1 : tensor<?x4xf32>      %2 = rfx.add %0, %1 : f32
    %3 = rfx.lt %0, %1 : tensor<4xf32>         // of i1
    %4 = rfx.select %3, %0, %1 : tensor<4xf32> // %3 is tensor<4xi1>

Nothing is broadcast or converted: all operands have the printed type (but for the
condition of `select`, which is its i1 form). Only one class is decorated; the ops are
bare subclasses of it, because decorating a hundred classes would cost 17 ms per import.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self, cast

from xdsl.dialects.builtin import TensorType, UnknownLoc
from xdsl.ir import Attribute, SSAValue
from xdsl.irdl import (
    IRDLOperation,
    irdl_op_definition,
    result_def,
    traits_def,
    var_operand_def,
)
from xdsl.parser import Parser
from xdsl.printer import Printer
from xdsl.traits import Pure
from xdsl.utils.exceptions import VerifyException

from rfxjit.dialects.elementwise import TABLE, Row
from rfxjit.dialects.ir import DTYPES, element_type, i1, index, kind_of, like, make

_KINDS = {"b": "bool", "s": "signed", "u": "unsigned", "f": "float"}


def result_type(row: Row, operand: Attribute) -> Attribute:
    """The result type of an op whose (last) operand has type `operand`."""
    return like(operand, i1) if row.result == "bool" else operand


@irdl_op_definition
class Elementwise(IRDLOperation):
    """The template of all elementwise ops; its row in the table says which it is."""

    name = "rfx.elementwise"
    inputs = var_operand_def()
    result = result_def()
    traits = traits_def(Pure())

    @property
    def row(self) -> Row:
        """The facts of this op."""
        return TABLE[self.name.removeprefix("rfx.")]

    def __init__(self, *operands: SSAValue) -> None:
        row = self.row
        if len(operands) != row.arity:
            raise ValueError(
                f"{self.name} takes {row.arity} operands, got {len(operands)}"
            )
        super().__init__(
            operands=[operands], result_types=[result_type(row, operands[-1].type)]
        )

    def verify_(self) -> None:
        row, types = self.row, [v.type for v in self.inputs]
        if len(types) != row.arity:
            raise VerifyException(f"expected {row.arity} operands, got {len(types)}")
        type_ = types[-1]
        element = element_type(type_)
        if not isinstance(type_, TensorType) and type_ != element:
            raise VerifyException(f"expected tensors or scalars, got {type_}")
        if element not in DTYPES or element == index:
            raise VerifyException(f"{element} is not a dtype of rfx")
        if kind_of(element) not in row.kinds:
            wanted = " or ".join(_KINDS[k] for k in row.kinds)
            raise VerifyException(f"expected {wanted} elements, got {element}")
        expected: list[Attribute] = [cast("Attribute", type_)] * row.arity
        if row.name == "select":
            expected[0] = like(cast("Attribute", type_), i1)
        for i, (got, want) in enumerate(zip(types, expected, strict=True)):
            if got != want:
                raise VerifyException(f"operand {i} must be {want}, got {got}")
        want = result_type(row, cast("Attribute", type_))
        if self.result.type != want:
            raise VerifyException(f"the result must be {want}, got {self.result.type}")

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        row = TABLE[cls.name.removeprefix("rfx.")]
        position = parser.pos
        names = parser.parse_comma_separated_list(
            parser.Delimiter.NONE, parser.parse_unresolved_operand
        )
        if len(names) != row.arity:
            parser.raise_error(
                f"{cls.name} takes {row.arity} operands, got {len(names)}", position
            )
        attributes = parser.parse_optional_attr_dict()
        parser.parse_punctuation(":")
        type_ = parser.parse_type()
        types: list[Attribute] = [type_] * row.arity
        if row.name == "select":
            types[0] = like(type_, i1)
        operands = parser.resolve_operands(names, types, position)
        op = make(cls, operands, (result_type(row, type_),), UnknownLoc())
        op.attributes = attributes
        return op

    def print(self, printer: Printer) -> None:
        printer.print_string(" ")
        printer.print_list(self.inputs, printer.print_ssa_value)
        printer.print_op_attributes(self.attributes)
        printer.print_string(" : ")
        printer.print_attribute(self.inputs[-1].type)


class AddOp(Elementwise):
    name = "rfx.add"


class SubOp(Elementwise):
    name = "rfx.sub"


class MulOp(Elementwise):
    name = "rfx.mul"


class DivOp(Elementwise):
    name = "rfx.div"


class FloorDivOp(Elementwise):
    name = "rfx.floor_div"


class RemOp(Elementwise):
    name = "rfx.rem"


class FmodOp(Elementwise):
    name = "rfx.fmod"


class NegOp(Elementwise):
    name = "rfx.neg"


class AbsOp(Elementwise):
    name = "rfx.abs"


class SignOp(Elementwise):
    name = "rfx.sign"


class SquareOp(Elementwise):
    name = "rfx.square"


class FmaOp(Elementwise):
    name = "rfx.fma"


class SqrtOp(Elementwise):
    name = "rfx.sqrt"


class CbrtOp(Elementwise):
    name = "rfx.cbrt"


class HypotOp(Elementwise):
    name = "rfx.hypot"


class PowOp(Elementwise):
    name = "rfx.pow"


class FloorOp(Elementwise):
    name = "rfx.floor"


class CeilOp(Elementwise):
    name = "rfx.ceil"


class TruncOp(Elementwise):
    name = "rfx.trunc"


class RintOp(Elementwise):
    name = "rfx.rint"


class CopysignOp(Elementwise):
    name = "rfx.copysign"


class NextafterOp(Elementwise):
    name = "rfx.nextafter"


class LdexpOp(Elementwise):
    name = "rfx.ldexp"


class FractionOp(Elementwise):
    name = "rfx.fraction"


class ExponentOp(Elementwise):
    name = "rfx.exponent"


class ExpOp(Elementwise):
    name = "rfx.exp"


class Exp2Op(Elementwise):
    name = "rfx.exp2"


class Expm1Op(Elementwise):
    name = "rfx.expm1"


class LogOp(Elementwise):
    name = "rfx.log"


class Log2Op(Elementwise):
    name = "rfx.log2"


class Log10Op(Elementwise):
    name = "rfx.log10"


class Log1pOp(Elementwise):
    name = "rfx.log1p"


class SinOp(Elementwise):
    name = "rfx.sin"


class CosOp(Elementwise):
    name = "rfx.cos"


class TanOp(Elementwise):
    name = "rfx.tan"


class AsinOp(Elementwise):
    name = "rfx.asin"


class AcosOp(Elementwise):
    name = "rfx.acos"


class AtanOp(Elementwise):
    name = "rfx.atan"


class Atan2Op(Elementwise):
    name = "rfx.atan2"


class SinhOp(Elementwise):
    name = "rfx.sinh"


class CoshOp(Elementwise):
    name = "rfx.cosh"


class TanhOp(Elementwise):
    name = "rfx.tanh"


class AsinhOp(Elementwise):
    name = "rfx.asinh"


class AcoshOp(Elementwise):
    name = "rfx.acosh"


class AtanhOp(Elementwise):
    name = "rfx.atanh"


class ErfOp(Elementwise):
    name = "rfx.erf"


class ErfcOp(Elementwise):
    name = "rfx.erfc"


class GammaOp(Elementwise):
    name = "rfx.gamma"


class LgammaOp(Elementwise):
    name = "rfx.lgamma"


class DigammaOp(Elementwise):
    name = "rfx.digamma"


class SinpiOp(Elementwise):
    name = "rfx.sinpi"


class CospiOp(Elementwise):
    name = "rfx.cospi"


class MinimumOp(Elementwise):
    name = "rfx.minimum"


class MaximumOp(Elementwise):
    name = "rfx.maximum"


class FminOp(Elementwise):
    name = "rfx.fmin"


class FmaxOp(Elementwise):
    name = "rfx.fmax"


class EqOp(Elementwise):
    name = "rfx.eq"


class NeOp(Elementwise):
    name = "rfx.ne"


class LtOp(Elementwise):
    name = "rfx.lt"


class LeOp(Elementwise):
    name = "rfx.le"


class GtOp(Elementwise):
    name = "rfx.gt"


class GeOp(Elementwise):
    name = "rfx.ge"


class IsnanOp(Elementwise):
    name = "rfx.isnan"


class IsinfOp(Elementwise):
    name = "rfx.isinf"


class IsfiniteOp(Elementwise):
    name = "rfx.isfinite"


class SignbitOp(Elementwise):
    name = "rfx.signbit"


class AndOp(Elementwise):
    name = "rfx.and"


class OrOp(Elementwise):
    name = "rfx.or"


class XorOp(Elementwise):
    name = "rfx.xor"


class NotOp(Elementwise):
    name = "rfx.not"


class ShlOp(Elementwise):
    name = "rfx.shl"


class ShrOp(Elementwise):
    name = "rfx.shr"


class GcdOp(Elementwise):
    name = "rfx.gcd"


class SelectOp(Elementwise):
    name = "rfx.select"


ELEMENTWISE_OPS: Sequence[type[Elementwise]] = Elementwise.__subclasses__()
BY_NAME = {cls.name.removeprefix("rfx."): cls for cls in ELEMENTWISE_OPS}
"""The op classes by row name; import fails if the table and the classes differ."""
if BY_NAME.keys() != TABLE.keys():
    raise TypeError(f"ops and table differ: {BY_NAME.keys() ^ TABLE.keys()}")
