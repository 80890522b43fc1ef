"""`rfxjit`: the command line around the compiler.

    rfxjit demo          the demonstration
    rfxjit bench         rfxjit beside NumPy, its peers and C
    rfxjit perf-check    the ratios to NumPy against those of a committed baseline
    rfxjit doctor        what this machine offers, and whether compiling works

`rfx-opt` runs passes on text.
"""

from __future__ import annotations

import argparse
import runpy
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from rfxjit.errors import RfxError
from rfxjit.tools import bench


def _demo(_: argparse.Namespace) -> int:
    """Run the demonstration of the checkout."""
    demo = bench.ROOT / "examples" / "demo.py"
    if not demo.exists():
        raise FileNotFoundError(f"{demo}: the demonstration is part of a checkout")
    runpy.run_path(str(demo), run_name="rfxjit_demo")["main"]()
    return 0


def _parameters(arguments: argparse.Namespace) -> bench.Parameters:
    return bench.Parameters(
        size=arguments.size,
        iterations=arguments.iterations,
        warmup=arguments.warmup,
        seed=arguments.seed,
        backend=arguments.backend,
        batch_ns=int(arguments.batch_ms * 1e6),
    )


def _wanted(arguments: argparse.Namespace) -> list[str]:
    return [name for name in arguments.rows.split(",") if name]


def _bench(arguments: argparse.Namespace) -> int:
    """Run the rows; 1 if rfxjit is wrong in one of them."""
    from rfxjit.tools import bench_report as report

    parameters = _parameters(arguments)
    print(f"{report.cpu()}; times are medians, (rfxjit's time / theirs)", flush=True)
    results = bench.run_all(
        parameters,
        _wanted(arguments),
        arguments.folder,
        say=lambda result: print(report.line(result), flush=True),
    )
    for mean in report.means(results):
        print(mean)
    for peer in results[0].absent:
        print(f"{peer}: not installed")
    if arguments.json_out:
        report.write_json(arguments.json_out, report.document(results, parameters))
    if arguments.markdown:
        report.write_markdown(arguments.markdown, results, parameters)
    if arguments.plot:
        report.plot(results, arguments.plot)
    return int(any("rfxjit" in result.wrong for result in results))


def _perf_check(arguments: argparse.Namespace) -> int:
    from rfxjit.tools import perf_check

    return perf_check.check(
        _parameters(arguments),
        _wanted(arguments) or perf_check.ROWS,
        baseline=arguments.baseline,
        output=arguments.output,
        threshold=arguments.threshold_pct / 100,
        fail=arguments.fail_on_regression,
        update=arguments.update_baseline,
        folder=arguments.folder,
    )


def _probe(x: Any) -> Any:
    return np.sin(x) + 1.0


def _doctor(_: argparse.Namespace) -> int:
    """Say what is here; 1 if a function cannot be compiled and run."""
    import platform
    import shutil

    import rfxjit as rfx
    from rfxjit.tools.bench_report import cpu

    print(f"Python     {platform.python_version()} on {platform.platform()}")
    print(f"CPU        {cpu()}")
    for package in ("rfxjit", "numpy", "xdsl", "llvmlite", "optree", *bench.PEERS):
        print(f"{package:10} {bench.installed(package) or 'not installed'}")
    for tool in ("cc", "mlir-opt-22", "ptxas"):
        print(f"{tool:10} {shutil.which(tool) or 'not found'}")
    print(f"backends   {', '.join(rfx.available_backends())}")
    x = np.arange(5.0)
    compiled = rfx.jit(_probe, strict=True)
    try:
        works = bool(np.allclose(compiled(x), _probe(x)))
        stats = compiled.stats()
    except RfxError as error:
        print(f"compiling  FAILED: {error}")
        return 1
    native = "through a native entry" if stats["native_units"] else "through Python"
    seconds = stats["compile_seconds"]
    print(f"compiling  {'works' if works else 'is WRONG'}, {native}, {seconds:.2f} s")
    return int(not works)


def _add_measuring(parser: argparse.ArgumentParser) -> None:
    default = bench.Parameters()
    add = parser.add_argument
    add("--size", type=int, default=default.size, help="elements of elementwise rows")
    add("--iterations", type=int, default=default.iterations, help="timed rounds")
    add("--warmup", type=int, default=default.warmup, help="rounds before those")
    add("--seed", type=int, default=default.seed, help="of the random arrays")
    add("--backend", default=default.backend, help="auto, cpu, ...")
    add("--batch-ms", type=float, default=default.batch_ns / 1e6,
        help="least time of one batch of calls")  # fmt: skip
    add("--rows", default="", help="only rows whose names begin with one of these: a,b")
    add("--folder", type=Path, default=bench.FOLDER, help="where the rows are defined")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="rfxjit", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(
        name: str, run: Callable[[argparse.Namespace], int], text: str
    ) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(run=run)
        return sub

    command("demo", _demo, "run the demonstration")
    add = (parser_ := command("bench", _bench, "measure")).add_argument
    _add_measuring(parser_)
    add("--json-out", type=Path, help="write all figures as JSON")
    add("--markdown", type=Path, help="write the table, or renew it in a page")
    add("--plot", type=Path, help="write a picture (needs matplotlib)")
    check = command("perf-check", _perf_check, "compare ratios with a baseline")
    _add_measuring(check)
    add = check.add_argument
    add("--baseline", type=Path, default=bench.FOLDER / "baseline.json")
    add("--output", type=Path, help="write the comparison as JSON")
    add("--threshold-pct", type=float, default=50.0,
        help="how much slower than the baseline's ratio is a regression")  # fmt: skip
    add("--fail-on-regression", action="store_true", help="exit code 1, not a warning")
    add("--update-baseline", action="store_true", help="make the baseline anew")
    command("doctor", _doctor, "say what this machine offers")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; the exit code."""
    parsed = _parser().parse_args(arguments)
    try:
        return parsed.run(parsed)
    except (FileNotFoundError, ValueError, RfxError) as error:
        print(f"rfxjit: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
