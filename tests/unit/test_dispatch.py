"""The dispatcher: when it compiles, and what it refuses."""

from __future__ import annotations

import logging
import threading
import time
import warnings

import numpy as np
import pytest
from hand_written_units import F8, one_result, param, params, pid_unit
from stand_in_compiler import Compiler, failing, make, ones, pid, total

from rfxjit.errors import (
    BackendError,
    CompilerError,
    RfxFallbackWarning,
    ShapeError,
    SourceLocation,
    TraceError,
)
from rfxjit.jit import jit
from rfxjit.runtime.policy import MOST, classify
from rfxjit.runtime.unit import Unit
from rfxjit.signature import Alias, Input, Output, Signature, Slot

# Sizes


def test_the_second_size_is_symbolic_and_the_last():
    f = make(total)
    for n in range(2, 40):
        assert f(ones(n)).shape == (n,)
    assert f._compile_call.asked == [None, {3}]
    assert f.compile_count == 2


def test_sizes_that_stay_are_numbers_until_they_differ_too():
    f = make(total)
    for shape in [(9, 4), (8, 4), (7, 4), (7, 3), (6, 5), (9, 7)]:
        assert f(np.ones(shape)).shape == shape
    assert f._compile_call.asked == [None, {8}, {7, 3}]


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


def test_what_cannot_be_compiled_runs_in_python_with_one_warning():
    place = SourceLocation(__file__, 10, 0)
    f = make(total, failing(TraceError("complex numbers", place, "use two arrays")))
    with pytest.warns(RfxFallbackWarning) as caught:
        assert f(ones(2)).tolist() == [2.0, 2.0]
    (warning,) = caught
    text = str(warning.message)
    assert text.startswith("total runs as plain Python: complex numbers\n")
    assert "test_dispatch.py:10:1" in text
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
