# Each target creates .venv if needed. Requires Python >= 3.11 and a package index.
PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/installed
# While jobs wait for a core, Snakemake looks at them all again each timespan after each start of a job.
SNAKEMAKE := $(BIN)/snakemake --configfile config/demo.yaml --cores all --scheduler greedy --max-jobs-per-timespan 300/3s

# What computes with torch, and how an older processor would: no AVX-512, no vector code in torch's own kernels.
NUMERIC := models training predict/test_inference.py predict/variants predict/embeddings evaluation/coverage
OLDER := ATEN_CPU_CAPABILITY=default ONEDNN_MAX_CPU_ISA=AVX2

SHIPPED := borzuki_tiny contigs helix_tiny panels published six_frame

# Each job is a process of Python, which would compile all that it imports.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo demo-genomes demo-manifest demo-train test test-cluster test-stores test-portable test-floors test-faults fuzz lint format lock bench clean

demo: $(INSTALLED) ## run the demo: simulated variants and mRNAs, reads of a real plasmid, report; no network access
	$(SNAKEMAKE) --quiet rules progress --report results/report.zip --report-after-run
	@echo "The report, one file: $(CURDIR)/results/report/index.html"
	@echo "Snakemake's archive of all pages: results/report.zip (unpack it and open report.html)."

demo-manifest: $(INSTALLED) ## after `make demo`: compare its results with tests/workflow/demo_manifest.tsv
	$(BIN)/python -m tests.workflow.demo_manifest check results

demo-train: $(INSTALLED) ## retrain the demo's coverage model in the folder demo_train, and evaluate it
	mkdir -p demo_train/resources
	ln -sfn ../config demo_train/config
	for name in $(SHIPPED); do ln -sfn ../../resources/$$name demo_train/resources/$$name; done
	OMP_NUM_THREADS=1 $(BIN)/snakemake --directory demo_train --configfile config/demo_train.yaml --cores all --scheduler greedy --quiet rules
	@echo "See demo_train/results/planted_truth/borzuki_tiny.html."

demo-genomes: $(INSTALLED) ## compare the demo's coverage model with genomes of another seed and another grammar
	OMP_NUM_THREADS=1 $(BIN)/python -m recipes.borzuki_tiny.evaluate demo_genomes

test: $(INSTALLED) ## all tests; those on golden data are skipped if ../shared is absent
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --ignore tests/cluster --ignore tests/stores --numprocesses auto --maxprocesses 4 --dist loadscope

# The plugin is apart: each start of Snakemake, those of other tests too, imports all that are installed.
test-cluster: $(INSTALLED) ## runs on a SLURM cluster that it starts here, as root, by Debian's packages; skipped without
	$(BIN)/pip install --quiet --target .venv-slurm --upgrade --no-deps $$(grep plugin-slurm requirements.lock)
	PYTHONPATH=.venv-slurm OMP_NUM_THREADS=1 $(BIN)/python -m pytest tests/cluster

# Apart as well, and not those of the lock where botocore wants an older one.
test-stores: $(INSTALLED) ## runs with files in an object store (S3), which it starts here
	grep -v dateutil requirements.lock | $(BIN)/pip install --quiet --target .venv-stores --upgrade --constraint /dev/stdin \
		$$(sed -n '/^stores/,/^]/s/^ *"\(.*\)".*/\1/p; s/^ *"\(snakemake-storage-plugin-s3.*\)".*/\1/p' pyproject.toml)
	PYTHONPATH=.venv-stores OMP_NUM_THREADS=1 $(BIN)/python -m pytest tests/stores

test-portable: $(INSTALLED) ## numeric tests as on an older processor, with two threads per test
	$(OLDER) OMP_NUM_THREADS=2 $(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadscope \
		-k "not hound_snp and not test_train_" $(addprefix tests/seqcast/,$(NUMERIC)) # hound_snp's alone take minutes, and borzoi_sed's are as strict

fuzz: $(INSTALLED) ## hundreds of damaged files of every kind; SEQCAST_SEED selects others
	OMP_NUM_THREADS=1 SEQCAST_MUTATIONS=$${SEQCAST_MUTATIONS:-300} $(BIN)/python -m pytest -rP --numprocesses auto --maxprocesses 4 tests/seqcast/test_mutated_inputs.py tests/seqcast/models/test_settings.py

test-faults: $(INSTALLED) ## jobs and runs killed at random points; SEQCAST_SEED selects others
	OMP_NUM_THREADS=1 SEQCAST_FAULT_ROUNDS=$${SEQCAST_FAULT_ROUNDS:-120} $(BIN)/python -m pytest -rP --numprocesses auto --maxprocesses 2 --dist loadscope \
		tests/workflow/test_faults.py tests/workflow/test_killed_runs.py

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

bench: $(INSTALLED) ## measure speed and memory; see benchmarks/README.md
	$(BIN)/python -m benchmarks.forward
	$(BIN)/python -m benchmarks.variants
	$(BIN)/python -m benchmarks.reads --no-peer
	$(BIN)/python -m benchmarks.read_sampling
	$(BIN)/python -m benchmarks.helix --no-peer
	$(BIN)/python -m benchmarks.bigwig --no-peer
	$(BIN)/python -m benchmarks.training --windows 8

clean: ## remove what runs made; downloads stay
	rm -rf demo_genomes demo_train results logs resources/simulated .snakemake
	rm -f $(addprefix resources/assemblies/,*.fa.gz *.fa.gz.fai *.fa.gz.gzi *.genes.parquet)
	rm -f resources/models/*.fold*.safetensors # prepared from weights that may be downloads

$(INSTALLED): pyproject.toml requirements.lock
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --constraint requirements.lock --editable ".[workflow,dev]"
	touch $@

lock: ## renew requirements.lock: the newest versions that pyproject.toml allows, except torch
	$(PYTHON) -m venv --clear .venv-lock
	.venv-lock/bin/pip install --quiet $$(grep ^torch== requirements.lock)
	.venv-lock/bin/pip install --quiet --editable ".[workflow,slurm,dev]"
	sed -n '/^#/p' requirements.lock > requirements.lock.new
	.venv-lock/bin/pip freeze --exclude-editable | sed 's/+.*//' >> requirements.lock.new
	mv requirements.lock.new requirements.lock
	rm -r .venv-lock

# The oldest version of each dependency that pyproject.toml allows, and the package's tests with them.
test-floors:
	$(PYTHON) -m venv --clear .venv-floors
	sed -n 's/^    "\([a-z0-9.-]*\)>=\([0-9.]*\).*/\1==\2/p' pyproject.toml > .venv-floors/floors.txt
	.venv-floors/bin/pip install --quiet --constraint .venv-floors/floors.txt --editable ".[workflow,dev]"
	OMP_NUM_THREADS=1 .venv-floors/bin/python -m pytest tests/seqcast tests/workflow/test_run.py --numprocesses auto --dist loadscope
