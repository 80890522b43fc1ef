"""The native entry and the portable one: which arguments they take."""

from __future__ import annotations

import pickle
import sys

import numpy as np
import pytest
from entries import (
    backwards,
    errors,
    float_unit,
    gains,
    misaligned,
    native_only,
    read_only,
    strided,
    swapped,
)
from hand_written_units import (
    B1,
    F8,
    I8,
    Called,
    identity_unit,
    one_result,
    param,
    params,
    pid_unit,
    saxpy_unit,
)

from rfxjit.runtime.portable import MISS
from rfxjit.runtime.unit import Unit
from rfxjit.signature import Input, Output, Parameter, Signature, Slot


def test_pid(native):
    f = Called(pid_unit(), native=native)
    result = f(*errors(), *gains())
    assert type(result) is np.ndarray
    assert result.dtype == F8
    assert result.tolist() == [4.0]
    assert f.misses == (0 if native else 1)


@native_only
def test_keywords_and_defaults_stay_native():
    unit = pid_unit()
    names = [
        Parameter(p.name, p.kind, 0.5, p.name in ("ki", "kd"))
        for p in unit.signature.params
    ]
    signature = Signature(
        "pid", tuple(names), unit.signature.inputs, unit.signature.outputs, (Slot(0),)
    )
    f = Called(Unit(signature, llvm_ir=unit.llvm_ir), native=True)
    e, i, d = errors()
    assert f(e, i, d, 2.0).tolist() == [5.0]
    assert f(e, i, d, kp=2.0, kd=0.25).tolist() == [4.0]
    assert f(kd=0.25, d=d, kp=2.0, i=i, e=e).tolist() == [4.0]
    assert f.misses == 0


@native_only
@pytest.mark.parametrize(
    ("args", "kwargs"),
    [
        ((), {}),
        ((1.0, 2.0), {}),
        ((1.0,), {"x": 1.0}),
        ((), {"y": 1.0}),
        ((), {"x": 1.0, "y": 2.0}),
    ],
)
def test_arguments_that_do_not_bind_are_for_python(args, kwargs):
    f = Called(float_unit(), native=True)
    calls = []
    f.entry.call = lambda values, out: calls.append(values)
    f(*args, **kwargs)
    assert len(calls) == 1


@native_only
def test_keyword_names_that_are_not_interned():
    f = Called(float_unit(), native=True)
    name = str(b"x", "ascii")
    assert f(**{name: 2.0}) == 2.0


@native_only
def test_positional_only_and_keyword_only():
    inputs = tuple(Input(n, param(k), "float", F8) for k, n in enumerate("ab"))
    names = (
        Parameter("a", "positional_only"),
        Parameter("b", "keyword_only", 3.0, has_default=True),
    )
    text = """
define i32 @sub(double %a, double %b, ptr %out, i64 %begin, i64 %end, ptr %w) {
  %r = fsub double %a, %b
  store double %r, ptr %out
  ret i32 0
}
"""
    f = Called(
        one_result("sub", names, inputs, Output(F8, (), "float"), text), native=True
    )
    assert f(5.0) == 2.0
    assert f(5.0, b=1.0) == 4.0
    assert f.misses == 0
    f.entry.call = lambda values, out: "python"
    assert f(5.0, 1.0) == "python"
    assert f(a=5.0) == "python"


@pytest.mark.parametrize(
    ("kind", "dtype", "ir", "good", "bad"),
    [
        ("float", F8, "double", [0.0, -0.0, float("inf"), 1e-320], [1, True, "a"]),
        (
            "int",
            I8,
            "i64",
            [0, -1, 2**62, -(2**63), 2**63 - 1],
            [1.0, True, 2**63, -(2**64), np.int64(1)],
        ),
        ("bool", B1, "i8", [True, False], [1, 0.0, None, np.True_]),
        (
            "scalar",
            F8,
            "double",
            [np.float64(2.5)],
            [2.5, np.float32(1), np.array(1.0)],
        ),
        ("scalar", I8, "i64", [np.int64(-7)], [3, np.int32(1)]),
        ("scalar", np.dtype("f4"), "float", [np.float32(0.1)], [np.float64(1)]),
        ("scalar", B1, "i8", [np.True_, np.False_], [True, 1]),
        ("scalar", np.dtype("u2"), "i16", [np.uint16(65535)], [np.int16(1)]),
    ],
)
def test_scalars(native, kind, dtype, ir, good, bad):
    f = Called(identity_unit(kind, dtype, ir, Output(dtype, (), kind)), native=native)
    for value in good:
        result = f(value)
        assert type(result) is type(value)
        assert np.array(result).tobytes() == np.array(value).tobytes()
    assert f.misses == (0 if native else len(good))
    for value in bad:
        assert f(value) is MISS


