"""The native entry and the portable one: the same answers, each guard tried."""

from __future__ import annotations

import gc
import pickle
import sys
import threading
import tracemalloc
from types import CellType, SimpleNamespace

import numpy as np
import optree
import pytest
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
    scale_unit,
)

from rfxjit.runtime import capi
from rfxjit.runtime.portable import MISS, RunsInPython
from rfxjit.runtime.unit import Unit
from rfxjit.signature import (
    Alias,
    Constant,
    Failure,
    Guard,
    Input,
    Output,
    Parameter,
    Path,
    Signature,
    Slot,
)

native_only = pytest.mark.skipif(
    not capi.enabled(), reason="no native entries on this interpreter"
)


@pytest.fixture(params=[pytest.param(True, marks=native_only), False])
def native(request):
    return request.param


def gains():
    return 2.0, 0.5, 0.25


def float_unit():
    return identity_unit("float", F8, "double", Output(F8, (), "float"))


def errors():
    return [np.array([float(k)]) for k in (1, 2, 4)]


# Arguments


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


def swapped(x):
    return x.astype(x.dtype.newbyteorder())


def misaligned(x):
    raw = np.zeros(x.nbytes + 1, np.uint8)
    result = raw[1:].view(x.dtype).reshape(x.shape)
    result[...] = x
    assert not result.flags.aligned
    return result


def strided(x):
    return np.repeat(x, 2, axis=0)[::2]


def backwards(x):
    return x[::-1].copy()[::-1]


def read_only(x):
    x = x.copy()
    x.flags.writeable = False
    return x


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


# out=


def test_out(native):
    f = Called(pid_unit(), native=native)
    out = np.empty(1)
    assert f(*errors(), *gains(), out=out) is out
    assert out.tolist() == [4.0]
    assert f(*errors(), *gains(), out=None).tolist() == [4.0]
    assert f.misses == (0 if native else 2)


def test_out_in_any_form(native):
    f = Called(saxpy_unit(), native=native)
    x, y = np.arange(5.0), np.linspace(1, 2, 5)
    for out in (np.empty(10)[::2], misaligned(x), swapped(x), np.empty(5, np.float32)):
        assert f(2.0, x, y, out=out) is out
        np.testing.assert_array_equal(out, (2 * x + y).astype(out.dtype))


def test_out_may_overlap_inputs(native):
    f = Called(saxpy_unit(), native=native)
    memory = np.arange(8.0)
    x, y, out = memory[:5], np.ones(5), memory[2:7]
    wanted = 2 * x + y
    assert f(2.0, x, y, out=out) is out
    np.testing.assert_array_equal(out, wanted)
    memory = np.arange(5.0)
    f(2.0, memory, memory, out=memory)
    np.testing.assert_array_equal(memory, 3 * np.arange(5.0))


@pytest.mark.parametrize(
    ("out", "error", "text"),
    [
        (np.empty(4), ValueError, r"out has shape \(4,\), the result \(5,\)"),
        (np.empty((5, 1)), ValueError, "shape"),
        (read_only(np.empty(5)), ValueError, "read-only"),
        (np.empty(5, np.int64), TypeError, "same_kind"),
        ([0.0] * 5, TypeError, "out must be an array, not list"),
        ((np.empty(5), np.empty(5)), ValueError, "2 arrays for 1 results"),
    ],
)
def test_wrong_out(native, out, error, text):
    f = Called(saxpy_unit(), native=native)
    with pytest.raises(error, match=text):
        f(2.0, np.ones(5), np.ones(5), out=out)


BOTH = (Slot(0), Slot(1))


def two_results_unit(treedef, results=BOTH):
    """Sum and difference of f64 (3,)."""
    text = """
define i32 @two(ptr %x, ptr %y, ptr %s, ptr %d, i64 %begin, i64 %end, ptr %w) {
  %xv = load <3 x double>, ptr %x, align 8
  %yv = load <3 x double>, ptr %y, align 8
  %sv = fadd <3 x double> %xv, %yv
  %dv = fsub <3 x double> %xv, %yv
  store <3 x double> %sv, ptr %s, align 8
  store <3 x double> %dv, ptr %d, align 8
  ret i32 0
}
"""
    inputs = tuple(Input(n, param(k), "array", F8, (3,)) for k, n in enumerate("xy"))
    outputs = (Output(F8, (3,)), Output(F8, (3,)))
    signature = Signature("two", params("x", "y"), inputs, outputs, results, treedef)
    return Unit(signature, llvm_ir=text)


