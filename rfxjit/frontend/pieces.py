"""A function in pieces: its statements and expressions, each compiled for itself.

Statements that may branch on traced values cannot be run by Python as they are. They
are walked (`array_flow.py`), and what is no control flow runs as ordinary Python, each
statement and each expression, in a scope that holds the variables.
The code has been rewritten (`syntax.py`) and keeps file, lines and columns.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from types import CodeType, FunctionType
from typing import Any

from rfxjit.frontend.liveness import Liveness, always_leaves, reads
from rfxjit.frontend.syntax import INNER, per_function, rewritten

GIVEN = "value__rfx"
"""The name that holds what a target is given."""


@dataclass(frozen=True)
class Piece:
    """Code to be run, and the names that it reads."""

    code: CodeType
    reads: frozenset[str]

    def run(self, variables: dict[str, Any]) -> Any:
        """The value of an expression; a statement changes the variables."""
        return eval(self.code, variables)  # noqa: S307 - what the user's function does


@dataclass(frozen=True, eq=False)
class Pieces:
    """A function that is walked."""

    name: str
    file: str
    body: Sequence[ast.stmt]
    live: Liveness
    own: frozenset[str]
    """The names that are variables of this function."""
    _made: dict[ast.AST, Piece] = field(default_factory=dict[ast.AST, Piece])

    def expression(self, node: ast.expr) -> Piece:
        """An expression, for `eval`."""
        return self._piece(node, ast.Expression(node), "eval")

    def statement(self, node: ast.stmt) -> Piece:
        """A statement, for `exec`."""
        return self._piece(node, ast.Module([node], []), "exec")

    def target(self, node: ast.expr) -> Piece:
        """The assignment of GIVEN to a target."""
        name = ast.copy_location(ast.Name(GIVEN, ast.Load()), node)
        assign = ast.copy_location(ast.Assign([node], name), node)
        return self._piece(node, ast.Module([assign], []), "exec")

    def _piece(
        self, node: ast.AST, code: ast.Module | ast.Expression, mode: str
    ) -> Piece:
        if node not in self._made:
            compiled = compile(code, self.file, mode)
            self._made[node] = Piece(compiled, reads(node) & self.own)
        return self._made[node]


NO_PIECES = Pieces("", "", (), Liveness(()), frozenset())
"""Those of a function that is run as a whole."""


def pieces(function: FunctionType) -> Pieces | None:
    """A function in pieces; None if it has no control flow of its own.

    Raises NoSourceError if the source is not there or does not fit.
    """
    return _pieces(function.__code__, function)


@per_function
def _pieces(code: CodeType, function: FunctionType) -> Pieces | None:
    found = rewritten(code, function)
    if found.live is None or isinstance(found.node, ast.Lambda):
        return None
    return _of_node(found.node, found.live, code)


@lru_cache(maxsize=256)
def inner_pieces(number: int, code: CodeType) -> Pieces:
    """A nested function of rewritten code; see `Hooks.inner`."""
    return _of_node(*INNER[number], code)


def _of_node(node: ast.FunctionDef, live: Liveness, code: CodeType) -> Pieces:
    body = [s for s in node.body if not isinstance(s, ast.Pass)]
    if not always_leaves(body):
        end = ast.Return(ast.Constant(None))
        body.append(ast.fix_missing_locations(ast.copy_location(end, node.body[-1])))
    own = frozenset((*code.co_varnames, *code.co_cellvars))
    return Pieces(node.name, code.co_filename, body, live, own)
