"""Traced values that follow from arguments which may be known: the way out of a trace.

    def f(x, order):                %0 = rfx.constant 2
        if order == 2:     ->       %c = rfx.eq %order, %0     known; a guard: `order`
            ...

An int or a bool argument is traced like an array. Where a number is needed (a shape, or
a branch whose sides do not fit together), what was computed from such arguments and
constants alone is computed now, and the trace holds for these arguments only.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from xdsl.ir import BlockArgument, Operation, SSAValue

from rfxjit.frontend.context import Trace


def known_value(trace: Trace, value: SSAValue, what: str) -> Any:
    """The number that a rank-0 value has in this call, None if that is not known.

    The arguments that it follows from are guarded; `what` says what it is needed as.
    """
    from rfxjit.interpreter.tensors import run_ops

    inputs: dict[SSAValue, int] = {}
    ops: dict[Operation, None] = {}
    if not _gather(trace, value, inputs, ops):
        return None
    given: dict[SSAValue, Any] = {}
    for argument, number in inputs.items():
        spec, tracer = trace.inputs[number], trace.tracers[number]
        trace.guard(spec.path, "eq", tracer.concrete, f"{what} of {spec.name}")
        given[argument] = np.asarray(tracer.concrete, spec.dtype)
    return np.asarray(run_ops(list(ops), given)[value])[()]


def _gather(
    trace: Trace,
    value: SSAValue,
    inputs: dict[SSAValue, int],
    ops: dict[Operation, None],
) -> bool:
    """Find what a value follows from; False if that is more than small arguments."""
    if isinstance(value, BlockArgument):
        if value not in trace.input_values:
            return False
        number = trace.input_values.index(value)
        spec = trace.inputs[number]
        known = trace.tracers[number].concrete is not None
        if not known or not spec.by_value or spec.kind == "float":
            return False
        inputs[value] = number
        return True
    op = value.owner
    if not isinstance(op, Operation) or op.regions:
        return False
    if op not in ops:
        if not all(_gather(trace, operand, inputs, ops) for operand in op.operands):
            return False
        ops[op] = None
    return True