@pytest.mark.parametrize("form", [swapped, misaligned, strided, backwards, read_only])
def test_arrays_in_any_form(native, form):
    f = Called(saxpy_unit(), native=native)
    x, y = np.arange(5.0), np.linspace(1, 2, 5)
    np.testing.assert_array_equal(f(2.0, form(x), y), 2 * x + y)
    np.testing.assert_array_equal(f(2.0, x, form(y)), 2 * x + y)
    slow = not native or form is swapped
    assert f.misses == (2 if slow else 0)
    view = form(x)
    counts = sys.getrefcount(F8), sys.getrefcount(view)
    for _ in range(100):
        f(2.0, view, y)
    assert sys.getrefcount(view) == counts[1]
    # Garbage of other tests may go meanwhile, and with it a few references.
    assert abs(sys.getrefcount(F8) - counts[0]) < 50


@native_only
def test_unpickled_inputs_stay_native():
    f = Called(saxpy_unit(), native=True)
    x = np.arange(5.0)
    f(2.0, x, pickle.loads(pickle.dumps(x)))
    assert f.misses == 0


@native_only
@pytest.mark.parametrize("char", ["l", "q"])
def test_both_64_bit_integer_types_stay_native(char):
    text = """
define i32 @neg(ptr %x, ptr %out, i64 %begin, i64 %end, ptr %w) {
  %v = load i64, ptr %x
  %r = sub i64 0, %v
  store i64 %r, ptr %out
  ret i32 0
}
"""
    spec = Input("x", param(0), "array", I8, ())
    f = Called(
        one_result("neg", params("x"), (spec,), Output(I8, ()), text), native=True
    )
    result = f(np.array(5, char))
    assert result.shape == ()
    assert result == -5
    assert f.misses == 0


@pytest.mark.parametrize(
    "x",
    [
        np.ones(4, np.float32),
        np.ones((4, 1)),
        np.ones(()),
        np.ones(3),
        np.ones(1),
        np.ones(0),
        np.ones(4, object),
        np.ma.masked_array(np.ones(4), [0, 1, 0, 0]),
        np.ones(4).view(np.recarray),
        [1.0, 1.0, 1.0, 1.0],
        None,
    ],
    ids=repr,
)
def test_arrays_that_do_not_fit_miss(native, x):
    f = Called(saxpy_unit(), native=native)
    assert f(2.0, x, np.ones(4)) is MISS
    assert f(2.0, np.ones(4), x) is MISS


def test_symbols_are_neither_one_nor_zero(native):
    f = Called(saxpy_unit(), native=native)
    for n in (0, 1):
        assert f(2.0, np.ones(n), np.ones(n)) is MISS
    for n in (2, 3, 1000):
        assert f(2.0, np.ones(n), np.ones(n)).tolist() == [3.0] * n


def test_static_zero_size(native):
    text = """
define i32 @empty(ptr %x, ptr %out, i64 %begin, i64 %end, ptr %w) {
  ret i32 0
}
"""
    spec = Input("x", param(0), "array", F8, (0, 3))
    output = Output(F8, (3, 0))
    f = Called(one_result("empty", params("x"), (spec,), output, text), native=native)
    assert f(np.ones((0, 3))).shape == (3, 0)
    assert f.misses == (0 if native else 1)
    assert f(np.ones((3, 0))) is MISS


def test_own_parameter_named_out(native):
    unit = float_unit()
    signature = unit.signature
    signature = Signature(
        "identity", params("out"), signature.inputs, signature.outputs, (Slot(0),)
    )
    f = Called(Unit(signature, llvm_ir=unit.llvm_ir), native=native)
    if native:
        assert f(out=2.5) == 2.5
        assert f.misses == 0
    assert f(2.5) == 2.5
