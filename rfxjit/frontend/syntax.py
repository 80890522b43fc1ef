"""The one AST rewrite of user code: calls, captured reads and writes go through hooks.

    def f(x):                                def f(x):
        y = gain * math.sin(x)        ->         y = H.load("gain") * H.call(
        self.total += y                              H.attr(H.load("math"), "sin"), x)
        return helper(y)                         H.writable(self).total += y
                                                 return H.call(H.load("helper"), y)

`H` is a `Hooks` object that belongs to one function and one trace. Names that are
neither local nor arguments are loaded through it, so that a captured gain is seen;
calls, so that `math.sin` and the user's own helpers can be traced as well; attribute
reads and all writes, so that captured objects are read at each call and never changed.
What is not named here means what it means in Python.

    a if c else b        ->  H.choose(c, lambda: a, lambda: b)
    a and b, a or b      ->  H.logic(True, a, lambda: b), H.logic(False, a, lambda: b)
    a < b < c            ->  H.compare(a, "<", lambda: b, "<", lambda: c)
    not a                ->  H.negate(a)

since the truth of a traced value is not known yet. For the same reason a function with
`if`, `for`, `while`, `assert` or `raise` is not run as a whole: `pieces.py` compiles
its statements one by one, and `array_flow.py` walks them.

The rewritten code keeps file, lines and columns. It is compiled once per code object.
Functions without readable source are run as they are: NumPy's protocols still see what
happens to arrays, but captured numbers become constants, so those are refused.
"""

from __future__ import annotations

import ast
import copy
import functools
import inspect
import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import CodeType, FunctionType
from typing import Any, Protocol, TypeVar, cast
from weakref import WeakKeyDictionary

from rfxjit.frontend.liveness import SCOPES, Liveness

T = TypeVar("T")

HOOKS = "H__rfx"
"""The name by which rewritten code knows its hooks."""
SLICE = "slice__rfx"
"""And the builtin `slice`."""


class Hooks(Protocol):
    """What rewritten code calls."""

    def load(self, name: str) -> Any:
        """The value of a global, free or builtin name."""
        ...

    def attr(self, owner: Any, name: str) -> Any:
        """`owner.name`."""
        ...

    def item(self, owner: Any, key: Any) -> Any:
        """`owner[key]`."""
        ...

    def writable(self, owner: Any) -> Any:
        """`owner`, which is about to be written into."""
        ...

    def call(self, function: Any, /, *args: Any, **kwargs: Any) -> Any:
        """`function(*args, **kwargs)`."""
        ...

    def choose(
        self, test: Any, then: Callable[[], Any], other: Callable[[], Any]
    ) -> Any:
        """`then() if test else other()`."""
        ...

    def logic(self, conjunction: bool, first: Any, *rest: Callable[[], Any]) -> Any:
        """`first and ...`, or `first or ...`."""
        ...

    def compare(self, first: Any, *rest: Any) -> Any:
        """`first < ... < ...`: operators, and functions that give operands."""
        ...

    def negate(self, value: Any) -> Any:
        """`not value`."""
        ...

    def inner(self, pieces: int) -> Callable[[FunctionType], FunctionType]:
        """Note the pieces of a nested function that is defined now."""
        ...


class NoSourceError(Exception):
    """The source of the function cannot be read."""


