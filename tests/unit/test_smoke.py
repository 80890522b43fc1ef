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
