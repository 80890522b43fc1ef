"""Fixtures: outside judges, with the count of what was skipped without, and entries."""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from pathlib import Path

import fuzz_coverage
import pytest
from entries import native_only
from toolbox import FINDERS, REQUIRED, find_tool

ROOT = Path(__file__).parent.parent
MISSING = "outside tool missing: "


def _tool(name: str) -> str:
    path = find_tool(name)
    if path is None:
        if REQUIRED:
            pytest.fail(f"{MISSING}{name} (RFX_REQUIRE_TOOLS is set)", pytrace=False)
        pytest.skip(MISSING + name)
    return path


@pytest.fixture(scope="session")
def mlir_opt() -> str:
    return _tool("mlir-opt")


@pytest.fixture(scope="session")
def cc() -> str:
    return _tool("cc")


@pytest.fixture(scope="session")
def cxx() -> str:
    return _tool("c++")


@pytest.fixture(scope="session")
def ptxas() -> str:
    return _tool("ptxas")


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder of the repository."""
    return ROOT


@pytest.fixture(params=[pytest.param(True, marks=native_only), False])
def native(request: pytest.FixtureRequest) -> bool:
    """Whether a unit has a native entry, or the portable one."""
    return request.param


def _unsupported_filecheck_tests(report: Path) -> list[str]:
    """The lit tests that asked for a missing tool, from lit's own report."""
    if not report.exists():
        return []
    tests = json.loads(report.read_text(encoding="utf-8"))["tests"]
    return [test["name"] for test in tests if test["code"] == "UNSUPPORTED"]


def _fuzz_folder() -> Path:
    return ROOT / "build" / "fuzz"


def pytest_sessionstart(session: pytest.Session) -> None:
    if fuzz_coverage.ON and not hasattr(session.config, "workerinput"):
        shutil.rmtree(_fuzz_folder(), ignore_errors=True)


def pytest_sessionfinish() -> None:
    if fuzz_coverage.ON:
        process = os.environ.get("PYTEST_XDIST_WORKER", "main")
        fuzz_coverage.save(_fuzz_folder(), process)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if fuzz_coverage.ON:
        terminalreporter.section("what the random programs drew")
        for line in fuzz_coverage.report(fuzz_coverage.load(_fuzz_folder())):
            terminalreporter.write_line(line)
    counts: Counter[str] = Counter()
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[-1] if isinstance(report.longrepr, tuple) else ""
        _, found, name = reason.partition(MISSING)
        if found:
            counts[name] += 1
    if lit := _unsupported_filecheck_tests(ROOT / "build" / "lit.json"):
        without = [name for name in FINDERS if find_tool(name) is None]
        counts[f"{', '.join(without)} (filecheck)"] = len(lit)
    terminalreporter.section("outside tools")
    if not counts:
        terminalreporter.write_line("0 tests skipped for want of a tool")
    for name, count in counts.items():
        terminalreporter.write_line(f"{count} tests skipped for want of {name}")
