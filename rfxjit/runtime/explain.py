"""What a unit accepts and why, in words: the text behind `f.explain()`.

unit 1, native
error: float64[1]
self.gain: float (hidden)
if x.py:7: n bounds a loop
n == 3
"""

from __future__ import annotations

from collections.abc import Iterator

from rfxjit.runtime.entry import Entry
from rfxjit.signature import Guard, Input, Path, Signature


def explain_entry(number: int, entry: Entry) -> str:
    """The paragraph about one unit."""
    return "\n".join(_lines(number, entry))


def _lines(number: int, entry: Entry) -> Iterator[str]:
    signature = entry.unit.signature
    yield f"unit {number}, {'native' if entry.address else 'called from Python'}"
    for spec in signature.inputs:
        yield f"  {spec.name}: {describe(spec)}"
    for pin in entry.unit.pins:
        yield f"  {pin}"
    for guard in signature.guards:
        if guard.reason:
            yield f"  if {guard.reason}"
        yield f"    {condition(guard, signature)}"


def describe(spec: Input) -> str:
    """An input as `float64[n, 3]`, `float32` or `int`, and its role."""
    role = "" if spec.role == "in" else f" ({spec.role})"
    if spec.by_value:
        return spec.kind + role
    dims = ", ".join(map(str, spec.shape))
    return f"{spec.dtype}{f'[{dims}]' if spec.kind == 'array' else ''}{role}"


def condition(guard: Guard, signature: Signature) -> str:
    """A guard as an expression."""
    what = place(guard.path, signature)
    match guard.mode:
        case "type":
            return f"type({what}) is {guard.expected.__name__}"
        case "len":
            kind, length = guard.expected
            return f"{what} is a {kind.__name__} of {length}"
        case _:
            sign = "is" if guard.mode == "is" else "=="
            return f"{what} {sign} {guard.expected!r}"


def place(path: Path, signature: Signature) -> str:
    """A path as an expression."""
    root, index = path.root
    text = signature.params[index].name if root == "param" else "<captured>"
    for step in path.steps:
        match step:
            case ("attr", name):
                text += f".{name}"
            case ("item", key):
                # In a captured namespace an item is a variable.
                text = str(key) if text == "<captured>" else f"{text}[{key!r}]"
            case _:
                pass
    return text
