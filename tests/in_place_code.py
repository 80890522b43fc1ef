"""Code that writes into arrays, by what it is about.

Each function has a grid of 4 x 6 numbers, another one, a vector of 8, and the integer
1, which is traced. What it returns and what it leaves in its arguments are NumPy's.
"""

from __future__ import annotations

from typing import Any

import numpy as np

CODE: dict[str, Any] = {}


def code(function: Any) -> Any:
    """Register a function under its name."""
    CODE[function.__name__] = function
    return function


# ---- views ---------------------------------------------------------------------------


@code
def a_row_is_seen_in_the_array(x, y, v, i):
    row = x[2]
    row[0] = 5.0
    x[2, 1] = 7.0
    return row * 2, x.sum(axis=0)


@code
def a_view_sees_later_writes(x, y, v, i):
    part = v[1:]
    v[1] = 1.5
    part += 1
    v[2:] = part[1:] * 2
    return part, part.sum()


@code
def views_of_views(x, y, v, i):
    inner = x[1:][:, ::2][1]
    inner[1:] -= 3
    x[2, 4] *= 2
    return inner + 0


@code
def transposes(x, y, v, i):
    columns = x.T
    columns[0] = 1
    columns[1:3, 2] += 10
    x.swapaxes(0, 1)[3, 1] = -1
    np.moveaxis(y, 0, 1)[2] *= 2
    x[0, 0] = 9
    return columns * 1


@code
def reshapes_of_fresh_arrays(x, y, v, i):
    z = x.copy()
    z.reshape(-1)[3] = 1
    z.ravel()[4:8] = 2
    z.reshape(2, 2, 6)[1, 0] = 3
    flat = z.reshape(24)
    z[3, 3] = 50
    part = z[:, 1:3].reshape(-1)  # a copy
    part[:] = 0
    rows = z[1:3].reshape(3, 4)  # a view
    rows[1] = -4
    z.T.reshape(-1)[:] = 8  # a copy
    return z, flat, rows


@code
def reshapes_of_vectors(x, y, v, i):
    v.reshape(2, 4)[1, 1:] = 0
    v[::2].reshape(2, 2)[0] = 7
    grid = v.reshape(4, 2)
    v += 1
    grid.T[0] *= 2
    return grid.sum(axis=1)


@code
def flat_writes_anywhere(x, y, v, i):
    x.flat[3] = 1
    x.T.flat[5:9] = 2
    y[:, 1:3].flat[:] = 3
    return x.flat[2]


@code
def shapes_with_ones(x, y, v, i):
    np.expand_dims(x, 1)[2, 0] = 4
    x[:, None, 1:2].squeeze()[1] = 5
    v[None, :, None][0, 3] = 6
    np.atleast_2d(v)[0, 0] = 7
    return x[..., 1]


@code
def flips(x, y, v, i):
    np.flip(v)[0] = 1
    np.fliplr(x)[0, 1:3] = 2
    np.rot90(x)[0] = 3
    x[::-1][0, ::-2] = 4
    return v[::-1]


@code
def parts_of_splits(x, y, v, i):
    left, right = np.split(x, 2, axis=1)
    left *= 2
    right[0] = left[1]
    return left


@code
def only_views_are_views(x, y, v, i):
    for fresh in (np.tile(v, 1), np.repeat(v, 1), np.concatenate([v]), np.array(v),
                  np.take(x, 1, axis=0), x[[0, 1]], v.copy(), v.flatten(),
                  v.astype(v.dtype), np.copy(x.T), x.ravel("C").copy()):  # fmt: skip
        fresh[0] = -77
    for same in (np.asarray(v), v.astype(v.dtype, copy=False), v.real, np.ravel(v)):
        same[0] += 1
    return v[0]


@code
def read_only_views_see_writes(x, y, v, i):
    wide, diagonal = np.broadcast_to(v[:3], (2, 3)), np.diagonal(x)
    v[0] = 9
    x[1, 1] = 8
    return wide, diagonal


@code
def names_and_handles(x, y, v, i):
    z = x
    z += 1
    w = x + 0
    w += 1
    a, b = x[0], y[0]
    a, b = b, a
    a[0] = 100
    x, y = y, x
    x[1] = 50
    return w


