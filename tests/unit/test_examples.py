"""The examples run, and say what they promise."""

import subprocess
import sys


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
