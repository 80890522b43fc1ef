"""What random programs have drawn: `make fuzz` reports it, and names what is missing.

Counts are kept per process while `RFX_FUZZ` is set, written to a folder at the end, and
added up by the process that reports.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from xdsl.dialects.builtin import ModuleOp

from rfxjit.dialects import rfx
from rfxjit.dialects.elementwise import TABLE
from rfxjit.dialects.ir import DTYPES, dtype_of, element_type, kind_of, shape_of

ON = "RFX_FUZZ" in os.environ
COUNTS: Counter[str] = Counter()

_DTYPES = {str(dtype): kind_of(t) for t, dtype in DTYPES.items() if str(t) != "index"}
_INSIDE = {"rfx.map", "rfx.map_reduce", "rfx.yield", "rfx.index", "rfx.dim"}
"""What is no op of a random program, but of the fused level."""


def saw(kind: str, names: Iterable[Any]) -> None:
    """Count things of a kind: "step", say."""
    if ON:
        COUNTS.update(f"{kind}: {name}" for name in names)


def saw_program(module: ModuleOp) -> None:
    """Count the ops of a program, each with the dtype it works on, ranks and sizes."""
    if not ON:
        return
    for op in module.walk():
        if not op.name.startswith("rfx."):
            continue
        value = (op.operands or op.results)[-1]
        COUNTS[f"op: {op.name} {dtype_of(element_type(value.type))}"] += 1
        shape = shape_of(value.type)
        saw("rank", [len(shape)])
        saw("size", {n if n < 2 else "2 or more" for n in shape})


def save(folder: Path, process: str) -> None:
    """Write the counts of this process."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{process}.json").write_text(json.dumps(COUNTS), encoding="utf-8")


def load(folder: Path) -> Counter[str]:
    """The counts of all processes."""
    total: Counter[str] = Counter()
    for file in folder.glob("*.json"):
        total.update(json.loads(file.read_text(encoding="utf-8")))
    return total


def report(counts: Counter[str]) -> Iterator[str]:
    """Lines: how much of what there is was drawn, what was not, and what seldom."""
    pairs: Counter[tuple[str, str]] = Counter()
    other: dict[str, Counter[str]] = {}
    for key, count in counts.items():
        kind, _, name = key.partition(": ")
        if kind == "op":
            op, _, dtype = name.partition(" ")
            pairs[op, dtype] += count
        else:
            other.setdefault(kind, Counter())[name] += count
    ops: Counter[str] = Counter()
    dtypes: Counter[str] = Counter()
    for (op, dtype), count in pairs.items():
        ops[op] += count
        dtypes[dtype] += count
    known = {op.name for op in rfx.Rfx.operations} - _INSIDE
    yield from _share("ops", ops, known)
    yield from _share("dtypes", dtypes, set(_DTYPES))
    wanted = {
        f"{row.name} {dtype}"
        for row in TABLE.values()
        for dtype, kind in _DTYPES.items()
        if kind in row.kinds
    }
    drawn = {
        f"{op.removeprefix('rfx.')} {dtype}": count
        for (op, dtype), count in pairs.items()
    }
    yield from _share("elementwise ops by dtype", Counter(drawn), wanted)
    for kind, names in sorted(other.items()):
        by_count = sorted(names.items(), key=lambda item: (-item[1], item[0]))
        listed = ", ".join(f"{name} {count}" for name, count in by_count)
        yield f"{kind}: {listed}"


def _share(what: str, drawn: Counter[str], known: set[str]) -> Iterator[str]:
    found = {name: drawn[name] for name in known if drawn[name]}
    yield f"{what}: {len(found)} of {len(known)} drawn, {sum(found.values())} times"
    if missing := sorted(known - set(found)):
        yield f"  never: {', '.join(missing)}"
    if found:
        rare = sorted(found, key=lambda name: (found[name], name))[:5]
        yield f"  least: {', '.join(f'{name} {found[name]}' for name in rare)}"
