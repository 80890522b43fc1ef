"""LLVM IR text to machine code: levels, passes, targets, unloading."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys

import pytest

from rfxjit.runtime import cpu

SQUARE = """
define double @square(double %x) {
entry:
  %slot = alloca double
  store double %x, ptr %slot
  %y = load double, ptr %slot
  %r = fmul double %y, %y
  ret double %r
}
"""

WIDE = """
define void @twice(ptr %p) "prefer-vector-width"="512" {
  %v = load <16 x float>, ptr %p, align 4
  %r = fadd <16 x float> %v, %v
  store <16 x float> %r, ptr %p, align 4
  ret void
}
"""


def square(library):
    double = ctypes.c_double
    return ctypes.CFUNCTYPE(double, double)(library.address("square"))


@pytest.mark.parametrize("level", [0, 1, 2])
@pytest.mark.parametrize("passes", [(), ("sroa",), ("sroa", "dead-code-elimination")])
def test_compile_and_call(level, passes):
    code = cpu.compile_object(SQUARE, passes, level)
    library = cpu.Library([code], ["square"])
    assert square(library)(3.0) == 9.0


def test_whole_pipeline():
    library = cpu.Library([cpu.compile_object(SQUARE, ("O2",))], ["square"])
    assert square(library)(3.0) == 9.0
    assert "rsp" not in cpu.assembly(SQUARE, ("O2",)).split("square:")[1]


def test_objects_refer_to_each_other_and_to_libm():
    caller = """
declare double @square(double)
declare double @pow(double, double)
define double @both(double %x) {
  %a = call double @square(double %x)
  %b = call double @pow(double %a, double 2.0)
  ret double %b
}
"""
    objects = [cpu.compile_object(SQUARE), cpu.compile_object(caller)]
    library = cpu.Library(objects, ["both"])
    function = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double)
    assert function(library.address("both"))(2.0) == 16.0


def test_the_same_name_twice_is_two_functions():
    first = cpu.Library([cpu.compile_object(SQUARE)], ["square"])
    cube = SQUARE.replace("fmul double %y, %y", "fadd double %y, 1.0")
    second = cpu.Library([cpu.compile_object(cube)], ["square"])
    assert square(first)(3.0) == 9.0
    assert square(second)(3.0) == 4.0


def test_code_is_the_same_each_time():
    assert cpu.compile_object(SQUARE) == cpu.compile_object(SQUARE)


def test_errors():
    with pytest.raises(ValueError, match="unknown LLVM pass 'magic'"):
        cpu.compile_object(SQUARE, ("magic",))
    with pytest.raises(RuntimeError, match="expected"):
        cpu.compile_object("define i32 nonsense")
    with pytest.raises(RuntimeError, match="missing"):
        cpu.Library([cpu.compile_object(SQUARE)], ["missing"])


def test_host():
    host = cpu.host()
    assert host.cpu
    assert host.vector_bytes in (16, 32, 64)


@pytest.mark.parametrize(
    ("name", "width", "register"),
    [
        ("x86-64", 16, "xmm"),
        ("nehalem", 16, "xmm"),
        ("haswell", 32, "ymm"),
        ("skylake", 32, "ymm"),
        ("znver3", 32, "ymm"),
        ("skylake-avx512", 64, "zmm"),
        ("znver4", 64, "zmm"),
        ("sapphirerapids", 64, "zmm"),
    ],
)
def test_code_for_another_cpu(name, width, register, root):
    program = f"""
from rfxjit.runtime import cpu
print(cpu.host().cpu, cpu.host().vector_bytes)
print(cpu.assembly('''{WIDE}'''))
"""
    environment = os.environ | {"RFX_JIT_CPU": name, "PYTHONPATH": str(root)}
    if "x86_64" not in cpu._machine(2).triple:
        pytest.skip("names of x86 processors")
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    first, text = done.stdout.split("\n", 1)
    assert first == f"{name} {width}"
    assert f"%{register}0" in text
    for wider in ("ymm", "zmm")[("xmm", "ymm", "zmm").index(register) :]:
        assert wider not in text
