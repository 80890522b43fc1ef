"""Kernels for GPUs, judged without one.

The gpu level is run by the interpreter, thread by thread. PTX must assemble. MSL is
built by a C++ compiler against `tests/metal` and run, launched by the interpreter.
"""

from __future__ import annotations

import ctypes
import re
import subprocess

import numpy as np
import pytest
from numpy_code import KERNELS as CASES
from numpy_code import X
from xdsl.dialects import gpu

import rfxjit as rfx
from rfxjit.compiler import lower
from rfxjit.dialects.diagnostics import TargetError
from rfxjit.interpreter import loops, run_loops


def lowered(case, level):
    function, arguments = CASES[case]
    module = rfx.jit(function, strict=True).lower(*arguments).module
    name = module.body.block.first_op.sym_name.data
    return lower(module, level), name


def native(case):
    function, arguments = CASES[case]
    return np.asarray(rfx.jit(function, strict=True)(*arguments))


def check(module, name, case):
    want = native(case)
    (got,) = run_loops(module, name, CASES[case][1])
    np.testing.assert_array_equal(got.view(want.dtype), want)


@pytest.mark.parametrize("case", CASES)
def test_threads_compute_what_the_cpu_computes(case):
    check(*lowered(case, "gpu"), case)


@pytest.mark.parametrize("case", CASES)
def test_ptx_assembles(case, ptxas, tmp_path):
    function, arguments = CASES[case]
    text = rfx.jit(function, strict=True).lower(*arguments).text("ptx")
    assert ".visible .entry" in text
    (tmp_path / "k.ptx").write_text(text)
    done = subprocess.run(
        [ptxas, "-arch=sm_90", "k.ptx", "-o", "k.cubin"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def build(text, cxx, root, folder):
    """The kernels as a library, `launch_NAME` for each."""
    names = re.findall(r"kernel void (\w+)\(", text)
    head = 'extern "C" void launch_'
    driver = "".join(
        f"{head}{n}(void **a, long b, long t) {{ launch({n}, a, b, t); }}\n"
        for n in names
    )
    (folder / "k.cpp").write_text(text + driver)
    flags = ["-std=c++20", "-O1", "-shared", "-fPIC", "-pthread", "-ffp-contract=off",
             "-Wall", "-Wextra", "-Werror", "-Wno-attributes", "-Wno-unknown-pragmas",
             "-Wno-unused-parameter", "-Wno-unused-function"]  # fmt: skip
    command = [cxx, *flags, f"-I{root / 'tests/metal'}", "k.cpp", "-o", "k.so"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return ctypes.CDLL(str(folder / "k.so"))


@pytest.mark.parametrize("case", CASES)
def test_msl_runs(case, cxx, root, tmp_path, monkeypatch):
    function, arguments = CASES[case]
    text = rfx.jit(function, strict=True).lower(*arguments).text("msl")
    library = build(text, cxx, root, tmp_path)
    launches = []

    def launch(frame, op):
        # A scalar is bound by its address, too.
        held = [np.atleast_1d(value) for value in frame.all(op.kernelOperands)]
        pointers = (ctypes.c_void_p * len(held))(*(a.ctypes.data for a in held))
        name = op.kernel.nested_references.data[0].data
        sizes = (int(frame.values[v]) for v in (op.gridSizeX, op.blockSizeX))
        getattr(library, f"launch_{name}")(pointers, *map(ctypes.c_long, sizes))
        launches.append(name)

    monkeypatch.setitem(loops._SPECIAL, gpu.LaunchFuncOp, launch)
    check(*lowered(case, "gpu"), case)
    assert launches


def test_msl_refuses_doubles():
    jitted = rfx.jit(lambda x: x * 2, strict=True)
    with pytest.raises(TargetError, match="f64 has no MSL type") as caught:
        jitted.lower(np.ones(3)).text("msl")
    assert "use float32" in str(caught.value)


def test_dynamic_sizes_are_bound_after_their_buffer():
    text = rfx.jit(lambda x: x * 2, strict=True).lower(X[0]).text("msl")
    assert "device const float *x [[buffer(0)]]" in text
