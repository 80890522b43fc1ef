"""The demonstration: `make demo`.

1. A PID loop with a complementary filter balances a simulated pendulum.
2. Forward kinematics of a UR5 arm along a trajectory, from its DH parameters as
   published by Universal Robots.
3. A chain of math functions on 65 536 elements.

Each is plain NumPy code, checked against NumPy itself and timed beside it. Then one
kernel is shown at every level and for every target.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import rfxjit as rfx

# ---- 1. a pendulum, balanced -------------------------------------------------------

DT = 0.001  # seconds: a 1 kHz loop


def controller(accel, gyro, state, kp, ki, kd):
    """One step: tilt from a complementary filter, then PID; (torque, new state).

    accel: tilt by the accelerometer, rad; gyro: rad/s; state: [tilt, integral].
    """
    tilt = 0.98 * (state[0] + gyro * DT) + 0.02 * accel
    integral = state[1] + tilt * DT
    torque = -(kp * tilt + ki * integral + kd * gyro)
    return torque, np.array([tilt, integral])


def balance(step: Callable[..., Any], seconds: float = 2.0) -> np.ndarray:
    """Simulate an inverted pendulum of 1 m; the tilt at each step, rad."""
    rng = np.random.default_rng(1)
    noise = rng.normal(0.0, 0.02, int(seconds / DT))
    tilt, speed = 0.2, 0.0
    state = np.array([tilt, 0.0])
    path = np.empty(len(noise))
    for k, n in enumerate(noise):
        torque, state = step(tilt + float(n), speed, state, 60.0, 20.0, 12.0)
        speed += (9.81 * math.sin(tilt) + float(torque)) * DT
        tilt += speed * DT
        path[k] = tilt
    return path


def miss(gains):
    """The loss of a step response: 40 steps of a double integrator."""
    position, speed, integral, loss = 0.0, 0.0, 0.0, 0.0
    for _ in range(40):
        error = 1.0 - position
        integral = integral + error * 0.05
        force = gains[0] * error + gains[1] * integral - gains[2] * speed
        speed = speed + force * 0.05
        position = position + speed * 0.05
        loss = loss + error * error + 0.001 * force * force
    return loss


def tune(steps: int = 60) -> tuple[float, float, np.ndarray]:
    """Descend along the gradient of `miss`; the loss before and after, the gains."""
    slope = rfx.value_and_grad(miss)
    gains = np.array([1.0, 0.1, 1.0])
    first, direction = slope(gains)
    for _ in range(steps):
        # A step of fixed length along each gain: robust and easy to follow.
        gains = gains - 0.1 * np.sign(direction) * np.minimum(np.abs(direction), 1.0)
        _, direction = slope(gains)
    return float(first), float(slope(gains)[0]), gains


# ---- 2. UR5 forward kinematics -----------------------------------------------------

# a (m), d (m), alpha (rad) of joints 1 to 6.
UR5 = (
    (0.0, 0.089159, math.pi / 2), (-0.425, 0.0, 0.0), (-0.39225, 0.0, 0.0),
    (0.0, 0.10915, math.pi / 2), (0.0, 0.09465, -math.pi / 2), (0.0, 0.0823, 0.0),
)  # fmt: skip


def link(q, a, d, alpha):
    """The transform of one joint, by the Denavit-Hartenberg convention."""
    c, s = np.cos(q), np.sin(q)
    ca, sa = math.cos(alpha), math.sin(alpha)
    return np.array(
        [
            [c, -s * ca, s * sa, a * c],
            [s, c * ca, -c * sa, a * s],
            [0.0, sa, ca, d],
            [0.0, 0.0, 0.0, 1.0],
        ]
    )


def forward(q):
    """The pose of the tool, 4x4, for six joint angles (rad)."""
    pose = link(q[0], *UR5[0])
    for i in range(1, 6):
        pose = pose @ link(q[i], *UR5[i])
    return pose


# ---- 3. the chain ------------------------------------------------------------------


def chain(x, y):
    """Elementwise math on whole arrays."""
    return np.tanh(x * 2 + 1) * np.exp(-y * y) + np.sqrt(np.abs(x))


LEVELS = ("rfx", "fused", "loops", "scalars", "vectors", "gpu", "llvm", "nvvm",
          "llvm-ir", "asm", "c", "ptx", "msl")  # fmt: skip


def timed(call: Callable[[], Any], seconds: float = 0.4) -> float:
    """The median time of one call, in seconds, over batches of calls."""
    call()
    start = time.perf_counter()
    call()
    batch = max(1, int(0.01 / max(time.perf_counter() - start, 1e-7)))
    times: list[float] = []
    stop = time.perf_counter() + seconds
    while time.perf_counter() < stop:
        start = time.perf_counter()
        for _ in range(batch):
            call()
        times.append((time.perf_counter() - start) / batch)
    return float(np.median(times))


def report(name: str, ours: float, numpy: float) -> None:
    """One line of the comparison."""
    print(f"  {name:32} {ours * 1e6:10.3f} us   NumPy {numpy * 1e6:10.3f} us"
          f"   {numpy / ours:6.1f} x")  # fmt: skip


def main() -> int:
    """Run all parts; the exit code."""
    print(f"rfxjit on {', '.join(rfx.available_backends())}; NumPy {np.__version__}\n")

    step = rfx.jit(controller, strict=True)
    path = balance(step)
    np.testing.assert_allclose(path, balance(controller), rtol=1e-9, atol=1e-12)
    print(f"Pendulum: tilt 0.2 rad -> {np.abs(path[-500:]).max():.4f} rad after 1.5 s,")
    print("  the same as in plain NumPy.")
    state = np.array([0.1, 0.0])
    arguments = (0.1, 0.2, state, 60.0, 20.0, 12.0)
    report("one control step", timed(lambda: step(*arguments)),
           timed(lambda: controller(*arguments)))  # fmt: skip

    before, after, gains = tune()
    assert after < before
    print(f"  gains tuned by rfx.grad: loss {before:.2f} -> {after:.2f}"
          f" at kp, ki, kd = {np.round(gains, 2)}")  # fmt: skip

    print("\nUR5: forward kinematics along 200 poses agree with NumPy to 1e-14.")
    arm = rfx.jit(forward, strict=True)
    for t in np.linspace(0.0, 1.0, 200):
        q = np.array([t, -1.0 + t, 1.5 * t, -t, 0.5 * t, t * t])
        np.testing.assert_allclose(arm(q), forward(q), atol=1e-14)
    q = np.array([0.3, -1.2, 1.1, -0.4, 0.7, 0.2])
    report("forward kinematics", timed(lambda: arm(q)), timed(lambda: forward(q)))

    print("\nChain: tanh(x*2+1) * exp(-y*y) + sqrt(abs(x)) on 65 536 elements.")
    rng = np.random.default_rng(2)
    fast = rfx.jit(chain, strict=True)
    for dtype, bound in ((np.float32, 1e-6), (np.float64, 1e-14)):
        x, y = rng.standard_normal((2, 65_536)).astype(dtype)
        np.testing.assert_allclose(fast(x, y), chain(x, y), rtol=bound, atol=bound)
        report(np.dtype(dtype).name, timed(lambda: fast(x, y)),  # noqa: B023 - called here
               timed(lambda: chain(x, y)))  # noqa: B023 # fmt: skip

    print("\nOne kernel, at every level and for every target: x * k + y")
    kernel = rfx.jit(lambda x, y, k: x * k + y, strict=True)
    x, y = np.ones((2, 64), np.float32)
    lowered = kernel.lower(x, y, 2.0)
    for level in LEVELS:
        print(f"\n-- {level}\n{lowered.text(level).rstrip()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
