"""The dispatcher: when it compiles, what it refuses, and what it looks like."""

from __future__ import annotations

import copy
import functools
import inspect
import logging
import os
import pickle
import subprocess
import sys
import threading
import time
import warnings

import numpy as np
import pytest
from hand_written_units import F8, one_result, param, params, pid_unit

import rfxjit as rfx
from rfxjit.errors import (
    BackendError,
    CompilerError,
    RfxFallbackWarning,
    ShapeError,
    SourceLocation,
    TraceError,
)
from rfxjit.jit import JitFunction, jit
from rfxjit.runtime import capi
from rfxjit.runtime.backends import available_backends
from rfxjit.runtime.policy import MOST, binder, classify
from rfxjit.runtime.unit import Options, Unit
from rfxjit.signature import (
    Alias,
    Constant,
    Guard,
    Input,
    Output,
    Parameter,
    Path,
    Signature,
    Slot,
)

KINDS = {
    inspect.Parameter.POSITIONAL_ONLY: "positional_only",
    inspect.Parameter.POSITIONAL_OR_KEYWORD: "positional_or_keyword",
    inspect.Parameter.KEYWORD_ONLY: "keyword_only",
}


class Compiler:
    """Stands in for the frontend: a unit that calls the function itself.

    Arrays among the parameters are inputs, with symbolic dims where asked; the rest is
    guarded by value. `pin` makes the dims of that parameter static all the same.
    """

    def __init__(self, pin=None):
        self.asked = []
        self.pin = pin

    def __call__(self, fn, args, kwargs, options, symbolic):
        self.asked.append(symbolic)
        given = binder(fn)(*args, **kwargs)
        parameters = inspect.signature(fn).parameters.values()
        inputs, guards, places = [], [], []
        for k, (p, value) in enumerate(zip(parameters, given, strict=True)):
            if isinstance(value, np.ndarray):
                sizes = symbolic if symbolic and k != self.pin else ()
                shape = tuple(f"n{d}" if d in sizes else d for d in value.shape)
                dtype = value.dtype.newbyteorder("=")
                inputs.append(Input(p.name, param(k), "array", dtype, shape))
                places.append(k)
            else:
                reason = f"x.py:7: {p.name} decides"
                guards.append(Guard(param(k), "eq", value, reason))

        def run(values):
            all_values = list(given)
            for k, value in zip(places, values, strict=True):
                all_values[k] = value
            return [np.asarray(fn(*all_values))]

        result = run([given[k] for k in places])[0]
        signature = Signature(
            fn.__name__,
            tuple(
                Parameter(p.name, KINDS[p.kind], p.default, p.default is not p.empty)
                for p in parameters
            ),
            tuple(inputs),
            (Output(result.dtype, (None,) * result.ndim),),
            (Slot(0),),
            guards=tuple(guards),
            extent=None,
            workspace=None,
        )
        return Unit(
            signature, run=run, pins=() if self.pin is None else ("y.py:3: len",)
        )


def make(fn, compiler=None, **options):
    return JitFunction(fn, Options(**options), compiler or Compiler())


def total(x, scale=2.0):
    return x * scale


def pid(e, i, d, kp, ki, kd):
    return e * kp + i * ki + d * kd


def ones(*shape):
    return np.ones(shape)


# Sizes


def test_the_second_size_is_symbolic_and_the_last():
    f = make(total)
    for n in range(2, 40):
        assert f(ones(n)).shape == (n,)
    assert f._compile_call.asked == [None, {3}]
    assert f.compile_count == 2


def test_zero_and_one_have_units_of_their_own():
    f = make(total)
    for n in (0, 1, 0, 1, 5, 6, 7, 1, 0):
        assert f(ones(n)).shape == (n,)
    assert f._compile_call.asked == [None, None, None, {6}]


