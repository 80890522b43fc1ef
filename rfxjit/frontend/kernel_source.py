"""The source of a `@rfx.kernel`: read, checked and never executed.

A kernel is one function of scalars: parameters with literal defaults, annotations that
say a kind (`float`, `int`, `bool`) or a dtype (`np.float32`), and a body of statements
that `flow.py` and `kernel.py` understand. From text (`kernel_from_source`) the same
comes out without running a line of it: the callable that is made has a body that
raises, and sees `np`, `math` and `rfx` only.
"""

# pyright: reportUnknownMemberType=false

from __future__ import annotations

import ast
import hashlib
import linecache
import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from rfxjit.errors import KernelError, SourceLocation
from rfxjit.frontend.liveness import Liveness
from rfxjit.frontend.syntax import NoSourceError, parse


class Weak(Enum):
    """The type of Python's own numbers, which take on the dtype of what they meet.

    No strings: `np.dtype("f8") == "float"`.
    """

    FLOAT = "float"
    INT = "int"


_KINDS: dict[str, Any] = {
    "float": Weak.FLOAT,
    "int": Weak.INT,
    "bool": np.dtype(np.bool_),
}
_WAY_OUT = "write float, int, bool, or a dtype such as np.float32"


@dataclass(frozen=True)
class Parameter:
    """A parameter: its name and what its annotation says (a weak type, a dtype)."""

    name: str
    kind: Any


@dataclass(frozen=True)
class KernelSource:
    """A kernel as it was written."""

    name: str
    parameters: tuple[Parameter, ...]
    returns: tuple[Any, ...]
    """Declared kinds or dtypes of the results; () if they are inferred."""
    body: Sequence[ast.stmt]
    live: Liveness
    function: Any
    """Where captured names are looked up."""
    file: str
    line: int

    def place(self, node: ast.AST) -> SourceLocation:
        """Where a node of the source is."""
        line = getattr(node, "lineno", self.line)
        return SourceLocation(self.file, line, getattr(node, "col_offset", 0))

    def refuse(
        self, node: ast.AST, reason: str, hint: str | None = None
    ) -> KernelError:
        """The error for something in the source."""
        return KernelError(reason, self.place(node), hint)


def from_function(function: FunctionType) -> KernelSource:
    """The source of a function; raises KernelError where it cannot be a kernel."""
    code = function.__code__
    try:
        node = parse(function)
    except NoSourceError as error:
        raise KernelError(
            f"the source of {function.__name__} cannot be read: {error}",
            SourceLocation(code.co_filename, code.co_firstlineno),
            "define it in a file, or use rfx.kernel_from_source(text)",
        ) from error
    return _checked(node, function, code.co_filename)


def from_text(text: str, rfx: ModuleType) -> KernelSource:
    """The source of a kernel from text with exactly one function.

    Nothing of it is executed; `rfx` is what it sees under that name. Raises KernelError
    for anything else.
    """
    text = textwrap.dedent(text)
    key = hashlib.sha256(text.encode()).hexdigest()[:12]
    file = f"<kernel {key}>"
    # So that errors can show the line, as for a file.
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    try:
        module = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError) as error:
        line, col = getattr(error, "lineno", 1), getattr(error, "offset", 1)
        place = SourceLocation(file, line or 1, max((col or 1) - 1, 0))
        raise KernelError(f"not valid Python: {error}", place) from error
    nodes = [n for n in module.body if not _is_harmless(n)]
    if len(nodes) != 1 or not isinstance(nodes[0], ast.FunctionDef):
        wrong = next((n for n in nodes if not isinstance(n, ast.FunctionDef)), None)
        extra = wrong or (nodes[1] if len(nodes) > 1 else None)
        line = extra.lineno if extra else 1
        raise KernelError(
            "the text must hold exactly one function, and nothing else",
            SourceLocation(file, line, extra.col_offset if extra else 0),
        )
    node = nodes[0]
    return _checked(node, _stub(node, file, rfx), file)


