"""The garbage collector passes over what is imported, not over what is the user's."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

from rfxjit.runtime import capi

pytestmark = pytest.mark.skipif(not capi.enabled(), reason="no native entries")

CODE = """
import gc, threading, weakref
import numpy as np, rfxjit as rfx

class Node:
    file = open({path!r}, "w")

def cycles():
    for kind in (list, dict, tuple):
        node = Node()
        node.items = {{0: node}} if kind is dict else kind([node])
        yield node
    node = Node()
    node.function = lambda: node
    yield node

nodes = list(cycles())
refs = [weakref.ref(node) for node in nodes]
compile = rfx.jit(lambda x: x * 2 + 1, strict=True)
{before}
compile(np.ones(3))
{after}
"""


def in_process(tmp_path, before="", after=""):
    """What a new process prints that compiles between two pieces of code."""
    code = CODE.format(
        path=str(tmp_path / "file"),
        before=textwrap.dedent(before),
        after=textwrap.dedent(after),
    )
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()


def test_the_compiler_is_passed_over(tmp_path):
    ask = "print(gc.get_freeze_count() > 20_000, gc.isenabled())"
    assert in_process(tmp_path, after=ask) == ["True", "True"]


def test_how_often_it_collects_stays_the_users(tmp_path):
    before = """
        def seen(x):
            print(gc.get_threshold()[0] > 1000)
            return compile(x)
        gc.set_threshold(100, 7, 3)
        rfx.jit(seen, strict=True)(np.ones(3))
    """
    after = "print(*gc.get_threshold())"
    assert in_process(tmp_path, before, after) == ["True", "100", "7", "3"]


def test_earlier_garbage_is_still_found(tmp_path):
    ask = """
        del nodes
        later = Node()
        later.self = later
        refs.append(weakref.ref(later))
        del later
        gc.collect()
        print(sum(ref() is not None for ref in refs))
    """
    assert in_process(tmp_path, after=ask) == ["0"]


def test_earlier_objects_end_with_the_process(tmp_path):
    in_process(tmp_path, after="Node.file.write('written')")
    assert (tmp_path / "file").read_text() == "written"


def test_nothing_is_exempted_beside_other_threads(tmp_path):
    before = """
        end = threading.Event()
        thread = threading.Thread(target=end.wait)
        thread.start()
    """
    after = "end.set(); print(gc.get_freeze_count())"
    assert in_process(tmp_path, before, after) == ["0"]


def test_what_the_user_froze_stays_so(tmp_path):
    before = "gc.freeze(); frozen = gc.get_freeze_count()"
    after = "print(gc.get_freeze_count() - frozen)"
    (more,) = in_process(tmp_path, before, after)
    assert int(more) <= 0  # some are gone by themselves


def test_nothing_is_exempted_in_large_processes(tmp_path):
    before = "large = [[i] for i in range(100_000)]; large.append(large)"
    after = "print(gc.get_freeze_count())"
    assert in_process(tmp_path, before, after) == ["0"]