def test_pattern_of_equal_dims():
    f = make(lambda x, y: x.sum() + y.sum())
    for a, b in [(2, 2), (3, 3), (4, 4), (2, 5), (6, 7), (8, 9), (9, 9)]:
        assert f(ones(a), ones(b)) == a + b
    assert f._compile_call.asked == [None, {3}, None, {6, 7}]


def test_other_dtypes_and_ranks_have_units_of_their_own():
    f = make(total)
    for dtype in (np.float32, np.float64, np.int64):
        for shape in ((3,), (2, 2)):
            f(np.ones(shape, dtype))
            f(np.ones(shape, dtype))
    assert f._compile_call.asked == [None] * 6


def test_values_that_decide_are_compiled_in():
    f = make(total)
    assert f(ones(3), 2.0).tolist() == [2.0] * 3
    assert f(ones(3), 4.0).tolist() == [4.0] * 3
    assert f(ones(3), scale=4.0).tolist() == [4.0] * 3
    assert f(ones(5), 4.0).tolist() == [4.0] * 5
    assert f._compile_call.asked == [None, None, {5}]


def test_at_most_eight_for_values_that_decide():
    f = make(total)
    for k in range(MOST):
        f(ones(3), float(k))
    with pytest.warns(RfxFallbackWarning, match=r"x\.py:7: scale decides"):
        assert f(ones(3), 100.0).tolist() == [100.0] * 3
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert f(ones(3), 101.0).tolist() == [101.0] * 3
        assert f(ones(3), 0.0).tolist() == [0.0] * 3
    assert f.compile_count == MOST
    assert f.stats()["fallbacks"] == 2
    assert "compiled 8 times" in str(f.last_error)
    # Another family is not concerned.
    assert f(ones(3, 3)).shape == (3, 3)
    assert f.compile_count == MOST + 1


def test_at_most_eight_for_sizes_that_are_pinned():
    f = make(total, Compiler(pin=0))
    for n in range(MOST):
        assert f(ones(2 + n)).shape == (2 + n,)
    with pytest.warns(RfxFallbackWarning, match=r"y\.py:3: len"):
        assert f(ones(99)).shape == (99,)
    assert f.compile_count == MOST


def test_a_program_that_refuses_symbols_gets_static_units():
    class Concrete(Compiler):
        def __call__(self, fn, args, kwargs, options, symbolic):
            if symbolic is not None:
                self.asked.append(symbolic)
                raise TraceError("no symbols")
            return super().__call__(fn, args, kwargs, options, symbolic)

    f = make(total, Concrete())
    for n in (2, 3, 2, 3):
        f(ones(n))
    assert f._compile_call.asked == [None, {3}, None]


def test_families():
    a, sizes = classify((ones(2, 3), [ones(3)], {"k": ones(1)}, 1.0, (None,)))
    b, _ = classify((ones(4, 5), [ones(5)], {"k": ones(1)}, 2.0, (None,)))
    assert a == b
    assert sizes == {2, 3}
    others = [
        (ones(4, 5), [ones(4)], {"k": ones(1)}, 2.0, (None,)),
        (ones(4, 5), (ones(5),), {"k": ones(1)}, 2.0, (None,)),
        (ones(4, 5), [ones(5)], {"j": ones(1)}, 2.0, (None,)),
        (ones(4, 5), [ones(5)], {"k": ones(2)}, 2.0, (None,)),
        (ones(4, 5), [ones(5)], {"k": ones(1)}, 2, (None,)),
    ]
    assert all(classify(other)[0] != a for other in others)


