"""`rfx-opt`: good input comes out, bad input leaves one diagnostic and nothing else."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from xdsl.dialects import func
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass
from xdsl.utils.exceptions import PassFailedException
from xdsl.utils.target import Target

from rfxjit import passes, targets
from rfxjit.dialects.diagnostics import (
    InvalidIRError,
    PassError,
    TargetError,
    UnsupportedError,
)
from rfxjit.passes import pipelines
from rfxjit.tools import rfx_opt

GOOD = """builtin.module {
  func.func @f(%a: i32) -> i32 {
    %b = arith.addi %a, %a : i32
    func.return %b : i32
  }
}
"""


@dataclass(frozen=True)
class RenamePass(ModulePass):
    """Renames all functions: a pass whose work is easy to see."""

    name = "rename"
    to: str = "g"

    def apply(self, ctx, op):
        for child in op.body.walk():
            if isinstance(child, func.FuncOp):
                child.sym_name = type(child.sym_name)(self.to)


@dataclass(frozen=True)
class RefusePass(ModulePass):
    name = "refuse"

    def apply(self, ctx, op):
        for child in op.body.walk():
            if child.name == "arith.addi":
                raise UnsupportedError("no sums today", child, hint="come back later")


@dataclass(frozen=True)
class VaguePass(ModulePass):
    name = "vague"

    def apply(self, ctx, op):
        raise PassFailedException("did not like it")


@dataclass(frozen=True)
class CrashPass(ModulePass):
    name = "crash"

    def apply(self, ctx, op):
        raise KeyError("lost")


@dataclass(frozen=True)
class BreakPass(ModulePass):
    """Leaves a function whose body ends without a terminator."""

    name = "break"

    def apply(self, ctx, op):
        for child in list(op.body.walk()):
            if isinstance(child, func.ReturnOp):
                child.detach()
                child.erase()


@dataclass(frozen=True)
class CountTarget(Target):
    name = "count"

    def emit(self, ctx, module: ModuleOp, output):
        output.write(f"{sum(1 for _ in module.walk())}\n")


@dataclass(frozen=True)
class RefuseTarget(Target):
    name = "refuse-target"

    def emit(self, ctx, module: ModuleOp, output):
        output.write("half of it")
        raise TargetError("cannot say this", next(iter(module.ops)))


@dataclass(frozen=True)
class CrashTarget(Target):
    name = "crash-target"

    def emit(self, ctx, module: ModuleOp, output):
        raise ZeroDivisionError("oh")


HERE = sys.modules[__name__]


@pytest.fixture(autouse=True)
def registry(monkeypatch):
    """The classes of this file under their names, as if they were rfxjit's."""
    monkeypatch.setitem(sys.modules, "test_rfx_opt_plugins", HERE)
    for cls in (RenamePass, RefusePass, VaguePass, CrashPass, BreakPass):
        place = f"test_rfx_opt_plugins:{cls.__name__}"
        monkeypatch.setitem(passes.PASSES, cls.name, place)
    for cls in (CountTarget, RefuseTarget, CrashTarget):
        place = f"test_rfx_opt_plugins:{cls.__name__}"
        monkeypatch.setitem(targets.TARGETS, cls.name, place)
    monkeypatch.setitem(pipelines.PIPELINES, "twice", "rename{to=h},rename{to=k}")


@pytest.fixture
def opt(monkeypatch, capsys):
    """Run `rfx-opt ARGS` on text or bytes from stdin: (exit code, stdout, stderr)."""

    def run(source, *args):
        data = source if isinstance(source, bytes) else source.encode()
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))
        code = rfx_opt.main(args)
        return (code, *capsys.readouterr())

    return run


def refused(result, pattern):
    """Exit code 1, an empty stdout, and a diagnostic instead of a traceback."""
    code, out, err = result
    assert code == 1
    assert out == ""
    assert "Traceback" not in err
    assert re.search(pattern, err), err
    return True


def test_text_round_trips(opt):
    assert opt(GOOD) == (0, GOOD + "\n", "")


def test_passes_run_in_order_with_their_options(opt):
    code, out, err = opt(GOOD, "-p", "rename,rename{to=last}")
    assert (code, err) == (0, "")
    assert "@last(" in out


