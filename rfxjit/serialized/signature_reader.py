"""Read the text of a signature, see `form.py`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any, cast

import numpy as np

from rfxjit.serialized.form import DTYPES, Form, FormError, exception
from rfxjit.signature import (
    VALUE_KINDS,
    Alias,
    Constant,
    Failure,
    Guard,
    Input,
    Output,
    Parameter,
    Path,
    Result,
    Signature,
    Slot,
)

_EXPECTED = "expected a type such as float32[n, 3], float32 or float"


def read(form: Form) -> Signature:
    """The signature; raises FormError for what is none."""
    return _Reader(form).signature()


class _Reader:
    def __init__(self, form: Form) -> None:
        self.form = form
        self.part, self.before = "", 0
        self.inputs: list[Input] = []
        self.guards: list[Guard] = []
        self.params: list[Parameter] = []
        self.places: dict[str, Path] = {}
        self.outs: dict[str, int] = {}
        self.outputs: list[Output] = []

    def refused(self, message: str, node: Any = None) -> FormError:
        offset = getattr(node, "col_offset", self.before) - self.before
        return FormError(message, self.part, max(0, offset))

    def parse(self, part: str, before: str, text: str, after: str = "") -> Any:
        """The only statement of a text; `part` says where the text is from."""
        self.part, self.before = part, len(before)
        try:
            body = ast.parse(before + text + after).body
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            offset = (getattr(error, "offset", None) or 1) - 1 - len(before)
            raise FormError(f"not readable: {error}", part, max(0, offset)) from None
        if len(body) != 1:
            raise self.refused("expected one expression")
        return body[0]

    def signature(self) -> Signature:
        function = self.parse("signature", "def ", self.form.call, ": ...")
        if not isinstance(function, ast.FunctionDef):
            raise self.refused(
                "expected a name and its parameters, as in f(x: float32[3])"
            )
        for i, (parameter, annotation) in enumerate(self._parameters(function.args)):
            self.params.append(parameter)
            self.places[parameter.name] = path = Path(("param", i))
            if annotation is not None:
                self._argument(annotation, path, parameter.name)
        for i, text in enumerate(self.form.outputs):
            self._output(i, text)
        results, treedef = self._results()
        failures: list[Failure] = []
        for i, text in enumerate(self.form.failures):
            name, _, message = text.partition(": ")
            if (kind := exception(name)) is None:
                raise FormError(f"{name} is no exception", f"failure {i}")
            failures.append(Failure(kind, message))
        try:
            return Signature(
                name=function.name,
                params=tuple(self.params),
                inputs=tuple(self.inputs),
                outputs=tuple(self.outputs),
                results=tuple(results),
                treedef=treedef,
                guards=tuple(self.guards),
                failures=tuple(failures),
            )
        except ValueError as error:
            raise FormError(str(error), "result") from None

    def _parameters(
        self, given: ast.arguments
    ) -> Iterator[tuple[Parameter, ast.expr | None]]:
        plain = [*given.posonlyargs, *given.args]
        missing: list[ast.expr | None] = [None] * (len(plain) - len(given.defaults))
        defaults = [*missing, *given.defaults]

        def one(a: ast.arg, kind: Any, default: ast.expr | None = None) -> Any:
            value = None if default is None else self._value(default)
            return Parameter(a.arg, kind, value, default is not None), a.annotation

        for i, (a, default) in enumerate(zip(plain, defaults, strict=True)):
            only = i < len(given.posonlyargs)
            kind = "positional_only" if only else "positional_or_keyword"
            yield one(a, kind, default)
        if given.vararg is not None:
            yield one(given.vararg, "var_positional")
        for a, default in zip(given.kwonlyargs, given.kw_defaults, strict=True):
            yield one(a, "keyword_only", default)
        if given.kwarg is not None:
            yield one(given.kwarg, "var_keyword")

    def _argument(self, node: ast.expr, path: Path, name: str) -> None:
        match node:
            case ast.Tuple() | ast.List():
                kind = tuple if isinstance(node, ast.Tuple) else list
                self._guard(path, "len", (kind, len(node.elts)))
                for i, item in enumerate(node.elts):
                    self._argument(item, path.step("item", i), f"{name}_{i}")
            case ast.Dict():
                self._guard(path, "len", (dict, len(node.keys)))
                for key, item in zip(node.keys, node.values, strict=True):
                    if key is None:
                        raise self.refused("expected a key", item)
                    k = self._value(key)
                    self._argument(item, path.step("item", k), f"{name}_{k}")
            case ast.Compare(left=left, ops=[ast.Eq()], comparators=[value]):
                self._argument(left, path, name)
                self._guard(path, "eq", self._value(value))
            case ast.Name() | ast.Subscript():
                kind, dtype, shape = self._type(node)
                if None in shape:
                    raise self.refused(
                        "each size of an argument has a number or name", node
                    )
                dims = cast("tuple[int | str, ...]", shape)
                self.inputs.append(Input(name, path, kind, dtype, dims))
            case _:
                self._guard(path, "eq", self._value(node))

    def _guard(self, path: Path, mode: Any, expected: Any) -> None:
        self.guards.append(Guard(path, mode, expected))

    def _type(self, node: ast.expr) -> tuple[Any, np.dtype[Any], tuple[Any, ...]]:
        """Kind, dtype and shape."""
        match node:
            case ast.Name(id=name) if name in VALUE_KINDS:
                return name, VALUE_KINDS[name], ()
            case ast.Name(id=name) if name in DTYPES:
                return "scalar", DTYPES[name], ()
            case ast.Subscript(value=ast.Name(id=name), slice=dims) if name in DTYPES:
                listed = dims.elts if isinstance(dims, ast.Tuple) else [dims]
                return "array", DTYPES[name], tuple(map(self._dim, listed))
            case _:
                raise self.refused(_EXPECTED, node)

    def _dim(self, node: ast.expr) -> Any:
        match node:
            case ast.Constant(value=int(n)) if type(n) is int and n < 2**63:
                return n
            case ast.Constant(value=None):
                return None
            case ast.Name(id=name):
                return name
            case _:
                raise self.refused("a size is a number or a name", node)

    def _output(self, i: int, text: str) -> None:
        node = self.parse(f"output {i}", "", text)
        if not isinstance(node, ast.AnnAssign) or node.value is not None:
            raise self.refused("expected a name and a type, as in out0: float32[3]")
        kind, dtype, shape = self._type(node.annotation)
        inout = None
        match node.target:
            case ast.Name(id=name) if name not in self.places:
                if name in self.outs:
                    raise self.refused(f"there are two outputs {name}")
                self.outs[name] = i
            case target:
                path = self._place(target)
                paths = [spec.path for spec in self.inputs]
                if path not in paths:
                    raise self.refused("this argument is not read", target)
                inout = paths.index(path)
                old = self.inputs[inout]
                if (old.kind, old.dtype, old.shape) != (kind, dtype, shape):
                    raise self.refused(
                        "the argument is of another type", node.annotation
                    )
                self.inputs[inout] = Input(
                    old.name, path, kind, dtype, old.shape, "inout"
                )
        self.outputs.append(Output(dtype, shape, kind, inout))

    def _place(self, node: ast.expr) -> Path:
        match node:
            case ast.Name(id=name) if name in self.places:
                return self.places[name]
            case ast.Subscript(value=owner, slice=key):
                return self._place(owner).step("item", self._value(key))
            case _:
                raise self.refused("expected an argument or a part of one", node)

    def _results(self) -> tuple[list[Result], Any]:
        node = self.parse("result", "(", self.form.result, ")").value
        tree = self._tree(node)
        if isinstance(tree, Result):
            return [tree], None
        # Only a structure needs it.
        import optree

        leaves, treedef = optree.tree_flatten(
            tree, none_is_leaf=True, namespace="rfxjit"
        )
        return cast("list[Result]", leaves), treedef

    def _tree(self, node: ast.expr) -> Any:
        match node:
            case ast.Tuple():
                return tuple(map(self._tree, node.elts))
            case ast.List():
                return list(map(self._tree, node.elts))
            case ast.Dict():
                keys = [self._value(cast("ast.expr", key)) for key in node.keys]
                values = map(self._tree, node.values)
                return dict(zip(keys, values, strict=True))
            case ast.Name(id=name) if name in self.outs:
                return Slot(self.outs[name])
            case ast.Name() | ast.Subscript():
                return Alias(self._place(node))
            case _:
                return Constant(self._value(node))

    def _value(self, node: ast.expr | None) -> Any:
        """The value of a literal, or of what `_literal` writes."""
        match node:
            case ast.Call(
                func=ast.Name(id="float"), args=[ast.Constant(value=str(text))]
            ) if text in ("inf", "-inf", "nan"):
                return float(text)
            case ast.Call(func=ast.Name(id=name), args=[data]) if name in DTYPES:
                return self._array(node, data, name, ())[()]
            case ast.Call(
                func=ast.Name(id="array"), args=[data, ast.Name(id=name), shape]
            ) if name in DTYPES:
                return self._array(node, data, name, self._value(shape))
            case ast.Tuple() | ast.List():
                values = list(map(self._value, node.elts))
                return tuple(values) if isinstance(node, ast.Tuple) else values
            case ast.Dict():
                keys = map(self._value, node.keys)
                return dict(zip(keys, map(self._value, node.values), strict=True))
            case None:
                raise self.refused("expected a value")
            case _:
                try:
                    return ast.literal_eval(node)
                except (ValueError, TypeError):
                    raise self.refused("expected a literal", node) from None

    def _array(self, node: ast.expr, data: ast.expr, name: str, shape: Any) -> Any:
        try:
            return np.array(self._value(data), DTYPES[name]).reshape(shape)
        except (ValueError, TypeError, OverflowError) as error:
            raise self.refused(f"not a {name}: {error}", node) from None
