"""Control flow around arrays that change in place; registered with `control_code`."""

from __future__ import annotations

import numpy as np
from control import insertion_sort, relaxation
from control_code import LONG, RAMP, TABLE, case


@case((20,), (40,))
def filled(n):
    out = np.zeros(40)
    for i in range(n):
        out[i] = i * i
    return out


@case((LONG.copy(), 0.0), (LONG.copy(), 9.0))
def writes_to_its_argument(x, limit):
    for i in range(1, x.shape[0]):
        if x[i] < limit:
            x[i] = x[i - 1]


@case((RAMP.copy(), 1.0), (RAMP.copy(), -1.0))
def branch_that_writes(x, c):
    y = np.zeros(6)
    if c > 0:
        x += 1.0
        y[2:] = 5.0
    else:
        x[0] = 7.0
    return x * 2, y


@case((TABLE.copy(), 10), (TABLE.copy(), 0))
def relaxed(u, n):
    u[:] = relaxation(u, n)


@case((LONG.copy(),))
def sorted_in_place(x):
    x[:] = insertion_sort(x)
    return x


# A name that is one array on one side, and on the other one that changes in place.


@case((RAMP, 1.0), (RAMP, -1.0))
def written_and_returned(x, c):
    y = x * 0.5
    if c > 0:
        y[0] = 9.0
        return y
    return y * 2.0


@case((RAMP, 1.0), (RAMP, -1.0), (RAMP, -3.0))
def written_or_new(x, c):
    y = x * 0.5
    if c < 0:
        y[0] = 3.0
        if c < -2:
            y = x * 2.0
        else:
            y[1:] = x[:-1]
        y[2] = 8.0
    return y + 1.0


@case((RAMP, 1.0), (RAMP, -1.0))
def view_of_what_is_written_or_new(x, c):
    y = x * 0.5
    part = y[1:3]
    if c > 0:
        part = x[:2] * 1.0
    else:
        y[1:] = x[:-1]
    return part + 1.0


@case((RAMP, 1.0), (RAMP, -1.0))
def list_that_changes_or_new(x, c):
    pair = [1, x]
    if c > 0:
        pair = [2, x * 2.0]
    else:
        pair[0] = 1.5
        pair[1] = x * 3.0
    return pair[1] * pair[0]


@case((RAMP, 1.0), (RAMP, -1.0))
def written_in_an_expression(x, c):
    y = x * 0.5

    def put(value):
        y[0] = value
        return y

    return (put(4.0) if c > 0 else x * 3.0) + 1.0, y
