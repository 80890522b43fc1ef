"""Programs in files: what is written is what runs again, from every level of text."""

from __future__ import annotations

import inspect
import pickle
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import rfxjit as rfx
from rfxjit.serialized.form import Form, FormError
from rfxjit.serialized.signature_reader import read
from rfxjit.serialized.signature_writer import write
from rfxjit.tools import rfx_opt

LEVELS = ("rfx", "fused", "loops", "scalars", "vectors")
FILES = Path(__file__).parents[1] / "filecheck"
WEIGHTS = np.arange(3, dtype=np.float32)
SCALE = 1.5
GAIN = np.float32(2)
FLOAT32 = np.dtype("f4")
F32 = np.linspace(-2, 2, 12, dtype=np.float32).reshape(4, 3)


def structured(state, /, p, *, mode="fast", gain=GAIN):
    x, (y, k) = state
    z = x * k + y if mode == "fast" else x
    return {"z": z * gain, "all": [z.sum(), p["a"], (z > 0, None, "text", -1.5)]}


def in_place(x, y):
    x += y
    y[0] = 7
    return x, y, x - 1


def captures(x):
    return x * SCALE + WEIGHTS, WEIGHTS


def variadic(*xs, **named):
    return xs[0] + xs[1] * named["k"]


def concrete(x, n, flag):
    for _ in range(n):
        x = x * x
    return -x if flag else x


def kinds(b, i, u, h, s, f, n, t):
    return b & t, i // 3, u << 1, h + 1, s * s, f * 2.0, n + 1, ~b


def repeated(x):
    y = np.exp(x)
    return [y, y, x, ()]


def checked(x, i):
    return np.take(x, i, axis=0)


def constant(x):
    return float("inf"), float("nan"), 2**70, "a'\"b\n", b"\x00", {1: x.sum()}


@rfx.kernel
def collatz(n: int, most: int = 100):
    for steps in range(most):
        if n == 1:
            return steps
        n = n // 2 if n % 2 == 0 else 3 * n + 1
    return -1


P = {"a": np.float64(3), "b": 1}
CASES = {
    "structured": (structured, lambda: (((F32, (F32[0], 2.0)), P), {"mode": "fast"})),
    "in_place": (in_place, lambda: ((F32.copy(), F32.copy()), {})),
    "captures": (captures, lambda: ((F32,), {})),
    "variadic": (variadic, lambda: ((F32, F32), {"k": 3.0})),
    "concrete": (concrete, lambda: ((F32, 3, True), {})),
    "kinds": (kinds, lambda: (
        (np.array([True, False]), np.arange(-3, 3), np.arange(5, dtype=np.uint8),
         np.ones((), np.float16), np.int16(7), 0.1, 41, True), {})),
    "repeated": (repeated, lambda: ((F32,), {})),
    "checked": (checked, lambda: ((F32, np.array([3, -1])), {})),
    "constant": (constant, lambda: ((F32,), {})),
    "gradient": (rfx.grad(lambda x: (np.sin(x) ** 2).sum()), lambda: ((F32,), {})),
    "kernel": (collatz, lambda: ((np.arange(1, 9),), {})),
    "empty": (lambda x: x + 1, lambda: ((np.zeros((0, 3)),), {})),
}  # fmt: skip


def leaves(tree):
    import optree

    return optree.tree_leaves(tree, none_is_leaf=True)


def assert_same(got, want):
    import optree

    flat = [optree.tree_structure(t, none_is_leaf=True) for t in (got, want)]
    assert flat[0] == flat[1]
    for a, b in zip(leaves(got), leaves(want), strict=True):
        assert type(a) is type(b)
        assert getattr(a, "dtype", None) == getattr(b, "dtype", None)
        np.testing.assert_array_equal(a, b)


def exported(tmp_path, name, level=None):
    fn, make = CASES[name]
    args, kwargs = make()
    file = tmp_path / f"{name}.mlir"
    lower = fn.lower if hasattr(fn, "lower") else rfx.jit(fn, strict=True).lower
    lower(*args, **kwargs).export(file, level)
    return file


