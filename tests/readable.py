"""Text that is run as a file would be: its source can be read, as tracing needs it."""

from __future__ import annotations

import itertools
import linecache
from typing import Any

_NUMBERS = itertools.count()


def run_text(text: str, namespace: dict[str, Any]) -> dict[str, Any]:
    """Run a text in a namespace, which then holds what it defines."""
    file = f"<text {next(_NUMBERS)}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    exec(compile(text, file, "exec"), namespace)
    return namespace
