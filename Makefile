# Every target uses ./.venv, which `install` makes; nothing outside this folder is changed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# Whoever has a licensed Prodigy in the chosen environment (`make install VENV=folder`) needs no host.
LICENSED = $(BIN)/python -c 'import importlib.metadata as m; m.version("prodigy")' 2> /dev/null

.PHONY: install demo stories annotate bench bench-acquisition bench-calibration bench-durability \
  bench-learning bench-looking bench-restart bench-simulation bench-training study study-designs \
  study-estimators study-guard study-mixed study-planted study-stopping study-strategies test \
  smoke lint types check check-old clean

install: $(STAMP)

$(STAMP): pyproject.toml host/pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -c 'import ensurepip, venv' 2> /dev/null || { \
		echo "$(PYTHON) cannot make environments: install its venv package (on Debian: python3-venv)" >&2; \
		exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	if $(LICENSED); then \
		$(BIN)/python -m pip install --quiet -e '.[dev]' $(SPACY:%='%'); \
	else \
		$(BIN)/python -m pip install --quiet -e './host[postgresql]' -e '.[dev]' $(SPACY:%='%') && \
		$(BIN)/recipe-host link; \
	fi
	touch $(STAMP)

# Less than a minute on two cores, resumed where it was interrupted; QUICK=1 is a smaller one.
demo: install
	$(BIN)/python examples/demo.py $(if $(QUICK),--quick)

# When does active learning help, when not, and when does it harm? Six simulations on generated news, resumed
# where they were interrupted; with PRODIGY_AL_DATA one of them also on a real corpus. QUICK=1: smaller ones.
stories: install
	cd examples && $(CURDIR)/$(BIN)/python -m stories $(if $(QUICK),--quick)

# The annotation page, in the browser where there is one; e.g. make annotate RECIPE=al.teach SOURCE=news.jsonl MODEL=en_core_web_md
RECIPE ?= al.manual-ranked
DATASET ?= annotated-$(RECIPE)
LABEL ?= ORG
DEMO_CORPUS := build/demo/corpus
SOURCE ?= $(DEMO_CORPUS)/pool.jsonl
MODEL ?= $(DEMO_CORPUS)/base
annotate: install
	test -n '$(filter-out $(DEMO_CORPUS)/%,$(SOURCE))' || test -e $(DEMO_CORPUS)/base || $(MAKE) demo
	RECIPE_HOST_OPEN=1 $(BIN)/python -m prodigy $(RECIPE) $(DATASET) $(MODEL) $(SOURCE) --label $(LABEL)

# How often is an interval wrong at some time, where somebody looks again and again? A
# minute, with PRODIGY_AL_DATA also on real documents, five; QUICK=1 is a smaller one.
bench-looking: install
	$(BIN)/python benchmarks/looking.py

# Kills the server and harms its storage under simulated annotators, and measures the page; QUICK=1 is a smaller one.
bench-durability: install
	$(BIN)/python benchmarks/durability.py

# Are the verdicts of al.diagnose right where the truth is known? Half an hour, resumed where it was
# interrupted; with PRODIGY_AL_DATA also on real documents.
study-planted: install
	$(BIN)/python benchmarks/planted.py

# These twelve need real corpora and a real pipeline, which are not part of this repository:
# PRODIGY_AL_DATA names their folder. QUICK=1 is a smaller one, as above.

# What exact marginals cost against spaCy's own ways, and how long a person waits. Half an hour;
# ROWS=5,6 measures some of the rows.
bench: install
	$(BIN)/python benchmarks/scoring.py

# What does each acquisition function bring to the top of a pool? Five minutes.
bench-acquisition: install
	$(BIN)/python benchmarks/acquisitions.py

# Are span probabilities right as often as they say, before and after a temperature is fitted? Ten minutes.
bench-calibration: install
	$(BIN)/python benchmarks/calibration.py

# Does anybody wait while the model learns? Ten minutes.
bench-learning: install
	$(BIN)/python benchmarks/learning.py

# How long until the first question, also when it is started again? Five minutes.
bench-restart: install
	$(BIN)/python benchmarks/restart.py

# What do two processes and a cluster save, and are the datasets the same? Half an hour.
bench-simulation: install
	$(BIN)/python benchmarks/redraws.py

# What a comparison costs, and whether `spacy train` repeats it. Half an hour.
bench-training: install
	$(BIN)/python benchmarks/training.py

# Do robustly trained binary and ranked answers help? Hours, resumed where they were interrupted.
study: install
	$(BIN)/python benchmarks/study.py

# Which design should rank whole segments, at equal seconds? Two hours, resumed where it was interrupted.
study-designs: install
	$(BIN)/python benchmarks/designs.py

# What do seven strategies bring against random order? Some hours, resumed where it was interrupted.
study-strategies: install
	$(BIN)/python benchmarks/strategies.py

# When to stop: what do rules save, and what do they lose? Two hours, resumed where it was interrupted.
study-stopping: install
	$(BIN)/python benchmarks/stopping.py

# Are the weighted dev numbers right? An hour, resumed where it was interrupted.
study-estimators: install
	$(BIN)/python benchmarks/estimators.py

# Is "do not ship" right? An hour or two after the study, whose datasets it takes; resumed likewise.
study-guard: install
	$(BIN)/python benchmarks/guard.py

# What is a binary answer worth, alone and after whole segments? An hour or two, resumed likewise.
study-mixed: install
	$(BIN)/python benchmarks/mixed.py

# Three files at a time, the longest first (tests/conftest.py), since many tests wait for a process;
# TEST_JOBS=1 shows them one by one. One thread each: more would only wait for one another. What is
# imported is compiled once, and not by each of the processes that tests start.
TEST_JOBS ?= 3
test: install
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest --numprocesses $(TEST_JOBS) --dist loadfile --no-loadscope-reorder

# Installs the wheels into an empty environment, which downloads all that they depend on, and tells
# the longest stories in a small size.
smoke: install
	$(BIN)/python -m pytest -m slow tests/test_packaging.py tests/examples/test_stories.py

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: install
	$(BIN)/mypy

check: lint types test

# The same tests on the oldest spaCy that is supported, in an environment of its own.
OLD := .venv-spacy37
check-old:
	$(MAKE) test VENV=$(OLD) SPACY='spacy>=3.7,<3.8'

clean:
	rm -rf $(VENV) $(OLD) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