def test_values_behind_attributes():
    class Robot:
        q = np.ones(3)

    asked = []

    def trace(fn, args, kwargs, options, symbolic):
        asked.append(symbolic)
        q = args[0].q
        spec = Input("robot.q", param(0).step("attr", "q"), "array", F8, q.shape)
        output = Output(F8, q.shape)
        signature = Signature("f", params("robot", "x"), (spec,), (output,), (Slot(0),))
        return Unit(signature, run=lambda values: [values[0] * 2])

    f = make(lambda robot, x: robot.q * 2, trace)
    robot, x = Robot(), ones(4)
    assert f(robot, x).tolist() == [2.0] * 3
    robot.q = ones(2, 2)  # another rank: nothing says that sizes vary
    assert f(robot, x).tolist() == [[2.0] * 2] * 2
    robot.q = ones(5)
    assert f(robot, x).tolist() == [2.0] * 5
    assert asked == [None, None, {4, 5}]
    del Robot.q, robot.q
    with pytest.raises(AttributeError):
        f(robot, x)


# Falling back


def failing(error):
    def compile_call(fn, args, kwargs, options, symbolic):
        raise error

    return compile_call


def test_what_cannot_be_compiled_runs_in_python_with_one_warning():
    place = SourceLocation(__file__, 10, 0)
    f = make(total, failing(TraceError("complex numbers", place, "use two arrays")))
    with pytest.warns(RfxFallbackWarning) as caught:
        assert f(ones(2)).tolist() == [2.0, 2.0]
    (warning,) = caught
    text = str(warning.message)
    assert text.startswith("total runs as plain Python: complex numbers\n")
    assert "test_jit_dispatch.py:10:1" in text
    assert "hint: use two arrays" in text
    assert (warning.filename, warning.lineno) == (__file__, 10)
    assert f(ones(2)).tolist() == [2.0, 2.0]
    assert f(ones(3, 3)).shape == (3, 3)
    assert isinstance(f.last_error, TraceError)
    assert f.stats()["fallbacks"] == 3


def test_a_refused_family_is_not_traced_again():
    compiler = Compiler()
    f = make(total, compiler)

    def refuse(fn, args, kwargs, options, symbolic):
        compiler.asked.append(symbolic)
        raise TraceError("no")

    f._compile_call = refuse
    with pytest.warns(RfxFallbackWarning):
        f(ones(2))
    f(ones(2))
    f(ones(3))
    assert compiler.asked == [None]
    f.clear_cache()
    f._compile_call = compiler
    assert f.last_error is None
    f(ones(3))
    assert f.compile_count == 1


def test_strict_raises():
    f = make(total, failing(TraceError("no")), strict=True)
    with pytest.raises(TraceError, match="no"):
        f(ones(2))
    f = make(total, failing(KeyError("bug")), strict=True)
    with pytest.raises(KeyError):
        f(ones(2))


@pytest.mark.parametrize("error", [ShapeError("(2,) and (3,)"), BackendError("gone")])
def test_errors_that_are_the_users(error):
    with pytest.raises(type(error)):
        make(total, failing(error))(ones(2))


def test_faults_are_logged_and_kept(caplog):
    f = make(total, failing(KeyError("bug")))
    with (
        caplog.at_level(logging.ERROR, "rfxjit"),
        pytest.warns(
            RfxFallbackWarning, match="fault in the compiler, KeyError: 'bug'"
        ),
    ):
        assert f(ones(2)).tolist() == [2.0, 2.0]
    assert isinstance(f.last_error, KeyError)
    assert "fault while compiling total" in caplog.text


def test_a_unit_that_refuses_its_own_call_is_a_fault():
    def wrong(fn, args, kwargs, options, symbolic):
        return Compiler()(fn, (ones(3),), {}, options, None)

    f = make(total, wrong)
    with pytest.warns(RfxFallbackWarning, match="refuses the call"):
        assert f(ones(2)).tolist() == [2.0, 2.0]
    assert isinstance(f.last_error, CompilerError)


def test_exceptions_of_the_program_are_no_faults():
    def program(x):
        raise OverflowError("too hot")

    def trace(fn, args, kwargs, options, symbolic):
        fn(*args)

    f = make(program, trace)
    for _ in range(2):
        with pytest.raises(OverflowError, match="too hot"):
            f(ones(2))
    assert f.last_error is None