def test_pipeline_is_expanded_between_passes(opt):
    _, out, _ = opt(GOOD, "-p", "twice")
    assert "@k(" in out
    _, out, _ = opt(GOOD, "-p", "twice,rename")
    assert "@g(" in out


def test_target(opt):
    assert opt(GOOD, "-t", "count") == (0, "4\n", "")


def test_file_in_file_out(opt, tmp_path):
    source, result = tmp_path / "in.txt", tmp_path / "out.mlir"
    source.write_text(GOOD)
    assert opt("", str(source), "-o", str(result), "-p", "rename") == (0, "", "")
    assert "@g(" in result.read_text()


def test_failure_leaves_the_output_file_alone(opt, tmp_path):
    result = tmp_path / "out.mlir"
    result.write_text("precious")
    assert refused(opt("nonsense", "-o", str(result)), "error")
    assert result.read_text() == "precious"


def test_print_between_passes_goes_to_stderr(opt):
    code, out, err = opt(GOOD, "-p", "twice", "--print-between-passes")
    assert code == 0
    assert "@k(" in out
    assert err.count("// IR after rename:") == 2
    assert err.index("@h(") < err.index("@k(")


def test_time_passes_reports_time_and_ops(opt):
    _, out, err = opt(GOOD, "-p", "rename", "--time-passes")
    assert "@g(" in out
    assert re.fullmatch(r"rename +\d+\.\d{3} ms +4 -> 4 ops\n", err)


def test_split_input(opt):
    code, out, _ = opt(GOOD + "// -----\n" + GOOD, "--split-input-file", "-t", "count")
    assert (code, out) == (0, "4\n// -----\n4\n")


@pytest.mark.parametrize(
    ("source", "pattern"),
    [
        ("", r"stdin:1:1: error: Could not parse"),
        ("nonsense", r"stdin:1:1: error: Operation nonsense is not registered"),
        ("\n  func.func @f() {\n", r"stdin:3:1: error: "),
        ("func.func @f() {\n  gulp.op\n}", r"stdin:2:3: error: .*gulp.op"),
        (b"\xff\xfe\x00\x01", r"stdin:1:1: error: not text in UTF-8"),
        (b"func.func\n @f\xe9", r"stdin:2:4: error: not text in UTF-8"),
        (b"\x00" * 64, r"stdin:1:1: error: "),
        ('%0 = "arith.constant"() : () -> i32', r"stdin:1:\d+: error: "),
        ('"arith.addi"() : () -> ()', r"stdin:1:1: error: arith.addi: Expected 2 oper"),
        (
            "func.func @f(%a: i32) -> i64 {\n  func.return %a : i32\n}",
            r"stdin:2:3: error: func.return: .*\n    func.return %\w+ : i32",
        ),
        (
            "func.func @f() {\n  %a = arith.constant 1 : i32\n"
            "  %a = arith.constant 1 : i32\n  func.return\n}",
            r"stdin:3:3: error: .*a",
        ),
        ("func.func @f(%x: tensor<?x-1xf32>) { func.return }", r"stdin:1:\d+: error: "),
        ('"builtin.module"() ({' * 2000, r"stdin:1:\d+: error: "),
    ],
)
def test_malformed_input(opt, source, pattern):
    assert refused(opt(source), pattern)


def test_the_caret_is_below_the_token(opt):
    *_, err = opt("func.func @f() {\n  gulp.op\n}")
    assert err.splitlines()[1:] == ["  gulp.op", "  ^^^^^^^"]


def test_every_chunk_is_located_in_its_file(opt):
    text = GOOD + "// -----\n" + 'func.func @f() {\n  "arith.addi"() : () -> ()\n}'
    line = text[: text.index('"arith')].count("\n") + 1
    assert refused(
        opt(text, "--split-input-file"), rf"stdin:{line}:3: error: arith.addi"
    )
    text = GOOD + "// -----\n" + "nonsense"
    line = text[: text.index("nonsense")].count("\n") + 1
    assert refused(opt(text, "--split-input-file"), rf"stdin:{line}:1: error: ")


def test_own_locations_are_kept(opt):
    text = '"arith.addi"() : () -> () loc("robot.py":7:5)'
    assert refused(opt(text), r"^robot\.py:7:5: error: arith.addi")


