"""Which names are read later: what branches and loops have to carry.

    x = f(a)                 x is read later: the branch below must give it a value
    if c:
        t = g(a)             t is not read after the branch: nobody has to carry it
        x = t * t
    return x

The classic backward analysis, on the syntax tree: a name is live where a path leads to
a read of it before a write. Loops are walked until nothing changes. Names that nested
functions read count as read everywhere, since nobody knows when these are called.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

Names = frozenset[str]
_NONE: Names = frozenset()
SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)


class Liveness:
    """The live names around each statement of a function body."""

    def __init__(self, body: Sequence[ast.stmt]) -> None:
        self.after: dict[ast.stmt, Names] = {}
        """Names that are live behind a statement."""
        self.head: dict[ast.stmt, Names] = {}
        """Names that are live where an iteration of a loop begins, or would."""
        self.entry: dict[ast.stmt, Names] = {}
        """Names that are live where a loop's body begins, once it is entered."""
        inner = (n for s in body for n in ast.walk(s) if isinstance(n, SCOPES))
        self._always = frozenset(name for scope in inner for name in reads(scope))
        self._block(body, self._always, _NONE, _NONE)

    def _block(
        self, body: Sequence[ast.stmt], out: Names, broken: Names, again: Names
    ) -> Names:
        """What is live before `body`; a `break` leads to `broken`, `continue` to
        `again`.
        """
        for statement in reversed(body):
            self.after[statement] = out
            out = self._statement(statement, out, broken, again) | self._always
        return out

    def _statement(
        self, node: ast.stmt, out: Names, broken: Names, again: Names
    ) -> Names:
        match node:
            case ast.If():
                then = self._block(node.body, out, broken, again)
                other = self._block(node.orelse, out, broken, again)
                return then | other | reads(node.test)
            case ast.While() | ast.For():
                return self._loop(node, out, broken, again)
            case ast.Break():
                return broken
            case ast.Continue():
                return again
            case ast.Return():
                return reads(node)
            case ast.With() | ast.Try():
                # Any of its statements may be the last one: nothing is dead inside.
                self._nested(node, out | reads(node), broken, again)
                return out | reads(node)
            case _:
                return (out - writes(node)) | reads(node)

    def _nested(
        self, node: ast.With | ast.Try, out: Names, broken: Names, again: Names
    ) -> None:
        parts = [node.body]
        if isinstance(node, ast.Try):
            parts += [node.orelse, node.finalbody, *(h.body for h in node.handlers)]
        for part in parts:
            for statement in part:
                self._block([statement], out, broken, again)

    def _loop(
        self, node: ast.While | ast.For, out: Names, broken: Names, again: Names
    ) -> Names:
        head = self._block(node.orelse, out, broken, again)
        target = _NONE
        if isinstance(node, ast.While):
            head |= reads(node.test)
        else:
            target = writes(node.target)
        while True:
            inside = self._block(node.body, head, out, head) - target
            if inside <= head:
                break
            head |= inside
        self.head[node], self.entry[node] = head, inside
        return head if isinstance(node, ast.While) else head | reads(node.iter)


def reads(node: ast.AST) -> Names:
    """All names that are read in `node`, targets of augmented assignments included."""
    found = {
        n.id
        for n in ast.walk(node)
        if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)
    }
    for inner in ast.walk(node):
        if isinstance(inner, ast.AugAssign) and isinstance(inner.target, ast.Name):
            found.add(inner.target.id)
    return frozenset(found)


def writes(node: ast.AST) -> Names:
    """All names that are assigned in `node`."""
    return frozenset(written(node))


def written(*nodes: ast.AST) -> Iterable[str]:
    """The assigned names, in the order of the text, each once."""
    found: dict[str, None] = {}
    for node in nodes:
        for inner in ast.walk(node):
            if isinstance(inner, ast.Name) and not isinstance(inner.ctx, ast.Load):
                found[inner.id] = None
    return found


def leaves(body: Iterable[ast.stmt], *kinds: type[ast.stmt]) -> bool:
    """Whether `body` holds one of `break`, `continue`, `return` (or `raise`) that leads
    out of it.

    The `break` of a loop inside stays inside; a `return` does not.
    """
    return any(_leaves(statement, kinds) for statement in body)


def _leaves(node: ast.stmt, kinds: tuple[type[ast.stmt], ...]) -> bool:
    if isinstance(node, kinds):
        return True
    if isinstance(node, (ast.While, ast.For)):
        outer = tuple(k for k in kinds if k not in (ast.Break, ast.Continue))
        return leaves(node.body, *outer) or leaves(node.orelse, *kinds)
    if isinstance(node, SCOPES):
        return False
    inner = [n for n in ast.iter_child_nodes(node) if isinstance(n, ast.stmt)]
    return leaves(inner, *kinds)


def always_leaves(body: Sequence[ast.stmt]) -> bool:
    """Whether `body` surely ends in `break`, `continue` or `return`."""
    if not body:
        return False
    last = body[-1]
    if isinstance(last, ast.If):
        return always_leaves(last.body) and always_leaves(last.orelse)
    return isinstance(last, (ast.Break, ast.Continue, ast.Return))
