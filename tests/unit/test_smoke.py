"""What must work on every version of Python: the only tests that need pytest alone."""

import subprocess
import sys

MODULE = """func.func @f(%a: tensor<4xf64>) -> tensor<4xf64> {
  func.return %a : tensor<4xf64>
}
"""


def test_package_imports():
    import rfxjit

    assert rfxjit.__doc__


def test_rfx_opt_round_trip():
    command = [sys.executable, "-m", "rfxjit.tools.rfx_opt"]
    once = subprocess.run(
        command, input=MODULE, capture_output=True, text=True, check=True
    )
    assert "func.func @f(%a: tensor<4xf64>)" in once.stdout
    twice = subprocess.run(
        command, input=once.stdout, capture_output=True, text=True, check=True
    )
    assert twice.stdout == once.stdout


def test_jit():
    import numpy as np

    import rfxjit as rfx

    kernel = rfx.jit(lambda x, k: np.sin(x) * k + x.sum(), strict=True)
    x = np.arange(5.0)
    np.testing.assert_allclose(kernel(x, 2.0), np.sin(x) * 2.0 + x.sum(), rtol=1e-14)
    assert kernel.compile_count == 1
