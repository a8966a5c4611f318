# What is run often, in one word each; `make` alone lists it. The work is done by .venv/bin/tox (tox.ini).

SHELL := /bin/bash
.DEFAULT_GOAL := help
.NOTPARALLEL:

# The Python that makes .venv. Nothing else runs with it.
PYTHON ?= python3
TOX := .venv/bin/tox run --quiet --quiet --current-env --workdir .swarmdrill/tox
# For pytest: make scenarios ARGS="-k quorum --keep=failed"
ARGS ?=
PASS = $(if $(strip $(MORE) $(ARGS)),-- $(strip $(MORE) $(ARGS)))
# For `make bench`: a commit that HEAD is compared with.
BASE ?=

# Every setting of `swarmdrill --help`, without its --; N is the number of clusters that are drilled side by side, or auto.
SETTINGS := PROVIDER PROCEDURE DOCKER_HOST ENGINE MANAGERS WORKERS EVEN_MANAGERS KEEP REUSE REPEAT EXAMPLES TIMEOUT_SCALE \
  SUBNET REGISTRY REPORTS_DIR STATE_DIR CLAIMS N
# Only what stands on the command line: a variable of that name in the environment is somebody else's.
GIVEN := $(foreach name,$(filter-out .% MAKE%,$(.VARIABLES)),$(if $(filter command,$(origin $(name))),$(name)))
UNKNOWN := $(filter-out $(SETTINGS) SWARMDRILL_% ARGS BASE PYTHON,$(GIVEN))
$(if $(UNKNOWN),$(error there is no setting $(UNKNOWN); there are $(SETTINGS), and ARGS for pytest))
# Handed on only where they say something.
$(foreach name,$(filter $(SETTINGS),$(GIVEN)),$(if $(strip $($(name))),$(eval export SWARMDRILL_$(name) := $($(name)))))

.PHONY: help
help:  ## list the targets
	@echo 'make TARGET [ENGINE=] [PROVIDER=] [KEEP=] [N=] ... [ARGS="-k quorum"], and what `swarmdrill drill --help` lists'
	@sed -nE 's/^([a-z]+):[^#]*## (.*)/\1\t\2/p' $(MAKEFILE_LIST) | while IFS=$$'\t' read -r target text; do \
	  printf '  %-10s %s\n' "$$target" "$$text"; done

.PHONY: setup
setup:  ## get what is missing on this machine; changes nothing when all is there
	@PYTHONPATH=harness $(PYTHON) -m swarmdrill.setup

# As many clusters side by side as this host carries, unless N= says how many; 0 drills in one process.
.PHONY: drill
drill scenarios: export SWARMDRILL_N := $(or $(strip $(N)),auto)
drill: setup  ## run every scenario and make the report
	@$(TOX) -e scenarios $(PASS)

.PHONY: drill-vm
drill-vm: export SWARMDRILL_PROVIDER := libvirt
drill-vm: export SWARMDRILL_N := 0
drill-vm: setup  ## the document's flow and the restore of one manager, on virtual machines
	@$(TOX) -e machines $(PASS)

# One tox for all of them: it goes on after a failure, so that one run shows everything that is wrong.
.PHONY: test
test: export SWARMDRILL_PROVIDER := docker
test: export SWARMDRILL_N := $(or $(strip $(N)),4)
test: setup  ## everything that is checked before a change lands: lint, types, tests, some scenarios
	@$(TOX) -e lint,types,unit,package,programs,lab,chosen

.PHONY: lint types unit package programs lab scenarios bench report claims catalogue
lint: setup  ## check style and format with ruff
types: setup  ## check types with mypy
unit: setup  ## test the harness itself, away from everything of this host
programs: setup  ## test the harness with the programs of this host, without machines
package: setup  ## test the wheel: built, and installed where there is no checkout
lab: setup  ## test the harness itself, on machines
scenarios: setup  ## run the scenarios; set-up first, ARGS= for pytest
bench: setup  ## measure how long things take; BASE=COMMIT compares with it, N= rounds
report: setup  ## make the HTML report of the last run
claims: setup  ## say of each claim what all stored runs found; ARGS=--docs writes docs/claims.md too
catalogue: setup  ## list every sentence with its placeholders, to translate: .swarmdrill/swarmdrill.pot
bench: MORE = $(if $(strip $(BASE)),--base=$(strip $(BASE))) $(if $(strip $(N)),--rounds=$(strip $(N)))
lint types unit package programs lab scenarios bench report claims catalogue:
	@$(TOX) -e $@ $(PASS)

.PHONY: fresh fresh-proof
fresh: setup  ## try all of this on machines that have nothing but what the README asks for
	@$(TOX) -e fresh $(PASS)
fresh-proof: setup  ## plant faults, and see whether `make fresh` notices each
	@$(TOX) -e fresh -- --proof

.PHONY: nightly
nightly: setup  ## what does not fit in .ci/run, with expected counts; the record is kept in docs/nightly
	@.venv/bin/python -m nightly $(ARGS)

# Only the product knows what is its own: nothing is removed here.
.PHONY: clean
clean:  ## remove everything this product made on this machine; .venv and reports/ stay
	@if [ -x .venv/bin/swarmdrill ]; then \
	  .venv/bin/python -m fresh --remove; removed=$$?; .venv/bin/swarmdrill clean && exit $$removed; \
	else \
	  for state in .swarmdrill "$$SWARMDRILL_STATE_DIR" "$$(sed -n 's/^swarmdrill_state_dir *= *//p' tox.ini 2>/dev/null)"; do \
	    if [ -n "$$state" ] && [ -e "$$state" ]; then \
	      echo "$$state stays: without .venv nothing here can tell what may go; run make setup, then make clean" >&2; \
	      exit 1; fi; done; fi

# In an environment of its own: the lock is not made by what it locks.
.PHONY: schemas
schemas: setup  ## write the schemas of stored files anew, after a change of what is stored
	@.venv/bin/python -m swarmdrill.report.schemas
	@.venv/bin/python -m nightly.schemas

.PHONY: lock
lock:  ## pin requirements.lock anew from pyproject.toml, for every Python this project supports
	@$(PYTHON) -m venv .swarmdrill/uv && .swarmdrill/uv/bin/python -m pip install --quiet \
	  --require-hashes --no-deps --requirement requirements-uv.lock
	@.swarmdrill/uv/bin/uv pip compile --quiet --universal --python-version 3.11 --extra dev --upgrade \
	  --generate-hashes --no-emit-index-url --no-annotate --custom-compile-command 'make lock' \
	  --output-file requirements.lock pyproject.toml
