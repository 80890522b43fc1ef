"""The examples run, and say what they promise."""

import subprocess
import sys

import numpy as np
import pytest


def test_demo(root):
    done = subprocess.run(
        [sys.executable, root / "examples/demo.py"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    for part in (
        "Pendulum",
        "gains tuned",
        "UR5",
        "Chain",
        "define i32",
        ".entry",
        "kernel void",
    ):
        assert part in done.stdout


def test_the_output_in_the_page_is_real(root):
    done = subprocess.run([sys.executable, root / "scripts/one_kernel.py", "--check"])
    assert done.returncode == 0, "python scripts/one_kernel.py renews it"


def test_the_page_of_coverage_is_current(root):
    page = (root / "docs/coverage.md").read_text()
    if f"NumPy {'.'.join(np.__version__.split('.')[:2])}," not in page:
        pytest.skip(f"the page is of another NumPy than {np.__version__}")
    script = root / "scripts/coverage_page.py"
    done = subprocess.run([sys.executable, script, "--check"])
    assert done.returncode == 0, "python scripts/coverage_page.py renews it"
