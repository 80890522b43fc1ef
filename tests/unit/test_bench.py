"""The command line `rfxjit`: tiny runs of each command."""

from __future__ import annotations

import importlib.util
import json
import math
import os
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rfxjit.tools import bench, bench_report, perf_check
from rfxjit.tools.cli import main

QUICK = ["--size", "64", "--iterations", "2", "--warmup", "0", "--batch-ms", "0.05"]


def test_bench_writes_its_document(tmp_path: Path, capsys) -> None:
    out, table = tmp_path / "r.json", tmp_path / "t.md"
    arguments = ["--rows", "add-f,sin-f32,chain-f64", "--json-out", str(out)]
    arguments += ["--markdown", str(table)]

    assert main(["bench", *QUICK, *arguments]) == 0
    data = json.loads(out.read_text())
    assert data["schema_version"] == bench_report.SCHEMA_VERSION
    assert {"timestamp", "platform", "machine", "python", "backends"} <= set(
        data["metadata"]
    )
    assert data["parameters"]["size"] == 64
    rows = {row["name"]: row for row in data["metrics"]["rows"]}
    assert set(rows) == {"add-f32", "add-f64", "sin-f32", "chain-f64"}
    for row in rows.values():
        assert not row["wrong"]
        for timing in row["timings"]:
            assert 0 < timing["low_ns"] <= timing["median_ns"] <= timing["high_ns"]
            assert math.isfinite(timing["ratio"])
    assert rows["chain-f64"]["ops_before"] > rows["chain-f64"]["ops_after"] > 0
    assert "sin-f32" in capsys.readouterr().out
    assert sum(line[0:1] == "|" for line in table.read_text().splitlines()) == 6