def test_tuples_natively_and_with_out(native):
    f = Called(two_results_unit(optree.tree_structure((0, 0))), native=native)
    x, y = np.arange(3.0), np.ones(3)
    s, d = f(x, y)
    np.testing.assert_array_equal(s, x + y)
    np.testing.assert_array_equal(d, x - y)
    out = (np.empty(3), np.empty(3))
    result = f(x, y, out=out)
    assert result[0] is out[0]
    assert result[1] is out[1]
    np.testing.assert_array_equal(out[1], x - y)
    assert f.misses == (0 if native else 2)
    # One memory for both results, or an input: the slow path gets it right.
    both = np.empty(6)
    f(x, y, out=(both[:3], x))
    np.testing.assert_array_equal(x, np.arange(3.0) - 1)
    with pytest.raises(ValueError, match="1 arrays for 2 results"):
        f(x, y, out=both[:3])


def test_other_trees(native):
    tree = optree.tree_structure({"sum": 0, "rest": [0, (0, 0)]})
    constant = object()
    results = (Slot(1), Alias(param(0)), Slot(0), Slot(0), Constant(constant))
    leaves = optree.tree_structure({"a": 0, "b": [0, (0, 0)], "c": 0})
    assert leaves.num_leaves == len(results)
    assert tree.num_leaves == 4
    f = Called(two_results_unit(leaves, results), native=native)
    x, y = np.arange(3.0), np.ones(3)
    result = f(x, y)
    np.testing.assert_array_equal(result["a"], x - y)
    assert result["b"][0] is x
    assert result["b"][1][0] is result["b"][1][1]
    assert result["c"] is constant
    with pytest.raises(TypeError, match=r"two\(\) cannot write its result to out="):
        f(x, y, out=np.empty(3))
    count = sys.getrefcount(constant)
    for _ in range(100):
        f(x, y)
    assert sys.getrefcount(constant) == count


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


# Arguments that are written


@pytest.mark.parametrize("in_place", [False, True])
def test_inout(native, in_place):
    f = Called(scale_unit(in_place=in_place), native=native)
    a = np.array([3.0])
    for form in (np.copy, swapped, misaligned, strided):
        x = form(np.arange(4.0))
        assert f(x, a) is x
        np.testing.assert_array_equal(x, 3 * np.arange(4.0))
    assert f.misses == (3 if native else 4)


def test_inout_of_read_only_or_shared_memory_is_for_python(native):
    f = Called(scale_unit(in_place=False), native=native)
    memory = np.arange(5.0)
    with pytest.raises(RunsInPython, match="arguments 'x', 'a' overlap"):
        f(memory[:4], memory[3:4])
    with pytest.raises(RunsInPython, match="argument 'x' is read-only"):
        f(read_only(memory[:4]), np.array([2.0]))
    np.testing.assert_array_equal(memory, np.arange(5.0))
    f(memory[:4], memory[4:])
    np.testing.assert_array_equal(memory, [0, 4, 8, 12, 4])


def test_failure(native):
    f = Called(scale_unit(in_place=False), native=native)
    x = np.arange(4.0)
    before = sys.getrefcount(x)
    for _ in range(50):
        with pytest.raises(ZeroDivisionError, match=r"^scale by zero$"):
            f(x, np.array([0.0]))
    np.testing.assert_array_equal(x, np.arange(4.0))
    assert sys.getrefcount(x) == before


def test_status_out_of_range(native):
    unit = scale_unit(in_place=False)
    s = unit.signature
    signature = Signature(s.name, s.params, s.inputs, s.outputs, s.results)
    f = Called(Unit(signature, llvm_ir=unit.llvm_ir), native=native)
    with pytest.raises(SystemError, match="scale: status out of range"):
        f(np.arange(4.0), np.array([0.0]))


# Shapes and workspace