class _Rewriter(ast.NodeTransformer):
    """Rewrites the body of one function; `local` are the names that are its own."""

    def __init__(self, local: frozenset[str]) -> None:
        self.local = local

    def _hook(self, node: ast.expr, name: str, *args: ast.expr) -> ast.Call:
        hooks = ast.copy_location(ast.Name(HOOKS, ast.Load()), node)
        attribute = ast.copy_location(ast.Attribute(hooks, name, ast.Load()), node)
        return ast.copy_location(ast.Call(attribute, list(args), []), node)

    def _text(self, node: ast.expr, text: str) -> ast.Constant:
        return ast.copy_location(ast.Constant(text), node)

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if isinstance(node.ctx, ast.Load) and node.id not in self.local:
            return self._hook(node, "load", self._text(node, node.id))
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        owner = cast("ast.expr", self.visit(node.value))
        if isinstance(node.ctx, ast.Load):
            return self._hook(node, "attr", owner, self._text(node, node.attr))
        node.value = self._hook(node.value, "writable", owner)
        return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        owner = cast("ast.expr", self.visit(node.value))
        node.slice = cast("ast.expr", self.visit(node.slice))
        if isinstance(node.ctx, ast.Load):
            return self._hook(node, "item", owner, node.slice)
        node.value = self._hook(node.value, "writable", owner)
        return node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        call = self._hook(node, "call", node.func, *node.args)
        call.keywords = node.keywords
        return call

    def _later(self, node: ast.expr) -> ast.expr:
        """`lambda: node`."""
        nothing = ast.arguments([], [], None, [], [], None, [])
        return ast.copy_location(ast.Lambda(nothing, node), node)

    def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
        self.generic_visit(node)
        if _binds(node.body) or _binds(node.orelse):
            return node
        sides = (self._later(node.body), self._later(node.orelse))
        return self._hook(node, "choose", node.test, *sides)

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.expr:
        self.generic_visit(node)
        first, *rest = node.values
        if any(map(_binds, rest)):
            return node
        both = ast.copy_location(ast.Constant(isinstance(node.op, ast.And)), node)
        return self._hook(node, "logic", both, first, *map(self._later, rest))

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        self.generic_visit(node)
        if isinstance(node.op, ast.Not):
            return self._hook(node, "negate", node.operand)
        return node

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        self.generic_visit(node)
        known = all(type(op) in COMPARISONS for op in node.ops)
        if len(node.ops) == 1 or not known or any(map(_binds, node.comparators)):
            return node
        rest: list[ast.expr] = []
        for op, operand in zip(node.ops, node.comparators, strict=True):
            rest += [self._text(operand, COMPARISONS[type(op)]), self._later(operand)]
        return self._hook(node, "compare", node.left, *rest)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        if node.value is None:
            return ast.copy_location(ast.Pass(), node)
        value = cast("ast.expr", self.visit(node.value))
        target = cast("ast.expr", self.visit(node.target))
        return ast.copy_location(ast.Assign([target], value), node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        _strip_annotations(node.args)
        node.returns = None
        live = Liveness(node.body) if has_flow(node.body) else None
        self.generic_visit(node)
        if live is not None:
            INNER.append((node, live))
            number = ast.copy_location(ast.Constant(len(INNER) - 1), node)
            node.decorator_list.append(self._hook(cast("Any", node), "inner", number))
        return node


COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">",
    ast.GtE: ">=",
}  # fmt: skip
INNER: list[tuple[ast.FunctionDef, Liveness]] = []
"""Nested functions with control flow; rewritten code knows them by number."""


def _binds(node: ast.expr) -> bool:
    """Whether an expression has a `:=`, which means another name in a lambda."""
    return any(isinstance(n, ast.NamedExpr) for n in ast.walk(node))


_FLOW = (ast.If, ast.For, ast.While, ast.Assert, ast.Raise)
_WHOLE: dict[type[ast.AST], str] = {
    ast.Try: "try", ast.Match: "match", ast.Yield: "yield", ast.YieldFrom: "yield",
    ast.Await: "await", ast.Global: "global", ast.Nonlocal: "nonlocal",
    ast.AsyncFor: "async", ast.AsyncWith: "async",
}  # fmt: skip


def has_flow(body: Sequence[ast.stmt]) -> bool:
    """Whether statements are to be walked."""
    own = [n for statement in body for n in _own(statement)]
    return any(isinstance(n, _FLOW) for n in own) and unwalked(body) is None


def unwalked(body: Sequence[ast.stmt]) -> str | None:
    """The statement because of which a function is run as a whole, if there is one."""
    own = (n for statement in body for n in _own(statement))
    return next((_WHOLE[type(n)] for n in own if type(n) in _WHOLE), None)


def _own(node: ast.AST) -> Iterator[ast.AST]:
    """A node and what is in it, but for nested functions and classes."""
    yield node
    if not isinstance(node, SCOPES):
        for child in ast.iter_child_nodes(node):
            yield from _own(child)


def _strip_annotations(arguments: ast.arguments) -> None:
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    for argument in (*every, arguments.vararg, arguments.kwarg):
        if argument is not None:
            argument.annotation = None


class _Slices(ast.NodeTransformer):
    """`a:b:c` inside a hook call is no syntax: write `slice(a, b, c)` out."""

    def visit_Slice(self, node: ast.Slice) -> ast.expr:
        self.generic_visit(node)
        parts = [
            part if part is not None else ast.Constant(None)
            for part in (node.lower, node.upper, node.step)
        ]
        name = ast.Name(SLICE, ast.Load())
        return ast.copy_location(ast.Call(name, parts, []), node)


def parse(function: FunctionType) -> ast.FunctionDef | ast.Lambda:
    """The definition of `function`, with the line numbers of its file."""
    try:
        if function.__name__ == "<lambda>":
            return _lambda(function)
        lines, first = inspect.getsourcelines(function)
    except (OSError, TypeError, SyntaxError) as error:
        raise NoSourceError(str(error)) from error
    indent = len(lines[0]) - len(lines[0].lstrip())
    found = [
        node
        for node in ast.walk(ast.parse(textwrap.dedent("".join(lines))))
        if isinstance(node, ast.FunctionDef) and node.name == function.__name__
    ]
    if len(found) != 1:
        raise NoSourceError(f"{function.__name__} is not unique in its source lines")
    node = found[0]
    ast.increment_lineno(node, first - 1)
    for inner in ast.walk(node):
        if isinstance(inner, (ast.expr, ast.stmt, ast.arg)):
            inner.col_offset += indent
            if inner.end_col_offset is not None:
                inner.end_col_offset += indent
    return node