def check(name, loaded):
    fn, make = CASES[name]
    args, kwargs = make()
    expected = make()
    jitted = fn if hasattr(fn, "lower") else rfx.jit(fn, strict=True)
    want = jitted(*expected[0], **expected[1])
    assert_same(loaded(*args, **kwargs), want)
    assert_same((args, kwargs), expected)  # what was written to arguments


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("name", CASES)
def test_what_is_written_runs_again(tmp_path, name, level):
    check(name, rfx.load(exported(tmp_path, name, level)))


@pytest.mark.parametrize("name", CASES)
def test_a_loaded_program_writes_the_same_file(tmp_path, name):
    file = exported(tmp_path, name)
    text = file.read_text()
    rfx.load(file).export(tmp_path / "again.mlir")
    assert (tmp_path / "again.mlir").read_text() == text


@pytest.mark.parametrize("passes", ["", "to-fused", "canonicalize,dce,fuse,to-loops"])
@pytest.mark.parametrize("name", ["structured", "in_place", "checked"])
def test_passes_leave_a_program(tmp_path, name, passes):
    file = exported(tmp_path, name)
    after = tmp_path / "after.mlir"
    assert rfx_opt.main([str(file), "-p", passes, "-o", str(after)]) == 0
    loaded = rfx.load(after)
    assert loaded.lowered.level == {"": "rfx", "to-fused": "fused"}.get(passes, "loops")
    check(name, loaded)


def test_another_process_runs_it(tmp_path):
    file = exported(tmp_path, "structured")
    code = (
        "import sys, pickle, numpy, rfxjit\n"
        "args, kwargs = pickle.load(sys.stdin.buffer)\n"
        f"result = rfxjit.load({str(file)!r})(*args, **kwargs)\n"
        "sys.stdout.buffer.write(pickle.dumps(result))\n"
    )
    given = pickle.dumps(CASES["structured"][1]())
    done = subprocess.run(
        [sys.executable, "-c", code], input=given, capture_output=True, check=True
    )
    args, kwargs = CASES["structured"][1]()
    want = rfx.jit(structured)(*args, **kwargs)
    assert_same(pickle.loads(done.stdout), want)


def test_edited_text_runs(tmp_path):
    file = tmp_path / "f.mlir"
    rfx.jit(lambda x: np.sin(x) * 2.0).lower(F32).export(file)
    text = file.read_text()
    assert "rfx.sin" in text
    file.write_text(text.replace("rfx.sin", "rfx.cos"))
    np.testing.assert_array_equal(
        rfx.load(file)(F32), rfx.jit(lambda x: np.cos(x) * 2.0)(F32)
    )


def test_a_call_is_native_and_takes_out(tmp_path):
    file = tmp_path / "f.mlir"
    rfx.jit(lambda x, k=3.0: x * k).lower(rfx.ArraySpec("n", "f8")).export(file)
    f = rfx.load(file)
    assert str(inspect.signature(f)) == "(x, k=3.0)"
    assert f.__name__ == "lambda_"
    out = np.empty(5)
    assert f(np.ones(5), out=out) is out
    np.testing.assert_array_equal(out, np.full(5, 3.0))
    np.testing.assert_array_equal(f(np.ones(10)[::2], k=2.0), np.full(5, 2.0))
    with pytest.raises(TypeError, match="takes from 1 to 2 positional arguments"):
        f(out, 1.0, 2.0)


def test_captured_values_are_those_of_the_export(tmp_path):
    w = np.array([1.0, 2.0])
    lowered = rfx.jit(lambda x: x + w).lower(np.zeros(2))
    live = lowered.compile()
    w[:] = 5
    lowered.export(tmp_path / "f.mlir")
    w[:] = 7
    np.testing.assert_array_equal(rfx.load(tmp_path / "f.mlir")(np.zeros(2)), [5, 5])
    np.testing.assert_array_equal(live(np.zeros(2)), [7, 7])


def test_fastmath_goes_with_the_program(tmp_path):
    zero = rfx.jit(lambda x: x * 0.0, fastmath=True)
    zero.lower(np.ones(3)).export(tmp_path / "f.mlir")
    nan = np.array([np.nan, 1, np.inf])
    np.testing.assert_array_equal(rfx.load(tmp_path / "f.mlir")(nan), zero(nan))
    some = rfx.jit(lambda x: x, fastmath=["nnan", "arcp"])
    some.lower(np.ones(3)).export(tmp_path / "g.mlir")
    assert 'rfx.fastmath = ["arcp", "nnan"]' in (tmp_path / "g.mlir").read_text()
    assert rfx.load(tmp_path / "g.mlir").lowered.options.fastmath == {"arcp", "nnan"}


