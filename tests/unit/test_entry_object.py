"""Entries as Python objects: methods, references, threads; malformed signatures."""

from __future__ import annotations

import gc
import sys
import threading

import numpy as np
import pytest
from entries import errors, float_unit, gains, native_only
from hand_written_units import (
    F8,
    I8,
    Called,
    one_result,
    param,
    params,
    pid_unit,
    saxpy_unit,
)

from rfxjit.runtime.portable import MISS
from rfxjit.runtime.unit import Unit
from rfxjit.signature import Constant, Input, Output, Signature, Slot


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
