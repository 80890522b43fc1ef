"""`rfxjit perf-check`: has a row become slower, relative to NumPy?

    {"schema_version": 1, "cpu": ..., "parameters": {...}, "ratios": {"pid": 0.05, ...}}

The baseline holds rfxjit's time over NumPy's per row: a ratio carries over between runs
and, roughly, between machines; absolute times do not. A row that seems slower is
measured once more before it is called a regression. A ratio that is not finite, as of a
row that gives wrong results, is one always.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rfxjit.tools import bench
from rfxjit.tools.bench_report import SCHEMA_VERSION, cpu, write_json

ROWS = ("pid", "sin-plus-8", "scalar", "ur5", "add-f", "mul-f", "sin-f", "chain-f",
        "log-pow-f", "softmax", "layernorm", "grad-f")  # fmt: skip
"""What is checked if no rows are named: what takes seconds."""


def measure(
    parameters: bench.Parameters, rows: Sequence[str], folder: Path
) -> dict[str, float]:
    """rfxjit's time over NumPy's; NaN where rfxjit is wrong."""
    results = bench.run_all(
        parameters, rows, folder, say=lambda _: None, only=("numpy", "rfxjit")
    )
    return {result.name: _ratio(result) for result in results}


def _ratio(result: bench.Result) -> float:
    timing = result.timing("numpy")
    return timing.ratio if timing else math.nan


def regressions(
    ratios: Mapping[str, float], baseline: Mapping[str, float], threshold: float
) -> list[str]:
    """The rows that are slower than the baseline by more than `threshold`, a part."""
    return [
        name
        for name, ratio in ratios.items()
        if not math.isfinite(ratio)
        or (name in baseline and not ratio <= baseline[name] * (1 + threshold))
    ]


def load_baseline(path: Path) -> dict[str, float]:
    """The ratios of a baseline. Raises ValueError if it is none."""
    data: Any = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(data, dict) or data.get("schema_version") != SCHEMA_VERSION:  # pyright: ignore[reportUnknownMemberType]
        raise ValueError(f"{path} is no baseline of version {SCHEMA_VERSION}")
    return {name: float(ratio) for name, ratio in data["ratios"].items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType, reportUnknownMemberType]


def check(
    parameters: bench.Parameters,
    rows: Sequence[str],
    *,
    baseline: Path,
    output: Path | None,
    threshold: float,
    fail: bool,
    update: bool,
    folder: Path = bench.FOLDER,
) -> int:
    """Measure and compare; the exit code."""
    known = {} if update else load_baseline(baseline)
    ratios = measure(parameters, rows, folder)
    if slower := regressions(ratios, known, threshold):
        again = measure(parameters, slower, folder)
        for name in slower:
            ratios[name] = min(ratios[name], again[name])
    slower = regressions(ratios, known, threshold)
    document = {
        "schema_version": SCHEMA_VERSION,
        "cpu": cpu(),
        "parameters": asdict(parameters),
        "ratios": ratios,
    }
    if update and not slower:
        write_json(baseline, document)
    if output:
        compared = {"baseline": known, "threshold": threshold, "regressions": slower}
        write_json(output, document | compared)
    for name, ratio in ratios.items():
        before = f"{known[name]:8.3f}" if name in known else "     new"
        mark = "  REGRESSION" if name in slower else ""
        print(f"{name:16} {before} -> {ratio:8.3f}{mark}")
    if slower:
        print(f"{'error' if fail else 'warning'}: slower: {', '.join(slower)}")
    return int(fail and bool(slower))