def _lambda(function: FunctionType) -> ast.Lambda:
    """The lambda whose body lies where the code object says that its code is.

    Several can begin in one line, and a line need not parse alone: the whole file is
    parsed.
    """
    lines, _ = inspect.findsource(function)
    places = {(line, column) for line, _, column, _ in function.__code__.co_positions()}
    found: list[tuple[int, ast.Lambda]] = []
    for node in ast.walk(_file("".join(lines))):
        if isinstance(node, ast.Lambda):
            inside = [n for n in ast.walk(node.body) if isinstance(n, ast.expr)]
            if any((n.lineno, n.col_offset) in places for n in inside):
                found.append((len(inside), node))
    if not found:
        raise NoSourceError("the lambda cannot be found in its file")
    # What is around it contains its places, too.
    return copy.deepcopy(min(found, key=lambda pair: pair[0])[1])


@functools.lru_cache(maxsize=8)
def _file(source: str) -> ast.Module:
    return ast.parse(source)


@dataclass(frozen=True)
class Rewritten:
    """A function whose code goes through hooks; `live` if it is to be walked."""

    node: ast.FunctionDef | ast.Lambda
    live: Liveness | None


def per_function(
    make: Callable[[CodeType, FunctionType], T],
) -> Callable[[CodeType, FunctionType], T]:
    """What `make` gives, once for each function, and no longer than that lives.

    A function may be given other code.
    """
    known: WeakKeyDictionary[FunctionType, tuple[CodeType, T]] = WeakKeyDictionary()

    @functools.wraps(make)
    def get(code: CodeType, function: FunctionType) -> T:
        found = known.get(function)
        if found is None or found[0] is not code:
            found = known[function] = code, make(code, function)
        return found[1]

    return get


@per_function
def rewritten(code: CodeType, function: FunctionType) -> Rewritten:
    """The rewritten definition of a function, whose code object this is.

    Raises NoSourceError if the source is not there or does not fit.
    """
    if "__class__" in code.co_freevars:
        raise NoSourceError("super() and __class__ need the original function")
    node = parse(function)
    local = frozenset((*code.co_varnames, *code.co_cellvars, HOOKS)) | _inner_names(
        node
    )
    _strip_annotations(node.args)
    # Defaults are taken over from the function object; only their number matters.
    count, keyword = len(node.args.defaults), node.args.kw_defaults
    node.args.defaults = [ast.Constant(None) for _ in range(count)]
    node.args.kw_defaults = [d and ast.Constant(None) for d in keyword]
    rewriter = _Rewriter(local)
    live = None
    if isinstance(node, ast.Lambda):
        node.body = cast("ast.expr", rewriter.visit(node.body))
    else:
        node.decorator_list = []
        node.returns = None
        live = Liveness(node.body) if has_flow(node.body) else None
        node.body = [cast("ast.stmt", rewriter.visit(s)) for s in node.body]
    return Rewritten(ast.fix_missing_locations(_Slices().visit(node)), live)


@per_function
def _factory(code: CodeType, function: FunctionType) -> Callable[[Any], FunctionType]:
    """A function that makes the rewritten function from its hooks."""
    node = rewritten(code, function).node
    plain = isinstance(node, ast.Lambda)
    result = node if plain else ast.Name(node.name, ast.Load())
    body: list[ast.stmt] = [] if plain else [node]
    argument = ast.arguments([], [ast.arg(HOOKS)], None, [], [], None, [])
    outer = ast.FunctionDef(
        "factory", argument, [*body, ast.Return(result)], [], None, None
    )
    outer.__dict__["type_params"] = []  # required from Python 3.12 on
    module = ast.fix_missing_locations(ast.Module([outer], []))
    namespace: dict[str, Any] = {SLICE: slice}
    exec(compile(module, code.co_filename, "exec"), namespace)  # noqa: S102 - the user's own source, rewritten
    return namespace["factory"]


def _inner_names(node: ast.AST) -> frozenset[str]:
    """Names that nested functions, lambdas and comprehensions bind for themselves."""
    names: set[str] = set()
    for inner in ast.walk(node):
        if isinstance(inner, ast.arg):
            names.add(inner.arg)
        elif isinstance(inner, ast.Name) and not isinstance(inner.ctx, ast.Load):
            names.add(inner.id)
        elif isinstance(inner, (ast.FunctionDef, ast.ClassDef)) and inner is not node:
            names.add(inner.name)
    return frozenset(names)


def is_rewritten(function: FunctionType) -> bool:
    """Whether a function was defined by rewritten code, hooks and all."""
    return SLICE in function.__globals__


def rewrite(function: FunctionType, hooks: Hooks) -> FunctionType:
    """`function` with everything above going through `hooks`.

    Raises NoSourceError if the source is not there or does not fit.
    """
    new = _factory(function.__code__, function)(hooks)
    new.__defaults__ = function.__defaults__
    new.__kwdefaults__ = function.__kwdefaults__
    new.__name__ = function.__name__
    return new
