"""Errors of rfxjit: pure Python, so that raising one never imports the compiler.

Every error renders as the message, the place in the user's source with a caret, and
the way out:

    TraceError: cannot branch on a traced value
      --> pid.py:12:8
       12 |     if error > 0:
          |        ^
    hint: use np.where, or @rfx.kernel for real control flow
"""

from __future__ import annotations

import linecache
from dataclasses import dataclass


@dataclass(frozen=True)
class SourceLocation:
    """A place in a Python file: 1-based line, 0-based column (as in `ast`)."""

    file: str
    line: int
    col: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.col + 1}"

    def render(self) -> str:
        """The source line with a caret below the column, '' if it is not readable."""
        text = linecache.getline(self.file, self.line).rstrip("\n")
        if not text:
            return ""
        number = str(self.line)
        gutter = " " * len(number)
        # Tabs before the column are kept so that the caret lines up.
        lead = "".join(c if c == "\t" else " " for c in text[: self.col])
        return f"   {number} | {text}\n   {gutter} | {lead}^"


class RfxError(Exception):
    """Base of all errors of rfxjit, with an optional location and a hint."""

    def __init__(
        self,
        message: str,
        location: SourceLocation | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.location = location
        self.hint = hint

    def __str__(self) -> str:
        lines = [self.message]
        if self.location is not None:
            lines.append(f"  --> {self.location}")
            if source := self.location.render():
                lines.append(source)
        if self.hint:
            lines.append(f"hint: {self.hint}")
        return "\n".join(lines)


class TraceError(RfxError, TypeError):
    """The program cannot be traced: a construct or a dtype we do not compile."""


class KernelError(TraceError):
    """A `@rfx.kernel` cannot be compiled: what is wrong, and in which line."""


class ShapeError(RfxError, ValueError):
    """Shapes that do not fit, where NumPy raises ValueError as well."""


class ProgramError(RfxError, ValueError):
    """A file holds no program that can be run: damaged, or of another version."""


class GradientError(RfxError, TypeError):
    """The program has no derivative rule where one is needed."""


class BackendError(RfxError, RuntimeError):
    """The backend is known, but not available on this machine."""


class ToolchainError(RfxError, RuntimeError):
    """An outside tool (assembler, compiler) failed; carries its repro command."""


class RunawayError(RfxError, RuntimeError):
    """A `while` ran more often than the kernel's `max_iters` allows."""


class CompilerError(RfxError, RuntimeError):
    """A fault inside rfxjit itself: please report it."""


class RfxFallbackWarning(RuntimeWarning):
    """`@jit` could not compile a call and ran the original Python instead."""
