"""The parser of all text that comes from outside: what is wrong in it has a place.

    LocatingParser(context, text, "chain.mlir", 0).parse_module()   # or ParseError

xDSL's parser, with four changes: every operation knows its place in the text, unknown
operations are reported where they stand, no assertion leaves it, and a string that
never ends is refused in linear time.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

from typing_extensions import override
from xdsl.context import Context
from xdsl.dialects.builtin import (
    FileLineColLoc,
    IntAttr,
    ModuleOp,
    StringAttr,
    UnknownLoc,
)
from xdsl.ir import Operation
from xdsl.parser import Parser
from xdsl.parser.generic_parser import ParserState
from xdsl.utils.exceptions import (
    DiagnosticException,
    MultipleSpansParseError,
    ParseError,
)
from xdsl.utils.lexer import Input, Span
from xdsl.utils.mlir_lexer import MLIRLexer


class LinearLexer(MLIRLexer):
    """xDSL's lexer; a string that is never closed is refused in linear time.

    The possessive quantifiers (`++`, `*+`) keep the pattern from trying each of the
    2^n ways to divide n characters between the two loops.
    """

    _unescaped_characters_regex = re.compile(
        r'"(?:[^"\\\n\v\f]++|\\(?:["nt\\]|[0-9A-Fa-f]{2}))*+"'
    )


class LocatingParser(Parser):
    """A parser that gives each operation without `loc(...)` its place in the text."""

    def __init__(self, ctx: Context, text: bytes, name: str, line_offset: int) -> None:
        """`line_offset` lines of the file `name` come before `text`, a chunk of it."""
        super().__init__(ctx, "", name)
        content = text.decode()
        self._parser_state = ParserState(LinearLexer(Input(content, name)))
        self._line_starts = [0, *(m.end() for m in re.finditer("\n", content))]
        self._line_offset = line_offset
        self._file = StringAttr(name)

    @override
    def parse_operation(self) -> Operation:
        start = self.pos
        op = super().parse_operation()
        if isinstance(op.location, UnknownLoc):
            # xDSL's own `Span.get_location` counts the lines before it each time.
            line = bisect_right(self._line_starts, start)
            col = start - self._line_starts[line - 1] + 1
            op.location = FileLineColLoc(
                self._file, IntAttr(line + self._line_offset), IntAttr(col)
            )
        return op

    @override
    def _get_op_by_name(self, name: str) -> type[Operation]:
        """As xDSL, but an unknown name is reported where it stands, not behind it."""
        try:
            return super()._get_op_by_name(name)
        except ParseError as error:
            start = self.lexer.input.content.rfind(name, 0, self.pos)
            error.span = Span(start, start + len(name), self.lexer.input)
            raise

    @override
    def parse_module(self, allow_implicit_module: bool = True) -> ModuleOp:
        """Parse the input; whatever is wrong with it is a `ParseError` with a place.

        Attributes verify themselves when they are built, and xDSL's parsers assert
        here and there: neither says where.
        """
        try:
            return super().parse_module(allow_implicit_module)
        except (ParseError, KeyboardInterrupt):
            raise
        except DiagnosticException as error:
            self.raise_error(str(error))
        except RecursionError:
            self.raise_error("nested too deeply")
        except Exception as error:  # noqa: BLE001 - see the docstring
            self.raise_error(f"cannot be parsed ({type(error).__name__}: {error})")


def parse_error_lines(error: ParseError) -> Iterator[str]:
    """`error` with its line of the text, a caret below it, and related places."""
    span = error.span
    yield f"{span.get_location()}: error: {error.msg}"
    # The first line repeats the place; the second and third are the text and carets.
    yield from span.print_with_context().splitlines()[1:3]
    if isinstance(error, MultipleSpansParseError):
        for ref, message in error.refs:
            yield f"{ref.get_location()}: note: {message or error.ref_text}"