def test_a_page_keeps_what_is_around_the_table(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{bench_report.BEGIN}old\n{bench_report.END}after\n")
    bench_report.write_markdown(page, [], bench.Parameters())
    text = page.read_text()

    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "old" not in text
    assert "| row |" in text


@pytest.mark.parametrize("name", ["pid", "pid-out", "scalar", "arm", "ur5", "matmul-6"])
def test_rows_of_calls_run_and_agree_with_numpy(name: str) -> None:
    parameters = bench.Parameters(iterations=1, warmup=0, batch_ns=1000)
    race = bench.load()[name](bench.Setup(parameters))
    runners = {n: r for n, r in race.runners.items() if n in ("numpy", "rfxjit", "C")}
    numpy = race.runners["numpy"]
    expected = [np.array(numpy.function(*numpy.arguments, **numpy.keywords))]

    for runner in runners.values():
        assert bench.fault(race, expected, runner) == ""


def _race(wrong: float) -> bench.Race:
    return bench.Race(
        "x + 1",
        {
            "numpy": bench.Runner(lambda x: x + 1, (1.0,)),
            "rfxjit": bench.Runner(lambda x: x + 1, (1.0,)),
            "liar": bench.Runner(lambda x: x + 1 + wrong, (1.0,)),
        },
    )


def test_wrong_results_are_not_timed() -> None:
    parameters = bench.Parameters(iterations=1, warmup=0, batch_ns=1000)

    right = bench.run("row", _race(0.0), parameters)
    assert right.timing("liar") is not None
    wrong = bench.run("row", _race(1.0), parameters)
    assert wrong.timing("liar") is None
    assert "AssertionError" in wrong.wrong["liar"]
    assert "liar WRONG" in bench_report.line(wrong)


def test_the_mean_of_a_group() -> None:
    race = replace(_race(0.0), group=("sums", 0.1))
    result = bench.run(
        "row", race, bench.Parameters(iterations=1, warmup=0, batch_ns=1000)
    )
    numpy = result.timing("numpy")
    assert numpy is not None
    twice = [
        replace(result, timings=[replace(numpy, ratio=ratio)]) for ratio in (0.5, 0.005)
    ]

    assert bench_report.means([result])[0].startswith("Sums: geometric mean")
    assert bench_report.means(twice) == [
        "Sums: geometric mean 0.05 x numpy over 2 rows, the largest 0.50;"
        " ≤ 0.1 x numpy: met."
    ]
    assert bench_report.means([replace(result, group=None)]) == []


def test_every_unary_ufunc_has_rows() -> None:
    rows = bench.load()
    names = {
        ufunc.__name__
        for ufunc in vars(np).values()
        if isinstance(ufunc, np.ufunc) and ufunc.nin == 1 and "d" in str(ufunc.types)
    }
    shorter = {
        f"arc{n}": f"a{n}" for n in ("sin", "cos", "tan", "sinh", "cosh", "tanh")
    }
    for name in names - {"deg2rad", "rad2deg"}:
        for width in (32, 64):
            assert f"ufunc-{shorter.get(name, name)}-f{width}" in rows


def test_unknown_rows_are_refused(capsys) -> None:
    assert main(["bench", "--rows", "no-such-row"]) == 2
    assert "no-such-row" in capsys.readouterr().err


def test_regressions() -> None:
    baseline = {"same": 0.5, "slower": 0.5, "nan": 0.5}
    ratios = {"same": 0.59, "slower": 0.61, "nan": math.nan, "new": 9.0}

    assert perf_check.regressions(ratios, baseline, 0.2) == ["slower", "nan"]
    assert perf_check.regressions({"new": math.inf}, {}, 0.2) == ["new"]


def test_perf_check_against_a_baseline(tmp_path: Path, capsys) -> None:
    baseline, out = tmp_path / "baseline.json", tmp_path / "out.json"
    command = ["perf-check", *QUICK, "--rows", "add-f32", "--baseline", str(baseline)]

    assert main([*command, "--update-baseline"]) == 0
    made = json.loads(baseline.read_text())
    assert made["ratios"]["add-f32"] > 0
    # Nobody runs in a billionth of the time: a regression, soft, then hard.
    made["ratios"]["add-f32"] *= 1e-9
    baseline.write_text(json.dumps(made))
    assert main([*command, "--output", str(out)]) == 0
    assert json.loads(out.read_text())["regressions"] == ["add-f32"]
    assert "warning: slower: add-f32" in capsys.readouterr().out
    assert main([*command, "--fail-on-regression"]) == 1
    made["ratios"]["add-f32"] *= 1e18
    baseline.write_text(json.dumps(made))
    assert main([*command, "--fail-on-regression"]) == 0


def test_the_committed_baseline_names_rows_that_exist() -> None:
    ratios = perf_check.load_baseline(bench.FOLDER / "baseline.json")
    assert ratios.keys() <= bench.load().keys()
    assert all(math.isfinite(ratio) and ratio > 0 for ratio in ratios.values())


def test_a_file_that_is_no_baseline(tmp_path: Path, capsys) -> None:
    path = tmp_path / "b.json"
    path.write_text("[]")

    assert main(["perf-check", "--baseline", str(path)]) == 2
    assert "no baseline" in capsys.readouterr().err


def test_doctor(capsys) -> None:
    assert main(["doctor"]) == 0
    assert "compiling  works" in capsys.readouterr().out


@pytest.mark.skipif(
    importlib.util.find_spec("matplotlib") is None, reason="needs matplotlib"
)
def test_plot(tmp_path: Path) -> None:
    parameters = bench.Parameters(iterations=1, warmup=0, batch_ns=1000)
    picture = tmp_path / "p.png"
    bench_report.plot([bench.run("row", _race(0.0), parameters)], picture)

    assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.skipif(sys.platform != "linux", reason="Linux can keep to a CPU")
def test_all_run_on_one_cpu() -> None:
    before = os.sched_getaffinity(0)
    with bench.one_cpu():
        assert len(os.sched_getaffinity(0)) == 1
    assert os.sched_getaffinity(0) == before
