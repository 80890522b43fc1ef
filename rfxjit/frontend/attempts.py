"""Pieces of program that may be given up: their ops and effects are undone.

attempt = Attempt(trace, values)       ops go to a block of their own
with trace.inside(attempt.block): ...
attempt.keep()  or  attempt.undo()     moved into the program, or removed
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from xdsl.ir import Block

from rfxjit.frontend.context import Trace
from rfxjit.frontend.effects import Snapshot
from rfxjit.frontend.flow import move


class Attempt:
    """A piece of program of which nothing may remain; it can change `values`."""

    def __init__(self, trace: Trace, values: Sequence[Any]) -> None:
        self.trace = trace
        self.block = Block()
        self.snapshot = Snapshot(trace, values)
        self.mark = len(trace.blocks)
        self.recording = trace.recording
        trace.recording += 1

    def undo(self) -> None:
        """Remove its ops and its effects."""
        blocks = self.trace.blocks
        for made in blocks[self.mark :]:
            if made.parent is None:
                made.drop_all_references()
        del blocks[self.mark :]
        self.snapshot.restore()
        self.trace.recording = self.recording

    def keep(self) -> None:
        """Append its ops to the program."""
        move(self.block, self.trace.builder.block)
        self.trace.recording = self.recording


def discarded(trace: Trace, run: Callable[[], Any]) -> Any:
    """`run()`, of which only shapes and dtypes may be used: its ops are removed."""
    attempt = Attempt(trace, ())
    try:
        with trace.inside(attempt.block):
            return run()
    finally:
        attempt.undo()
