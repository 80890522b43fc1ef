"""How lit runs the IR tests: `rfx-opt %s ... | filecheck %s`.

A test that needs an outside tool says `// REQUIRES: mlir-opt` (or cc, c++, ptxas) and
calls it as `%mlir-opt`. Chunks of a file that must be refused run with
`--split-input-file --verify-diagnostics` and are piped to filecheck.
"""

# ruff: noqa: F821 - lit runs this file with `config` and `lit_config` defined

import os
import sys
from pathlib import Path

import lit.formats

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE.parent))

from toolbox import FINDERS, REQUIRED, find_tool  # noqa: E402 - after the path is set

config.name = "rfxjit"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".py"]
config.excludes = ["lit.cfg.py"]
config.test_source_root = str(HERE)
config.test_exec_root = str(ROOT / "build" / "lit")

# The tools of the environment that runs lit: rfx-opt, filecheck, xdsl-opt, python.
config.environment["PATH"] = os.pathsep.join(
    [str(Path(sys.executable).parent), os.environ["PATH"]]
)
config.environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), str(HERE.parent)])

for name in FINDERS:
    if path := find_tool(name):
        config.available_features.add(name)
        config.substitutions.append((f"%{name}", path))
    elif REQUIRED:
        lit_config.fatal(f"outside tool missing: {name} (RFX_REQUIRE_TOOLS is set)")
