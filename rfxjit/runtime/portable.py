"""Calls of a unit through Python and ctypes: right for every array there is.

    result = PortableEntry(unit, library).call(params, out)      # or MISS

It stands behind the native entry, for arrays that a kernel cannot take as they are
(strided, misaligned, byte-swapped, overlapping with `out`): they are copied, and
written back. It is the only path where native entries cannot be used, and for units
that are Python themselves (`Unit.run`). Both paths give the same results.

Checks come before anything is written. `RunsInPython` says that only the original
function does what the call means: where an argument that is written shares memory with
another, the order of reads and writes matters, and a kernel reads first.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from rfxjit.runtime.cpu import Library
from rfxjit.runtime.unit import Unit
from rfxjit.signature import (
    INTERRUPTED,
    WORKSPACE_ALIGN,
    Alias,
    Constant,
    Dim,
    Input,
    Slot,
)

MISS: Final = object()
"""The unit does not accept the call: another one, or a new one, must."""

Array = np.ndarray[Any, np.dtype[Any]]

_C_TYPES = {"float": ctypes.c_double, "int": ctypes.c_int64, "bool": ctypes.c_uint8}


class RunsInPython(Exception):  # noqa: N818 - it is no error
    """The call must be made to the original function, for the reason given."""


@dataclass(frozen=True)
class _Argument:
    """An input as the caller gave it, and as the kernel takes it."""

    given: Any
    value: Any


class PortableEntry:
    """One unit, called from Python; the library is the caller's to keep."""

    def __init__(self, unit: Unit, library: Library | None) -> None:
        self.unit = unit
        self.signature = unit.signature
        if library is not None:
            self._kernel, self._shapes = self._functions(library)

    def _functions(self, library: Library) -> tuple[Any, Any]:
        signature = self.signature
        pointer, word = ctypes.c_void_p, ctypes.c_int64
        types: list[Any] = []
        for spec in (*signature.inputs, *signature.outputs):
            if isinstance(spec, Input) and spec.by_value:
                types.append(_C_TYPES[spec.kind])
            else:
                dynamic = sum(not isinstance(dim, int) for dim in spec.shape)
                types += [pointer, *[word] * dynamic]
        kernel = ctypes.CFUNCTYPE(ctypes.c_int32, *types, word, word, pointer)
        shapes = ctypes.CFUNCTYPE(ctypes.c_int32, pointer, pointer)
        name = signature.name
        return (
            kernel(library.address(name)),
            None if signature.static else shapes(library.address(f"{name}_shapes")),
        )

    def call(self, params: tuple[Any, ...], out: Any = None) -> Any:
        """The result, or MISS. `params` are all parameters, bound, in order."""
        signature = self.signature
        if not all(g.holds(params, signature.objects) for g in signature.guards):
            return MISS
        arguments = self._read(params)
        if arguments is None:
            return MISS
        self._check_writes(arguments)
        if out is not None and not signature.takes_out:
            raise TypeError(f"{signature.name}() cannot write its result to out=")
        if self.unit.run is not None:
            outputs = self.unit.run([a.value for a in arguments])
        else:
            outputs = self._run_kernel(arguments)
        leaves = self._leaves(outputs, params)
        result = leaves[0]
        if signature.flat_tuple:
            result = tuple(leaves)
        elif signature.treedef is not None:
            result = signature.treedef.unflatten(leaves)
        if out is not None:
            result = deliver(signature.name, result, out)
        for output, value in zip(signature.outputs, outputs, strict=True):
            if output.inout is not None:
                target = arguments[output.inout].given
                if target is not value:
                    np.copyto(target, value)
        return result

    def _read(self, params: tuple[Any, ...]) -> list[_Argument] | None:
        symbols: dict[str, int] = {}
        arguments: list[_Argument] = []
        for spec in self.signature.inputs:
            try:
                given = spec.path.fetch(params, self.signature.objects)
            except (AttributeError, LookupError, TypeError, ValueError):
                return None
            value = _convert(given, spec, symbols)
            if value is None:
                return None
            arguments.append(_Argument(given, value))
        return arguments

    def _check_writes(self, arguments: list[_Argument]) -> None:
        for i, spec in enumerate(self.signature.inputs):
            if spec.role != "inout":
                continue
            given = arguments[i].given
            if not given.flags.writeable:
                raise RunsInPython(f"argument '{spec.name}' is read-only")
            for j, other in enumerate(arguments):
                if (
                    j != i
                    and self.signature.inputs[j].kind == "array"
                    and np.may_share_memory(given, other.given)
                ):
                    second = self.signature.inputs[j].name
                    raise RunsInPython(f"arguments '{spec.name}', '{second}' overlap")

    def _run_kernel(self, arguments: list[_Argument]) -> list[Array]:
        signature = self.signature
        out_shapes, extent, workspace = self._dims(arguments)
        # Arrays are kept in `arguments` and `outputs` while the kernel runs.
        passed: list[Any] = []
        for spec, argument in zip(signature.inputs, arguments, strict=True):
            if spec.by_value:
                passed.append(argument.value)
            else:
                passed += _pass(argument.value, spec.shape)
        outputs: list[Array] = []
        for spec, shape in zip(signature.outputs, out_shapes, strict=True):
            in_place = spec.inout is not None and spec.in_place
            output: Array = (
                arguments[spec.inout].value
                if in_place and spec.inout is not None
                else np.empty(shape, spec.dtype)
            )
            outputs.append(output)
            passed += _pass(output, spec.shape)
        start, scratch = 0, None
        if workspace:
            scratch = np.empty(workspace + WORKSPACE_ALIGN, np.uint8)
            start = -(-scratch.ctypes.data // WORKSPACE_ALIGN) * WORKSPACE_ALIGN
        self._check(self._kernel(*passed, 0, extent, start))
        return outputs

    def _dims(
        self, arguments: list[_Argument]
    ) -> tuple[list[tuple[int, ...]], int, int]:
        """Shapes of the outputs, extent, and bytes of workspace."""
        signature = self.signature
        shapes: list[tuple[Any, ...]] = [o.shape for o in signature.outputs]
        if signature.static:
            assert signature.extent is not None
            assert signature.workspace is not None
            return shapes, signature.extent, signature.workspace
        dims = [
            size
            for spec, argument in zip(signature.inputs, arguments, strict=True)
            if spec.kind == "array"
            for size in argument.value.shape
        ]
        given = np.array(dims, np.int64)
        found = np.zeros(sum(map(len, shapes)) + 2, np.int64)
        self._check(self._shapes(given.ctypes.data, found.ctypes.data))
        sizes: list[int] = found.tolist()
        asked = iter(sizes)
        shapes = [tuple(next(asked) for _ in shape) for shape in shapes]
        extent, workspace = sizes[-2:]
        return (
            shapes,
            extent if signature.extent is None else signature.extent,
            workspace if signature.workspace is None else signature.workspace,
        )

    def _check(self, status: int) -> None:
        failures = self.signature.failures
        if status == INTERRUPTED:
            from rfxjit.runtime import support

            # It raises what is kept.
            again = ctypes.PYFUNCTYPE(None, ctypes.c_int32)
            again(support.function("rfx.raise"))(status)
        if status:
            if not 0 < status <= len(failures):
                raise SystemError(f"{self.signature.name}: status out of range")
            failure = failures[status - 1]
            raise failure.exception(failure.message)

    def _leaves(self, outputs: Sequence[Any], params: tuple[Any, ...]) -> list[Any]:
        signature = self.signature
        boxed: list[Any] = []
        for spec, value in zip(signature.outputs, outputs, strict=True):
            array = np.asarray(value, spec.dtype)
            if spec.kind in _C_TYPES:
                boxed.append(array.item())
            else:
                boxed.append(array[()] if spec.kind == "scalar" else array)
        leaves: list[Any] = []
        for result in signature.results:
            match result:
                case Slot(index):
                    leaves.append(boxed[index])
                case Alias(path):
                    leaves.append(path.fetch(params, signature.objects))
                case Constant(value):
                    leaves.append(value)
        return leaves


def _convert(given: Any, spec: Input, symbols: dict[str, int]) -> Any:
    """An argument as the kernel takes it, or None if it is of another kind."""
    match spec.kind:
        case "float":
            return given if type(given) is float else None
        case "int":
            fits = type(given) is int and -(2**63) <= given < 2**63
            return given if fits else None
        case "bool":
            return given if type(given) is bool else None
        case "scalar":
            # Subclasses of NumPy's scalars may mean anything.
            exact = issubclass(type(given), np.generic) and (
                type(given) is given.dtype.type
            )
            return np.asarray(given) if exact and given.dtype == spec.dtype else None
        case "array":
            if type(given) is not np.ndarray or not fits_shape(
                given.shape, spec.shape, symbols
            ):
                return None
            if spec.dtype not in (given.dtype, given.dtype.newbyteorder("=")):
                return None
            flags = given.flags
            if flags.c_contiguous and flags.aligned and given.dtype.isnative:
                return given
            return np.require(given, spec.dtype, ["C_CONTIGUOUS", "ALIGNED"])


def fits_shape(
    sizes: tuple[int, ...], shape: tuple[Dim, ...], symbols: dict[str, int]
) -> bool:
    """True if sizes are as a shape says; new symbols are added."""
    return len(sizes) == len(shape) and all(
        size == dim
        if isinstance(dim, int)
        else size > 1 and symbols.setdefault(dim, size) == size
        for size, dim in zip(sizes, shape, strict=True)
    )


def _pass(array: Array, shape: tuple[Dim | None, ...]) -> list[int]:
    """A data pointer and the dynamic dims."""
    dynamic = [s for s, d in zip(array.shape, shape, strict=True) if type(d) is not int]
    return [array.ctypes.data, *dynamic]


def deliver(name: str, result: Any, out: Any) -> Any:
    """Copy a result, an array or a flat tuple of them, to `out`, as NumPy would."""
    several = issubclass(type(result), tuple)
    leaves: tuple[Any, ...] = result if several else (result,)
    targets: tuple[Any, ...] = out if issubclass(type(out), tuple) else (out,)
    if len(targets) != len(leaves):
        raise ValueError(
            f"{name}(): out has {len(targets)} arrays for {len(leaves)} results"
        )
    for leaf, target in zip(leaves, targets, strict=True):
        if not issubclass(type(target), np.ndarray):
            raise TypeError(
                f"{name}(): out must be an array, not {type(target).__name__}"
            )
        if not issubclass(type(leaf), (np.ndarray, np.generic)):
            raise TypeError(
                f"{name}() returns {type(leaf).__name__}, which has no out="
            )
        if target.shape != leaf.shape:
            raise ValueError(
                f"{name}(): out has shape {target.shape}, the result {leaf.shape}"
            )
        if not target.flags.writeable:
            raise ValueError(f"{name}(): output array is read-only")
    for leaf, target in zip(leaves, targets, strict=True):
        np.copyto(target, leaf, casting="same_kind")
    return out if several or not issubclass(type(out), tuple) else out[0]