@code
def overlaps(x, y, v, i):
    v[1:] = v[:-1]
    v[:-2] += v[2:]
    x[1:, 1:] = x[:-1, :-1]
    x[::-1] = x
    x[[0, 1]] = x[[1, 0]]
    y[0], y[1] = y[1], y[0]
    return v


@code
def rows_in_loops(x, y, v, i):
    for row in x:
        row -= row.mean()  # noqa: PLW2901 - in place
    for k in range(3):
        x[k + 1] += x[k]
    for a, b in zip(x, y, strict=True):
        b[1:] = a[:-1]
    return x[0]


# ---- keys ----------------------------------------------------------------------------


@code
def slices_of_all_kinds(x, y, v, i):
    x[1:-1] += 2
    x[:, 0] = v[:4]
    x[::2, 1::2] -= y[::2, 1::2]
    x[..., -1] = 4
    x[1, ...] *= 2
    v[::-3] = [1, 2, 3]
    v[5:2] = 9
    x[3:0:-2, ::3] = 5
    v[None, 2:4] = [[3, 4]]
    return x[::-1, ::2] * 1


@code
def places_known_at_run_time(x, y, v, i):
    x[:, i] = v[4:]
    x[i, 1:3] = 7
    x[i + 1, i] += 3
    x[-i] *= 2
    x[i, ::2] = y[i - 1, 1::2]
    x[::2, i] = [20, 21]
    row = x[i]
    row[0] = 33
    x[i, 1] = 34
    return x[i], x[:, -i], x[i, i], x[i, ::-1], row


@code
def blocks_known_at_run_time(x, y, v, i):
    v[i : i + 3] = v[i + 2 : i + 5]
    v[2 * i : 2 * (i + 1)] += 1
    x[i : i + 2, i + 1 : i + 3] = y[:2, :2]
    x[i : 2 + i, ::2] *= 3
    v[i - 4 : i - 2] = 5
    part = v[i : i + 4]
    v[i] = 9
    return part, x[i : i + 1, 0], v[i + 1 : i + 1]


@code
def index_arrays(x, y, v, i):
    k = np.array([2, 0, 2])
    x[k, 1:3] = [[1, 2], [3, 4], [5, 6]]
    x[1:, k] += 1
    x[k, i] = v[:3]
    x[k[:, None], [1, 4]] -= 2
    x[:, ::-1][[0, 3]] = 7
    v[[]] = 3
    x[0, k] *= 2
    return x[k, ::2], x[1:3, k], x[k, None], x[1:, k, None], x[i, k]


@code
def scattered_sums(x, y, v, i):
    k = np.array([1, 1, 3, -1])
    np.add.at(v, k, 2)
    np.add.at(x, (k, [0, 1, 0, 1]), [1, 2, 3, 4])
    np.subtract.at(x, (slice(1, None), k[:2]), 1)
    np.add.at(y, k, v[:4, None])
    np.add.at(y, (slice(None), 0), 3)
    np.add.at(y[1], k, 5)
    np.subtract.at(y, y > 1, 1)
    small, narrow = np.zeros(3, np.uint8), np.zeros(3, np.float32)
    np.add.at(small, [0, 1, 1], 200)
    np.subtract.at(small, 2, np.int64(1))
    np.add.at(narrow, [0, 1, 1], 0.5)
    return v, small, narrow


@code
def functions_that_write(x, y, v, i):
    np.put(x, [0, 7, -1], [1, 2])
    np.put_along_axis(x, x.argmin(axis=1)[:, None], -9, axis=1)
    np.fill_diagonal(y[:, 1:5], v[:2])
    np.copyto(x[1], 4, where=y[0] > 0)
    np.putmask(v[1:], v[1:] < 0, [1, 2, 3])
    np.place(y, y > 1, [5, 6, 7])
    x.T.put([1], 3)
    x[0].fill(2)
    return v


