# Each target sets up what it needs in .venv. Only Python >= 3.11 and a package index are assumed.
PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/installed
SNAKEMAKE := $(BIN)/snakemake --configfile config/demo.yaml --cores all

.PHONY: demo test lint format bench clean

demo: $(INSTALLED) ## variants of a simulated genome, reads of a real plasmid, report: no network access
	$(SNAKEMAKE) --quiet rules progress
	$(SNAKEMAKE) --quiet all --report results/report.zip
	@echo "Variants: results/report/summary.html. Reads: results/benchmarks/plasmid.html, results/report/reads.html."
	@echo "All in one: unpack results/report.zip and open report.html."

test: $(INSTALLED) ## all tests; those on golden data skip where ../shared is absent
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadgroup

lint: $(INSTALLED) ## formatting, style, types, and Snakemake's own check
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/snakefmt --check Snakefile workflow
	$(BIN)/snakemake --lint

format: $(INSTALLED)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/snakefmt Snakefile workflow

bench: $(INSTALLED) ## speed and memory; see benchmarks/README.md
	$(BIN)/python -m benchmarks.forward
	$(BIN)/python -m benchmarks.variants
	$(BIN)/python -m benchmarks.reads --no-peer
	$(BIN)/python -m benchmarks.read_sampling
	$(BIN)/python -m benchmarks.helix --no-peer

clean:
	rm -rf results logs resources/simulated resources/assemblies resources/models .snakemake

$(INSTALLED): pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet torch==2.13.0
	$(BIN)/pip install --quiet --editable ".[dev]"
	touch $@
