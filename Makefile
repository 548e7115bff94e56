# threatshelf: `make serve` and `make test` are all a newcomer needs.
PYTHON ?= python3
PORT   ?= 8000
SECONDS ?= 120
VENV   := .venv
BIN    := $(VENV)/bin
UV     := UV_PYTHON_DOWNLOADS=never $(VENV)/tool/bin/uv
READY  := $(VENV)/.ready
export NO_MKDOCS_2_WARNING := 1

.PHONY: serve test quick check fix bench fuzz lock wheels
.DEFAULT_GOAL := serve

serve: $(READY) ## check, publish into a throw-away catalogue, build the site, serve both
	@$(BIN)/threatshelf serve --port $(PORT)

test: $(READY) ## everything
	@$(BIN)/python -m pytest -n auto

quick: $(READY) ## all but browser, PostgreSQL, processes and end-to-end, under 30 s
	@$(BIN)/python -m pytest -n auto -m "not slow"

check: $(READY) ## format, lint, types, imports, workflows, strict site; no tests
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/zizmor --offline --persona auditor --quiet .github action.yml
	@$(BIN)/threatshelf site --out build/site

fix: $(READY) ## what check would complain of and a machine can mend
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: $(READY) ## speed and memory beside peers and aims; WHAT=serving for one table, BENCH_SCALE=1000 templates
	@$(BIN)/python -m bench $(WHAT)

fuzz: $(READY) ## SECONDS of made-up files for each door a file comes in by; what breaks one is kept in tests/data/found
	@for door in reader check fix fmt diff show; do \
		PYTHONPATH=tests/fuzz $(BIN)/python -m fuzzing $$door build/fuzz/$$door \
			-max_total_time=$(SECONDS) -timeout=30 -rss_limit_mb=1024 -verbosity=0 || exit 1; \
	done

lock: $(READY) ## newest versions that pyproject.toml allows, hashed, no registry address
	@$(UV) pip compile -q --upgrade --universal --generate-hashes --no-header --python-version 3.11 --group dev pyproject.toml -o requirements-dev.txt
	@$(UV) pip compile -q --universal --generate-hashes --no-header --python-version 3.11 -c requirements-dev.txt pyproject.toml -o requirements.txt

wheels: $(READY) ## the server and all it needs as wheels in build/wheels, for the same PYTHON on a machine without network
	@rm -rf build/wheels
	@$(PYTHON) -m venv --clear build/wheels-venv
	@build/wheels-venv/bin/pip wheel -q --disable-pip-version-check --require-hashes -r requirements.txt -w build/wheels
	@$(BIN)/python -m hatchling build -t wheel -d build/wheels >/dev/null
	@echo "pip install --no-index --find-links build/wheels threatshelf"

$(READY): requirements-dev.txt requirements-uv.txt pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 or newer is missing: install python3, then run make again."; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed, but $(PYTHON) is $$($(PYTHON) -V 2>&1 | cut -d' ' -f2): install a newer one and run make PYTHON=python3.x"; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "Python's venv module is missing: install python3-venv, then run make again."; exit 2; }
	@echo "Creating the environment in $(VENV) from the lock file (once, some seconds) ..."
	@$(PYTHON) -m venv --clear --without-pip $(VENV)
	@$(PYTHON) -m venv --clear $(VENV)/tool
	@$(VENV)/tool/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-uv.txt
	@$(UV) pip sync -q --require-hashes --python $(BIN)/python requirements-dev.txt
	@$(UV) pip install -q --offline --no-deps --no-build-isolation --python $(BIN)/python -e .
	@touch $@
