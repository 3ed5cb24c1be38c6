# Two commands for a newcomer: make lab, make test. Each builds .venv on first use and does nothing twice.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin/python
# The stamp carries the folder's name: a virtual environment does not survive being moved.
STAMP := $(VENV)/built-$(shell pwd | cksum | cut -d' ' -f1)
FLOOR := .venv-floor
FIRST_PAGE := /lab/tree/notebooks/00_start_here.ipynb
ROOT_FLAG := $(if $(filter 0,$(shell id -u)),--allow-root,)

.PHONY: lab test floor lint refresh fork student grade book slides timings venv tables checkpoints fair bench help
help:
	@echo "make lab        open the course in JupyterLab        (LAB_ARGS=\"--no-browser --port 8890\")"
	@echo "make test       run every test and every notebook    (TEST_ARGS=\"-k penalty\")"
	@echo "make floor      the library's tests on the oldest versions allowed"
	@echo "make venv       build the environment and no more"
	@echo "make lint       ruff: check and format, notebooks included"
	@echo "make refresh    run notebooks again and store what they show (NOTEBOOK=notebooks/07_sign_signals.ipynb)"
	@echo "make fork       point every badge and launch cell at a fork  (REPO=owner/name)"
	@echo "make student    copies to hand out, without solutions, and the instructor's, in handout/  (BRANCH=student)"
	@echo "make grade      judge a folder of submissions: student, exercise, right, message  (FOLDER=submitted OUT=grades.csv)"
	@echo "make book       the notebooks as a static site, from what is stored, in _book/"
	@echo "make slides     one figure and one claim a slide, an HTML file for each notebook, in _slides/"
	@echo "make timings    processor seconds and memory of each notebook, measured anew (minutes each)"
	@echo "make tables     list the committed tables: do they hold, how long do they take; make what is missing of one"
	@echo "                (NAME=fair, NAME=critics/depth; ANEW=1 makes what holds again too)"
	@echo "make checkpoints  train the committed checkpoints anew; goes on where it was stopped (an hour)"
	@echo "make bench      seconds a training step beside other ways of writing it; on a machine that does nothing else"
	@echo "make fair       ring and grid, every method alike; goes on where it was stopped (two hours)"

# The repository's root is served: the notebooks link to data/ and docs/.
lab: $(STAMP)
	$(BIN) -m jupyterlab --ServerApp.root_dir="$(CURDIR)" --LabApp.default_url=$(FIRST_PAGE) $(ROOT_FLAG) $(LAB_ARGS)

# Two workers of one thread each; conftest.py does the rest. Notebooks first: they are long, and the short files fill up the end.
test: $(STAMP)
	$(BIN) -m pytest --nbval -n 2 --dist loadscope notebooks tests $(TEST_ARGS)

# The library on the oldest versions that pyproject.toml allows; their own deprecations do not count. Python 3.11 or 3.12.
# Which small changes of a solution a judge accepts is listed for the pinned versions alone.
floor: $(STAMP) $(FLOOR)/built
	PYTHONPATH="$(CURDIR)/$(FLOOR)" $(BIN) -m pytest -n 2 --dist loadscope -W ignore::DeprecationWarning tests \
		--ignore=tests/classroom/exercises/test_solution_mutations.py $(TEST_ARGS)

# The environment and no more: what .devcontainer/devcontainer.json asks for.
venv: $(STAMP)

lint: $(STAMP)
	$(BIN) -m ruff check .
	$(BIN) -m ruff format --check .

refresh: $(STAMP)
	$(BIN) -m tools.notebooks refresh $(NOTEBOOK)

fork: $(STAMP)
	$(BIN) -m tools.fork $(REPO)

student: $(STAMP)
	$(BIN) -m tools.student $(if $(BRANCH),--branch "$(BRANCH)")

grade: $(STAMP)
	$(BIN) -m tools.grade "$(FOLDER)" $(if $(OUT),--out "$(OUT)")

# An environment of its own, with versions of its own; warnings are errors, nothing is fetched while it builds.
book: .venv-book/built
	.venv-book/bin/python -m sphinx -W --keep-going -q -b html -c book . _book
	@echo "open _book/book/index.html"

slides: $(STAMP)
	$(BIN) -m tools.slides

timings: $(STAMP)
	$(BIN) -m tools.timings

tables: $(STAMP)
	$(BIN) -m benchmarks $(if $(NAME),"$(NAME)") $(if $(ANEW),--anew)

checkpoints: $(STAMP)
	$(BIN) -m benchmarks.checkpoints --anew

bench: $(STAMP)
	$(BIN) -m benchmarks.speed $(if $(ANEW),--anew)

fair: $(STAMP)
	$(BIN) -m benchmarks.fair

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(None if (3, 11) <= v <= (3, 13) else \
		f"The course needs Python 3.11, 3.12 or 3.13 and found {v[0]}.{v[1]}: make PYTHON=python3.12 ...")'
	@echo "Building $(VENV), once: minutes, and on Linux 5.5 GB, since pip brings PyTorch with CUDA; the CPU build makes it"
	@echo "1.8 GB (Ctrl-C, then PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu make ...). macOS has the small one."
	$(PYTHON) -m venv $(VENV)
	$(BIN) -m pip install --disable-pip-version-check -q -r requirements.lock
	$(BIN) -m pip install --disable-pip-version-check -q --no-deps -e .
	@rm -f $(VENV)/built-*
	@touch $@

.venv-book/built: book/requirements.txt
	$(PYTHON) -m venv .venv-book
	.venv-book/bin/python -m pip install --disable-pip-version-check -q -r book/requirements.txt
	@touch $@

$(FLOOR)/built: pyproject.toml tools/floor.py | $(STAMP)
	rm -rf $(FLOOR)
	$(BIN) -m pip install --disable-pip-version-check -q --no-deps --target $(FLOOR) $$($(BIN) -m tools.floor)
	@touch $@
