"""Entries: values that are read where they were found at each call, and guards."""

from __future__ import annotations

import gc
import tracemalloc
from types import CellType, SimpleNamespace

import numpy as np
import pytest
from hand_written_units import F8, Called, one_result, param, params

from rfxjit.runtime.portable import MISS
from rfxjit.signature import Guard, Input, Output, Path


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
