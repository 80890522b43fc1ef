"""Arguments that are written to where they are: marks on a function of the fused level.

    func.func @f(%u: tensor<9xf32>) -> …
->
    func.func @f(%u: tensor<9xf32> {rfx.written_by = 0 : i64}) -> …

says that result 0 is the new value of %u, and that `lower-to-loops` may put it into the
memory of %u, whose argument for the result is then left alone. Only a function that
cannot fail after it has begun to write may be marked: its requirements are outside of
branches, for then nothing is written before all of them hold, and it has no loops, in
which a signal could end it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from xdsl.dialects import func, scf
from xdsl.dialects.builtin import ArrayAttr, DictionaryAttr, IntegerAttr
from xdsl.ir import Attribute

from rfxjit.dialects import rfx
from rfxjit.dialects.ir import i64

_MARK = "rfx.written_by"


def mark_written(function: func.FuncOp, pairs: Mapping[int, int]) -> bool:
    """Mark arguments with the results that are their new values, if that is right."""
    body = function.body.block
    for op in function.walk():
        if isinstance(op, (scf.ForOp, scf.WhileOp)) or (
            isinstance(op, rfx.RequireOp) and op.parent is not body
        ):
            return False
    marks = [argument_attributes(function, i) for i in range(len(body.args))]
    for argument, result in pairs.items():
        marks[argument] = {**marks[argument], _MARK: IntegerAttr(result, i64)}
    function.properties["arg_attrs"] = ArrayAttr(map(DictionaryAttr, marks))
    return True


def argument_attributes(function: func.FuncOp, i: int) -> dict[str, Attribute]:
    """What is said about an argument."""
    if function.arg_attrs is None:
        return {}
    return cast("Any", function.arg_attrs.data[i]).data


def written_by(function: func.FuncOp) -> dict[int, int]:
    """The marked arguments, with their results."""
    marks = (argument_attributes(function, i) for i in range(len(function.args)))
    return {
        i: cast("IntegerAttr[Any]", mark[_MARK]).value.data
        for i, mark in enumerate(marks)
        if _MARK in mark
    }


__all__ = ["argument_attributes", "mark_written", "written_by"]