def grow_unit(bytes_=None):
    """`[n, n, …]` (n + 1 times), by way of the workspace; n = 13 fails."""
    bytes_line = "%m8" if bytes_ is None else str(bytes_)
    text = f"""
define i32 @grow(ptr %x, i64 %n, ptr %out, i64 %m, i64 %begin, i64 %end, ptr %w) {{
entry:
  %low = ptrtoint ptr %w to i64
  %off = and i64 %low, 63
  %unaligned = icmp ne i64 %off, 0
  br i1 %unaligned, label %bad, label %loop
loop:
  %i = phi i64 [ %begin, %entry ], [ %next, %body ]
  %more = icmp slt i64 %i, %end
  br i1 %more, label %body, label %done
body:
  %wp = getelementptr i64, ptr %w, i64 %i
  store i64 %n, ptr %wp
  %v = load i64, ptr %wp
  %op = getelementptr i64, ptr %out, i64 %i
  store i64 %v, ptr %op
  %next = add i64 %i, 1
  br label %loop
done:
  ret i32 0
bad:
  ret i32 1
}}
define i32 @grow_shapes(ptr %in, ptr %out) {{
  %n = load i64, ptr %in
  %bad = icmp eq i64 %n, 13
  %m = add i64 %n, 1
  %m8 = mul i64 %m, 8
  store i64 %m, ptr %out
  %extent = getelementptr i64, ptr %out, i64 1
  store i64 %m, ptr %extent
  %bytes = getelementptr i64, ptr %out, i64 2
  store i64 {bytes_line}, ptr %bytes
  %status = select i1 %bad, i32 2, i32 0
  ret i32 %status
}}
"""
    spec = Input("x", param(0), "array", F8, ("n",))
    failures = (Failure(SystemError, "unaligned"), Failure(ValueError, "not thirteen"))
    return one_result(
        "grow",
        params("x"),
        (spec,),
        Output(I8, (None,)),
        text,
        extent=None,
        workspace=bytes_,
        failures=failures,
    )


@pytest.mark.parametrize("bytes_", [None, 4096, 1 << 20])
def test_shapes_and_workspace(native, bytes_):
    f = Called(grow_unit(bytes_), native=native)
    for n in (2, 7, 500):
        assert f(np.ones(n)).tolist() == [n] * (n + 1)
    with pytest.raises(ValueError, match="not thirteen"):
        f(np.ones(13))
    out = np.empty(8, np.int64)
    assert f(np.ones(7), out=out) is out
    with pytest.raises(ValueError, match="shape"):
        f(np.ones(6), out=out)
    with pytest.raises(ValueError, match="not thirteen"):
        f(np.ones(13), out=out)


def test_a_workspace_that_is_not_to_be_had(native):
    f = Called(grow_unit(1 << 60), native=native)
    with pytest.raises(MemoryError):
        f(np.ones(5))


# Captured values


def hidden_unit(path, objects, guards=(), dtype=F8):
    """`x * h` on f64 (), with h read at `path`."""
    text = """
define i32 @times(double %x, ptr %h, ptr %out, i64 %begin, i64 %end, ptr %w) {
  %hv = load double, ptr %h
  %r = fmul double %x, %hv
  store double %r, ptr %out
  ret i32 0
}
"""
    inputs = (
        Input("x", param(0), "float", F8),
        Input("h", path, "array", dtype, (), role="hidden"),
    )
    return one_result(
        "times",
        params("x", "self"),
        inputs,
        Output(F8, (), "float"),
        text,
        guards=tuple(guards),
        objects=objects,
    )


def places(value):
    """Places that hold a value: where, path, objects, how to set and to delete it."""
    module = {"h": value}
    box = SimpleNamespace(inner=SimpleNamespace(h=value))
    cell = CellType(value)
    items = [0, value]

    class Odd(dict):
        def __missing__(self, key):
            return value

    root = Path(("object", 0))
    return {
        "global": (root.step("item", "h"), module, module.__setitem__, module.clear),
        "attribute": (
            root.step("attr", "inner").step("attr", "h"),
            box,
            lambda key, v: setattr(box.inner, key, v),
            lambda: delattr(box.inner, "h"),
        ),
        "cell": (
            root.step("cell"),
            cell,
            lambda key, v: setattr(cell, "cell_contents", v),
            lambda: delattr(cell, "cell_contents"),
        ),
        "list": (
            root.step("item", 1),
            items,
            lambda key, v: items.__setitem__(1, v),
            items.clear,
        ),
    }


