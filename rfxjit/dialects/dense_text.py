"""Text of constants that survives a round trip.

xDSL prints NaN and infinities of a `dense<…>` as hex and reads the hex back as a
number. Here a float that has no decimal form (NaN with its payload, infinities) is
written as hex in quotes, bit by bit, and all others in the shortest form that reads
back equal:

    rfx.constant dense<[1.5, "0x7fc00000", -0.0]> : tensor<3xf32>
    rfx.constant dense<2.0> : tensor<1024xf32>      // all elements are the same
    rfx.constant 2.0 : f32                          // a scalar, in a map region
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any, cast

import numpy as np
from xdsl.dialects.builtin import (
    DYNAMIC_INDEX,
    BytesAttr,
    DenseIntOrFPElementsAttr,
    FloatAttr,
    IntegerAttr,
    TensorType,
)
from xdsl.ir import Attribute
from xdsl.parser import Parser
from xdsl.printer import Printer

from rfxjit.dialects.ir import (
    DTYPES,
    dtype_of,
    element_type,
    scalar_attr,
    shape_of,
)


def to_array(attribute: Attribute) -> np.ndarray[Any, Any]:
    """The value of a constant as a NumPy array (of rank 0 for a scalar)."""
    if isinstance(attribute, DenseIntOrFPElementsAttr):
        type_ = attribute.get_type()
        dtype = dtype_of(type_)
        data = attribute.data.data
        if dtype.kind == "b":
            # Packed one byte per element.
            flat = np.frombuffer(data, np.uint8).astype(np.bool_)
        else:
            flat = np.frombuffer(data, dtype)
        shape = shape_of(type_)
        if flat.size == 1:
            return np.full(shape, flat[0])
        return flat.reshape(shape)
    typed = cast("IntegerAttr[Any] | FloatAttr[Any]", attribute)
    return np.asarray(typed.value.data).astype(dtype_of(typed.type))


def from_array(value: np.ndarray[Any, Any], type_: TensorType[Any]) -> Attribute:
    """The dense attribute of an array, as a splat if all its bits are the same."""
    data = np.ascontiguousarray(value, dtype_of(type_))
    raw = data.tobytes()
    if data.size > 1 and raw == raw[: data.itemsize] * data.size:
        raw = raw[: data.itemsize]
    short = len(raw) <= data.itemsize
    return _interned(raw, type_) if short else _dense(raw, type_)


def _dense(raw: bytes, type_: TensorType[Any]) -> Attribute:
    return DenseIntOrFPElementsAttr(type_, BytesAttr(raw))


_interned = lru_cache(1024)(_dense)


def _number(value: Any) -> str:
    if isinstance(value, np.bool_):
        return "true" if value else "false"
    if isinstance(value, np.floating):
        number = float(cast("Any", value))
        if math.isfinite(number):
            # MLIR's grammar wants digits after a point: 1e-45 is written 1.0e-45.
            text = repr(number)
            return text if "." in text else text.replace("e", ".0e")
        bits = value.tobytes()[::-1].hex()
        return f'"0x{bits}"'
    return str(int(value))


def _nested(value: np.ndarray[Any, Any]) -> str:
    if value.ndim == 0:
        return _number(value[()])
    return f"[{', '.join(_nested(v) for v in value)}]"


def print_constant(printer: Printer, attribute: Attribute) -> None:
    """Write the value and its type."""
    value = to_array(attribute)
    if isinstance(attribute, DenseIntOrFPElementsAttr):
        splat = value.size and len(attribute.data.data) == value.itemsize
        text = _number(value.flat[0]) if splat else _nested(value)
        printer.print_string(f"dense<{text}> : ")
        printer.print_attribute(attribute.get_type())
    else:
        printer.print_string(f"{_number(value[()])} : ")
        printer.print_attribute(cast("Any", attribute).type)


def parse_constant(parser: Parser) -> tuple[Attribute, Attribute]:
    """Read what `print_constant` writes; the attribute and its type."""
    start = parser.pos
    dense = parser.parse_optional_keyword("dense") is not None
    if dense:
        parser.parse_punctuation("<")
        values = _parse_nested(parser)
        parser.parse_punctuation(">")
    else:
        values = _parse_number(parser)
    parser.parse_punctuation(":")
    type_ = parser.parse_type()
    element = element_type(type_)
    if element not in DTYPES or dense != isinstance(type_, TensorType):
        parser.raise_error(f"a constant cannot be a {type_}", start)
    dtype, shape = dtype_of(element), shape_of(type_)
    try:
        if not dense:
            return scalar_attr(_decode([values], dtype)[0], element), type_
        flat: list[Any] = []
        got = _flatten(values, flat)
        array = _decode(flat, dtype)
        # `[]` has no elements of any shape: tensor<0xf32> or tensor<0x3xf32>.
        if got != shape and (flat or 0 not in shape):
            if got != () or DYNAMIC_INDEX in shape:
                parser.raise_error(f"elements of shape {got} are no {type_}", start)
            array = np.broadcast_to(array, shape)
        value = from_array(array.reshape(shape), cast("TensorType[Any]", type_))
    except (ValueError, OverflowError) as error:
        parser.raise_error(str(error), start)
    return value, type_


def _parse_number(parser: Parser) -> Any:
    if (text := parser.parse_optional_str_literal()) is not None:
        return text
    if (flag := parser.parse_optional_boolean()) is not None:
        return flag
    return parser.parse_number()


def _parse_nested(parser: Parser) -> Any:
    values = parser.parse_optional_comma_separated_list(
        parser.Delimiter.SQUARE, lambda: _parse_nested(parser)
    )
    return _parse_number(parser) if values is None else values


def _flatten(values: Any, flat: list[Any]) -> tuple[int, ...]:
    if not isinstance(values, list):
        flat.append(values)
        return ()
    items = cast("list[Any]", values)
    shapes = {_flatten(v, flat) for v in items}
    if len(shapes) > 1:
        raise ValueError("the elements are not a regular array")
    return (len(items), *(shapes.pop() if shapes else ()))


def _decode(values: list[Any], dtype: np.dtype[Any]) -> np.ndarray[Any, Any]:
    out = np.empty(len(values), dtype)
    for i, value in enumerate(values):
        if isinstance(value, str):
            raw = bytes.fromhex(value.removeprefix("0x"))[::-1]
            if len(raw) != dtype.itemsize:
                raise ValueError(f"{value} is not {dtype.itemsize} bytes of hex")
            out[i] = np.frombuffer(raw, dtype)[0]
        elif dtype.kind != "f" and isinstance(value, float):
            raise ValueError(f"{value} is not an integer")
        else:
            out[i] = value
    return out
