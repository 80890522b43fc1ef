"""The outside judges: tools that check what rfxjit prints, but that it does not need.

    mlir-opt   accepts every text of the loops, gpu and llvm levels (LLVM 22)
    cc, c++    build and run the C and, through a header, the MSL
    ptxas      assembles the PTX

A test that wants a tool which is missing is skipped, and the skips are counted at the
end of `make test`; with RFX_REQUIRE_TOOLS=1 they are errors. Run as a script, this
prints where the tools named on the command line are; the exit code is 1 if one is
missing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

MLIR_MAJOR = 22
"""llvmlite 0.50 is built on LLVM 22: the judge must be of the same version."""

REQUIRED = os.environ.get("RFX_REQUIRE_TOOLS", "0") not in ("", "0")


def _first(candidates: Iterable[str | Path]) -> str | None:
    found = (shutil.which(candidate) for candidate in candidates)
    return next((path for path in found if path is not None), None)


def _find_mlir_opt() -> str | None:
    for name in (
        f"mlir-opt-{MLIR_MAJOR}",
        f"/usr/lib/llvm-{MLIR_MAJOR}/bin/mlir-opt",
        "mlir-opt",
    ):
        if (path := shutil.which(name)) is None:
            continue
        version = subprocess.run(
            [path, "--version"], capture_output=True, text=True, check=False
        )
        if f"LLVM version {MLIR_MAJOR}." in version.stdout:
            return path
    return None


def _find_ptxas() -> str | None:
    homes = [
        Path(os.environ[name])
        for name in ("CUDA_HOME", "CUDA_PATH")
        if name in os.environ
    ]
    homes += sorted(Path("/usr/local").glob("cuda*"), reverse=True)
    # The nvidia-cuda-nvcc wheels, which have moved from one folder to another.
    homes += Path(sysconfig.get_path("purelib"), "nvidia").glob("*")
    return _first(["ptxas", *(home / "bin" / "ptxas" for home in homes)])


FINDERS: dict[str, Callable[[], str | None]] = {
    "mlir-opt": _find_mlir_opt,
    "cc": lambda: _first(["cc", "gcc", "clang"]),
    "c++": lambda: _first(["c++", "g++", "clang++"]),
    "ptxas": _find_ptxas,
}


@cache
def find_tool(name: str) -> str | None:
    """The path of a tool, or None."""
    return FINDERS[name]()


if __name__ == "__main__":
    paths = {name: find_tool(name) for name in sys.argv[1:] or FINDERS}
    for name, path in paths.items():
        print(f"{name:<10}{path or 'missing'}")
    sys.exit(None in paths.values())
