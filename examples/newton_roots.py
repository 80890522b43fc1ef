"""Kepler's equation `E - e sin E = M`, solved for each orbit until it has converged."""

import numpy as np

import rfxjit as rfx


@rfx.kernel
def kepler(mean, eccentricity):
    """The eccentric anomaly (rad), and how many steps of Newton's method it took."""
    anomaly = mean if eccentricity < 0.8 else np.pi + 0.0 * mean
    for steps in range(50):  # noqa: B007 - returned below
        error = anomaly - eccentricity * np.sin(anomaly) - mean
        if abs(error) < 1e-12:
            break
        anomaly = anomaly - error / (1.0 - eccentricity * np.cos(anomaly))
    return anomaly, steps


def main() -> None:
    """Solve for 200 000 orbits."""
    mean = np.linspace(0.0, 2 * np.pi, 1000)[:, None]
    eccentricity = np.linspace(0.0, 0.95, 200)
    anomaly, steps = kepler(mean, eccentricity)
    error = np.abs(anomaly - eccentricity * np.sin(anomaly) - mean).max()
    print(f"{anomaly.size} orbits, {steps.min()} to {steps.max()} steps")
    print(f"largest residual {error:.1e} rad")
    assert error < 1e-11


if __name__ == "__main__":
    main()
