"""What loops say about themselves, as attributes of `scf.while` and `scf.for`.

    scf.while ... attributes {rfx.code = 1 : i32, rfx.max_trips = 10000 : i64}
    scf.for ... {rfx.poll}

`rfx.max_trips`: a loop that is about to run its body more often fails with the status
`rfx.code`, as `rfx.require` does. Many lanes that loop together count as one: they run
as often as the last of them.

`rfx.poll`: the loop may run for long, and native code asks now and then whether a
signal has come (Ctrl-C); see `lower-to-llvm`.
"""

from __future__ import annotations

from typing import Any, cast

from xdsl.dialects.builtin import IntegerAttr
from xdsl.ir import Operation

from rfxjit.dialects.ir import i32, i64

MAX_TRIPS = "rfx.max_trips"
CODE = "rfx.code"
POLL = "rfx.poll"


def limit_trips(loop: Operation, most: int, code: int) -> None:
    """Let a loop fail with the status `code` if it runs more than `most` times."""
    loop.attributes[MAX_TRIPS] = IntegerAttr(most, i64)
    loop.attributes[CODE] = IntegerAttr(code, i32)


def trip_limit(loop: Operation) -> tuple[int, int] | None:
    """How often a loop may run, and the status of one that goes on."""
    if MAX_TRIPS not in loop.attributes or CODE not in loop.attributes:
        return None
    most, code = (
        cast("IntegerAttr[Any]", loop.attributes[name]).value.data
        for name in (MAX_TRIPS, CODE)
    )
    return most, code
