"""`shape=` and `block=` of kernels: sizes from the call, and parts of a larger one."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rfxjit as rfx


@rfx.kernel
def place(x):
    here = rfx.flat_index() * 0.25 + rfx.ndim()
    for _ in range(3):
        here += x
    where = rfx.index(0) * 1000 - rfx.index(-1) * 7
    return here + where, rfx.size(0) * 100 + rfx.size(-1)


@rfx.kernel
def checkered():
    return (rfx.index(0) + rfx.index(1)) % 2


# ---- shape ---------------------------------------------------------------------------


def test_new_shapes_compile_twice():
    checkered.clear_cache()
    before = checkered.compile_count

    for n in range(2, 30):
        expected = (np.arange(n)[:, None] + np.arange(2 * n + 1)) % 2
        assert np.array_equal(checkered(shape=(n, 2 * n + 1)), expected)
    assert checkered.compile_count - before == 2
    assert checkered.last_error is None


@pytest.mark.parametrize("backend", ["cpu", "interpreter"])
def test_shapes_of_any_rank_and_size(backend):
    @rfx.kernel(backend=backend)
    def flat():
        return rfx.flat_index()

    for shape in ((), (0,), (1,), (5,), (3, 0), (1, 1), (2, 3), (1, 4, 1, 2), [2, 2]):
        result = flat(shape=shape)
        expected = np.arange(int(np.prod(shape))).reshape(shape)
        assert np.array_equal(result, expected)
        assert np.shape(result) == tuple(shape)
    assert np.array_equal(flat(shape=7), np.arange(7))
    assert np.array_equal(flat(shape=np.int32(4)), np.arange(4))
    assert np.array_equal(flat(shape=np.array([2, 3])), np.arange(6).reshape(2, 3))


def test_shape_with_arguments_broadcasts_them():
    @rfx.kernel
    def add(x):
        return x + rfx.index(0)

    for n in (3, 4, 5, 9):
        x = np.arange(float(n))
        assert np.array_equal(add(x, shape=(2, n)), np.stack([x, x + 1]))
    with pytest.raises(rfx.ShapeError, match=r"arguments of shape \(3,\) do not fit"):
        add(np.ones(3), shape=(2, 4))


@pytest.mark.parametrize(
    ("shape", "error"), [((2, -1), ValueError), (2.5, TypeError), ((2, "3"), TypeError),
                         ((None,), TypeError)]
)  # fmt: skip
def test_what_is_no_shape(shape, error):
    with pytest.raises(error, match="shape="):
        checkered(shape=shape)


def test_shape_in_a_jitted_function_follows_its_arrays():
    @rfx.jit
    def f(x):
        return x + checkered(shape=x.shape)

    for n in (2, 3, 4, 5):
        x = np.ones((n, n + 1))
        assert np.array_equal(f(x), x + np.indices(x.shape).sum(0) % 2)
    assert f.compile_count == 2


def test_a_kernel_may_have_parameters_of_these_names():
    @rfx.kernel
    def scale(shape, block):
        return shape * 10 + block

    assert scale(np.array([1, 2]), block=3).tolist() == [13, 23]

    @rfx.kernel
    def part(block):
        return block + rfx.index(0)

    assert part(1, shape=3).tolist() == [1, 2, 3]


# ---- blocks --------------------------------------------------------------------------


def cuts(draw: Any, size: int) -> list[slice]:
    """A partition of an axis; some parts may be empty."""
    inner = draw(st.lists(st.integers(0, size), max_size=3))
    ends = [0, *sorted(inner), size]
    return [slice(a, b) for a, b in itertools.pairwise(ends)]


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.data())
def test_the_blocks_of_a_partition_make_the_whole(data):
    sizes = data.draw(st.lists(st.integers(0, 40), min_size=2, max_size=3))
    dtype = data.draw(st.sampled_from(["f4", "f8", "i2"]))
    x = (np.arange(np.prod(sizes)) % 97).reshape(sizes).astype(dtype)
    row = x[..., :1, :] if data.draw(st.booleans()) else x
    whole = place(row, shape=x.shape)
    made = tuple(np.full_like(w, -1) for w in whole)

    for block in itertools.product(*(cuts(data.draw, n) for n in sizes)):
        given = row[(*block[:-2], slice(None), block[-1])] if row is not x else x[block]
        parts = place(given, shape=x.shape, block=block)
        for target, part in zip(made, parts, strict=True):
            target[block] = part
    for target, full in zip(made, whole, strict=True):
        assert target.dtype == full.dtype
        assert np.array_equal(target, full)


@pytest.mark.parametrize("backend", ["cpu", "interpreter"])
def test_out_is_the_buffer_of_the_block(backend):
    kernel = rfx.kernel(checkered, backend=backend)
    image = np.full((50, 60), -1)
    tile = np.s_[10:30, 20:55]

    result = kernel(shape=image.shape, block=tile, out=image[tile])

    expected = np.full((50, 60), -1)
    expected[tile] = np.indices(image.shape).sum(0)[tile] % 2
    assert result.base is image
    assert np.array_equal(image, expected)


def test_blocks_at_new_places_do_not_compile():
    kernel = rfx.kernel(checkered)
    for i, j in itertools.product(range(0, 100, 10), range(0, 100, 20)):
        tile = np.s_[i : i + 10, j : j + 20]
        expected = np.indices((100, 100)).sum(0)[tile] % 2
        assert np.array_equal(kernel(shape=(100, 100), block=tile), expected)
    assert kernel.compile_count == 1


def test_axes_that_are_not_named_are_whole():
    full = checkered(shape=(6, 7))

    assert np.array_equal(checkered(shape=(6, 7), block=np.s_[2:4]), full[2:4])
    assert np.array_equal(checkered(shape=(6, 7), block=np.s_[:, 5:]), full[:, 5:])
    assert np.array_equal(checkered(shape=(6, 7), block=()), full)


def test_a_block_of_no_axes():
    @rfx.kernel
    def one(x):
        return x + rfx.flat_index()

    assert one(2.0, shape=(), block=()) == 2.0


def test_blocks_in_a_jitted_function_and_in_inlined_kernels():
    @rfx.kernel
    def outer():
        return place_sum() * 2

    @rfx.kernel
    def place_sum():
        return rfx.index(0) * 10 + rfx.index(1) + rfx.size(0)

    @rfx.jit
    def f(y):
        return y + outer(shape=(8, 9), block=np.s_[2:4, 3:6])

    whole = outer(shape=(8, 9))
    assert np.array_equal(f(np.zeros((2, 3))), whole[2:4, 3:6])


@pytest.mark.parametrize(
    ("block", "error", "message"),
    [
        (np.s_[0:11, :], IndexError, "block= has 0:11 for axis 0, which has size 10"),
        (np.s_[:, 5:21], IndexError, "axis 1, which has size 20"),
        (np.s_[-3:5], IndexError, "block= has -3:5"),
        (np.s_[5:3], IndexError, "block= has 5:3"),
        (np.s_[0:1, 0:1, 0:1], IndexError, "block= has 3 slices, but shape= 2 axes"),
        (np.s_[0:8:2], ValueError, "block= takes every item"),
        (np.s_[3], TypeError, "block= is made of slices"),
        (((0, 3), (0, 3)), TypeError, "block= is made of slices"),
    ],
)
def test_what_is_no_block(block, error, message):
    with pytest.raises(error, match=message):
        checkered(shape=(10, 20), block=block)


def test_a_block_needs_a_shape_and_arguments_that_fit():
    with pytest.raises(ValueError, match="block= is a part of shape="):
        checkered(block=np.s_[0:1])
    with pytest.raises(rfx.ShapeError, match="a block of shape"):
        place(np.ones((5, 5)), shape=(5, 5), block=np.s_[0:2, 0:2])


# ---- calls ---------------------------------------------------------------------------


def test_calls_of_a_kernel_are_native():
    kernel = rfx.kernel_from_source("def f(x, y):\n    return x if x > y else y")
    x = np.arange(5.0)
    kernel(x, 2.0)
    kernel(1.0, 2.0)
    served = kernel.stats()["python_calls"]

    assert kernel(x, 3.0).tolist() == [3.0, 3.0, 3.0, 3.0, 4.0]
    assert kernel(1.0, y=2.0) == 2.0
    assert kernel.stats()["python_calls"] == served
