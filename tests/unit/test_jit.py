"""`rfx.jit`: what a jitted function looks like, tells and takes; its options."""

from __future__ import annotations

import copy
import functools
import gc
import inspect
import os
import pickle
import subprocess
import sys
import weakref

import numpy as np
import pytest
from hand_written_units import F8, param, params, pid_unit
from stand_in_compiler import failing, make, ones, pid, total

import rfxjit as rfx
from rfxjit.dispatch import JitFunction
from rfxjit.errors import RfxFallbackWarning, TraceError
from rfxjit.jit import jit
from rfxjit.runtime import capi
from rfxjit.runtime.backends import available_backends
from rfxjit.runtime.policy import binder
from rfxjit.runtime.unit import Unit
from rfxjit.signature import Constant, Guard, Input, Path, Signature

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


def test_a_pickled_derivative_is_one():
    # It came back as the original.
    for made in (rfx.grad(total), rfx.value_and_grad(total, (0, 1))):
        assert pickle.loads(pickle.dumps(made))(3.0, 5.0) == made(3.0, 5.0)
    assert rfx.grad(total)(3.0, 5.0) == 5.0


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
import weakref
import numpy as np
from hand_written_units import pid_unit
from stand_in_compiler import make
from rfxjit.runtime import capi

assert not capi.supported()
f = make(lambda e, i, d, kp, ki, kd: 0, lambda *_: pid_unit())
class Robot:
    step = make(lambda self, *args: args, lambda *_: None)
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
import weakref
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
from rfxjit.dispatch import JitFunction
from rfxjit.runtime.unit import Options, Unit
from rfxjit.signature import Constant, Parameter, Signature
unit = Unit(Signature("f", (), (), (), (Constant(1),)), run=lambda values: [])
assert JitFunction(lambda: 1, Options(), compile_call=lambda *_: unit)() == 1
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


def test_a_function_that_is_gone_is_forgotten():
    def adder(k):
        def f(x):
            if x.ndim == 1:
                x = x + k
            return x * 2

        return f

    gone = []
    for _ in range(3):
        function = adder(np.ones(4))
        rfx.jit(function, strict=True)(np.zeros(4))
        gone.append(weakref.ref(function))
    del function
    gc.collect()
    assert [r() for r in gone] == [None] * 3
