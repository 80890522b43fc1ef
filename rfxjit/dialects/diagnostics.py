"""Errors of passes and targets, as xDSL diagnostics.

xDSL's tools catch `DiagnosticException` and nothing else (`--verify-diagnostics`, the
interpreter, the pass manager), so whatever a pass or a target raises about a *program*
is one of the classes below. They live apart from `rfxjit.errors` because importing
xDSL's exception types costs 23 ms, which a warm call must never pay.

The text names the place, the op and the way out:

    chain.mlir:3:8: rfx.sin: float64 has no Metal type
        %1 = rfx.sin %0 : tensor<4xf64>
    hint: convert the inputs to float32 first
"""

from __future__ import annotations

from collections.abc import Iterable
from io import StringIO
from typing import cast

from xdsl.dialects.builtin import (
    ArrayAttr,
    CallSiteLoc,
    FileLineColLoc,
    FusedLoc,
    NameLoc,
)
from xdsl.ir import Attribute, Operation
from xdsl.printer import Printer
from xdsl.utils.exceptions import DiagnosticException, VerifyException

from rfxjit.errors import RfxError, SourceLocation


def place_of(location: Attribute) -> FileLineColLoc | None:
    """The first place in a file that `location` speaks of; None if it is unknown."""
    parts: Iterable[Attribute] = ()
    match location:
        case FileLineColLoc():
            return location
        case NameLoc():
            parts = (location.location,)
        case CallSiteLoc():
            parts = (location.callee, location.caller)
        case FusedLoc(locations=ArrayAttr()):
            parts = cast("ArrayAttr[Attribute]", location.locations)
        case _:
            pass
    places = map(place_of, parts)
    return next((place for place in places if place is not None), None)


def describe_location(location: Attribute) -> str:
    """`location` as `file:line:col`, or '' if it is unknown."""
    if (place := place_of(location)) is None:
        return ""
    return f"{place.filename.data}:{place.line.data}:{place.column.data}"


def describe_op(op: Operation) -> str:
    """The first line of `op`, in generic form where its own syntax fails."""
    for generic in (False, True):
        stream = StringIO()
        try:
            Printer(stream, print_generic_format=generic).print_op(op)
        except Exception:  # noqa: BLE001, S112 - printers of malformed ops fail anyhow
            continue
        return stream.getvalue().partition("\n")[0]
    return f'"{op.name}" (which cannot be printed)'


class RfxDiagnostic(DiagnosticException):
    """Something about a program that a pass or a target cannot accept.

    `op` is where; it gives the location and is shown below the message.
    """

    def __init__(
        self, message: str, op: Operation | None = None, hint: str | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.op = op
        self.hint = hint

    @property
    def place(self) -> FileLineColLoc | None:
        """The place of the op or of the nearest op around it, if there is one."""
        op, place = self.op, None
        while op is not None and place is None:
            place = place_of(op.location)
            op = op.parent_op()
        return place

    @property
    def location(self) -> str:
        """The place as `file:line:col`, or ''."""
        return describe_location(self.place) if self.place is not None else ""

    def located(self, cls: type[RfxError]) -> RfxError:
        """The same as an error for users, at its place in their source."""
        place = self.place and SourceLocation(
            self.place.filename.data,
            self.place.line.data,
            self.place.column.data - 1,
        )
        where = f"{self.op.name}: " if self.op is not None else ""
        return cls(f"{where}{self.message}", place, self.hint)

    @property
    def text(self) -> str:
        """The message without the location: what is wrong, with which op, the hint."""
        lines = [self.message if self.op is None else f"{self.op.name}: {self.message}"]
        if self.op is not None:
            lines.append(f"    {describe_op(self.op)}")
        if self.hint is not None:
            lines.append(f"hint: {self.hint}")
        return "\n".join(lines)

    def __str__(self) -> str:
        return f"{self.location}: {self.text}" if self.location else self.text


class PassError(RfxDiagnostic):
    """A pass met a program outside its contract (a wrong level, say)."""


class TargetError(RfxDiagnostic):
    """A target cannot express this program: MSL has no float64, say."""


class UnsupportedError(RfxDiagnostic):
    """The program is well formed, but rfxjit has no rule for this case."""


class InvalidIRError(RfxDiagnostic):
    """The verifier refuses an operation."""


def verify(module: Operation) -> None:
    """Verify `module`; on failure raise `InvalidIRError` naming the op at fault.

    xDSL's own exception carries the whole module as a note, but not the op. The op is
    the innermost one that fails together with its regions.
    """
    try:
        module.verify()
    except VerifyException:
        for op in module.walk(region_first=True):
            try:
                op.verify()
            except VerifyException as error:
                raise InvalidIRError(str(error), op) from None