@pytest.mark.parametrize(
    ("args", "pattern"),
    [
        (("-p", "renam"), "no pass or pipeline is called renam; did you mean rename"),
        (("-p", "rename{"), "Expected argument name here"),
        (("-p", "rename{to=1.5}"), "Incompatible types"),
        (("-p", "rename{of=x}"), "not found in expected arguments"),
        (("-p", "twice{to=x}"), "the pipeline twice takes no parameters"),
        (("-t", "fortran"), "invalid choice: 'fortran'"),
        (("--frobnicate",), "unrecognized arguments: --frobnicate"),
        (("no/such/file.mlir",), "no/such/file.mlir: No such file"),
        ((".",), "Is a directory"),
    ],
)
def test_bad_usage(opt, args, pattern):
    assert refused(opt(GOOD, *args), "rfx-opt: error: (.*\n)*.*" + pattern)


def test_pass_that_refuses_names_the_place_the_op_and_the_way_out(opt):
    result = opt(GOOD, "-p", "refuse")
    assert refused(result, "")
    assert result[2] == (
        "stdin:3:5: error: arith.addi: no sums today\n"
        "    %b = arith.addi %a, %a : i32\n"
        "hint: come back later\n"
    )


def test_failures_without_a_place_name_the_chunk(opt):
    assert refused(opt(GOOD, "-p", "vague"), "^stdin:1:1: error: did not like it$")


def test_fault_in_a_pass(opt):
    result = opt(GOOD, "-p", "rename,crash")
    assert refused(result, "^stdin:1:1: error: fault in crash: KeyError: 'lost'")
    code, out, err = opt(GOOD, "-p", "rename,crash", "--traceback")
    assert (code, out) == (1, "")
    assert "Traceback" in err


def test_a_fault_is_no_diagnostic_of_the_program(opt):
    assert refused(opt(GOOD, "-p", "crash", "--verify-diagnostics"), "fault in crash")


def test_the_pass_that_broke_the_program_is_named(opt):
    assert refused(opt(GOOD, "-p", "rename,break"), "hint: the pass break left it so")


def test_target_that_refuses_or_fails_prints_nothing(opt):
    assert refused(
        opt(GOOD, "-t", "refuse-target"), r"^stdin:2:3: error: func.func: ca"
    )
    assert refused(
        opt(GOOD, "-t", "crash-target"), "fault in target crash-target: Zero"
    )


def test_verify_diagnostics_prints_and_succeeds(opt):
    code, out, err = opt(GOOD, "-p", "refuse", "--verify-diagnostics")
    assert (code, err) == (0, "")
    assert out.startswith("stdin:3:5: arith.addi: no sums today")
    code, out, _ = opt("nonsense", "--parsing-diagnostics")
    assert code == 0
    assert "Operation nonsense is not registered" in out


def test_as_a_process(tmp_path):
    source = tmp_path / "bad.mlir"
    source.write_text("func.func @f() {\n  gulp.op\n}")
    for command in (
        [sys.executable, "-m", "rfxjit.tools.rfx_opt"],
        [str(Path(sys.executable).parent / "rfx-opt")],
    ):
        done = subprocess.run([*command, source], capture_output=True, text=True)
        assert refused(
            (done.returncode, done.stdout, done.stderr), r"bad.mlir:2:3: error"
        )


@pytest.mark.timeout(20)
def test_a_string_without_end_is_refused_in_linear_time(opt):
    text = '"' + "x" * 100_000
    assert refused(opt(text), r":1:1: error: End of file reached before closing")


def test_reader_that_leaves():
    text = GOOD.replace("@f", "@" + "f" * 200_000)  # more than a pipe holds
    done = subprocess.run(
        ["/bin/sh", "-c", f'"{sys.executable}" -m rfxjit.tools.rfx_opt | head -c 1'],
        input=text,
        capture_output=True,
        text=True,
    )
    assert (done.stdout, done.stderr) == ("b", "")


def test_diagnostics_without_an_op():
    assert str(PassError("wrong level")) == "wrong level"
    assert str(PassError("wrong level", hint="go")) == "wrong level\nhint: go"
    assert issubclass(InvalidIRError, Exception)
