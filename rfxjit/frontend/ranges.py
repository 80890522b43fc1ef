"""`range` and `enumerate` of numbers that may be traced: how many, and which."""

# Tracers are duck typed.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false, reportOperatorIssue=false

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from xdsl.ir import SSAValue

from rfxjit.frontend.flow_loops import Trips
from rfxjit.frontend.kernel_source import Weak
from rfxjit.frontend.kernel_types import slot_of
from rfxjit.frontend.tracer import Tracer

if TYPE_CHECKING:
    from rfxjit.frontend.kernel_flow import KernelFlow


def range_bounds(given: Sequence[Any]) -> tuple[Any, Any, Any]:
    """First, last and step of a `range` that is given one to three numbers."""
    if len(given) == 1:
        return 0, given[0], 1
    first, last, *step = given
    return first, last, step[0] if step else 1


def number_of(first: Any, step: Any, k: Any) -> Any:
    """The number k of a range."""
    value = k if type(step) is int and step == 1 else k * step
    return value if type(first) is int and first == 0 else first + value


def range_trips(
    flow: KernelFlow, first: Any, last: Any, step: Any, start: Any
) -> Trips:
    """The trips of a kernel's `range`, also `enumerate`d from `start` on."""
    slot = slot_of(Weak.INT)

    def integer(value: Any) -> Any:
        if isinstance(value, Tracer):
            return flow.take(flow.put(value, slot), slot)
        return int(value)

    first, last, step = map(integer, (first, last, step))
    known = None
    count: Any
    if any(isinstance(bound, Tracer) for bound in (first, last, step)):
        if not isinstance(step, Tracer):
            low, high = (first, last) if step > 0 else (last, first)
            count = steps_between(low, high, abs(step))
        else:
            up, down = (
                steps_between(first, last, step),
                steps_between(last, first, -step),
            )
            count = np.where(step > 0, up, np.where(step < 0, down, 0))
    else:
        known = count = len(range(first, last, step))

    def item(k: SSAValue) -> Any:
        number: Any = flow.take(k, slot)
        value = number_of(first, step, number)
        if start is None:
            return value
        return (number + start if isinstance(start, Tracer) or start else number), value

    return Trips(flow.put(count, slot), item, known)


def steps_between(low: Any, high: Any, step: Any) -> Any:
    """How many steps from `low` stay below `high`; exact for all of int64."""
    if type(low) is int and low == 0 and type(step) is int and step == 1:
        return np.maximum(high, 0)
    # The difference as an unsigned number cannot overflow where high > low.
    gap = high - low
    gap = gap.astype(np.uint64) if isinstance(gap, Tracer) else np.uint64(max(gap, 0))
    by = step.astype(np.uint64) if isinstance(step, Tracer) else np.uint64(step)
    steps: Any = np.minimum((gap - np.uint64(1)) // by, np.uint64(2**63 - 2))
    return np.where(high > low, steps.astype(np.int64) + 1, 0)
