"""What `rfxjit bench` writes: lines, JSON, a Markdown table, a plot."""

from __future__ import annotations

import json
import math
import os
import platform
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

import rfxjit as rfx
from rfxjit.tools.bench import PEERS, Parameters, Result, installed, library

SCHEMA_VERSION = 1


def cpu() -> str:
    """The model of this CPU, as the system names it, and what LLVM calls it."""
    from rfxjit.runtime.cpu import host

    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        for entry in info.read_text(encoding="utf-8").splitlines():
            if entry.startswith("model name"):
                model = entry.partition(":")[2].strip()
                break
    return f"{model} ({host().cpu}, {host().vector_bytes * 8}-bit vectors)"


def document(results: Sequence[Result], parameters: Parameters) -> dict[str, Any]:
    """The JSON document of a run."""
    return {
        "schema_version": SCHEMA_VERSION,
        "name": "rfxjit-bench",
        "metadata": {
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "platform": platform.platform(),
            "machine": platform.machine(),
            "cpu": cpu(),
            "cpu_count": os.cpu_count(),
            "python": platform.python_version(),
            "numpy": np.__version__,
            "rfxjit": installed("rfxjit"),
            "backends": list(rfx.available_backends()),
            "peers": {peer: installed(peer) for peer in PEERS},
        },
        "parameters": asdict(parameters),
        "metrics": {"rows": [asdict(result) for result in results]},
    }


def write_json(path: Path, data: Mapping[str, Any]) -> None:
    """Write a document for people and tools."""
    path.write_text(f"{json.dumps(data, indent=1)}\n", encoding="utf-8")


def _time(ns: float, elements: int) -> str:
    if elements:
        return f"{ns / elements:.3f} ns/el"
    for unit, scale in (("ns", 1.0), ("us", 1e3), ("ms", 1e6)):
        if ns < 1000 * scale or unit == "ms":
            return (
                f"{ns / scale:.3g} {unit}"
                if ns < 100 * scale
                else (f"{ns / scale:.0f} {unit}")
            )
    raise AssertionError


def line(result: Result) -> str:
    """A row for the terminal."""
    parts = [
        f"{t.name} {_time(t.median_ns, result.elements)}"
        + ("" if t.name == "rfxjit" else f" ({t.ratio:.2f})")
        for t in result.timings
    ]
    parts += [f"{name} WRONG: {why}" for name, why in result.wrong.items()]
    return f"{result.name:24} {'  '.join(parts)}"


def markdown(results: Sequence[Result]) -> str:
    """A table with a column per runner: medians, and rfxjit's time over theirs."""
    names = ["rfxjit", "numpy", *PEERS, "C"]
    names = [n for n in names if any(r.timing(n) is not None for r in results)]
    head = ["row", *names, "spread", "ops", "target"]
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    for result in results:
        cells = [result.title]
        for name in names:
            timing = result.timing(name)
            if timing is None:
                cells.append("wrong" if name in result.wrong else "")
            elif name == "rfxjit":
                cells.append(f"**{_time(timing.median_ns, result.elements)}**")
            else:
                time_ = _time(timing.median_ns, result.elements)
                cells.append(f"{time_} ({timing.ratio:.2f})")
        own = result.timing("rfxjit")
        spread = (own.high_ns - own.low_ns) / own.median_ns if own else math.nan
        cells.append(f"{spread:.0%}")
        cells.append(f"{result.ops_before} → {result.ops_after}"
                     if result.ops_before is not None else "")  # fmt: skip
        cells.append(verdict(result))
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def means(results: Sequence[Result]) -> list[str]:
    """A sentence for each group of rows: the geometric mean of its ratios."""
    groups: dict[tuple[str, float], list[float]] = {}
    for result in results:
        if result.group and (numpy := result.timing("numpy")):
            groups.setdefault(result.group, []).append(numpy.ratio)
    return [
        f"{name[:1].upper()}{name[1:]}: geometric mean {mean:.2f} x numpy"
        f" over {len(ratios)} rows, the largest {max(ratios):.2f};"
        f" ≤ {bound:g} x numpy: {'met' if mean <= bound else 'missed'}."
        for (name, bound), ratios in groups.items()
        for mean in [statistics.geometric_mean(ratios)]
    ]


BEGIN, END = "<!-- rfxjit bench -->\n", "<!-- end -->\n"


def write_markdown(
    path: Path, results: Sequence[Result], parameters: Parameters
) -> None:
    """Write the table, or put it between the marks of a page that has them."""
    peers = ", ".join(f"{p} {version}" for p in PEERS if (version := installed(p)))
    said = (
        f"{cpu()}; Python {platform.python_version()}, NumPy {np.__version__}, {peers};"
        f" {parameters.iterations} rounds. Times are medians; in brackets rfxjit's time"
        f" over theirs; the spread is that of rfxjit's quartiles.\n\n"
    )
    made = said + markdown(results) + "".join(f"\n{mean}\n" for mean in means(results))
    page = path.read_text(encoding="utf-8") if path.exists() else ""
    if BEGIN in page:
        before, _, rest = page.partition(BEGIN)
        made = f"{before}{BEGIN}\n{made}\n{END}{rest.partition(END)[2]}"
    path.write_text(made, encoding="utf-8")


def verdict(result: Result) -> str:
    """The row's target, and whether it is met."""
    if result.target is None:
        return ""
    peer, bound = result.target
    timing = result.timing(peer)
    text = f"≤ {bound:g} x {peer}"
    if timing is None:
        return text
    return f"{text}: {'met' if timing.ratio <= bound else 'missed'}"


def plot(results: Sequence[Result], path: Path) -> None:
    """The speed of rfxjit over each peer's, on a logarithmic scale."""
    library("matplotlib").use("Agg")
    plt = library("matplotlib.pyplot")
    rows = [r for r in reversed(results) if r.timings]
    names = [n for n in ("numpy", *PEERS, "C") if any(r.timing(n) for r in rows)]
    figure, axes = plt.subplots(figsize=(8, 1 + 0.3 * len(rows)))
    for name in names:
        points = [
            (1 / timing.ratio, i)
            for i, row in enumerate(rows)
            if (timing := row.timing(name)) is not None
        ]
        axes.plot(*zip(*points, strict=True), "o", label=name, alpha=0.8)
    axes.axvline(1.0, color="black", linewidth=1)
    # A row may have no counterpart: to compile takes NumPy no time.
    axes.set_xscale("log")
    axes.set_xlim(left=0.03)
    axes.set_yticks(range(len(rows)), [row.title for row in rows], fontsize=8)
    axes.set_xlabel("times as fast as (right of 1: rfxjit is faster)")
    axes.grid(visible=True, axis="x", alpha=0.3)
    axes.legend(loc="lower right", fontsize=8)
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    plt.close(figure)