def test_the_interpreter_runs_programs_of_tensors(tmp_path):
    run = rfx.load(exported(tmp_path, "structured"), backend="interpreter")
    check("structured", run)
    with pytest.raises(rfx.BackendError, match="of level loops"):
        rfx.load(exported(tmp_path, "structured", "loops"), backend="interpreter")


def test_other_forms_are_made_from_a_loaded_program(tmp_path):
    program = rfx.load(exported(tmp_path, "variadic", "loops"))
    assert "memref.store" in program.text()
    program.export(tmp_path / "f.c")
    assert "variadic(" in (tmp_path / "f.c").read_text()
    assert "variadic:" in program.text("asm")
    with pytest.raises(ValueError, match="at the loops level: fused is not below"):
        program.text("fused")
    with pytest.raises(ValueError, match=r"only \.mlir has levels"):
        program.export(tmp_path / "f.c", level="loops")
    with pytest.raises(ValueError, match="unknown level 'x'; the levels are rfx"):
        program.export(tmp_path / "f.mlir", level="x")


# ---- wrong arguments


@pytest.fixture
def program(tmp_path):
    def f(x, y, p, k=1.0, *, mode="a", n=3):
        return x @ y * k + p[0] * n

    y = rfx.ArraySpec((3, "n"), "f4")
    lowered = rfx.jit(f).lower(rfx.ArraySpec(("n", 3), "f4"), y, [np.int32(1)])
    lowered.export(tmp_path / "f.mlir")
    return rfx.load(tmp_path / "f.mlir")


GOOD = {"x": F32, "y": np.ascontiguousarray(F32.T), "p": [np.int32(1)]}


@pytest.mark.parametrize(
    ("change", "error", "text"),
    [
        ({"x": F32.astype("f8")}, TypeError,
         "argument 'x' must be float32[n, 3], not of dtype float64"),
        ({"x": F32.tolist()}, TypeError, "must be float32[n, 3], not a list"),
        ({"x": F32.ravel()}, ValueError, "not of shape (12,)"),
        ({"x": F32[:, :2]}, ValueError, "must be float32[n, 3], not of shape (4, 2)"),
        ({"y": F32}, ValueError, "float32[3, n] with n = 4, not of shape (4, 3)"),
        ({"x": F32[:1]}, ValueError, "(1, 3); a size with a name is 2 or more"),
        ({"k": 1}, TypeError, "argument 'k' must be float, not a int"),
        ({"n": 2**70}, TypeError, "argument 'n' must be int, not one beyond 64 bits"),
        ({"p": [np.int64(1)]}, TypeError, "argument 'p[0]' must be int32, not of"),
        ({"p": [3]}, TypeError, "argument 'p[0]' must be int32, not a int"),
        ({"p": []}, ValueError, "f() is for p is a list of 1"),
        ({"p": (np.int32(1),)}, ValueError, "f() is for p is a list of 1"),
        ({"mode": "b"}, ValueError, "f() is for mode == 'a'"),
        ({"q": 1}, TypeError, "unexpected keyword argument 'q'"),
        ({"out": np.zeros((4, 5), "f4")}, ValueError, "out"),
    ],
)  # fmt: skip
def test_wrong_arguments(program, change, error, text):
    assert program(**GOOD).shape == (4, 4)
    with pytest.raises(error, match=re.escape(text)):
        program(**{**GOOD, **change})


def test_overlapping_writes(tmp_path):
    program = rfx.load(exported(tmp_path, "in_place"))
    x = F32.copy()
    with pytest.raises(ValueError, match="arguments 'x', 'y' overlap"):
        program(x, x)
    x.flags.writeable = False
    with pytest.raises(ValueError, match="'x' is read-only"):
        program(x, F32.copy())


def test_failures_keep_their_class(tmp_path):
    program = rfx.load(exported(tmp_path, "checked"))
    with pytest.raises(IndexError):
        program(F32, np.array([0, 4]))


# ---- what cannot be written


@dataclass
class Point:
    x: np.ndarray


