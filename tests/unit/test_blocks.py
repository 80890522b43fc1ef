"""Large results are aligned; the largest get the memory of those that are gone."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import numpy as np
import pytest

import rfxjit as rfx
from rfxjit.runtime import blocks, capi

multiarray = getattr(np, "_core", None) or np.core
handler_of = multiarray.multiarray.get_handler_name

pytestmark = pytest.mark.skipif(
    not capi.enabled(), reason="the portable path allocates with NumPy"
)


def compiled(*shapes):
    f = rfx.jit(lambda x: x + 1, strict=True)
    for shape in shapes:
        f(np.zeros(shape, "f4"))
    return f


X = np.zeros(blocks.HUGE // 4, "f4")
SIZES = (blocks.LARGE, blocks.KEPT // 4, X.size)


@pytest.mark.parametrize("n", SIZES[1:])
def test_memory_is_used_again_once_it_is_free(n):
    x = X[:n]
    f = compiled(x.shape)
    a = f(x)
    assert handler_of(a) == "rfxjit"
    assert a.flags.owndata
    assert a.ctypes.data % 64 == 0
    b = f(x)
    assert b.ctypes.data != a.ctypes.data
    view, place = a[5:], a.ctypes.data
    del a
    other = f(x).ctypes.data
    assert other != place  # a view keeps it
    del view
    c, d = f(x), f(x)
    assert {c.ctypes.data, d.ctypes.data} == {place, other}
    assert (c == 1).all()
    assert (b == 1).all()


def test_small_blocks_do_not_push_out_large_ones():
    small, large = X[: blocks.KEPT // 4], np.zeros(X.size + 20_000, "f4")
    f, g = compiled(large.shape), compiled(small.shape)
    place = f(large).ctypes.data
    many = [g(small) for _ in range(20)]
    del many
    assert f(large).ctypes.data == place


@pytest.mark.skipif(sys.platform != "linux", reason="counts as Linux does")
def test_results_of_a_known_size_get_no_new_pages():
    import resource

    x = np.zeros(1 << 16)
    f = rfx.jit(lambda x: (x + 1, x + 2), strict=True)
    for _ in range(3):
        f(x)
    before = resource.getrusage(resource.RUSAGE_THREAD).ru_minflt
    for _ in range(20):
        f(x)
    assert resource.getrusage(resource.RUSAGE_THREAD).ru_minflt - before < 100


def test_only_large_results():
    f = compiled(10, 20, 30)  # the second size makes a unit for any
    for n, name in [(1000, "default_allocator"), (blocks.LARGE, "rfxjit")]:
        assert handler_of(f(np.zeros(n, "f4"))) == name
    assert handler_of(np.empty(2 * blocks.LARGE)) == "default_allocator"
    assert handler_of(compiled(9)(np.zeros(9, "f4"))) == "default_allocator"


@pytest.mark.parametrize(
    "shape", [(blocks.LARGE,), (3, 5, 1000), (2, 1 << 20), (9000,)]
)
def test_they_are_aligned_and_own_their_data(shape):
    f, x = compiled(shape), np.zeros(shape, "f4")
    for a in [f(x) for _ in range(5)]:
        assert a.ctypes.data % 64 == 0
        assert a.base is None
        assert str(a.flags) == str(np.ones(shape, "f4").flags)
        assert (a == 1).all()


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("offset", [0, 16, 64, 1000, 2048, 4000])
def test_they_are_apart_from_the_argument(n, offset):
    f = compiled((n,))
    memory = np.zeros(4 * n + 8192, "u1")
    begin = -memory.ctypes.data % 4096 + offset
    x = memory[begin : begin + 4 * n].view("f4")
    for a in [f(x) for _ in range(3)]:
        assert a.ctypes.data % 64 == 0
        assert 768 <= (a.ctypes.data - x.ctypes.data) % 4096 < 4096 - 256
        assert (a == 1).all()


@pytest.mark.parametrize("n", SIZES)
def test_arrays_behave_as_any_other(n):
    x = np.zeros(n, "f4")
    a = compiled(x.shape)(x)
    a.resize(2 * n, refcheck=False)
    assert (a[:n] == 1).all()
    assert (a[n:] == 0).all()
    a.resize(10, refcheck=False)
    assert (a == 1).all()
    assert a.copy().base is None


def test_what_is_kept_has_a_bound():
    code = """
import sys, numpy as np, rfxjit as rfx
f = rfx.jit(lambda x: x + 1, strict=True)
x = np.zeros(1 << 22, "f4")                       # 16 MiB
for n in (x.size, x.size // 2, x.size // 4):
    f(x[:n].copy())

def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4096 >> 20

before = resident()
for _ in range(3):
    many = [f(x) for _ in range(12)]              # 192 MiB
    del many
for n in range(1, 20):
    f(x[: (1 << 20) + n * 50000].copy())
print(resident() - before)
"""
    if not os.path.exists("/proc/self/statm"):  # noqa: PTH110
        pytest.skip("no /proc")
    for megabytes in (0, 40):
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "RFX_JIT_KEEP_MB": str(megabytes)},
            capture_output=True,
            text=True,
            check=True,
        )
        assert int(done.stdout) < megabytes + 20


def test_it_can_be_switched_off(monkeypatch):
    monkeypatch.setenv("RFX_JIT_KEEP_MB", "0")
    assert handler_of(compiled(X.shape)(X)) == "default_allocator"
    for text, limit in [("7", 7 << 20), ("-1", 0), ("many", 0)]:
        monkeypatch.setenv("RFX_JIT_KEEP_MB", text)
        assert blocks.limit() == limit


def test_results_of_other_threads():
    f = compiled(X.shape)
    kept = []

    def work():
        for _ in range(20):
            kept.append(f(X))
            if len(kept) > 5:
                kept.pop(0)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all((a == 1).all() for a in kept)
    assert len({a.ctypes.data for a in kept}) == len(kept)


def test_arrays_may_be_the_last_to_go():
    code = """
import sys, numpy as np, rfxjit as rfx
f = rfx.jit(lambda x: x + 1, strict=True)
x = np.zeros(1 << 20, "f4")
f(x)
sys.kept = [f(x) for _ in range(20)]
class Late:
    def __del__(self, array=f(x)): array[0] = 2
sys.late = Late()
del f
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
