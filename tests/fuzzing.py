"""How random tests run: short and the same each time, or long with `RFX_FUZZ=2000`."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, settings

LONG = "RFX_FUZZ" in os.environ


def fuzz(runs: int, *, shrink: bool = False) -> settings:
    """Settings for `runs` examples in the suite; `RFX_FUZZ` in the long run.

    Programs that are compiled are not shrunk: that would compile a thousand more.
    """
    kept = [Phase.explicit, Phase.reuse, Phase.generate]
    return settings(
        max_examples=int(os.environ.get("RFX_FUZZ", str(runs))),
        deadline=None,
        derandomize=not LONG,
        phases=[*kept, Phase.shrink] if shrink else kept,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