def test_arguments_that_share_memory_run_in_python():
    def add(x, y):
        x += y
        return x

    text = """
define i32 @add(ptr %x, ptr %y, ptr %out, i64 %begin, i64 %end, ptr %w) {
  %a = load <2 x double>, ptr %x, align 8
  %b = load <2 x double>, ptr %y, align 8
  %r = fadd <2 x double> %a, %b
  store <2 x double> %r, ptr %out, align 8
  ret i32 0
}
"""
    inputs = (
        Input("x", param(0), "array", F8, (2,), "inout"),
        Input("y", param(1), "array", F8, (2,)),
    )
    output = Output(F8, (2,), inout=0)
    unit = one_result("add", params("x", "y"), inputs, output, text, Alias(param(0)))
    f = make(add, lambda *_: unit)
    memory = np.arange(4.0)
    assert f(memory[:2], memory[2:]).tolist() == [2.0, 4.0]
    with pytest.warns(RfxFallbackWarning, match="arguments 'x', 'y' overlap"):
        f(memory[1:3], memory[:2])
    # As NumPy has it: the second sum sees the operands as they were.
    assert memory.tolist() == [2.0, 6.0, 6.0, 3.0]
    memory.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        f(memory[:2], memory[2:])
    assert f.compile_count == 1


def test_out():
    f = make(total)
    out = np.empty(3)
    assert f(ones(3), out=out) is out
    assert out.tolist() == [2.0] * 3
    refused = make(total, failing(TraceError("no")))
    with pytest.warns(RfxFallbackWarning):
        assert refused(ones(3), 3.0, out=out) is out
    assert out.tolist() == [3.0] * 3

    def own(x, out):
        return x + out

    assert make(own)(ones(2), out=ones(2)).tolist() == [2.0, 2.0]


# Arguments


class Robot:
    def step(self, x, /, gain=1.0, *, bias):
        return gain * x + bias


@pytest.mark.parametrize(
    ("args", "kwargs"),
    [
        ((), {}),
        ((1,), {}),
        ((1, 2, 3, 4), {"bias": 0}),
        ((1, 2), {"bias": 0, "gian": 1}),
        ((1, 2), {"bias": 0, "x": 1}),
        ((1, 2, 3), {"bias": 0, "gain": 1}),
    ],
)
def test_wrong_arguments_raise_what_python_raises(args, kwargs):
    with pytest.raises(TypeError) as expected:
        Robot.step(*args, **kwargs)
    with pytest.raises(TypeError) as raised:
        make(Robot.step)(*args, **kwargs)
    assert str(raised.value) == str(expected.value)
    assert "Robot.step()" in str(raised.value)


def test_binder():
    def f(a, b=1, /, c=2, *rest, d, e=3, **more):
        pass

    bind = binder(f)
    assert bind(0, d=5) == (0, 1, 2, (), 5, 3, {})
    assert bind(0, 1, 2, 3, d=5, z=6) == (0, 1, 2, (3,), 5, 3, {"z": 6})
    assert binder(lambda a, /: a)(1) == (1,)
    assert binder(lambda: 0)() == ()


def test_explain():
    f = make(total)
    f(ones(3), 4.0)
    f(ones(5, 2), True)
    refused = np.ones(2, complex)
    f._compile_call = failing(TraceError("complex numbers"))
    with pytest.warns(RfxFallbackWarning):
        f(refused)
    assert f.explain() == (
        "total\n"
        "unit 1, called from Python\n"
        "  x: float64[3]\n"
        "  if x.py:7: scale decides\n"
        "    scale == 4.0\n"
        "unit 2, called from Python\n"
        "  x: float64[5, 2]\n"
        "  if x.py:7: scale decides\n"
        "    scale == True\n"
        "runs as plain Python: complex numbers"
    )


