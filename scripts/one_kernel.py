"""Renew the output in docs/one_kernel.md: `python scripts/one_kernel.py`.

Each fenced block that follows a line `<!-- level -->` is replaced by what rfxjit prints
for that level. Machine code is shown for one CPU, whatever machine this runs on.
`--check` changes nothing and fails if the page is stale.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Any

os.environ["RFX_JIT_CPU"] = "sapphirerapids"

import numpy as np

import rfxjit as rfx

PAGE = Path(__file__).parent.parent / "docs" / "one_kernel.md"
BLOCK = re.compile(r"(<!-- ([\w-]+)(?: from (.*?) to (.*?))? -->\n```\w*\n).*?(```\n)",
                   re.DOTALL)  # fmt: skip


def kernel(x: Any, gain: Any) -> Any:
    """The kernel of the page."""
    return np.sqrt(x * x + gain)


def main() -> int:
    """Write the page, or check it."""
    lowered = rfx.jit(kernel, strict=True).lower(np.zeros(1000, np.float32), 2.0)

    def output(match: re.Match[str]) -> str:
        head, level, first, last, end = match.groups()
        lines = lowered.text(level).rstrip().splitlines()
        if first is not None:
            start = next(i for i, line in enumerate(lines) if first in line)
            stop = next(i for i in range(start, len(lines)) if last in lines[i])
            lines = lines[start : stop + 1]
        return head + "\n".join(lines) + "\n" + end

    before = PAGE.read_text(encoding="utf-8")
    after = BLOCK.sub(output, before)
    if "--check" in sys.argv:
        return int(before != after)
    PAGE.write_text(after, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
