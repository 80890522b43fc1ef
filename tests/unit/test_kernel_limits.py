"""Kernels that run for ever: `max_iters`, and signals while native code runs."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import textwrap

import numpy as np
import pytest

import rfxjit as rfx
from rfxjit.interpreter import StatusError, run_loops

ENDLESS = """
def f(x):
    while x < 10.0:
        x = x + 1.0 if x >= 0.0 else x
    return x
"""
BACKENDS = ("cpu", "interpreter")


def limited(most: int, backend: str | None = None) -> rfx.kernels.KernelFunction:
    return rfx.kernel_from_source(ENDLESS, max_iters=most, backend=backend)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_loop_may_run_max_iters_times(backend):
    x = np.array([0.0, 9.0, 3.0])

    assert limited(10, backend)(x).tolist() == [10.0, 10.0, 10.0]
    with pytest.raises(rfx.RunawayError, match="f: a loop ran more than max_iters=9"):
        limited(9, backend)(x)
    assert limited(9, backend)(x[1:]).tolist() == [10.0, 10.0]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("where", [0, 7, 40, 99])
def test_any_element_that_runs_away_raises(backend, where):
    x = np.linspace(0.0, 9.0, 100)
    kernel = limited(50, backend)
    expected = kernel(x)
    x[where] = -1.0
    out = np.zeros(100)

    for given in (x, np.asfortranarray(np.stack([x, x])), x[where : where + 1]):
        with pytest.raises(rfx.RunawayError, match="max_iters=50"):
            kernel(given)
    with pytest.raises(RuntimeError):
        kernel(x, out=out)
    x[where] = 20.0
    assert np.array_equal(np.delete(kernel(x), where), np.delete(expected, where))


def test_a_single_number_raises():
    with pytest.raises(rfx.RunawayError, match="max_iters=3"):
        limited(3)(-1.0)


def test_the_error_names_kernel_line_and_bound():
    @rfx.kernel(max_iters=5)
    def halve(x):
        steps = 0
        while x > 1.0:
            x = x / 2.0
            steps += 1
        return steps

    assert halve(16.0) == 4
    with pytest.raises(rfx.RunawayError) as caught:
        halve(np.array([1.0, 1e300]))
    assert "halve: a loop ran more than max_iters=5 times" in str(caught.value)
    assert "while x > 1.0:" in str(caught.value)
    assert "test_kernel_limits.py" in str(caught.value)


def test_each_loop_counts_for_itself_and_callees_have_the_limit_too():
    @rfx.kernel
    def inner(x):
        while x < 3.0:
            x = x + 1.0 if x >= 0.0 else x
        return x

    @rfx.kernel(max_iters=4)
    def outer(x):
        total = x * 0.0
        rounds = 0
        while rounds < 4:
            total += inner(x)
            rounds += 1
        return total

    assert outer(np.zeros(5)).tolist() == [12.0] * 5
    with pytest.raises(rfx.RunawayError, match="inner: a loop ran more than"):
        outer(-np.ones(5))


def test_a_limit_holds_inside_a_jitted_function():
    kernel = limited(20)

    @rfx.jit
    def f(x):
        return np.sum(kernel(x * 2.0))

    assert f(np.ones(9)) == 90.0
    with pytest.raises(rfx.RunawayError, match="max_iters=20"):
        f(-np.ones(9))


def test_loops_over_a_range_are_not_counted():
    kernel = rfx.kernel_from_source(
        "def f(x, n: int):\n    for i in range(n):\n        if i * x > 50.0:\n"
        "            return i\n    return -1",
        max_iters=2,
    )

    assert kernel(np.array([1.0, 0.5]), 100).tolist() == [51, -1]


@pytest.mark.parametrize("level", ["loops", "scalars", "vectors"])
@pytest.mark.parametrize("most", [9, 10])
def test_the_limit_at_each_level(level, most):
    x = np.array([0.0, 9.0, 3.0])
    lowered = limited(most).lower(x)
    module = lowered.program.module
    from rfxjit.compiler import lower

    if most == 10:
        assert run_loops(lower(module, level), "f", [x])[0].tolist() == [10.0] * 3
    else:
        with pytest.raises(StatusError):
            run_loops(lower(module, level), "f", [x])


@pytest.mark.parametrize(("most", "status"), [(10, 0), (9, 1)])
def test_the_limit_in_c(cc, tmp_path, most, status):
    x, got = np.array([0.0, 9.0, 3.0]), np.zeros(3)
    (tmp_path / "k.c").write_text(limited(most).lower(x).text("c"))
    command = [cc, "-std=c99", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "k.c"]
    subprocess.run([*command, "-o", "k.so", "-lm"], cwd=tmp_path, check=True)
    library = ctypes.CDLL(str(tmp_path / "k.so"))
    pointers = [ctypes.c_void_p(a.ctypes.data) for a in (x, got)]

    assert library.f(*pointers, ctypes.c_int64(0), ctypes.c_int64(3), None) == status
    assert status or got.tolist() == [10.0] * 3


def test_a_limit_is_refused_on_gpus():
    with pytest.raises(Exception, match="max_iters= needs the CPU"):
        limited(5).lower(np.ones(3)).text("ptx")


@pytest.mark.parametrize(
    ("most", "error"), [(0, ValueError), (-3, ValueError), (2**63, ValueError),
                        (1.5, TypeError), ("9", TypeError), (True, TypeError)]
)  # fmt: skip
def test_a_limit_that_is_none(most, error):
    with pytest.raises(error, match="max_iters"):
        rfx.kernel(max_iters=most)


# ---- signals -------------------------------------------------------------------------

PRELUDE = """
import os, signal, threading, time
import numpy as np
import rfxjit as rfx