@code
def out_arguments(x, y, v, i):
    np.add(x[0], y[0], out=x[1])
    np.multiply(v[1:], 2, out=v[:-1])
    x[:, 0].sum(out=v[0:1].reshape(()))
    np.negative(x.T, out=y.T)
    np.negative(v, out=v, where=v > 1)
    np.cumsum(v[:6], out=x[2])
    return np.maximum(x, 0, out=x)


@code
def numbers_of_other_kinds(x, y, v, i):
    x[0] = True
    x[1] = np.arange(6)
    v[0] = x[1, 1]
    n = np.zeros(3, np.int8)
    n[0] = 3.9
    n[1:] = v[0:2] * 0 + 2.5
    n += 1
    n[...] = n[::-1]
    return n


@code
def slices_of_any_length(x, y, v, i):
    i += v[:1].argmax()
    v[i:] *= 2
    v[: i + 1] = v[: i + 1] + 3
    v[i + 5 :] -= v[i + 5 :].max()
    x[i:, 0] = -1
    x[1, -i:] = y[1, -i:] * 2
    x[:, : i + 2] += y[:, : i + 2]
    y[i + 9 :] = 7
    y[2, i - 5 :] = 8
    product, rows = y[0, :i] @ v[:6][:i], y[:, :i] @ x[0, :i]
    square = y[:4, :4][:, :i] @ x[:i]
    return v[i:].sum(), x[: i + 1].max(axis=0), len(v[i:]), product, rows, square


# ---- masks ---------------------------------------------------------------------------


@code
def values_under_a_mask(x, y, v, i):
    x[x < 0] = 0
    x[(x > 1) & (y > 0)] += 10
    x[np.isnan(x)] = v[0]
    v[v > v.mean()] *= [2]
    y[~(y > 0)] = np.array([[4]])[0]
    return x


@code
def two_arrays_under_one_mask(x, y, v, i):
    mask = x > y
    x[mask] *= y[mask]
    y[mask] = np.sqrt(np.abs(x[mask])) + 1
    x[~mask] = np.where(y[~mask] > 0, x[~mask], -1)
    y[y > 2] = y[y > 2] * 2
    z = np.zeros(x.shape)
    z[mask] = np.clip(y[mask], 0, 1)
    z[mask] = 1 - z[mask]
    return z


@code
def sums_under_a_mask(x, y, v, i):
    mask = x > 0
    return (
        x[mask].sum(), x[mask].max(), np.min(x[mask] + 1), x[mask].size, len(x[mask]),
        x[mask].any(), (x[mask] > 1).all(), np.count_nonzero(y[mask]), x[mask].prod(),
        np.round(x[mask].mean(), 12), (x[mask] * y[mask]).sum(), np.sum(mask[mask]),
    )  # fmt: skip


@code
def masks_of_rows_and_columns(x, y, v, i):
    rows, columns = x[:, 0] > 0, y[1] > 0
    x[rows] = v[:6]
    x[:, columns] += 1
    y[rows, 1] = 5
    y[1, columns] -= 3
    y[i, columns] *= 2
    y[rows, 2:4] = x[rows, 2:4] * v[:2]
    x[rows] += x[rows] * y[rows]
    x[:, columns] *= y[:, columns]
    y[:, columns] = x[:, :1]
    return x[rows].sum(axis=0), x[:, columns].sum(axis=1), x[rows].sum()


@code
def masks_that_are_known(x, y, v, i):
    x[[True, False, True, False]] = v[:6]
    x[1, [k % 2 == 0 for k in range(6)]] = [1, 2, 3]
    return x[[False, True, True, False]], y[:, [True] * 3 + [False] * 3]


@code
def a_mask_is_what_it_was(x, y, v, i):
    mask = v > 0
    chosen = v[mask]
    v += 1
    v[mask] = chosen * 2
    mask[0] = ~mask[0]
    v[mask] = 3
    return mask


@code
def masks_without_elements(x, y, v, i):
    rows, none = v[:0] > 0, x[0:0] > 0
    x[rows] += x[rows]
    x[none] = 7
    y[:, rows] *= 2
    return x[rows], x[none], y[1, rows]


@code
def views_under_masks(x, y, v, i):
    part = x[1:, ::2]
    part[part > 0] = -1
    x.T[x.T < -1] = 2
    x[2][y[2] > 0] = 9
    return part
