# One word each; every target sets up its own .venv when it is missing or older than what it is made from.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: certify test check bench docs fuzz clean generate

certify: $(VENV)/.ready
	$(BIN)/twinwire certify --reference

test: $(VENV)/.ready
	$(BIN)/pytest -n auto

check: $(VENV)/.ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pyright
	$(BIN)/lint-imports --no-cache
	$(BIN)/twinwire generate --check

generate: $(VENV)/.ready
	$(BIN)/twinwire generate

# The generated pages and parts of pages in docs/.
docs: $(VENV)/.ready
	$(BIN)/python tests/support/documents.py

bench: $(VENV)/.bench
	$(BIN)/python tests/bench/run.py

# Six fuzzes of so many seconds each.
FUZZ_SECONDS ?= 60
fuzz: $(VENV)/.ready
	$(BIN)/python tests/support/fuzz_codecs.py --seconds $(FUZZ_SECONDS)

$(VENV)/.ready: pyproject.toml constraints.txt generated/pyproject.toml
	$(PYTHON) -m venv --clear $(VENV)
	$(PIP) install -c constraints.txt -e '.[dev]' -e ./generated
	touch $@

$(VENV)/.bench: $(VENV)/.ready
	$(PIP) install -c constraints.txt -e '.[bench]'
	touch $@

clean:
	rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
