"""Rules of the repository that no tool knows: names, registries, imports, leaks."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from xdsl.passes import ModulePass
from xdsl.utils.arg_spec import parse_pipeline

from rfxjit.dialects import DIALECTS, load_dialect
from rfxjit.passes import PASSES, load_pass
from rfxjit.passes.pipelines import PIPELINES
from rfxjit.targets import TARGETS, load_target
from rfxjit.universe import PREFIX, UNIVERSE

ROOT = Path(__file__).parent.parent.parent
FILECHECK = ROOT / "tests" / "filecheck"


def snake(name: str) -> str:
    return name.replace("-", "_")


def camel(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("-"))


# --- registries -----------------------------------------------------------------------


def test_pass_has_one_name_everywhere():
    for name, place in PASSES.items():
        assert place == f"rfxjit.passes.{snake(name)}:{camel(name)}Pass"
        assert load_pass(name).name == name
        assert (FILECHECK / "passes" / f"{snake(name)}.mlir").exists(), name


def test_every_pass_is_registered():
    for file in (ROOT / "rfxjit" / "passes").glob("*.py"):
        for cls in re.findall(
            r"^class (\w+)\(.*ModulePass\b", file.read_text(), re.MULTILINE
        ):
            assert f"rfxjit.passes.{file.stem}:{cls}" in PASSES.values()


def test_pass_options_have_defaults():
    # A pipeline names passes; what it leaves out must have an obvious value.
    for name in PASSES:
        cls = load_pass(name)
        assert issubclass(cls, ModulePass)
        assert cls.required_fields() == set(), name
        assert cls.__doc__ or sys.modules[cls.__module__].__doc__, name


def test_pipelines_name_passes():
    assert not PIPELINES.keys() & PASSES.keys()
    for text in PIPELINES.values():
        for spec in parse_pipeline(text):
            assert load_pass(spec.name).from_spec(spec).name == spec.name


def test_target_has_one_name_everywhere():
    for name in TARGETS:
        assert load_target(name).name == name
        assert load_target(name).required_fields() == set(), name
        assert (FILECHECK / "targets" / f"{snake(name)}.mlir").exists(), name


def test_dialects_load():
    for name in DIALECTS:
        assert load_dialect(name).name == name


def test_universe_prefixes_what_it_adds():
    assert UNIVERSE.all_dialects["rfx"]() is load_dialect("rfx")
    for name in PASSES:
        assert UNIVERSE.all_passes[PREFIX + name]().name == PREFIX + name
    for name in TARGETS:
        assert UNIVERSE.all_targets[PREFIX + name]().name == PREFIX + name


def test_xdsl_tools_find_the_universe():
    text = "func.func @f() {\n  func.return\n}"
    passes = ",".join(["cse", *(PREFIX + name for name in PASSES if name == "cse")])
    done = subprocess.run(
        [Path(sys.executable).parent / "xdsl-opt", "-p", passes],
        input=text,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "func.func @f()" in done.stdout


# --- the traps of FileCheck -----------------------------------------------------------


def run_lines(text: str) -> list[str]:
    joined = re.sub(r"\\\n\s*(//|#)\s*RUN:", "", text)
    return re.findall(r"RUN:(.*)", joined)


def problems(text: str) -> list[str]:
    """What is wrong with an IR test: it must not be able to pass without a check."""
    runs = run_lines(text)
    found = [] if runs else ["no RUN line"]
    for run in runs:
        # mlir-opt and ptxas judge by their exit code; rfx-opt's output is compared.
        if "--verify-diagnostics" in run or "--parsing-diagnostics" in run:
            if not re.search(r"\|\s*filecheck\b", run):
                found.append("diagnostics are not piped to filecheck")
            prefixes = re.findall(r"--check-prefix(?:es)?[= ](\S+)", run) or ["CHECK"]
            check = re.compile(rf"\b({'|'.join(prefixes).replace(',', '|')})[A-Z-]*:")
            chunks = re.split(r"^// -----", text, flags=re.MULTILINE)
            for number, chunk in enumerate(chunks, 1):
                lines = [line for line in chunk.splitlines() if "RUN:" not in line]
                body = [line for line in lines if line.strip()]
                if body and not any(check.search(line) for line in lines):
                    found.append(f"chunk {number} has no {prefixes[0]}")
        elif "filecheck" in run and not re.search(r"\b[A-Z][A-Z0-9_-]*:", text):
            found.append("filecheck without a check")
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("// RUN: rfx-opt %s | filecheck %s\n// CHECK: x", []),
        ("func.func @f()", ["no RUN line"]),
        (
            "// RUN: rfx-opt %s --verify-diagnostics\n// CHECK: x",
            ["diagnostics are not piped to filecheck"],
        ),
        (
            "// RUN: rfx-opt --verify-diagnostics %s | filecheck %s\n// CHECK: x\n"
            "// -----\nfunc.func @f()\n// -----\n// CHECK: y",
            ["chunk 2 has no CHECK"],
        ),
        (
            "// RUN: rfx-opt %s --verify-diagnostics \\\n// RUN:   | filecheck %s\n"
            "// CHECK: x",
            [],
        ),
    ],
)
def test_the_judge_of_filecheck_tests(text, expected):
    assert problems(text) == expected


def test_no_filecheck_test_passes_without_a_check():
    files = [*FILECHECK.rglob("*.mlir"), *FILECHECK.glob("*/*.py")]
    for file in sorted(files):
        assert problems(file.read_text()) == [], file.relative_to(ROOT)


# --- what an import costs and loads ---------------------------------------------------

IMPORT = """
import sys, time
import numpy
start = time.process_time()
import rfxjit
print((time.process_time() - start) * 1e3)
print(*(name for name in ("xdsl", "llvmlite", "optree", "ast") if name in sys.modules))
"""


def test_import_is_light():
    runs = [
        subprocess.run(
            [sys.executable, "-c", IMPORT],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split("\n")
        for _ in range(7)
    ]
    for _, loaded, *_ in runs:
        assert not {"xdsl", "llvmlite"} & set(loaded.split())
    # The fastest: whatever else runs on the machine only adds to it.
    assert min(float(run[0]) for run in runs) <= 30


# --- the repository speaks of the project alone ---------------------------------------

LEAKS = re.compile(
    r"(?<![\w.])/(work|root|home)/\w"  # a path of somebody's machine
    r"|pypi|pythonhosted"  # a registry's host: the client knows where packages are
    r"|BEGIN [A-Z ]*PRIVATE KEY"
)


def tracked_files() -> list[Path]:
    done = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True
    )
    if done.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in done.stdout.split("\0") if name]


def test_nothing_leaks():
    for file in tracked_files():
        if file != Path(__file__) and file.exists():
            text = file.read_bytes().decode(errors="replace")
            leak = LEAKS.search(text)
            assert leak is None, f"{file.relative_to(ROOT)}: {leak}"


def test_constraints_are_plain():
    for line in (ROOT / "constraints.txt").read_text().splitlines():
        assert re.fullmatch(r"[A-Za-z0-9_.-]+==[A-Za-z0-9.]+", line), line


def test_every_module_says_what_it_is():
    for file in (ROOT / "rfxjit").rglob("*.py"):
        assert file.read_text().lstrip().startswith(('"""', 'r"""')), file


# --- outside tools --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("require", "code", "summary"),
    [
        ("", 0, "1 tests skipped for want of cc"),
        ("1", 1, "outside tool missing: cc (RFX_REQUIRE_TOOLS is set)"),
    ],
)
def test_missing_tool_is_counted_or_an_error(tmp_path, require, code, summary):
    test = tmp_path / "test_wants_a_compiler.py"
    test.write_text("def test_wants(cc):\n    assert cc\n")
    plugins = ("-p", "no:cacheprovider", "-p", "conftest")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *plugins, "--rootdir", tmp_path, test],
        env={
            "PATH": "",
            "PYTHONPATH": str(ROOT / "tests"),
            "RFX_REQUIRE_TOOLS": require,
        },
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == code, done.stdout + done.stderr
    assert summary in done.stdout