@pytest.mark.parametrize("place", ["global", "attribute", "cell", "list"])
def test_captured_arrays_are_read_at_each_call(native, place):
    h = np.array(2.0)
    path, holder, put, delete = places(h)[place]
    f = Called(hidden_unit(path, (holder,)), native=native)
    assert f(3.0, None) == 6.0
    h[...] = 5.0
    assert f(3.0, None) == 15.0
    put("h", np.array(7.0))
    assert f(3.0, None) == 21.0
    put("h", np.array(7))
    assert f(3.0, None) is MISS
    delete()
    assert f(3.0, None) is MISS
    assert f.misses == (2 if native else 5)


def test_items_of_tuples_dicts_and_other_containers(native):
    h = np.array(2.0)

    class Sequence:
        def __getitem__(self, key):
            if key not in (1, "h", -1):
                raise KeyError(key)
            return h

    for key, holders in {
        1: [(0, h), [0, h], {1: h}, Sequence()],
        "h": [{"h": h}, Sequence()],
        -1: [(0, h), [0, h], Sequence()],
    }.items():
        path = Path(("param", 1)).step("item", key)
        f = Called(hidden_unit(path, ()), native=native)
        for holder in holders:
            assert f(3.0, holder) == 6.0
        assert f.misses == (0 if native else len(holders))
        for holder in ((), [], {}, Sequence, None, (0,)):
            assert f(3.0, holder) is MISS
    missing = Path(("param", 1)).step("item", "g")
    f = Called(hidden_unit(missing, ()), native=native)
    assert f(3.0, Sequence()) is MISS


def test_properties_run_and_their_results_are_released(native):
    class Made:
        @property
        def h(self):
            return np.array(4.0)

    f = Called(hidden_unit(param(1).step("attr", "h"), ()), native=native)
    holder = Made()
    assert f(2.0, holder) == 8.0
    gc.collect()
    tracemalloc.start()
    for _ in range(2000):
        f(2.0, holder)
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size < 100_000  # one leak per call would be 200 kB or more


@pytest.mark.parametrize(
    ("mode", "expected", "good", "bad"),
    [
        ("is", None, [None], [0, ()]),
        ("eq", 3, [3], [4, 3.0, True, "3"]),
        ("eq", 10**30, [10**30], [10**30 + 1]),
        ("eq", 0.0, [0.0], [-0.0, 0, False, 1.0]),
        ("eq", float("nan"), [float("nan")], [0.0]),
        ("eq", "fast", ["fast", str(b"fast", "ascii")], ["slow", b"fast"]),
        ("eq", True, [True], [1, np.True_, False]),
        ("eq", (1, 2), [(1, 2)], [(1, 3), [1, 2]]),
        ("type", list, [[], [1]], [(), None]),
        ("len", (tuple, 2), [(1, 2)], [(1,), [1, 2], None]),
        ("len", (dict, 1), [{1: 2}], [{}, [1]]),
    ],
)
def test_guards(native, mode, expected, good, bad):
    holder = SimpleNamespace(h=np.array(2.0), g=None)
    root = Path(("object", 0))
    guard = Guard(root.step("attr", "g"), mode, expected)
    unit = hidden_unit(root.step("attr", "h"), (holder,), [guard])
    f = Called(unit, native=native)
    for value in good:
        holder.g = value
        assert f(3.0, None) == 6.0
    assert f.misses == (0 if native else len(good))
    for value in bad:
        holder.g = value
        assert f(3.0, None) is MISS
    del holder.g
    assert f(3.0, None) is MISS


def test_a_comparison_that_raises_misses(native):
    class Grim(int):
        def __eq__(self, other):
            raise ValueError("grim")

        __hash__ = None

    guard = Guard(param(1), "eq", Grim(1))
    holder = {"h": np.array(2.0)}
    path = Path(("object", 0)).step("item", "h")
    f = Called(hidden_unit(path, (holder,), [guard]), native=native)
    assert f(3.0, 1) is MISS
    assert f(3.0, Grim(1)) is MISS


# The callable object


@native_only
def test_chain_of_entries():
    first = Called(saxpy_unit(), native=True)
    second = Called(float_unit(), native=True)
    first.entry.link(second.entry)
    assert first(2.5) == 2.5
    assert first(2.0, np.ones(2), np.ones(2)).tolist() == [3.0, 3.0]
    assert first.misses == 0
    assert second(True) is MISS
    assert second.misses == 1


