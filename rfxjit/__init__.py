"""rfxjit: a multi-level JIT compiler for NumPy code, on xDSL."""
