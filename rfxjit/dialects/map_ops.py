"""`rfx.map` and `rfx.map_reduce`: one region of scalar ops is one loop nest.

    %r = rfx.map [%n, 4] (%a = %x [0, 1] : tensor<?x4xf32>, %b = %y [1] : tensor<4xf32>)
        -> ([0, 1] : tensor<?x4xf32>) {
      %c = rfx.add %a, %b : f32
      rfx.yield %c : f32
    }

The sizes in front are the iteration space. Each operand has an indexing map: its dim i
runs with the loop `map[i]`. A loop that is not in the map is a broadcast: the operand
is uniform along it. Maps never repeat a loop (projected permutations). The region is
isolated: what it needs comes in as an operand, a tensor of rank 0 with the map `[]`.

In `rfx.map_reduce` each result also says how its elements combine:

    %s = rfx.map_reduce [%n, 4] (%a = %x [0, 1] : tensor<?x4xf32>)
        -> ("add" [0] : tensor<?xf32>) {

Loops that are missing from a result's map are reduced; a result with the combiner
"none" is stored as it is and has all loops in its map.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self, cast

from xdsl.dialects.builtin import (
    DYNAMIC_INDEX,
    I64,
    ArrayAttr,
    DenseArrayBase,
    IndexType,
    IntegerAttr,
    IntegerType,
    StringAttr,
    TensorType,
    i64,
)
from xdsl.dialects.utils import (
    parse_dynamic_index_list_without_types,
    print_dynamic_index_list,
)
from xdsl.ir import Attribute, Block, Region, SSAValue
from xdsl.irdl import (
    AttrSizedOperandSegments,
    IRDLOperation,
    irdl_op_definition,
    prop_def,
    region_def,
    result_def,
    traits_def,
    var_operand_def,
    var_result_def,
)
from xdsl.parser import Parser
from xdsl.printer import Printer
from xdsl.traits import IsolatedFromAbove, IsTerminator, Pure
from xdsl.utils.exceptions import VerifyException

from rfxjit.dialects.ir import element_type, index, shape_of
from rfxjit.dialects.op_parts import expect, expect_count, fits, int_list

REDUCTIONS = ("add", "mul", "maximum", "minimum", "and", "or", "argmax", "argmin")


def map_list(maps: Sequence[Sequence[int]]) -> ArrayAttr[DenseArrayBase[Any]]:
    """Indexing maps as a property."""
    return ArrayAttr([int_list(m) for m in maps])


@irdl_op_definition
class YieldOp(IRDLOperation):
    """The values of one iteration: `rfx.yield %a, %b : f32, i1`."""

    name = "rfx.yield"
    values = var_operand_def()
    traits = traits_def(IsTerminator(), Pure())
    assembly_format = "($values^ `:` type($values))? attr-dict"


@irdl_op_definition
class IndexOp(IRDLOperation):
    """The number of the current iteration of one loop: `rfx.index 0`."""

    name = "rfx.index"
    loop = prop_def(IntegerAttr[I64])
    result = result_def(IndexType)
    traits = traits_def(Pure())
    assembly_format = "$loop attr-dict"

    def verify_(self) -> None:
        _verify_loop(self, self.loop.value.data)


@irdl_op_definition
class DimOp(IRDLOperation):
    """The number of iterations of one loop: `rfx.dim 0`."""

    name = "rfx.dim"
    loop = prop_def(IntegerAttr[I64])
    result = result_def(IndexType)
    traits = traits_def(Pure())
    assembly_format = "$loop attr-dict"

    def verify_(self) -> None:
        _verify_loop(self, self.loop.value.data)


def _verify_loop(op: IRDLOperation, loop: int) -> None:
    parent = op.parent_op()
    while parent is not None and not isinstance(parent, LoopNest):
        parent = parent.parent_op()
    if parent is None:
        raise VerifyException(f"{op.name} must be inside rfx.map or rfx.map_reduce")
    count = len(parent.shape)
    expect(0 <= loop < count, f"loop {loop} is not one of {count} loops")


class LoopNest(IRDLOperation):
    """What `map` and `map_reduce` share."""

    sizes = var_operand_def(IndexType)
    inputs = var_operand_def(TensorType)
    static_sizes = prop_def(DenseArrayBase[IntegerType])
    input_maps = prop_def(ArrayAttr[DenseArrayBase[IntegerType]])
    result_maps = prop_def(ArrayAttr[DenseArrayBase[IntegerType]])
    outputs = var_result_def(TensorType)
    body = region_def("single_block")
    irdl_options = (AttrSizedOperandSegments(as_property=True),)
    traits = traits_def(Pure(), IsolatedFromAbove())

    @property
    def shape(self) -> tuple[int, ...]:
        """The iteration space; DYNAMIC_INDEX where a size is a value."""
        return self.static_sizes.get_values()

    @property
    def maps(self) -> list[tuple[int, ...]]:
        """The indexing map of each input."""
        return [m.get_values() for m in self.input_maps]

    @property
    def out_maps(self) -> list[tuple[int, ...]]:
        """The indexing map of each result."""
        return [m.get_values() for m in self.result_maps]

    @property
    def combiners(self) -> list[str]:
        """How each result combines; "none" for plain elements."""
        return ["none"] * len(self.outputs)

    def verify_(self) -> None:
        shape, block = self.shape, self.body.block
        expect_count(shape.count(DYNAMIC_INDEX), "dynamic sizes", len(self.sizes))
        expect_count(len(self.inputs), "input maps", len(self.maps))
        expect(
            len(self.out_maps) == len(self.outputs) == len(self.combiners),
            f"expected {len(self.outputs)} result maps",
        )
        for what, values, maps in (
            ("input", self.inputs, self.maps),
            ("result", self.outputs, self.out_maps),
        ):
            for i, (value, map_) in enumerate(zip(values, maps, strict=True)):
                _verify_map(f"{what} {i}", value.type, map_, shape)
        for i, map_ in enumerate(self.out_maps):
            how = self.combiners[i]
            expect(how in ("none", *REDUCTIONS), f"unknown combiner {how!r}")
            expect(
                how != "none" or len(map_) == len(shape),
                f"result {i} must have all loops in its map",
            )
        wanted = [element_type(v.type) for v in self.inputs]
        expect(
            [a.type for a in block.args] == wanted,
            f"the region must have arguments {', '.join(map(str, wanted))}",
        )
        terminator = block.last_op
        if not isinstance(terminator, YieldOp):
            raise VerifyException("the region must end in rfx.yield")
        expect_count(len(self.outputs), "yielded values", len(terminator.values))
        for value, out, how in zip(
            terminator.values, self.outputs, self.combiners, strict=True
        ):
            element = element_type(out.type)
            if how.startswith("arg"):
                expect(element == i64, f"{how} gives i64 elements, not {element}")
            else:
                expect(
                    value.type == element,
                    f"yields {value.type} for elements {element}",
                )

    def print(self, printer: Printer) -> None:
        printer.print_string(" ")
        print_dynamic_index_list(printer, DYNAMIC_INDEX, self.sizes, self.shape)
        block = self.body.block
        printer.print_string(" (")
        printer.enter_scope()
        triples = zip(block.args, self.inputs, self.maps, strict=True)
        for i, (arg, value, map_) in enumerate(triples):
            if i:
                printer.print_string(", ")
            printer.print_ssa_value(arg)
            printer.print_string(" = ")
            printer.print_ssa_value(value)
            printer.print_string(f" {list(map_)} : ")
            printer.print_attribute(value.type)
        printer.print_string(") -> (")
        outs = zip(self.combiners, self.out_maps, self.outputs, strict=True)
        for i, (how, map_, value) in enumerate(outs):
            if i:
                printer.print_string(", ")
            if how != "none":
                printer.print_string(f'"{how}" ')
            printer.print_string(f"{list(map_)} : ")
            printer.print_attribute(value.type)
        printer.print_string(")")
        printer.print_op_attributes(self.attributes, print_keyword=True)
        printer.print_string(" ")
        printer.print_region(self.body, print_entry_block_args=False)
        printer.exit_scope()

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        sizes, shape = parse_dynamic_index_list_without_types(parser, DYNAMIC_INDEX)
        place = parser.pos
        resolved = parser.resolve_operands(sizes, [index] * len(sizes), place)
        arguments: list[Any] = []
        inputs: list[SSAValue] = []
        maps: list[Sequence[int]] = []

        def integers() -> list[int]:
            return parser.parse_comma_separated_list(
                parser.Delimiter.SQUARE, parser.parse_integer
            )

        def argument() -> None:
            name = parser.parse_unresolved_operand()
            parser.parse_punctuation("=")
            value = parser.parse_unresolved_operand()
            maps.append(integers())
            parser.parse_punctuation(":")
            type_ = parser.parse_type()
            inputs.append(parser.resolve_operand(value, type_))
            arguments.append(parser.Argument(name.span, element_type(type_)))

        parser.parse_comma_separated_list(parser.Delimiter.PAREN, argument)
        parser.parse_punctuation("->")
        hows: list[str] = []
        out_maps: list[Sequence[int]] = []
        types: list[Attribute] = []

        def result() -> None:
            hows.append(parser.parse_optional_str_literal() or "none")
            out_maps.append(integers())
            parser.parse_punctuation(":")
            types.append(parser.parse_type())

        parser.parse_comma_separated_list(parser.Delimiter.PAREN, result)
        attributes = parser.parse_optional_attr_dict_with_keyword()
        body = parser.parse_region(arguments)
        nest = cls.build_nest(
            shape, resolved, inputs, maps, types, out_maps, hows, body
        )
        nest.attributes = dict(attributes.data) if attributes else {}
        return nest

    @classmethod
    def build_nest(
        cls,
        shape: Sequence[int],
        sizes: Sequence[SSAValue],
        inputs: Sequence[SSAValue],
        maps: Sequence[Sequence[int]],
        types: Sequence[Attribute],
        out_maps: Sequence[Sequence[int]],
        hows: Sequence[str],
        body: Region | Block,
    ) -> Self:
        """Build a nest from its parts; `hows` are the combiners."""
        properties: dict[str, Attribute] = {
            "static_sizes": int_list(shape),
            "input_maps": map_list(maps),
            "result_maps": map_list(out_maps),
        }
        if cls is MapReduceOp:
            properties["kinds"] = ArrayAttr([StringAttr(h) for h in hows])
        return cls.build(
            operands=[list(sizes), list(inputs)],
            result_types=[list(types)],
            properties=properties,
            regions=[Region(body) if isinstance(body, Block) else body],
        )


def _verify_map(
    what: str, type_: Attribute, map_: Sequence[int], shape: Sequence[int]
) -> None:
    dims, text = shape_of(type_), list(map_)
    expect(len(dims) == len(map_), f"{what}: map {text} does not fit {type_}")
    expect(len(set(map_)) == len(map_), f"{what}: map {text} repeats a loop")
    for d, loop in zip(dims, map_, strict=True):
        expect(0 <= loop < len(shape), f"{what}: there is no loop {loop}")
        expect(
            fits(d, shape[loop]),
            f"{what}: size {d} does not fit loop {loop} of size {shape[loop]}",
        )


@irdl_op_definition
class MapOp(LoopNest):
    """One value for each point of the iteration space; see above."""

    name = "rfx.map"


@irdl_op_definition
class MapReduceOp(LoopNest):
    """A map whose values are combined along some loops; see above."""

    name = "rfx.map_reduce"
    kinds = prop_def(ArrayAttr)

    @property
    def combiners(self) -> list[str]:
        return [cast("StringAttr", k).data for k in self.kinds]
