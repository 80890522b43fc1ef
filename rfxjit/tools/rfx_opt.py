"""`rfx-opt`: every pass, pipeline and target of rfxjit, on text.

    rfx-opt -p canonicalize,fuse chain.mlir           passes, one by one
    rfx-opt -p cpu -t llvm-ir chain.mlir              a named pipeline, then a target
    rfx-opt -p cpu --print-between-passes --time-passes chain.mlir
    rfx-opt --split-input-file --verify-diagnostics invalid.mlir

It is xDSL's `xDSLOptMain` with three changes:

- it knows the dialects of the levels and no others (`rfxjit.dialects.DIALECTS`), our
  stand-ins instead of xDSL's where there is one, all loaded on first use;
- every operation that is parsed knows its place in the text, so that the verifier and
  each pass can name it;
- a program that is refused leaves one diagnostic `file:line:col: error: ...` on stderr,
  exit code 1, and nothing on stdout. What is printed between passes goes to stderr as
  well, as in `mlir-opt`.
"""

from __future__ import annotations

import argparse
import difflib
import os
import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import redirect_stdout
from functools import partial
from io import StringIO
from pathlib import Path
from typing import IO, ClassVar

from typing_extensions import override
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass, PassPipeline
from xdsl.printer import Printer
from xdsl.targets import get_all_targets
from xdsl.utils.arg_spec import ArgSpec, parse_pipeline
from xdsl.utils.exceptions import ArgSpecParseError, DiagnosticException, ParseError
from xdsl.xdsl_opt_main import xDSLOptMain

from rfxjit.dialects import register_dialects
from rfxjit.dialects.diagnostics import InvalidIRError, RfxDiagnostic, verify
from rfxjit.dialects.parser import LocatingParser, parse_error_lines
from rfxjit.errors import CompilerError
from rfxjit.passes import PASSES, load_pass
from rfxjit.passes.pipelines import PIPELINES
from rfxjit.targets import TARGETS, load_target