def _is_harmless(node: ast.stmt) -> bool:
    """Imports of what kernels know anyway, and docstrings."""
    if isinstance(node, ast.Import):
        known = {("numpy", "np"), ("math", None), ("rfxjit", "rfx"), ("numpy", None)}
        return all((a.name, a.asname) in known for a in node.names)
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _stub(node: ast.FunctionDef, file: str, rfx: ModuleType) -> FunctionType:
    """A function with the parameters of `node` that cannot be called."""
    _literal_defaults(node, file)
    arguments = ast.parse(f"def f({ast.unparse(node.args)}): raise RuntimeError").body
    stub = arguments[0]
    assert isinstance(stub, ast.FunctionDef)
    for argument in (*stub.args.posonlyargs, *stub.args.args, *stub.args.kwonlyargs):
        argument.annotation = None
    stub.name = node.name
    known = {"np": np, "numpy": np, "math": math, "rfx": rfx}
    namespace: dict[str, Any] = {**known, "__name__": "kernel"}
    exec(compile(ast.Module([stub], []), file, "exec"), namespace)  # noqa: S102 - a body that raises, and literal defaults
    function = namespace.pop(node.name)
    assert isinstance(function, FunctionType)
    return function


def _literal_defaults(node: ast.FunctionDef | ast.Lambda, file: str) -> None:
    for default in (*node.args.defaults, *filter(None, node.args.kw_defaults)):
        literal = default.operand if isinstance(default, ast.UnaryOp) else default
        number = isinstance(literal, ast.Constant) and isinstance(
            literal.value, (bool, int, float)
        )
        if not number:
            raise KernelError(
                "a default of a kernel must be a number",
                SourceLocation(file, default.lineno, default.col_offset),
                "write the number, or pass the value at each call",
            )


def _checked(
    node: ast.FunctionDef | ast.Lambda, function: FunctionType, file: str
) -> KernelSource:
    _literal_defaults(node, file)
    for extra in (node.args.vararg, node.args.kwarg):
        if extra is not None:
            raise KernelError(
                f"a kernel has a fixed number of parameters, not *{extra.arg}",
                SourceLocation(file, extra.lineno, extra.col_offset),
            )
    every = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    parameters = tuple(
        Parameter(a.arg, _annotation(a.annotation, file, a.arg)) for a in every
    )
    body: Sequence[ast.stmt]
    returns: tuple[Any, ...] = ()
    if isinstance(node, ast.Lambda):
        body = [ast.copy_location(ast.Return(node.body), node.body)]
    else:
        body = node.body
        returns = _returns(node.returns, file)
    return KernelSource(
        name=getattr(node, "name", "lambda_"),
        parameters=parameters,
        returns=returns,
        body=body,
        live=Liveness(body),
        function=function,
        file=file,
        line=node.lineno,
    )


def _returns(node: ast.expr | None, file: str) -> tuple[Any, ...]:
    if node is None:
        return ()
    if (
        isinstance(node, ast.Subscript)
        and isinstance(node.value, ast.Name)
        and node.value.id == "tuple"
        and isinstance(node.slice, ast.Tuple)
    ):
        return tuple(_annotation(n, file, "the result") for n in node.slice.elts)
    return (_annotation(node, file, "the result"),)


def _annotation(node: ast.expr | None, file: str, what: str) -> Any:
    """What an annotation says: a kind, a dtype, or None."""
    if node is None:
        return None
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        text = node.value
    else:
        text = ast.unparse(node)
    if text in _KINDS:
        return _KINDS[text]
    try:
        return np.dtype(text.removeprefix("np.").removeprefix("numpy."))
    except TypeError:
        raise KernelError(
            f"the annotation {text} of {what} is no kind of number",
            SourceLocation(file, node.lineno, node.col_offset),
            _WAY_OUT,
        ) from None
