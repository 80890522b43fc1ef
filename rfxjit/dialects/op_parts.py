"""What op classes share: lists of integers in their text, and checks of verifiers."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, cast

from xdsl.dialects.builtin import (
    DYNAMIC_INDEX,
    DenseArrayBase,
    IntegerType,
    TensorType,
    i64,
)
from xdsl.ir import Attribute, SSAValue
from xdsl.irdl import IRDLOperation
from xdsl.irdl.declarative_assembly_format import (
    AttributeVariable,
    CustomDirective,
    ParsingState,
    PrintingState,
    irdl_custom_directive,
)
from xdsl.parser import Parser
from xdsl.printer import Printer
from xdsl.utils.exceptions import VerifyException

from rfxjit.dialects.ir import element_type


def ints(attribute: Attribute) -> tuple[int, ...]:
    """The integers of a dense array property."""
    return cast("DenseArrayBase[IntegerType]", attribute).get_values()


def int_list(values: Sequence[int]) -> DenseArrayBase[Any]:
    """A dense array property of integers."""
    return _int_list(tuple(values))


@lru_cache(1024)
def _int_list(values: tuple[int, ...]) -> DenseArrayBase[Any]:
    return DenseArrayBase.from_list(i64, values)


def fits(static: int, other: int) -> bool:
    """Whether two dims can be the same size: equal, or one of them dynamic."""
    return static == other or DYNAMIC_INDEX in (static, other)


def expect(condition: object, message: str) -> None:
    """Raise the verifier's exception unless `condition` holds."""
    if not condition:
        raise VerifyException(message)


def expect_count(needed: int, what: str, got: int) -> None:
    """There must be as many as needed."""
    expect(needed == got, f"expected {needed} {what}, got {got}")


def expect_sizes(
    result: TensorType[Any], sizes: Sequence[int], dynamic: Sequence[SSAValue]
) -> None:
    """The size list must give exactly the shape of the result type."""
    shape = result.get_shape()
    expect(tuple(sizes) == shape, f"sizes {list(sizes)} do not give {result}")
    what = f"dynamic sizes for {result}"
    expect_count(shape.count(DYNAMIC_INDEX), what, len(dynamic))


def expect_same_element(first: Attribute, *others: Attribute) -> None:
    """All element types must be the same."""
    for other in others:
        expect(
            element_type(first) == element_type(other),
            f"element types differ: {element_type(first)} and {element_type(other)}",
        )


def expect_dims(dims: Sequence[int], rank: int, what: str, ordered: bool) -> None:
    """`dims` must be distinct dims of a tensor of that rank, sorted if `ordered`."""
    for d in dims:
        expect(0 <= d < rank, f"{what} {d} is out of range for rank {rank}")
    expect(len(set(dims)) == len(dims), f"{what} {list(dims)} has duplicates")
    if ordered:
        expect(list(dims) == sorted(dims), f"{what} {list(dims)} must be increasing")


@irdl_custom_directive
class IntList(CustomDirective):
    """A list of integers: `[1, 0]`."""

    values: AttributeVariable

    def parse(self, parser: Parser, state: ParsingState) -> None:
        values = parser.parse_comma_separated_list(
            parser.Delimiter.SQUARE, parser.parse_integer
        )
        self.values.set(state, int_list(values))

    def print(self, printer: Printer, state: PrintingState, op: IRDLOperation) -> None:
        state.print_whitespace(printer)
        attribute = self.values.get(op)
        assert attribute is not None
        printer.print_string(str(list(ints(attribute))))