class RfxOptMain(xDSLOptMain):
    """The command line; `run` writes the result, or raises what is wrong."""

    version_format: ClassVar[str] = "rfx-opt of rfxjit, on xDSL {xdsl_version}"

    running: ModulePass | None = None
    """The pass that is being applied."""

    line_offset: int = 0
    """Where in the file the current chunk begins."""

    @override
    def register_all_dialects(self) -> None:
        register_dialects(self.ctx)

    @override
    def register_all_frontends(self) -> None:
        self.available_frontends["mlir"] = self.parse_mlir

    @override
    def register_all_passes(self) -> None:
        for name in PASSES:
            self.register_pass(name, partial(load_pass, name))

    @override
    def register_all_targets(self) -> None:
        self.available_targets["mlir"] = get_all_targets()["mlir"]
        for name in TARGETS:
            self.available_targets[name] = partial(load_target, name)

    @override
    def register_all_arguments(self, arg_parser: argparse.ArgumentParser) -> None:
        super().register_all_arguments(arg_parser)
        arg_parser.prog = "rfx-opt"
        arg_parser.epilog = f"Pipelines, accepted by -p: {', '.join(PIPELINES)}"
        # Whatever the file is called, it is MLIR text.
        arg_parser.set_defaults(frontend="mlir")
        arg_parser.add_argument(
            "--traceback",
            action="store_true",
            help="after a fault of the compiler, show where it happened",
        )

    def parse_mlir(self, stream: IO[bytes]) -> ModuleOp:
        parser = LocatingParser(
            self.ctx, stream.read(), self.get_input_name(), self.line_offset
        )
        return parser.parse_module(not self.args.no_implicit_module)

    @override
    def parse_chunk(
        self, chunk: IO[bytes], file_extension: str, start_offset: int = 0
    ) -> ModuleOp | None:
        self.line_offset = start_offset
        return super().parse_chunk(chunk, file_extension, start_offset)

    @override
    def setup_pipeline(self) -> None:
        passes = [
            load_pass(spec.name).from_spec(spec)
            for spec in expand_pipelines(self.args.passes)
        ]
        self.pipeline = PassPipeline(tuple(passes), self.between_passes)

    def between_passes(
        self,
        previous: ModulePass | None,
        module: ModuleOp,
        following: ModulePass | None,
    ) -> None:
        """Verify, and report on `previous`: its time, its ops, its result."""
        now = time.perf_counter()
        if self.args.time_passes:
            ops = sum(1 for _ in module.walk())
            if previous is not None:
                spent = (now - self._started) * 1e3
                line = f"{previous.name:<24}{spent:9.3f} ms {self._ops:6} -> {ops} ops"
                print(line, file=sys.stderr)
            self._ops = ops
        if not self.args.disable_verify:
            try:
                verify(module)
            except InvalidIRError as error:
                if previous is not None:
                    error.hint = f"the pass {previous.name} left it so"
                raise
        if previous is not None and self.args.print_between_passes:
            print(f"// IR after {previous.name}:", file=sys.stderr)
            Printer(sys.stderr).print_op(module)
            print(file=sys.stderr)
        self.running = following
        self._started = time.perf_counter()

    @override
    def apply_passes(self, prog: ModuleOp) -> None:
        try:
            super().apply_passes(prog)
        except DiagnosticException:
            raise
        except Exception as error:
            what = "the verifier" if self.running is None else self.running.name
            raise compiler_error(what, error) from error

    @override
    def output_resulting_program(self, prog: ModuleOp) -> str:
        try:
            return super().output_resulting_program(prog)
        except DiagnosticException:
            raise
        except Exception as error:
            raise compiler_error(f"target {self.args.target}", error) from error

    @override
    def prepare_output(self) -> IO[str]:
        return sys.stdout

    @override
    def run(self) -> None:
        """Run on all chunks, then write: an error in any of them leaves no output."""
        output = StringIO()
        with redirect_stdout(output):
            super().run()
        if self.args.output_file is None:
            sys.stdout.write(output.getvalue())
            sys.stdout.flush()
        else:
            Path(self.args.output_file).write_text(output.getvalue(), encoding="utf-8")

    def explain(self, error: Exception) -> str:
        """The diagnostic for `error`, with the best place that is known."""
        chunk = f"{self.get_input_name()}:{self.line_offset + 1}:1"
        match error:
            case ParseError():
                return "\n".join(parse_error_lines(error))
            case UnicodeDecodeError():
                before = bytes(error.object[: error.start])
                line = self.line_offset + before.count(b"\n") + 1
                col = error.start - before.rfind(b"\n")
                place = f"{self.get_input_name()}:{line}:{col}"
                return f"{place}: error: not text in UTF-8 ({error.reason})"
            case RfxDiagnostic():
                return f"{error.location or chunk}: error: {error.text}"
            case OSError():
                return f"rfx-opt: error: {error.filename}: {error.strerror}"
            case _:
                return f"{chunk}: error: {error}"


def expand_pipelines(text: str) -> Iterator[ArgSpec]:
    """The passes of `-p text`, where a pipeline's name stands for its passes."""
    for spec in parse_pipeline(text):
        if spec.name in PIPELINES:
            if spec.parameters:
                raise ValueError(f"the pipeline {spec.name} takes no parameters")
            yield from parse_pipeline(PIPELINES[spec.name])
        elif spec.name in PASSES:
            yield spec
        else:
            near = difflib.get_close_matches(spec.name, [*PASSES, *PIPELINES], n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise ValueError(f"no pass or pipeline is called {spec.name}{hint}")


def compiler_error(what: str, error: Exception) -> CompilerError:
    """What to raise for an `error` that is no diagnostic: it is our fault."""
    return CompilerError(
        f"fault in {what}: {type(error).__name__}: {error}",
        hint="run with --traceback, and please report it",
    )


def fail(text: str) -> int:
    """Say `text` on stderr; the exit code of a refusal."""
    print(text, file=sys.stderr)
    return 1


def main(args: Sequence[str] | None = None) -> int:
    """The console script: 0, or 1 with one diagnostic on stderr."""
    try:
        tool = RfxOptMain("Passes and targets of rfxjit, on MLIR text.", args)
    except SystemExit as stop:  # argparse has printed --help, --version or its error
        return 1 if stop.code else 0
    except (ArgSpecParseError, ValueError) as error:
        return fail(f"rfx-opt: error: {error}")
    try:
        tool.run()
    except BrokenPipeError:
        # The reader has gone (`rfx-opt ... | head`): nothing to say, and nothing that
        # the interpreter could flush on its way out.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:  # noqa: BLE001 - bad input never shows a traceback
        if tool.args.traceback:
            traceback.print_exc()
        return fail(tool.explain(error))
    return 0


if __name__ == "__main__":
    sys.exit(main())