@native_only
def test_binds_as_a_method():
    f = Called(float_unit(), native=True)
    f.entry.call = lambda values, out: values

    class Holder:
        method = f
        static = staticmethod(f)

    holder = Holder()
    assert holder.method() == (holder,)
    assert Holder.static(2.0) == 2.0
    assert Holder.method(3.0) == 3.0
    bound = holder.method
    assert bound.__self__ is holder
    assert bound.__func__ is f


@native_only
def test_references_are_balanced():
    f = Called(pid_unit(), native=True)
    arrays = errors()
    out = np.empty(1)
    objects = [*arrays, out, F8, np.ndarray]
    f(*arrays, *gains(), out=out)
    counts = [sys.getrefcount(o) for o in objects]
    for _ in range(1000):
        f(*arrays, *gains())
        f(*arrays, *gains(), out=out)
        f(*arrays, 1.0, ki=2.0, kd=3.0)
        f(*arrays, 1.0, 2.0, 3)
    after = [sys.getrefcount(o) for o in objects]
    assert after[:-2] == counts[:-2]
    # Garbage of other tests may go meanwhile, and with it a few references.
    assert all(abs(a - b) < 500 for a, b in zip(after, counts, strict=True))


@native_only
def test_instances_are_collected():
    import weakref

    f = Called(pid_unit(), native=True)
    f.me = f
    gone = weakref.ref(f)
    del f
    gc.collect()
    assert gone() is None


@native_only
def test_an_instance_without_entry_uses_call():
    class Plain(Called):
        def __init__(self):
            pass

        def __call__(self, *args):
            return args

    assert Plain()(1, 2) == (1, 2)


@pytest.mark.parametrize("work", [0, 1, 1_000_000])
def test_many_threads(native, work):
    f = Called(saxpy_unit(work), native=native)
    failures = []

    def run(seed):
        x = np.random.RandomState(seed).rand(50)
        wrong = [
            k
            for k in range(300)
            if not np.array_equal(f(float(k), x, x), float(k) * x + x)
        ]
        failures.extend(wrong)

    threads = [threading.Thread(target=run, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


@native_only
def test_long_kernels_release_the_gil():
    # A kernel that waits for a flag which only another Python thread can set.
    text = """
define i32 @wait(ptr %flag, ptr %out, i64 %begin, i64 %end, ptr %w) {
entry:
  br label %loop
loop:
  %v = load volatile i64, ptr %flag
  %set = icmp ne i64 %v, 0
  br i1 %set, label %done, label %loop
done:
  store i64 %v, ptr %out
  ret i32 0
}
"""
    spec = Input("flag", param(0), "array", I8, ())
    unit = one_result(
        "wait", params("flag"), (spec,), Output(I8, (), "int"), text, work=200_000
    )
    f = Called(unit, native=True)
    flag = np.array(0)
    timer = threading.Timer(0.05, flag.fill, [7])
    timer.start()
    assert f(flag) == 7
    timer.join()
    assert f.misses == 0


def test_units_that_are_python():
    signature = saxpy_unit().signature
    unit = Unit(signature, run=lambda values: [values[0] * values[1] + values[2]])
    f = Called(unit, native=False)
    x = np.arange(3.0)
    np.testing.assert_array_equal(f(2.0, x[::-1], x), 2 * x[::-1] + x)
    assert f(2.0, x, np.ones(4)) is MISS


def test_malformed_signatures_are_refused():
    output = Output(F8, ())
    with pytest.raises(ValueError, match="f: results"):
        Signature("f", (), (), (output,), (Constant(1),))
    with pytest.raises(ValueError, match="f: float result float32"):
        Signature("f", (), (), (Output(np.dtype("f4"), (), "float"),), (Slot(0),))
    spec = Input("x", param(0), "array", F8, ())
    with pytest.raises(ValueError, match="f: input 0 is not inout"):
        Signature("f", params("x"), (spec,), (Output(F8, (), inout=0),), (Constant(1),))
    with pytest.raises(ValueError, match="f: 0 results, no treedef"):
        Signature("f", (), (), (), ())
    with pytest.raises(ValueError, match="either llvm_ir or run"):
        Unit(Signature("f", (), (), (), (Constant(1),)))
