"""The Mandelbrot set: a loop that each pixel leaves at its own time, in vectors.

python examples/mandelbrot.py [mandelbrot.png]
"""

import sys
import time

import numpy as np

import rfxjit as rfx


@rfx.kernel
def escape(cr: float, ci: float, limit: int):
    """How many steps a point takes to leave the disc of radius 2."""
    zr = zi = 0.0
    for i in range(limit):
        if zr * zr + zi * zi > 4.0:
            return i
        zr, zi = zr * zr - zi * zi + cr, 2.0 * zr * zi + ci
    return limit


def main() -> None:
    """Compute the set, and draw it into the file that is named."""
    x = np.linspace(-2.0, 0.8, 1120, dtype="f4")
    y = np.linspace(-1.2, 1.2, 960, dtype="f4")[:, None]
    counts = escape(x, y, 200)
    start = time.perf_counter()
    escape(x, y, 200, out=counts)
    seconds = time.perf_counter() - start
    inside = np.count_nonzero(counts == 200)
    print(f"{counts.size} points in {seconds * 1e3:.1f} ms, {inside} of them inside")
    if len(sys.argv) > 1:
        from matplotlib.image import imsave

        imsave(sys.argv[1], np.log1p(counts), cmap="magma")
        print(f"wrote {sys.argv[1]}")


if __name__ == "__main__":
    main()
