"""Programs as text: the attributes that make an `.mlir` file a program of its own.

    builtin.module attributes {
      rfx.version = 1 : i64,
      rfx.signature = "f(x: float32[n, 3], k: float = 2.0)",
      rfx.outputs = ["out0: float32[n]"],
      rfx.result = "out0"
    } {
      func.func @f(%x: tensor<?x3xf32>, %k: tensor<f64> {rfx.by_value}) -> ...
    }

They belong to the module, which no pass replaces, so that what `rfx-opt` makes of the
text is a program as well. `rfx.failures` and `rfx.fastmath` are there where they say
something. The level is not written down: the ops tell it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from io import StringIO
from typing import Any, cast

import numpy as np
from xdsl.dialects import func, llvm
from xdsl.dialects.builtin import (
    ArrayAttr,
    FunctionType,
    IntegerAttr,
    ModuleOp,
    StringAttr,
    VectorType,
)
from xdsl.ir import Attribute, Block, Operation
from xdsl.printer import Printer
from xdsl.utils.exceptions import ParseError

from rfxjit.compiler import context
from rfxjit.dialects import rfx
from rfxjit.dialects.builder import Builder
from rfxjit.dialects.diagnostics import InvalidIRError, RfxDiagnostic, verify
from rfxjit.dialects.elementwise_ops import BY_NAME
from rfxjit.dialects.ir import (
    DYNAMIC_INDEX,
    ELEMENT_TYPES,
    i8,
    i32,
    i64,
    index,
    tensor,
)
from rfxjit.dialects.ir import memref as memref_type
from rfxjit.dialects.map_ops import LoopNest
from rfxjit.dialects.parser import LocatingParser
from rfxjit.errors import ProgramError, SourceLocation, TraceError
from rfxjit.passes.scalar_semantics import signless
from rfxjit.serialized.form import Form, FormError
from rfxjit.serialized.signature_reader import read
from rfxjit.serialized.signature_writer import write
from rfxjit.signature import Alias, Constant, Input, Output, Result, Signature

VERSION = 1
"""Of the attributes; a file of a later one is refused."""

_FUSED_AWAY = (*BY_NAME.values(), rfx.ReduceOp, rfx.BroadcastOp, rfx.TransposeOp)
"""What is inside of maps from the fused level on."""


@dataclass(frozen=True)
class Program:
    """A module, how its function is called, and the level that it is at."""

    module: ModuleOp
    signature: Signature
    level: str = "rfx"
    fastmath: bool | frozenset[str] = False


# ---- to text


def write_program(program: Program) -> str:
    """The text of a program that depends on nothing outside, see `freeze`.

    Raises TraceError for a signature that has no text: arguments or results that are
    objects of the user's own classes.
    """
    form = write(program.signature)
    facts: dict[str, Attribute] = {
        "rfx.version": IntegerAttr(VERSION, i64),
        "rfx.signature": StringAttr(form.call),
        "rfx.outputs": _strings(form.outputs),
        "rfx.result": StringAttr(form.result),
    }
    if form.failures:
        facts["rfx.failures"] = _strings(form.failures)
    if program.fastmath:
        flags = program.fastmath
        facts["rfx.fastmath"] = _strings(["all"] if flags is True else sorted(flags))
    module = program.module.clone()
    module.attributes.update(facts)
    stream = StringIO()
    Printer(stream).print_op(module)
    return f"{stream.getvalue()}\n"


def _strings(texts: Any) -> ArrayAttr[StringAttr]:
    return ArrayAttr([StringAttr(text) for text in texts])


def freeze(program: Program) -> Program:
    """An rfx-level program with captured values as constants, at what they are now."""
    old = program.signature
    hidden = {
        i: spec
        for i, spec in enumerate(old.inputs)
        if spec.role == "hidden" and spec.path.root[0] == "object"
    }
    guards = tuple(g for g in old.guards if g.path.root[0] == "param")
    if not hidden:
        return replace(program, signature=replace(old, guards=guards, objects=()))
    module = program.module.clone()
    function = _function(module, old.name)
    block = function.body.block
    constants = Block()
    builder = Builder(constants, function.location)
    frozen: dict[Any, np.ndarray[Any, Any]] = {}
    for i, spec in hidden.items():
        value = spec.path.fetch((), old.objects)
        array = np.array(value, spec.dtype)
        if array.shape != spec.shape or getattr(value, "dtype", spec.dtype) != (
            spec.dtype
        ):
            raise TraceError(f"the captured '{spec.name}' has changed its shape")
        frozen[spec.path] = array
        block.args[i].replace_all_uses_with(builder.constant(array))
    for i in reversed(hidden):
        block.erase_arg(block.args[i])
    ops = list(constants.ops)
    for op in ops:
        op.detach()
    block.insert_ops_before(ops, cast("Operation", block.first_op))
    function.function_type = FunctionType.from_lists(
        [a.type for a in block.args], list(function.function_type.outputs)
    )
    if (marks := function.arg_attrs) is not None:
        left = [m for i, m in enumerate(marks) if i not in hidden]
        function.arg_attrs = ArrayAttr(left)
    numbers = [i for i in range(len(old.inputs)) if i not in hidden]

    def result(leaf: Result) -> Result:
        if isinstance(leaf, Alias) and leaf.path in frozen:
            return Constant(frozen[leaf.path])
        return leaf

    def output(spec: Output) -> Output:
        place = None if spec.inout is None else numbers.index(spec.inout)
        return replace(spec, inout=place)

    signature = replace(
        old,
        inputs=tuple(old.inputs[i] for i in numbers),
        outputs=tuple(map(output, old.outputs)),
        results=tuple(map(result, old.results)),
        guards=guards,
        objects=(),
    )
    return replace(program, module=module, signature=signature)


# ---- from text


def read_program(text: str, file: str) -> Program:
    """The program of a text; `file` is its name in messages.

    Raises ProgramError, with the place, for all that is none.
    """
    return _Reader(text, file).program()


class _Reader:
    def __init__(self, text: str, file: str) -> None:
        self.text = text
        self.file = file

    def refused(
        self, message: str, at: int = 0, hint: str | None = None
    ) -> ProgramError:
        """The error for what is wrong at a character of the text."""
        line = self.text.count("\n", 0, at) + 1
        col = at - (self.text.rfind("\n", 0, at) + 1)
        return ProgramError(message, SourceLocation(self.file, line, col), hint)

    def program(self) -> Program:
        module = self._module()
        signature = self._signature(module)
        level = level_of(module)
        if level in ("gpu", "llvm"):
            hint = "keep the text of the level above: machine code is made from it"
            raise self.refused(f"the {level} level is not read back", hint=hint)
        try:
            check(module, signature, level)
        except RfxDiagnostic as error:
            raise error.located(ProgramError) from None
        flags = module.attributes.pop("rfx.fastmath", None)
        fastmath = frozenset(self._texts("rfx.fastmath", flags) if flags else ())
        every = "all" in fastmath
        return Program(module, signature, level, every or fastmath or False)

    def _module(self) -> ModuleOp:
        try:
            parser = LocatingParser(context(), self.text.encode(), self.file, 0)
            module = parser.parse_module()
            verify(module)
        except ParseError as error:
            raise self.refused(error.msg, error.span.start) from None
        except InvalidIRError as error:
            raise error.located(ProgramError) from None
        return module

    def _signature(self, module: ModuleOp) -> Signature:
        version = module.attributes.pop("rfx.version", None)
        if not isinstance(version, IntegerAttr):
            hint = "f.lower(...).export(path) writes one"
            raise self.refused("there is no rfx.version: this is no program", hint=hint)
        found = cast("IntegerAttr[Any]", version).value.data
        at = max(0, self.text.find("rfx.version"))
        if found > VERSION:
            hint = "load it with the rfxjit that wrote it, or a later one"
            raise self.refused(
                f"the program has version {found}; this rfxjit reads up to {VERSION}",
                at,
                hint,
            )
        if found < 1:
            raise self.refused(f"there is no version {found}", at)
        facts = {
            name: module.attributes.pop(f"rfx.{name}", None)
            for name in ("signature", "outputs", "result", "failures")
        }
        failures = facts["failures"] or ArrayAttr[Attribute]([])
        form = Form(
            self._text("rfx.signature", facts["signature"]),
            self._texts("rfx.outputs", facts["outputs"]),
            self._text("rfx.result", facts["result"]),
            self._texts("rfx.failures", failures),
        )
        try:
            return read(form)
        except FormError as error:
            text = f"rfx.{error.part}: {error}"
            raise self.refused(text, self._place(error)) from None

    def _place(self, error: FormError) -> int:
        """Where the text of an attribute begins that is not understood."""
        name, _, number = error.part.partition(" ")
        plural = f"{name}s" if number else name
        found = re.search(rf'rfx\.{plural}\s*=\s*\[?\s*"', self.text)
        if found is None:
            return 0
        start = found.end()
        for _ in range(int(number or 0)):
            following = re.compile(r'(?:[^"\\]|\\.)*+"\s*,\s*"').match(self.text, start)
            start = following.end() if following else start
        return start + error.offset

    def _text(self, name: str, attribute: Attribute | None) -> str:
        if isinstance(attribute, StringAttr):
            return attribute.data
        raise self.refused(f"{name} must be a string", max(0, self.text.find(name)))

    def _texts(self, name: str, attribute: Attribute | None) -> tuple[str, ...]:
        if isinstance(attribute, ArrayAttr):
            items = cast("ArrayAttr[Attribute]", attribute).data
            return tuple(self._text(name, item) for item in items)
        raise self.refused(
            f"{name} must be a list of strings", max(0, self.text.find(name))
        )


def level_of(module: ModuleOp) -> str:
    """The level that the ops of a module belong to."""
    found = "rfx"
    for op in module.walk():
        if isinstance(op, llvm.FuncOp):
            return "llvm"
        dialect = op.dialect_name()
        if dialect == "gpu":
            return "gpu"
        if dialect in ("memref", "scf") and found != "fused":
            found = "loops" if dialect == "memref" else found
        if isinstance(op, LoopNest):
            found = "fused"
        if any(isinstance(r.type, VectorType) for r in op.results):
            return "vectors"
    if found == "fused":
        for op in module.walk():
            inside = isinstance(op.parent_op(), LoopNest)
            if isinstance(op, _FUSED_AWAY) and not inside:
                return "rfx"
    return found


def _function(module: ModuleOp, name: str) -> func.FuncOp:
    for op in module.body.block.ops:
        if isinstance(op, func.FuncOp) and op.sym_name.data == name and op.body.blocks:
            return op
    raise InvalidIRError(f"there is no function @{name}, as rfx.signature says", module)


def check(module: ModuleOp, signature: Signature, level: str) -> None:
    """Compare a function with its signature; raises InvalidIRError."""
    function = _function(module, signature.name)
    if level in ("rfx", "fused"):
        expected: list[Attribute] = [_tensor(s) for s in signature.inputs]
        results: list[Attribute] = [_tensor(s) for s in signature.outputs]
    else:
        expected = [_buffer(s) for s in (*signature.inputs, *signature.outputs)]
        scratch = memref_type(i8, (DYNAMIC_INDEX,))
        expected += [index, index, scratch]
        results = [i32]
        if missing := {"rfx.extent", "rfx.workspace"} - set(function.attributes):
            raise InvalidIRError(f"there is no {min(missing)}", function)
    type_ = function.function_type
    for what, wanted, given in (
        ("arguments", expected, list(type_.inputs)),
        ("results", results, list(type_.outputs)),
    ):
        if wanted != given:
            wants, has = (", ".join(map(str, types)) for types in (wanted, given))
            raise InvalidIRError(
                f"the signature wants {what} ({wants}), the function has ({has})",
                function,
            )


def _dims(spec: Input | Output) -> tuple[int, ...]:
    return tuple(n if isinstance(n, int) else DYNAMIC_INDEX for n in spec.shape)


def _tensor(spec: Input | Output) -> Attribute:
    return tensor(ELEMENT_TYPES[spec.dtype], _dims(spec))


def _buffer(spec: Input | Output) -> Attribute:
    """What an argument is at the loops level: a scalar if it comes by value."""
    element = signless(ELEMENT_TYPES[spec.dtype])
    if isinstance(spec, Input) and spec.by_value:
        return element
    return memref_type(element, _dims(spec))
