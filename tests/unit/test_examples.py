"""The examples run, and say what they promise."""

import contextlib
import io
import re
import subprocess
import sys

import numpy as np
import pytest
from readable import run_text


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


GALLERY = (
    "mandelbrot", "black_scholes", "newton_roots", "state_machine", "joint_limiter",
)  # fmt: skip


@pytest.mark.parametrize("name", GALLERY)
def test_gallery(root, name, tmp_path):
    picture = tmp_path / "picture.png"
    command = [sys.executable, root / f"examples/{name}.py", picture]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout
    if name == "mandelbrot":
        assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("page", ["kernels", "control_flow", "in_place"])
def test_pages_say_what_happens(root, page):
    """The ```python blocks of a page run, and print the ```text that follows them."""
    text = (root / f"docs/{page}.md").read_text()
    blocks = re.findall(r"```(python|text)\n(.*?)```", text, re.DOTALL)
    namespace, printed = {"__name__": page}, ""
    for language, block in blocks:
        if language == "text":
            assert printed.strip() == block.strip()
            continue
        with contextlib.redirect_stdout(io.StringIO()) as stream:
            run_text(block, namespace)
        printed = stream.getvalue()
