"""Small calls, as in a control loop: what dispatch costs."""

from __future__ import annotations

import math

import numpy as np

from rfxjit.tools.bench import Race, Runner, Setup, installed, standard


def pid_step(error, integral, derivative, kp, ki, kd):
    return kp * error + ki * integral + kd * derivative


def _pid(setup: Setup) -> dict[str, Runner]:
    arrays = tuple(setup.rng.standard_normal((3, 1)))
    arguments = (*arrays, 2.0, 0.5, 0.1)
    runners = standard(setup, pid_step, arguments)
    if setup.limit:
        runners["C"] = Runner(setup.limit.pid, arguments)
    return runners


def pid(setup: Setup) -> Race:
    """Three arrays of one element and three floats."""
    return Race("call: PID, new output", _pid(setup), target=("numba", 0.15))


def pid_out(setup: Setup) -> Race:
    """The same into a given array; NumPy needs its ufuncs' own `out`."""
    runners = _pid(setup)
    arguments = runners["numpy"].arguments
    out = np.empty(1)

    def numpy_out(error, integral, derivative, kp, ki, kd, out):
        np.multiply(error, kp, out=out)
        out += ki * integral
        out += kd * derivative
        return out

    def loop(error, integral, derivative, kp, ki, kd, out):
        for i in range(out.size):
            out[i] = kp * error[i] + ki * integral[i] + kd * derivative[i]
        return out

    given = {
        "numpy": Runner(numpy_out, (*arguments, out)),
        "rfxjit": Runner(runners["rfxjit"].function, arguments, {"out": out}),
    }
    if installed("numba"):
        from numba import njit

        given["numba"] = Runner(njit(loop), (*arguments, out))
    if setup.limit:
        given["C"] = Runner(setup.limit.pid, arguments, {"out": out})
    return Race("call: PID, `out=`", given, target=("numba", 0.2))


def sin_plus(x, y):
    return np.sin(x * 2) + y


def small(setup: Setup) -> Race:
    """Eight elements."""
    arguments = tuple(setup.rng.standard_normal((2, 8)).astype("f4"))
    runners = standard(setup, sin_plus, arguments)
    if setup.limit:
        runners["C"] = Runner(setup.limit.sin_plus_f4, arguments)
    return Race("call: `sin(x * 2) + y`, (8,) f4", runners, target=("numba", 0.15))


def square_plus(x):
    return x * x + 1.0


def scalar(setup: Setup) -> Race:
    """A float in, a float out: NumPy is plain Python here."""
    runners = standard(setup, square_plus, (1.5,))
    if setup.limit:
        runners["C"] = Runner(setup.limit.square_plus, (1.5,))
    return Race("call: float → float", runners, target=("numba", 0.5))


UR5 = (
    (0.0, 0.089159, math.pi / 2), (-0.425, 0.0, 0.0), (-0.39225, 0.0, 0.0),
    (0.0, 0.10915, math.pi / 2), (0.0, 0.09465, -math.pi / 2), (0.0, 0.0823, 0.0),
)  # fmt: skip
"""a (m), d (m), alpha (rad) of the joints, as published by Universal Robots."""


def ur5_forward(q):
    pose = np.eye(4)
    for i in range(6):
        a, d, alpha = UR5[i]
        c, s = np.cos(q[i]), np.sin(q[i])
        ca, sa = math.cos(alpha), math.sin(alpha)
        pose = pose @ np.array(
            [
                [c, -s * ca, s * sa, a * c],
                [s, c * ca, -c * sa, a * s],
                [0.0, sa, ca, d],
                [0.0, 0.0, 0.0, 1.0],
            ]
        )
    return pose


def ur5(setup: Setup) -> Race:
    """The pose of a robot's tool from its six joint angles."""
    q = setup.rng.uniform(-2.0, 2.0, 6)
    runners = standard(setup, ur5_forward, (q,))
    return Race("call: UR5 forward kinematics", runners, rtol=1e-12, atol=1e-12)


def arm_position(q):
    angle, x, y = 0.0, 0.0, 0.0
    for i in range(7):
        angle = angle + q[i]
        x = x + np.cos(angle)
        y = y + np.sin(angle)
    return np.array([x, y])


def arm(setup: Setup) -> Race:
    """Seven links of length 1 in a plane: where the last one ends."""
    q = setup.rng.uniform(-2.0, 2.0, 7)
    runners = standard(setup, arm_position, (q,))
    return Race("call: 7-link arm, position", runners, rtol=1e-12, atol=1e-12)


RACES = {
    "pid": pid,
    "pid-out": pid_out,
    "sin-plus-8": small,
    "scalar": scalar,
    "ur5": ur5,
    "arm": arm,
}
