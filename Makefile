# Everything runs in .venv, which the first target that needs it makes.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' \
	2>/dev/null && { echo $$p; break; }; done)
BIN := .venv/bin
STAMP := .venv/.installed

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint filecheck unit fuzz bench accuracy format clean

help:  ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1@\2/p' Makefile | expand -t 1 | \
		awk -F@ '{ printf "%-18s %s\n", $$1, $$2 }'

setup: $(STAMP)  ## make .venv with the package and its tools

$(STAMP): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { \
		echo "No Python >= 3.11 with venv found; try make PYTHON=/path/to/python3"; \
		exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		-c constraints.txt -e '.[test,bench]'
	@touch $(STAMP)

demo: $(STAMP)  ## run the demonstration
	$(BIN)/python examples/demo.py

test: $(STAMP)  ## run all checks and tests
	@$(BIN)/python scripts/test.py

lint: $(STAMP)  ## ruff, types, layers
	@$(BIN)/python scripts/test.py ruff format types layers

filecheck: $(STAMP)  ## the IR tests alone
	@$(BIN)/python scripts/test.py filecheck

unit: $(STAMP)  ## the Python tests alone
	@$(BIN)/python scripts/test.py unit

bench: $(STAMP)  ## measure beside NumPy, peers and C: docs/performance.md
	mkdir -p build
	$(BIN)/rfxjit bench --json-out build/bench.json \
		--markdown docs/performance.md --plot docs/performance.png

accuracy: $(STAMP)  ## all 2^32 f32 inputs, docs/accuracy.md (an hour)
	PYTHONPATH=tests $(BIN)/python tests/accuracy.py --stride 1

# Of the 21 tests 15 take that many programs, the others a part of them: 16 times.
fuzz: $(STAMP)  ## compare RUNS=20000 random programs at every level; what they drew
	RFX_FUZZ=$$(( $(or $(RUNS),20000) / 16 )) $(BIN)/python -m pytest -q -n auto \
		tests/unit/test_random_*.py tests/unit/test_row_groups.py \
		tests/unit/test_grad_control.py

format: $(STAMP)  ## format the code
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

clean:  ## remove all that was made
	rm -rf .venv .venv-* build dist *.egg-info .*_cache .hypothesis
