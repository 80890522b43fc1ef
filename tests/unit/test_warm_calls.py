"""A warm call runs without the compiler: nothing of it is imported, nor asked for."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

PROGRAM = """
import sys
import numpy as np
import rfxjit as rfx

HEAVY = ("xdsl", "llvmlite", "rfxjit.compiler", "rfxjit.frontend", "rfxjit.passes")

class Watch:
    asked = []
    def find_spec(self, name, path=None, target=None):
        self.asked.append(name)

@rfx.jit(strict=True)
def f(x, k):
    return {"y": np.sin(x) * k, "s": x.sum()}

x = np.arange(8.0)
first = f(x, 2.0)
# What the first call loaded is forgotten, so that a second import would be seen.
for name in list(sys.modules):
    if name.startswith(HEAVY):
        del sys.modules[name]
sys.meta_path.insert(0, Watch())
for _ in range(3):
    again = f(x, 2.0)
    other = f(x + 1, 3.0)
assert f.compile_count == 1
np.testing.assert_array_equal(again["y"], first["y"])
np.testing.assert_array_equal(other["s"], (x + 1).sum())
warm = [name for name in Watch.asked if name.startswith(HEAVY)]
assert not warm, warm
import xdsl.ir  # Is seen: the watch works.
assert "xdsl" in Watch.asked
"""


@pytest.mark.parametrize("native", [True, False], ids=["native", "portable"])
def test_a_warm_call_imports_nothing_of_the_compiler(root, native):
    environment = os.environ | {"PYTHONPATH": str(root)}
    if not native:
        environment["RFX_JIT_NATIVE_ENTRY"] = "0"
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_an_import_of_the_package_loads_no_compiler(root):
    program = """
import sys
import rfxjit
heavy = {"xdsl", "llvmlite", "optree"} & set(sys.modules)
assert not heavy, heavy
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