def test_explain_places():
    root = Path(("object", 0))
    hidden = Input("gain", root.step("item", "gain"), "float", F8, (), "hidden")
    array = Input("x", param(0), "array", F8, ("n", 3), "inout")
    guards = (
        Guard(param(1).step("attr", "mode"), "is", None),
        Guard(param(1).step("attr", "q").step("item", 0), "type", float),
        Guard(root.step("item", "joints"), "len", (list, 6), "a.py:3: a loop"),
    )
    signature = Signature(
        "f", params("x", "robot"), (array, hidden), (), (Constant(1),), guards=guards
    )
    f = make(lambda x, robot: 1, lambda *_: Unit(signature, run=lambda values: []))
    with pytest.warns(RfxFallbackWarning, match="refuses"):
        f(ones(2, 3), None)
    assert f.explain().splitlines()[1:-1] == [
        "unit 1, called from Python",
        "  x: float64[n, 3] (inout)",
        "  gain: float (hidden)",
        "    robot.mode is None",
        "    type(robot.q[0]) is float",
        "  if a.py:3: a loop",
        "    joints is a list of 6",
    ]


# Many threads


def test_compiled_once_under_contention():
    class Slow(Compiler):
        def __call__(self, *args):
            time.sleep(0.05)
            return super().__call__(*args)

    f = make(total, Slow())
    start = threading.Barrier(8)
    results = []

    def run():
        start.wait()
        results.append(f(ones(3)).tolist())

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [[2.0] * 3] * 8
    assert f.compile_count == 1


def test_clear_cache_while_others_call():
    f = make(pid, lambda *_: pid_unit())
    arrays = [np.array([k]) for k in (1.0, 2.0, 4.0)]
    done = threading.Event()
    wrong = []

    def run():
        while not done.is_set():
            if f(*arrays, 2.0, 0.5, 0.25).tolist() != [4.0]:
                wrong.append(1)

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(20):
        f.clear_cache()
        time.sleep(0.002)
    done.set()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert f.compile_count > 1


# The object


@jit
def module_level(x):
    """Twice x."""
    return x + x


def test_looks_like_the_function():
    f = module_level
    assert f.__name__ == f.__qualname__ == "module_level"
    assert f.__doc__ == "Twice x."
    assert f.__module__ == __name__
    assert str(inspect.signature(f)) == "(x)"
    assert "module_level" in repr(f)
    assert f.__wrapped__(2) == 4


def test_copies_and_pickles():
    f = module_level
    assert copy.copy(f) is f
    assert copy.deepcopy(f) is f
    sys.modules.setdefault(__name__, sys.modules[f.__module__])
    assert pickle.loads(pickle.dumps(f)) is f
    made = jit(total, strict=True)
    loaded = pickle.loads(pickle.dumps(made))
    assert loaded.__wrapped__ is total
    assert loaded.options == made.options
    with pytest.raises(pickle.PicklingError):
        pickle.dumps(jit(lambda x: x))


def test_methods_static_methods_and_class_methods():
    class Arm:
        scale = 3.0

        @jit(strict=True)
        def method(self, x):
            return self.scale * x

        @staticmethod
        @jit
        def inner(x):
            return x

        @jit
        @staticmethod
        def outer(x):
            return x

        @jit
        @classmethod
        def of(cls, x):
            return cls.scale * x

    arm = Arm()
    method = inspect.getattr_static(arm, "method")
    assert isinstance(method, JitFunction)
    assert method.options.strict
    seen = []

    def spy(fn, args, kwargs, options, symbolic):
        seen.append(args)
        raise TraceError("no")

    for name in ("inner", "outer"):
        made = getattr(Arm, name)
        made._compile_call = spy
        with pytest.warns(RfxFallbackWarning):
            assert getattr(arm, name)(5) == 5
        assert seen.pop() == (5,)
    Arm.of.__func__._compile_call = spy
    with pytest.warns(RfxFallbackWarning):
        assert arm.of(2.0) == 6.0
    assert seen.pop() == (Arm, 2.0)
    method._compile_call = spy
    with pytest.raises(TraceError):
        arm.method(2.0)
    assert seen.pop() == (arm, 2.0)


