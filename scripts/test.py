"""All checks and tests: what `make test` runs.

    python scripts/test.py                all steps; pytest is the last one
    python scripts/test.py ruff unit      only these

Every step runs even if an earlier one fails, so that one run tells everything; the exit
code is 1 if any has failed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
SMOKE_VERSIONS = ("3.12", "3.13")
SMOKE_TESTS = "tests/unit/test_smoke.py"


def run(*command: str | Path) -> bool:
    """Run `command` in the repository; True if it succeeds."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return (
        subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode == 0
    )


def ruff() -> bool:
    """No lint, in any rule that pyproject.toml does not ignore with a reason."""
    return run(BIN / "ruff", "check", "--quiet")


def format() -> bool:  # noqa: A001 - the step is named as ruff's command
    """Formatted code."""
    return run(BIN / "ruff", "format", "--check", "--quiet")


def types() -> bool:
    """Pyright in strict mode on the package."""
    return run(BIN / "basedpyright", "--pythonpath", sys.executable)


def layers() -> bool:
    """Imports point down only."""
    return run(BIN / "lint-imports", "--no-logo")


def filecheck() -> bool:
    """The IR tests; the report tells the unit tests' summary what was skipped."""
    (ROOT / "build").mkdir(exist_ok=True)
    report = ROOT / "build" / "lit.json"
    report.unlink(missing_ok=True)
    return run(BIN / "lit", "-j2", "--quiet", "-o", report, "tests/filecheck")


def smoke() -> bool:
    """A few tests on the other versions of Python that are found here."""
    results = [smoke_on(version) for version in SMOKE_VERSIONS]
    return all(results)


def smoke_on(version: str) -> bool:
    """Run the smoke tests on one version of Python, in a venv of its own."""
    if version == f"{sys.version_info.major}.{sys.version_info.minor}":
        print(f"Python {version}: the main run", flush=True)
        return True
    python = find_python(version)
    if python is None:
        print(f"Python {version}: not found, skipped", flush=True)
        return True
    venv = ROOT / f".venv-{version}"
    stamp = venv / ".installed"
    sources = (ROOT / "pyproject.toml", ROOT / "constraints.txt")
    if not stamp.exists() or any(
        source.stat().st_mtime > stamp.stat().st_mtime for source in sources
    ):
        pip = (venv / "bin/python", "-m", "pip", "--disable-pip-version-check")
        constraints = ("-c", "constraints.txt")
        if not (
            run(python, "-m", "venv", venv)
            and run(*pip, "install", "-q", *constraints, "-e", ".", "pytest")
        ):
            return False
        stamp.touch()
    print(f"Python {version}:", flush=True)
    return run(
        venv / "bin/python", "-m", "pytest", "-q", "-p", "no:cacheprovider", SMOKE_TESTS
    )


def find_python(version: str) -> Path | None:
    """The interpreter of a version, on the PATH or among pyenv's."""
    candidates = [Path(path)] if (path := shutil.which(f"python{version}")) else []
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    candidates += sorted(pyenv.glob(f"versions/{version}.*/bin/python"), reverse=True)
    for candidate in candidates:
        # pyenv's shims exist for versions that they refuse to run.
        probe = [candidate, "-c", "import ensurepip, venv"]
        if subprocess.run(probe, capture_output=True, check=False).returncode == 0:
            return candidate
    return None


def unit() -> bool:
    """The Python tests; one that hangs is named and fails."""
    workers = ("-n", "2", "--dist", "worksteal")
    return run(sys.executable, "-m", "pytest", "-q", "--timeout", "300", *workers)


STEPS: dict[str, Callable[[], bool]] = {
    step.__name__: step
    for step in (ruff, format, types, layers, filecheck, smoke, unit)
}


def main(names: list[str]) -> int:
    """Run the named steps, or all; the exit code."""
    failed: list[str] = []
    for name in names or STEPS:
        start = time.perf_counter()
        print(f"== {name}: {STEPS[name].__doc__}", flush=True)
        if not STEPS[name]():
            failed.append(name)
        if name != "unit":
            print(f"   {time.perf_counter() - start:.1f} s", flush=True)
    if failed:
        print(f"FAILED: {', '.join(failed)}", flush=True)
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
