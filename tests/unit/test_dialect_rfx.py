"""The rfx dialect: its text is complete and keeps every bit of a constant."""

from __future__ import annotations

import re
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from xdsl.context import Context
from xdsl.dialects.builtin import Float16Type, IntegerType
from xdsl.parser import Parser
from xdsl.printer import Printer

from rfxjit.dialects import register_dialects
from rfxjit.dialects.builder import UNKNOWN
from rfxjit.dialects.dense_text import from_array, to_array
from rfxjit.dialects.elementwise import ROWS
from rfxjit.dialects.elementwise_ops import BY_NAME
from rfxjit.dialects.ir import ELEMENT_TYPES, f16, i8, make, scalar_attr, tensor
from rfxjit.dialects.rfx import ConstantOp, Rfx
from rfxjit.passes.scalar_semantics import signless

FILECHECK = Path(__file__).parent.parent / "filecheck" / "dialects"
DTYPES = sorted(ELEMENT_TYPES, key=str)


def test_every_op_is_in_the_round_trip_test():
    text = (FILECHECK / "rfx_ops.mlir").read_text()
    seen = set(re.findall(r"^ .*?\b(rfx\.\w+)", text, re.MULTILINE))
    assert seen == {op.name for op in Rfx.operations} - {"rfx.elementwise"}


def test_ops_and_rows_are_the_same():
    assert set(BY_NAME) == {row.name for row in ROWS}
    assert len(ROWS) == len(BY_NAME)


def reread(op: ConstantOp) -> ConstantOp:
    """The op after its text has been parsed again."""
    stream = StringIO()
    Printer(stream).print_op(op)
    context = Context()
    register_dialects(context)
    module = Parser(context, stream.getvalue()).parse_module()
    module.verify()
    again = module.body.block.first_op
    assert isinstance(again, ConstantOp)
    return again


@st.composite
def arrays(draw: st.DrawFn) -> np.ndarray:
    """Arrays of any dtype made of random bits: NaN payloads, infinities, denormals."""
    dtype = draw(st.sampled_from(DTYPES))
    shape = draw(hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3))
    size = int(np.prod(shape))
    if dtype.kind == "b":
        data = draw(st.lists(st.booleans(), min_size=size, max_size=size))
        return np.array(data, dtype).reshape(shape)
    length = size * dtype.itemsize
    raw = draw(st.binary(min_size=length, max_size=length))
    if dtype.kind == "f":
        smallest = np.finfo(dtype).smallest_subnormal
        special = [0.0, -0.0, np.inf, -np.inf, np.nan, smallest]
    else:
        special = [np.iinfo(dtype).min, np.iinfo(dtype).max]
    array = np.frombuffer(raw, dtype).copy()
    for i in range(size):
        if draw(st.booleans()):
            array[i] = draw(st.sampled_from(special))
    return array.reshape(shape)


@settings(deadline=None, max_examples=200)
@given(arrays())
def test_constants_keep_every_bit(array):
    type_ = tensor(ELEMENT_TYPES[array.dtype], array.shape)
    op = make(ConstantOp, (), (type_,), UNKNOWN, {"value": from_array(array, type_)})
    again = reread(op)
    assert again.result.type == type_
    assert to_array(again.value).dtype == array.dtype
    assert to_array(again.value).tobytes() == array.tobytes()


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_scalars_keep_their_value(dtype):
    element = ELEMENT_TYPES[dtype]
    values = [0, 1]
    if dtype.kind == "f":
        info = np.finfo(dtype)
        values += [-0.0, np.inf, -np.inf, info.max, info.smallest_subnormal, 0.1]
    elif dtype.kind != "b":
        values += [np.iinfo(dtype).min, np.iinfo(dtype).max]
    for value in values:
        number = np.array(value, dtype)
        properties = {"value": scalar_attr(number[()], element)}
        op = make(ConstantOp, (), (element,), UNKNOWN, properties)
        assert to_array(reread(op).value).tobytes() == number.tobytes()


def test_cached_types_are_not_those_of_the_program_that_came_first():
    for first, known in ((IntegerType(8), i8), (Float16Type(), f16)):
        assert first is not known
        assert tensor(first, (9, 7, 5)).element_type is known
        assert signless(first) is known