def test_partial_and_callable_objects():
    f = make(functools.partial(total, scale=5.0), failing(TraceError("no")))
    with pytest.warns(RfxFallbackWarning):
        assert f(ones(2)).tolist() == [5.0, 5.0]


def test_code_that_is_not_rewritten_is_traced_through():
    @rfx.jit
    def inner(x):
        return x * 2.0

    @rfx.jit
    def outer(x):
        return sum(map(inner, (x, x + 1.0))) + sum(map(slope, (x[0], x[1])))

    slope = rfx.grad(lambda x: x * x * x)
    x = np.array([1.0, 2.0])
    assert outer(x).tolist() == [1 * 4.0 + 2 + 15, 2 * 4.0 + 2 + 15]
    assert (outer.compile_count, inner.compile_count) == (1, 0)


def test_references_to_results_and_arguments_are_balanced():
    f = make(total)
    x = ones(3)
    f(x)
    count = sys.getrefcount(x)
    for _ in range(200):
        f(x)
    assert sys.getrefcount(x) == count


@pytest.mark.skipif(not capi.enabled(), reason="no native entries here")
def test_warm_calls_are_native():
    unit = pid_unit()
    f = make(pid, lambda *_: unit)
    arrays = [np.array([k]) for k in (1.0, 2.0, 4.0)]
    for _ in range(5):
        assert f(*arrays, 2.0, ki=0.5, kd=0.25).tolist() == [4.0]
    stats = f.stats()
    assert stats["python_calls"] == 1
    assert stats["native_units"] == stats["units"] == 1
    assert stats["compile_seconds"] > 0


# Options and environment


def test_backends():
    assert "interpreter" in available_backends()
    with pytest.raises(ValueError, match="unsupported backend 'tpu'; choose from"):
        jit(total, backend="tpu")
    with pytest.raises(RuntimeError, match=r"not available; there are: .*interpreter"):
        jit(total, backend="metal")
    assert jit(total, backend="interpreter").options.backend == "interpreter"
    assert jit(total).options.backend == available_backends()[0]


def test_options():
    f = jit(total, fastmath=["contract"], static="scale", cache=False)
    assert f.options.fastmath == frozenset({"contract"})
    assert f.options.static == frozenset({"scale"})
    assert not f.options.cache
    with pytest.raises(TypeError, match=r"total\(\) has no parameter speed"):
        jit(total, static=["speed"])
    with pytest.raises(TypeError, match="needs a function, not int"):
        jit(3)
    with pytest.raises(TypeError, match="needs a function, not type"):
        jit(dict)
    with pytest.raises(TypeError, match="no signature"):
        jit(min)
    assert jit(f).__wrapped__ is total


def test_environment(monkeypatch):
    monkeypatch.setenv("RFX_JIT_STRICT", "1")
    assert jit(total).options.strict
    assert not jit(total, strict=False).options.strict
    monkeypatch.setenv("RFX_JIT_BACKEND", "interpreter")
    assert jit(total).options.backend == "interpreter"
    monkeypatch.setenv("RFX_JIT", "0")
    plain = make(total, failing(KeyError("must not compile")))
    assert plain(ones(2)).tolist() == [2.0, 2.0]
    out = np.empty(2)
    assert plain(ones(2), out=out) is out
    assert plain.compile_count == 0


def test_portable_path_by_environment(monkeypatch):
    monkeypatch.setenv("RFX_JIT_NATIVE_ENTRY", "0")
    f = make(pid, lambda *_: pid_unit())
    arrays = [np.array([k]) for k in (1.0, 2.0, 4.0)]
    for _ in range(3):
        assert f(*arrays, 2.0, 0.5, kd=0.25).tolist() == [4.0]
    assert f.stats()["native_units"] == 0
    assert f.stats()["python_calls"] == 3


