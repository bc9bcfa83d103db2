# Everything a checkout needs, from a machine with Python and make. `make` alone lists the targets.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
PIN    ?=
ARGS   ?=
ROOT   ?=
QUIET  := --quiet --disable-pip-version-check
# Installed as a path, not as an import hook, which type checkers do not follow.
EDITABLE := --config-settings editable_mode=compat --editable
# On Linux the wheels of PyPI carry 3 GB of CUDA; this index has the CPU build of the same version.
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu
# Each test process compiles or loads the kernels itself, so more than four do not pay.
PYTEST := "$(BIN)/python" -m pytest -n auto --maxprocesses 4 --dist worksteal
# The newest Python at hand that Numba supports, and the oldest versions that pyproject.toml allows.
NEWEST  = for v in 14 13 12 11; do \
            for p in python3.$$v "$$HOME"/.pyenv/versions/3.$$v.*/bin/python; do \
              "$$p" -c 'import venv, ensurepip' 2>/dev/null && echo "$$p" && exit; done; done
OLDEST  = sed -n '/^dependencies/,/^]/s/^ *"\(.*\)>=\([0-9.]*\)".*/\1==\2.*/p' pyproject.toml

.DEFAULT_GOAL := help
.PHONY: help venv train mnist cnn rnn gpt test test-slow test-numpy test-newest test-oldest parity programs examples notebooks docs docs-check stubs types lint bench bench-ops clean
.DELETE_ON_ERROR:

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

venv: $(VENV)/.installed ## create .venv and install the library with its development tools

train: venv ## train on the embedded handwritten digits; ARGS="--epochs 5" goes to the program
	"$(BIN)/python" examples/train.py $(ARGS)

mnist: venv ## train on MNIST; ROOT=folder of its files, else they are downloaded
	"$(BIN)/python" examples/train.py --dataset mnist $(if $(ROOT),--root "$(ROOT)") $(ARGS)

cnn: venv ## train LeNet-5 on MNIST; ROOT=folder of its files, else they are downloaded
	"$(BIN)/python" examples/train.py --dataset mnist --model lenet $(if $(ROOT),--root "$(ROOT)") $(ARGS)

rnn: venv ## train an LSTM on first names and let it write some; ARGS="--model gru" goes to the program
	"$(BIN)/python" examples/chars.py $(ARGS)

gpt: venv ## train a small GPT on a text, ROOT=its file, else on the names; ARGS="--epochs 20"
	$(if $(ROOT),,@echo "A text of your own: make gpt ROOT=/path/file.txt; without it, the names are learned.")
	"$(BIN)/python" examples/chars.py --model gpt $(if $(ROOT),--text "$(ROOT)") $(ARGS)

test: venv ## run the tests; ARGS="-k conv" goes to pytest
	$(PYTEST) -m "not slow" $(ARGS)

test-slow: venv ## run what make test leaves out: sweeps over all kernels, processes, crossings
	$(PYTEST) -m slow $(ARGS)

test-numpy: venv ## run the tests on the NumPy kernels alone
	AUTOGRAD_KERNELS=numpy $(PYTEST) -m "not slow" $(ARGS)

test-newest: ## run the tests on the newest Python, in .venv-newest
	$(MAKE) test VENV=.venv-newest PYTHON="$$($(NEWEST))"

test-oldest: ## run the tests with the oldest NumPy and Numba that are allowed, in .venv-oldest
	$(MAKE) test VENV=.venv-oldest PIN="$$($(OLDEST) | tr '\n' ' ')"

parity: $(VENV)/.parity ## install PyTorch and compare with it
	$(PYTEST) tests/parity $(ARGS)

examples: venv ## take a few steps of every lesson in examples/ and hold it to its form
	$(PYTEST) tests/lessons $(ARGS)

stubs: venv ## write the stubs that editors and type checkers read
	"$(BIN)/python" -m tests.stubs

programs: $(VENV)/.parity ## compare random programs with PyTorch; ARGS="--count 1000"
	"$(BIN)/python" -m tests.programs $(ARGS)

types: $(VENV)/.types ## install pyright and hold a user's programs against both type checkers
	"$(BIN)/python" -m pytest tests/test_types.py tests/typed $(ARGS)

notebooks: venv ## run the notebooks from first to last cell; ARGS="--write 03" stores their outputs
	"$(BIN)/python" -m tests.notebooks $(ARGS)

docs: $(VENV)/.docs ## build the site, build/site/index.html: reference, guides, lessons; links are checked
	AUTOGRAD_KERNELS=numpy "$(BIN)/python" -m docs

docs-check: venv ## look at every page of the built site in Chromium, at the width of a phone and a desk
	"$(BIN)/python" -m pytest tests/site $(ARGS)

lint: venv ## ruff and mypy
	"$(BIN)/ruff" check .
	"$(BIN)/mypy"

bench: $(VENV)/.parity ## install PyTorch and print the ratios ours/PyTorch; ARGS="--quick --only NAME"
	"$(BIN)/python" -m bench $(ARGS)

bench-ops: $(VENV)/.parity ## every op alone beside PyTorch's, worst first; ARGS="--quick --op sort"
	"$(BIN)/python" -m bench.ops $(ARGS)

clean: ## remove caches and build products; environments and runs/ stay
	rm -rf build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -path "./$(VENV)*" -prune -o -type d -name __pycache__ -exec rm -rf {} +

$(BIN)/python:
	@command -v "$(PYTHON)" >/dev/null || { \
	  echo "make: no program '$(PYTHON)'. Install Python 3.11 or later, or name one: make PYTHON=/path/to/python3" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "make: $$("$(PYTHON)" --version) is too old, 3.11 or later is needed. Name another: make PYTHON=python3.12" >&2; exit 1; }
	@"$(PYTHON)" -c 'import venv, ensurepip' 2>/dev/null || { \
	  echo "make: '$(PYTHON)' cannot create environments. On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	"$(PYTHON)" -m venv "$(VENV)"

$(VENV)/.installed: pyproject.toml | $(BIN)/python
	"$(BIN)/python" -m pip install $(QUIET) $(EDITABLE) '.[dev]' $(PIN)
	@touch $@

$(VENV)/.types: $(VENV)/.installed
	"$(BIN)/python" -m pip install $(QUIET) $(EDITABLE) '.[types]'
	@touch $@

$(VENV)/.docs: $(VENV)/.installed
	"$(BIN)/python" -m pip install $(QUIET) $(EDITABLE) '.[docs]'
	@touch $@

$(VENV)/.parity: $(VENV)/.installed
	"$(BIN)/python" -m pip install --quiet --disable-pip-version-check --retries 1 \
	  --extra-index-url $(TORCH_INDEX) $(EDITABLE) '.[parity]'
	@touch $@