class Pair(NamedTuple):
    a: np.ndarray
    b: np.ndarray


@pytest.mark.parametrize(
    ("fn", "args", "text"),
    [
        (lambda p: p.x + 1, (Point(F32),), "argument 'p' is a Point"),
        (lambda f, x: f(x), (np.sin, F32), "argument 'f' is <ufunc 'sin'>"),
        (lambda x: Point(x + 1), (F32,), "the result contains a Point"),
        (lambda x: Pair(x + 1, x), (F32,), "the result contains a Pair"),
        (lambda x: (x + 1, ...), (F32,), "a ellipsis cannot be written"),
        (lambda x, d=FLOAT32: x, (F32,), "argument 'd' is a Float32DType"),
        (lambda x, d=frozenset(): x, (F32, 1), "the default of parameter 'd'"),
    ],
)
def test_what_has_no_text_is_refused(tmp_path, fn, args, text):
    with pytest.raises(TypeError, match=re.escape(text)):
        rfx.jit(fn).lower(*args).export(tmp_path / "f.mlir")
    assert not (tmp_path / "f.mlir").exists()


# ---- damaged files

TEXT = """builtin.module attributes {
  rfx.version = 1 : i64,
  rfx.signature = "f(x: float32[3], k: float = 2.0)",
  rfx.outputs = ["out0: float32[3]", "out1: float32[3]"],
  rfx.result = "(out0, out1)",
  rfx.failures = ["IndexError: no"]
} {
  func.func @f(%x: tensor<3xf32>, %k: tensor<f64> {rfx.by_value}) -> (tensor<3xf32>, tensor<3xf32>) {
    %y = rfx.sin %x : tensor<3xf32>
    func.return %y, %y : tensor<3xf32>, tensor<3xf32>
  }
}
"""  # noqa: E501


def test_the_text_to_damage_is_right(tmp_path):
    (tmp_path / "f.mlir").write_text(TEXT)
    y = np.sin(F32[0])
    np.testing.assert_allclose(rfx.load(tmp_path / "f.mlir")(F32[0]), (y, y), 1e-6)


@pytest.mark.parametrize(
    ("old", "new", "place", "text"),
    [
        ("rfx.version = 1", "rfx.version = 2", "2:3",
         "the program has version 2; this rfxjit reads up to 1"),
        ("rfx.version = 1", "rfx.version = 0", "2:3", "there is no version 0"),
        ("rfx.version = 1 : i64", "a", "1:1", "there is no rfx.version"),
        ('rfx.result = "(out0, out1)",', "", "1:1", "rfx.result must be a string"),
        ('"(out0, out1)"', "3 : i32", "5:3", "rfx.result must be a string"),
        ('["IndexError: no"]', '"no"', "6:3", "rfx.failures must be a list of"),
        ('["IndexError: no"]', "[1]", "6:3", "rfx.failures must be a string"),
        ("IndexError", "Oops", "6:20", "rfx.failure 0: Oops is no exception"),
        ("float32[3],", "float31[3],", "3:25", "expected a type such as"),
        ("float32[3],", "float32[-3],", "3:33", "a size is a number or a name"),
        ("float32[3],", "float32[None],", "3:25", "each size of an argument has"),
        ("k: float", "k: float = ", "3:49", "not readable"),
        ("f(x:", "f(x:=", "3:23", "not readable"),
        ("= 2.0", "= g(2)", "3:48", "expected a literal"),
        ("= 2.0", "= float32('a')", "3:48", "not a float32: could not convert"),
        ("out1: float32[3]", "out1: float[3]", "4:45", "expected a type such as"),
        ("out1: float32[3]", "out0: float32[3]", "4:39", "two outputs out0"),
        ("out1: float32[3]", "out1", "4:39", "expected a name and a type"),
        ("out1: float32[3]", "x: float32[4]", "4:42", "is of another type"),
        ("out1: float32[3]", "k[0]: float32[3]", "4:39", "this argument is not read"),
        ("(out0, out1)", "(out0, out2)", "5:24", "expected an argument or a part"),
        ("(out0, out1)", "(out0, g())", "5:24", "expected a literal"),
        ("(out0, out1)", "out0", "5:17", "results {0}, outputs {0, 1}"),
        ("(out0, out1)", "(out0, out1", "5:17", "not readable"),
        ("tensor<3xf32>,", "tensor<4xf32>,", "9:18", "previously used or defined"),
        ("@f(", "@g(", "1:1", "there is no function @f"),
        ("tensor<f64> {", "tensor<f32> {", "8:3", "the signature wants arguments"),
        ("rfx.sin", "rfx.sine", "9:10", "rfx.sine is not registered"),
        ("rfx.sin %x", "rfx.sin %z", "13:1", "%z"),
        ("%y, %y :", "%y :", "11:3", None),
        ("-> (tensor<3xf32>, t", "-> (tensor<3xf64>, t", "10:5", None),
        ("    func.return", "    func.return func.return", "10:5", None),
        ("}\n}", "}", "12:1", None),
        (TEXT, "", "1:1", "not parse"),
        (TEXT, "\0" * 9, "1:1", None),
        (TEXT, "builtin.module attributes {", "1:28", None),
    ],
)  # fmt: skip
def test_damage_has_a_place(tmp_path, old, new, place, text):
    assert old in TEXT
    file = tmp_path / "f.mlir"
    file.write_text(TEXT.replace(old, new, 1))
    with pytest.raises(rfx.ProgramError, match=text and re.escape(text)) as caught:
        rfx.load(file)
    assert str(caught.value.location) == f"{file}:{place}"