ELSEWHERE = """
import platform
platform.machine = lambda: "riscv64"
import sys
import numpy as np
from hand_written_units import pid_unit
from rfxjit.jit import JitFunction
from rfxjit.runtime import capi
from rfxjit.runtime.unit import Options

assert not capi.supported()
f = JitFunction(lambda e, i, d, kp, ki, kd: 0, Options(), lambda *_: pid_unit())
class Robot:
    step = JitFunction(lambda self, *args: args, Options(), lambda *_: None)
arrays = [np.array([k]) for k in (1.0, 2.0, 4.0)]
out = np.empty(1)
for _ in range(2):
    assert f(*arrays, 2.0, 0.5, kd=0.25).tolist() == [4.0]
    assert f(*arrays, 2.0, 0.5, 0.25, out=out) is out
    f.clear_cache()
assert f.compile_count == 2
robot = Robot()
assert robot.step.__self__ is robot
assert robot.step.__func__ is Robot.step
"""


def test_where_native_entries_are_not_known_to_work(root):
    path = os.pathsep.join([str(root), str(root / "tests")])
    done = subprocess.run(
        [sys.executable, "-c", ELSEWHERE], env=os.environ | {"PYTHONPATH": path}
    )
    assert done.returncode == 0


PROGRAM = """
import sys
import numpy
import rfxjit.jit
heavy = {"xdsl", "llvmlite", "logging", "rfxjit.frontend", "rfxjit.compiler"}
assert not heavy & set(sys.modules), heavy & set(sys.modules)
"""


def test_importing_the_dispatcher_loads_nothing_heavy(root):
    environment = os.environ | {"PYTHONPATH": str(root)}
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=environment)
    assert done.returncode == 0


def test_log(root):
    program = """
import numpy as np
from rfxjit.jit import JitFunction
from rfxjit.runtime.unit import Options, Unit
from rfxjit.signature import Constant, Parameter, Signature
unit = Unit(Signature("f", (), (), (), (Constant(1),)), run=lambda values: [])
assert JitFunction(lambda: 1, Options(), lambda *_: unit)() == 1
"""
    environment = os.environ | {"PYTHONPATH": str(root), "RFX_JIT_LOG": "info"}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "rfxjit: compiled <lambda> in" in done.stderr


def test_fastmath_is_a_permission():
    x = np.array([np.inf, np.nan, 2.0])
    exact = jit(lambda x: x - x, strict=True)
    fast = jit(lambda x: x - x, strict=True, fastmath=True)
    named = jit(lambda x: x - x, fastmath=["nnan", "ninf", "nsz", "reassoc"])
    less = jit(lambda x: x - x, fastmath=["contract"])
    np.testing.assert_array_equal(exact(x), [np.nan, np.nan, 0.0])
    np.testing.assert_array_equal(less(x), exact(x))
    np.testing.assert_array_equal(fast(x), np.zeros(3))
    np.testing.assert_array_equal(named(x), np.zeros(3))
    with pytest.raises(ValueError, match="fastmath has no flag fast; it has afn, arcp"):
        jit(lambda x: x, fastmath=["fast"])


def test_long_calls_let_other_threads_run():
    x = np.linspace(0.1, 1.0, 3_000_000)
    slow = jit(lambda x: np.sin(x) ** np.cos(x) + np.tan(x), strict=True)
    slow(x)
    ticks: list[float] = []
    done = threading.Event()

    def tick():
        while not done.is_set():
            ticks.append(time.perf_counter())
            time.sleep(0.0005)

    thread = threading.Thread(target=tick)
    thread.start()
    start = time.perf_counter()
    for _ in range(5):
        slow(x)
    end = time.perf_counter()
    done.set()
    thread.join()
    # With the GIL held, the other thread would run between the calls alone.
    assert sum(start < t < end for t in ticks) > 20
