"""A state machine per element: debounced buttons, 64 samples in one integer each.

A button counts as pressed when it has been down for three samples, and as released when
it has been up for three.
"""

import numpy as np

import rfxjit as rfx

UP, FALLING, DOWN, RISING = range(4)


@rfx.kernel
def presses(samples: np.uint64):
    """How often a button was pressed in 64 samples, the first one in bit 0."""
    state, since, count = UP, 0, 0
    for k in range(64):
        low = (samples >> np.uint64(k)) & np.uint64(1) == np.uint64(1)
        if state == UP or state == FALLING:  # noqa: PLR1714, SIM109 - kernels have no `in`
            if not low:
                state = UP
                continue
            since = 1 if state == UP else since + 1
            state = FALLING
            if since == 3:
                state, count = DOWN, count + 1
        else:
            if low:
                state = DOWN
                continue
            since = 1 if state == DOWN else since + 1
            state = RISING
            if since == 3:
                state = UP
    return count


def main() -> None:
    """Count the presses in a few patterns."""
    patterns = ["0" * 64, "0011011100", "1110001110001110", "10" * 32, "1110" * 16]
    samples = np.array([int(p[::-1], 2) for p in patterns], np.uint64)
    counts = presses(samples)
    for pattern, count in zip(patterns, counts, strict=True):
        print(f"{pattern[:20]:20} {count}")
    assert counts.tolist() == [0, 1, 3, 0, 1]


if __name__ == "__main__":
    main()
