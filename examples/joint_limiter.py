"""Limits of a robot's joints: position, speed and acceleration, in one kernel.

Each joint moves towards its target as fast as its limits allow, and brakes in time. The
kernel is called once per control step, on all joints at once.
"""

import numpy as np

import rfxjit as rfx

STEP = 0.001
"""Of the control loop, in seconds."""


@rfx.kernel
def limited(position, speed, target, low, high, most_speed, most_acceleration):
    """The next position (rad) and speed (rad/s) of a joint."""
    goal = low if target < low else min(target, high)
    way = goal - position
    if abs(way) < 1e-9 and abs(speed) < most_acceleration * STEP:
        return goal, 0.0 * speed
    # The speed from which braking ends at the goal.
    wanted = np.sqrt(2.0 * most_acceleration * abs(way))
    wanted = min(wanted, abs(way) / STEP, most_speed)
    if way < 0.0:
        wanted = -wanted
    change = wanted - speed
    most = most_acceleration * STEP
    if change > most:
        change = most
    elif change < -most:
        change = -most
    speed = speed + change
    return position + speed * STEP, speed


def main() -> None:
    """Three seconds of a control loop of six joints."""
    joints = 6
    position, speed = np.zeros(joints), np.zeros(joints)
    target = np.array([1.0, -0.5, 2.5, 0.0, 0.01, -3.0])
    low, high = np.full(joints, -2.0), np.full(joints, 2.0)
    fastest = np.zeros(joints)
    for _ in range(3000):
        position, speed = limited(position, speed, target, low, high, 1.5, 5.0)
        fastest = np.maximum(fastest, np.abs(speed))
    print("positions", position.round(4))
    print("fastest  ", fastest.round(3), "rad/s")
    assert np.abs(position - np.clip(target, low, high)).max() < 1e-3
    assert fastest.max() <= 1.5


if __name__ == "__main__":
    main()
