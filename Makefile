# `make run` and `make test` need Python 3.11+ and nothing else. `make help` lists the rest.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TRAIN := var/train
# Tools that only import the settings need no server behind these.
NO_SERVERS := SECRET_KEY=not-a-secret-only-for-static-checks-0123456789 DATABASE_URL=postgresql://nobody@localhost/none CELERY_BROKER_URL=memory://

.PHONY: help run test fuzz faults check format lint types imports migrations lock messages bench screenshots train-attribution clean

help:  ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/'

run: $(VENV)/base.stamp  ## everything on embedded servers: web, worker, beat, seeds; Ctrl-C stops all
	@$(BIN)/python -m config.run

test: $(VENV)/dev.stamp  ## the whole suite, on embedded servers
	@$(BIN)/python -m pytest -n 2 --no-loadscope-reorder

fuzz: $(VENV)/dev.stamp  ## every property test with thousands of new examples; what it finds becomes a test of its own
	@$(BIN)/python -m pytest -m hypothesis --hypothesis-profile=search

faults: $(VENV)/dev.stamp  ## the fault test with 2,000 documents instead of the few of the suite (about 8 minutes)
	@FAULT_DOCUMENTS=2000 $(BIN)/python -m pytest tests/e2e/test_faults.py

check: format lint types imports migrations  ## format, lint, types, import contracts, missing migrations

format: $(VENV)/dev.stamp
	$(BIN)/ruff format --check .

lint: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml

types: $(VENV)/dev.stamp
	$(NO_SERVERS) $(BIN)/mypy

imports: $(VENV)/dev.stamp
	$(NO_SERVERS) $(BIN)/lint-imports

migrations: $(VENV)/dev.stamp
	$(BIN)/python manage.py makemigrations --check --dry-run

lock: $(VENV)/dev.stamp  ## compile requirements/*.in into pinned files with hashes (needs uv)
	for f in base dev; do uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-annotate --no-header -c requirements/limits.in requirements/$$f.in -o requirements/$$f.txt; done

screenshots: $(VENV)/dev.stamp  ## pictures of every page into docs/images/desk: make screenshots [ONLY=dossier] (needs Chromium)
	$(BIN)/python -m tests.e2e.browser.screenshots --only "$(ONLY)"

messages: $(VENV)/base.stamp  ## gather and compile the words to translate: make messages LANGUAGE=ar (needs GNU gettext)
	@test -n "$(LANGUAGE)" || { echo "Say which: make messages LANGUAGE=ar"; exit 2; }
	@mkdir -p locale
	$(NO_SERVERS) $(BIN)/python -m django makemessages --settings config.settings --pythonpath . --locale $(LANGUAGE) --no-location --ignore var --ignore .venv --ignore tests
	$(NO_SERVERS) $(BIN)/python -m django compilemessages --settings config.settings --pythonpath . --locale $(LANGUAGE) --ignore .venv

bench: $(VENV)/base.stamp  ## how good and how fast the analysis is: make bench DATA=folder SCORER=program [SKIP="file …"]
	@test -n "$(DATA)" && test -n "$(SCORER)" || { $(BIN)/python -m benchmarks.analysis --help; \
		echo; echo 'Run: make bench DATA=folder SCORER=program [SKIP="file …"]'; exit 2; }
	nice $(BIN)/python -m benchmarks.analysis --data "$(DATA)" --scorer "$(SCORER)" \
		$(foreach name,$(SKIP),--skip $(name)) --report docs/benchmarks.md

train-attribution: $(TRAIN)/venv/stamp  ## fit the trained span finder: DATA=folder of the corpus (about 40 minutes on two idle cores)
	@test -n "$(DATA)" || { echo "DATA=folder with attribution.polnear.{train,dev}.jsonl is missing"; exit 2; }
	OMP_NUM_THREADS=1 $(TRAIN)/venv/bin/python -m training.attribution.train $(DATA) $(TRAIN)
	OMP_NUM_THREADS=1 ORT_DISABLE_TELEMETRY=1 $(TRAIN)/venv/bin/python -m training.attribution.export $(TRAIN) $(TRAIN)/model
	OMP_NUM_THREADS=1 $(TRAIN)/venv/bin/python -m training.attribution.calibrate $(DATA) $(TRAIN)/model

$(TRAIN)/venv/stamp: requirements/train.in requirements/base.in
	$(PYTHON) -m venv $(TRAIN)/venv
	$(TRAIN)/venv/bin/python -m pip install -q -r requirements/train.in
	@touch $@

clean:  ## remove the virtual environment and everything written at run time
	rm -rf $(VENV) var

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Corroborate needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Set PYTHON=…")'
	@echo "Creating the virtual environment …"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/base.stamp: requirements/base.txt | $(VENV)/bin/python
	@echo "Installing what the product needs (about a minute) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/base.txt
	@touch $@

$(VENV)/dev.stamp: requirements/dev.txt $(VENV)/base.stamp
	@echo "Installing what the tests need …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@
