"""Emitted C: built strictly, run, and compared with native code bit by bit."""

from __future__ import annotations

import ctypes
import subprocess

import numpy as np
import pytest
from xdsl.parser import Parser

import rfxjit as rfx
from rfxjit.compiler import context
from rfxjit.compiler import text as level_text

FLAGS = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic", "-O1", "-shared",
         "-ffp-contract=off", "-fPIC"]  # fmt: skip
RNG = np.random.default_rng(5)
X = RNG.standard_normal((6, 9))
SHIFTS = np.arange(16, dtype=np.int32)

CASES = [
    (lambda x: np.tanh(x * 2 + 1) * np.exp(-x * x) + np.sqrt(abs(x)), (X,)),
    (lambda x: np.sin(x) + np.log(abs(x)) * np.arctan(x), (X.astype("f4") * 50,)),
    (lambda x: x.sum(axis=1) + x.max(axis=1), (RNG.standard_normal((3, 300)),)),
    (lambda x: x.sum(), (RNG.standard_normal(9000),)),
    (lambda x: x.T @ x, (X,)),
    (lambda x: x[::-1, ::2], (X,)),
    (lambda a, b: a // b + a % b, (np.arange(-8, 8), np.arange(16) - 8)),
    (lambda a, b: (a << b) ^ (a >> b), (SHIFTS - 8, SHIFTS * 3)),
    (lambda a: a * a + a, (np.arange(-100, 100, dtype=np.int8),)),
    (lambda x: np.where(x > 0, np.floor(x), x.argmax(axis=1)[:, None]), (X,)),
    (lambda x: (x % 0.3).astype(np.int32), (X,)),
]  # fmt: skip


@pytest.mark.parametrize("case", range(len(CASES)))
def test_c_equals_native(case, cc, tmp_path):
    function, arguments = CASES[case]
    jitted = rfx.jit(function, strict=True)
    want = np.asarray(jitted(*arguments))
    text = jitted.lower(*arguments).text("c")
    (tmp_path / "k.c").write_text(text)
    built = subprocess.run(
        [cc, *FLAGS, "k.c", "-o", "k.so", "-lm"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert built.returncode == 0, built.stderr
    library = ctypes.CDLL(str(tmp_path / "k.so"))
    got = np.empty(want.shape, want.dtype)
    workspace = np.empty(1 << 20, np.uint8)
    begin, end = ctypes.c_int64(0), ctypes.c_int64(_extent(jitted, arguments))
    pointers = [ctypes.c_void_p(a.ctypes.data) for a in (*arguments, got)]
    status = library.lambda_(
        *pointers, begin, end, ctypes.c_void_p(workspace.ctypes.data)
    )
    assert status == 0
    np.testing.assert_array_equal(got, want)


def _extent(jitted, arguments):
    text = jitted.lower(*arguments).text("loops")
    return int(text.partition("rfx.extent = ")[2].partition(" ")[0])


def test_half_floats_are_refused():
    jitted = rfx.jit(lambda x: x + x, strict=True)
    with pytest.raises(Exception, match="f16 has no C99 type"):
        jitted.lower(np.ones(3, np.float16)).text("c")


@pytest.mark.parametrize("flags", [FLAGS[:5], ["-std=gnu17", "-O2", "-march=native"]])
def test_names_of_c_and_fused_multiplies(cc, tmp_path, flags):
    def hypot(NAN, double, memcpy):
        return NAN * double + memcpy

    jitted = rfx.jit(hypot, strict=True)
    x, y, z = RNG.standard_normal((3, 1000))
    (tmp_path / "k.c").write_text(jitted.lower(x, y, z).text("c"))
    command = [cc, *flags, "-shared", "-fPIC", "k.c", "-o", "k.so", "-lm"]
    built = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    got = np.empty(1000)
    pointers = [ctypes.c_void_p(a.ctypes.data) for a in (x, y, z, got)]
    ends = ctypes.c_int64(0), ctypes.c_int64(1000), None
    assert ctypes.CDLL(str(tmp_path / "k.so")).hypot_(*pointers, *ends) == 0
    np.testing.assert_array_equal(got, x * y + z)


def test_sizes_have_names_of_their_own(cc, tmp_path):
    text = """
    func.func @f(%x_d0: tensor<?xf32>, %x: tensor<?xf32>) -> tensor<?xf32> {
      %r = rfx.neg %x : tensor<?xf32>
      func.return %r : tensor<?xf32>
    }"""
    module = Parser(context(), text).parse_module()
    (tmp_path / "k.c").write_text(level_text(module, "c"))
    command = [cc, *FLAGS, "k.c", "-o", "k.so"]
    built = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
