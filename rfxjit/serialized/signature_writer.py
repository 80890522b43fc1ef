"""Write a signature as text, see `form.py`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, cast

import numpy as np

from rfxjit.errors import TraceError
from rfxjit.serialized.form import DTYPES, Form, exception
from rfxjit.signature import (
    VALUE_KINDS,
    Alias,
    Constant,
    Input,
    Output,
    Path,
    Result,
    Signature,
    Slot,
)

_NAMES = {dtype: name for name, dtype in DTYPES.items()}
_CONTAINERS = (tuple, list, dict)


def write(signature: Signature) -> Form:
    """The text of a signature without captured values.

    Raises TraceError for values that no literal stands for, and containers other
    than tuples, lists and dicts.
    """
    return _Writer(signature).form()


class _Writer:
    def __init__(self, signature: Signature) -> None:
        self.signature = signature
        self.inputs = {spec.path: spec for spec in signature.inputs}
        self.guards = {(g.path, g.mode): g for g in signature.guards}
        self.names = [p.name for p in signature.params]
        taken = set(self.names)
        stem = "out"
        while any(name.startswith(stem) and name != stem for name in taken):
            stem += "_"
        self.outs: list[str] = []
        fresh = 0
        for output in signature.outputs:
            if output.inout is not None:
                self.outs.append(self._place(signature.inputs[output.inout].path))
            else:
                self.outs.append(f"{stem}{fresh}")
                fresh += 1

    def form(self) -> Form:
        signature = self.signature
        outputs = [
            f"{name}: {_type(output)}"
            for name, output in zip(self.outs, signature.outputs, strict=True)
        ]
        leaves = [self._result(r) for r in signature.results]
        tree = signature.treedef
        result = leaves[0] if tree is None else tree.unflatten(map(_Text, leaves))
        failures = [f"{_name_of(f.exception)}: {f.message}" for f in signature.failures]
        return Form(
            f"{signature.name}({', '.join(self._parameters())})",
            tuple(outputs),
            result if tree is None else _structure(result),
            tuple(failures),
        )

    def _parameters(self) -> Iterator[str]:
        params = self.signature.params
        kinds = [p.kind for p in params]
        for i, parameter in enumerate(params):
            kind = parameter.kind
            starred = {"keyword_only", "var_positional"}
            if kind == "keyword_only" and not starred & set(kinds[:i]):
                yield "*"
            stars = {"var_positional": "*", "var_keyword": "**"}.get(kind, "")
            about = self._annotation(Path(("param", i)), parameter.name)
            default = ""
            if parameter.has_default:
                try:
                    default = f" = {_literal(parameter.default)}"
                except TraceError as error:
                    what = f"the default of parameter '{parameter.name}'"
                    raise TraceError(f"{what}: {error}") from None
            yield f"{stars}{parameter.name}{about and f': {about}'}{default}"
            if kind == "positional_only" and kind not in kinds[i + 1 :]:
                yield "/"

    def _annotation(self, path: Path, name: str) -> str:
        """What must be at a path; '' if the program does not look at it."""
        equal = self.guards.get((path, "eq"))
        if (spec := self.inputs.get(path)) is not None:
            return _type(spec) + (f" == {_literal(equal.expected)}" if equal else "")
        if (length := self.guards.get((path, "len"))) is not None:
            keys = self._keys(path)
            parts = [self._annotation(path.step("item", k), name) for k in keys]
            if length.expected[0] is dict:
                items = zip(map(_literal, keys), parts, strict=True)
                return f"{{{', '.join(f'{k}: {v}' for k, v in items)}}}"
            return _brackets(length.expected[0], parts)
        if equal is not None:
            return _literal(equal.expected)
        for mode in ("is", "type"):
            if (guard := self.guards.get((path, mode))) is not None:
                value = guard.expected
                what = value.__name__ if isinstance(value, type) else repr(value)
                raise TraceError(
                    f"argument '{name}' is {'a ' if mode == 'type' else ''}{what}: "
                    "only arrays, numbers, strings and None can be arguments of a "
                    "program in a file, and tuples, lists and dicts of them"
                )
        return ""

    def _keys(self, path: Path) -> list[Any]:
        """The items of a container that the signature speaks of, in order."""
        depth = len(path.steps)
        paths = [*self.inputs, *(p for p, _ in self.guards)]
        inside = [
            p.steps[depth][1]
            for p in paths
            if p.root == path.root
            and p.steps[:depth] == path.steps
            and len(p.steps) > depth
        ]
        keys: list[Any] = list(dict.fromkeys(inside))
        if self.guards[path, "len"].expected[0] is not dict:
            keys.sort()
        return keys

    def _place(self, path: Path) -> str:
        """A path as an expression."""
        if path.root[0] != "param" or any(s[0] != "item" for s in path.steps):
            raise TraceError("an output goes to a captured object")
        steps = "".join(f"[{_literal(key)}]" for _, key in path.steps)
        return self.names[path.root[1]] + steps

    def _result(self, result: Result) -> str:
        match result:
            case Slot(index):
                return self.outs[index]
            case Alias(path):
                return self._place(path)
            case Constant(value):
                return _literal(value)


class _Text(str):
    """A leaf of a structure that is text already."""

    __slots__ = ()


def _structure(tree: Any) -> str:
    if type(tree) is _Text:
        return str(tree)
    if type(tree) is dict:
        items = cast("dict[Any, Any]", tree).items()
        parts = [f"{_literal(key)}: {_structure(value)}" for key, value in items]
        return f"{{{', '.join(parts)}}}"
    if (kind := cast("Any", type(tree))) in (tuple, list):
        parts = [_structure(value) for value in cast("list[Any]", tree)]
        return _brackets(kind, parts)
    raise TraceError(
        f"the result contains a {type(tree).__name__}: only tuples, lists and dicts of "
        "arrays and numbers can be results of a program in a file"
    )


def _brackets(kind: Any, parts: list[str]) -> str:
    if kind is list:
        return f"[{', '.join(parts)}]"
    return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"


def _type(spec: Input | Output) -> str:
    if spec.kind in VALUE_KINDS:
        return spec.kind
    name = _NAMES[spec.dtype]
    dims = ", ".join(map(str, spec.shape)) if spec.shape else "()"
    return f"{name}[{dims}]" if spec.kind == "array" else name


def _literal(value: Any) -> str:
    """An expression that `_value` reads back."""
    if value is None or type(value) in (bool, int, str, bytes):
        return repr(value)
    if type(value) is float:
        return repr(value) if np.isfinite(value) else f"float('{value}')"
    kind = cast("Any", type(value))
    dtype = cast("Any", getattr(value, "dtype", None))
    if isinstance(value, (np.ndarray, np.generic)) and dtype in _NAMES:
        value = cast("Any", value)
        data = _literal(value.tolist())
        if kind is np.ndarray:
            return f"array({data}, {_NAMES[dtype]}, {value.shape})"
        return f"{_NAMES[dtype]}({data})"
    if kind in _CONTAINERS:
        return _structure(_map(lambda leaf: _Text(_literal(leaf)), value))
    raise TraceError(f"a {kind.__name__} cannot be written to a file")


def _map(function: Callable[[Any], Any], tree: Any) -> Any:
    if type(tree) is dict:
        items = cast("dict[Any, Any]", tree).items()
        return {key: _map(function, value) for key, value in items}
    if (kind := cast("Any", type(tree))) in (tuple, list):
        values = [_map(function, value) for value in cast("list[Any]", tree)]
        return cast("Any", kind(values))
    return function(tree)


def _name_of(kind: type[Exception]) -> str:
    for cls in kind.__mro__:
        if exception(cls.__name__) is cls:
            return cls.__name__
    return "RuntimeError"
