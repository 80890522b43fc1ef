"""Dataclasses whose methods are compiled when they are first called.

    with lazy_dataclasses():
        from rfxjit.signature import Signature

The standard library compiles the methods of each dataclass from text, which is most of
what it costs to import a file with many of them; few are ever called. A class that is
made inside of this context behaves the same, but that the signature of its `__init__`
is not known until it has been called, and that no docstring is made of it. Where Python
has changed inside, so that this does not fit, nothing is replaced.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any


@contextmanager
def lazy_dataclasses() -> Generator[None]:
    """Make dataclasses quickly; see the module's docstring."""
    module: Any = dataclasses
    compiled = getattr(module, "_create_fn", None)  # until Python 3.12
    code = getattr(compiled, "__code__", None)
    parameters = ("name", "args", "body", "globals", "locals", "return_type")
    if code is None or code.co_varnames[:6] != parameters:
        yield
        return
    process = module._process_class

    def lazy(name: str, args: Any, body: Any, **context: Any) -> _LazyMethod:
        return _LazyMethod(name, ",".join(args), "\n".join(body), context, compiled)

    def without_doc(cls: type, *options: Any) -> Any:
        # Else the docstring is the signature, which costs as much as all the rest.
        cls.__doc__ = cls.__doc__ or cls.__name__
        return process(cls, *options)

    module._create_fn, module._process_class = lazy, without_doc
    try:
        yield
    finally:
        module._create_fn, module._process_class = compiled, process


class _LazyMethod:
    """A method that is compiled when it is first called, and takes its place then.

    As few objects as can be, where closures would be ten, and texts rather than lists:
    Python walks over all objects but texts and numbers four times when it exits.
    """

    __slots__ = ("__name__", "_args", "_body", "_compiled", "_context")

    def __init__(
        self, name: str, args: str, body: str, context: dict[str, Any], compiled: Any
    ) -> None:
        self.__name__, self._args, self._body = name, args, body
        self._context, self._compiled = context, compiled

    def __get__(self, instance: Any, owner: type) -> Any:
        if instance is None:
            return self
        name = self.__name__
        body = self._body.split("\n")
        method = self._compiled(name, [self._args], body, **self._context)
        for cls in owner.__mro__:
            if cls.__dict__.get(name) is self:
                method.__qualname__ = f"{cls.__qualname__}.{name}"
                # Not `setattr`: the class may be one that refuses it.
                type.__setattr__(cls, name, method)
        return method.__get__(instance, owner)

    def __call__(self, instance: Any, /, *args: Any, **kwargs: Any) -> Any:
        return self.__get__(instance, instance.__class__)(*args, **kwargs)
