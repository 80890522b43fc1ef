"""Programs written to files: every suffix, and the machine code really runs."""

from __future__ import annotations

import ctypes

import numpy as np
import pytest

import rfxjit as rfx

X = np.arange(40, dtype=np.float32)


@pytest.fixture
def lowered():
    def saxpy(x, k):
        return x * k + 1

    return rfx.jit(saxpy, strict=True).lower(X, 2.0)


@pytest.mark.parametrize(
    ("suffix", "part"),
    [("mlir", "rfx.mul"), ("ll", "define i32 @saxpy"), ("s", "saxpy:"),
     ("c", "int32_t saxpy("), ("metal", "kernel void saxpy_0("),
     ("ptx", ".entry saxpy_0(")],
)  # fmt: skip
def test_text(lowered, tmp_path, suffix, part):
    lowered.export(tmp_path / f"f.{suffix}")
    assert part in (tmp_path / f"f.{suffix}").read_text()


def test_an_object_file_is_relocatable_code(lowered, tmp_path):
    lowered.export(str(tmp_path / "f.o"))
    assert b"saxpy" in (tmp_path / "f.o").read_bytes()


def test_a_shared_library_runs(lowered, tmp_path, cc):
    assert cc
    lowered.export(tmp_path / "f.so")
    saxpy = ctypes.CDLL(str(tmp_path / "f.so")).saxpy
    out = np.empty_like(X)
    saxpy.argtypes = [ctypes.c_void_p, ctypes.c_double, ctypes.c_void_p,
                      ctypes.c_int64, ctypes.c_int64, ctypes.c_void_p]  # fmt: skip
    assert saxpy(X.ctypes.data, 2.0, out.ctypes.data, 0, 1, None) == 0
    np.testing.assert_array_equal(out, X * 2 + 1)


def test_without_a_linker_the_way_out_is_named(lowered, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(rfx.BackendError, match=r"needs a C compiler") as caught:
        lowered.export(tmp_path / "f.so")
    assert "object file" in str(caught.value)


def test_unknown_suffixes_and_levels_name_those_there_are(lowered, tmp_path):
    with pytest.raises(ValueError, match=r"the suffixes are .*\.metal.*\.so"):
        lowered.export(tmp_path / "f.exe")
    with pytest.raises(ValueError, match=r"the levels are rfx, fused, .*asm"):
        lowered.text("assembler")