@rfx.kernel
def endless(x):
    while x < 1e300:
        x = x * 1.0
    return x

@rfx.kernel
def counted(x, n: int):
    for i in range(n):
        x = x * 0.5 + 1.0
    return x

def interrupted(kernel, *args, **kwargs):
    sent = []
    def send():
        sent.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGINT)
    timer = threading.Timer(0.3, send)
    timer.start()
    try:
        kernel(*args, **kwargs)
    except KeyboardInterrupt:
        late = time.monotonic() - sent[0]
        assert late < 1.0, late  # 0.1 on a machine with nothing else to do
    else:
        raise AssertionError("not interrupted")
    finally:
        timer.join()
"""


@pytest.fixture
def script(tmp_path):
    def run_file(body: str, **env: str) -> None:
        file = tmp_path / "script.py"
        file.write_text(PRELUDE + textwrap.dedent(body))
        done = subprocess.run(
            [sys.executable, str(file)], capture_output=True, text=True, timeout=120,
            check=False, env={**os.environ, **env},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert not done.stderr, done.stderr

    return run_file


@pytest.mark.parametrize("native", ["1", "0"])
def test_ctrl_c_in_an_endless_element(script, native):
    script(
        """
        endless(1e301)
        interrupted(endless, 1.0)
        interrupted(endless, np.ones(100))
        interrupted(endless, np.ones(100)[::2])
        assert endless(np.full(5, 1e301)).tolist() == [1e301] * 5
        """,
        RFX_JIT_NATIVE_ENTRY=native,
    )


def test_ctrl_c_in_a_huge_array_of_long_elements(script):
    script(
        """
        x = np.ones(100_000)
        interrupted(counted, x, 10_000_000)
        interrupted(counted, x, np.full(100_000, 10_000_000))
        out = np.zeros(100_000)
        interrupted(counted, x, 10_000_000, out=out)
        assert np.all(counted(x, 100) == 2.0)
        assert np.all(counted(x, 100, out=out) == 2.0)
        """
    )


def test_ctrl_c_in_loops_of_jitted_functions(script):
    script(
        """
        @rfx.jit
        def settle(x):
            while np.max(x) < 1e300:
                x = x * 1.0
            return x

        @rfx.jit
        def repeat(x, n):
            def step(_, x):
                return x * 0.5 + 1.0
            return rfx.fori_loop(0, n, step, x)

        for size in (3, 2_000_000):
            settle(np.full(size, 1e301))
            interrupted(settle, np.ones(size))
            repeat(np.ones(size), 1)
            interrupted(repeat, np.ones(size), 1_000_000_000)
        """
    )


def test_an_interrupted_call_leaks_nothing(script):
    script(
        """
        import resource
        counted(np.ones(10), 3)
        x = np.ones(4_000_000)
        counted(x, 3)
        def handler(*_):
            raise TimeoutError("enough")
        signal.signal(signal.SIGALRM, handler)
        for k in range(12):
            try:
                signal.setitimer(signal.ITIMER_REAL, 0.1)
                counted(x, 10_000_000)
            except TimeoutError as error:
                assert str(error) == "enough"
            if k == 3:
                before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        assert grown < 64 * 1024, grown  # one result has 32 MB
        """
    )


def test_a_handler_that_returns_lets_the_kernel_go_on():
    calls: list[int] = []
    kernel = rfx.kernel_from_source(
        "def f(x, n: int):\n    for i in range(n):\n        x = x * 0.5 + 1.0\n"
        "    return x"
    )
    kernel(1.0, 3)
    old = signal.signal(signal.SIGALRM, lambda *_: calls.append(1))
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)
        result = kernel(np.ones(8), 200_000_000)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)

    assert result.tolist() == [2.0] * 8
    assert calls


def test_an_endless_kernel_lets_other_threads_run(script):
    script(
        """
        endless(1e301)
        ticks = []
        done = threading.Event()
        def tick():
            while not done.wait(0.01):
                ticks.append(1)
        thread = threading.Thread(target=tick)
        thread.start()
        # A single number is no long kernel, and begins with the GIL held.
        interrupted(endless, 1.0)
        done.set()
        thread.join()
        assert len(ticks) > 3, len(ticks)
        """
    )


def test_a_signal_is_for_the_main_thread(script):
    script(
        """
        results = []
        def work():
            results.append(counted(np.ones(1000), 3_000_000))
        thread = threading.Thread(target=work)
        thread.start()
        try:
            time.sleep(0.05)
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(1.0)
        except KeyboardInterrupt:
            pass
        else:
            raise AssertionError("not interrupted")
        thread.join()
        assert np.all(results[0] == 2.0)
        """
    )