def test_levels_that_are_not_read_back(tmp_path):
    lowered = rfx.jit(lambda x: x + 1).lower(F32)
    for level in ("gpu", "llvm"):
        lowered.export(tmp_path / "f.mlir", level)
        with pytest.raises(rfx.ProgramError, match=f"{level} level is not read back"):
            rfx.load(tmp_path / "f.mlir")


def test_files_that_are_no_text(tmp_path):
    (tmp_path / "f.mlir").write_bytes(b"ab\nc\xff")
    with pytest.raises(rfx.ProgramError, match="not text in UTF-8") as caught:
        rfx.load(tmp_path / "f.mlir")
    assert str(caught.value.location) == f"{tmp_path}/f.mlir:2:2"
    with pytest.raises(FileNotFoundError):
        rfx.load(tmp_path / "none.mlir")


TOKEN = re.compile(r"[%@^!#]?[\w.]+|\s+|.")


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.data())
def test_random_damage_is_refused_or_runs(tmp_path, data):
    tokens = TOKEN.findall(TEXT)
    for _ in range(data.draw(st.integers(1, 3))):
        i, j = (data.draw(st.integers(0, len(tokens) - 1)) for _ in "ij")
        if data.draw(st.booleans()) and len(tokens) > 1:
            del tokens[i]
        else:
            tokens.insert(i, tokens[j])
    file = tmp_path / "f.mlir"
    file.write_text("".join(tokens))
    try:
        program = rfx.load(file)
    except rfx.ProgramError as error:
        place = error.location
    else:
        place = program.__signature__
    assert place is not None


# ---- signatures alone


@pytest.mark.parametrize(
    "call",
    ["f()", "f(a: int, /)", "f(a: int, /, b: int)", "f(*, a: int)", "f(*a: ())",
     "f(*a: (int,), b: bool = True)", "f(**k: {})",
     "f(a: [int, {'k': float}], b: None)",
     "f(a: float32[()] = array([1.0, float('nan')], float32, (2,)))",
     "f(a: bool_[n, m], b: bool_)", "f(a: int == 3, b: -4, c: 'x', d: b'y')",
     "f(a: {1: int, 'b': (float,)} = {})", "f(a: int = int8(3))", "f(a)"],
)  # fmt: skip
def test_signatures_read_back(call):
    form = Form(call, (), "None")
    assert write(read(form)) == form


def test_names_of_outputs_are_not_those_of_arguments():
    def f(out, out0):
        return out + out0

    signature = rfx.jit(f).lower(1.0, 2.0).program.signature
    form = write(signature)
    assert form.outputs == ("out_0: float",)
    assert read(form).inputs == signature.inputs


@pytest.mark.parametrize("call", ["f", "1", "f(x)(y)", "f(x); g(y)", "f(**k: {**a})"])
def test_no_signatures(call):
    with pytest.raises(FormError):
        read(Form(call, (), "None"))
