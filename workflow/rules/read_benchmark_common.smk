"""Tables of the benchmark of reads to paths."""

from seqcast.evaluation.reads import INDEX_SUFFIXES

REFERENCES = read_table("references", ["reference"])
SAMPLES = read_table("samples", ["sample"])
BENCHMARKS = read_table("benchmarks", ["benchmark"])
READ_BENCHMARKS = BENCHMARKS.index[BENCHMARKS["task"] == "reads"].to_list()
check_names("samples", SAMPLES["reference"], "references", REFERENCES.index)


def sets_of(benchmark):
    """Datasets that a benchmark names: labelled ones, each once."""
    where = f"{config['tables']['benchmarks']}: benchmark {benchmark}"
    names = [part.strip() for part in BENCHMARKS.at[benchmark, "datasets"].split(",")]
    if "" in names:
        raise ConfigError(f"{where}: a name in datasets is empty; remove a comma")
    check_names("benchmarks", names, "datasets", DATASETS.index)
    for name in names:
        if names.count(name) > 1:
            raise ConfigError(
                f"{where} names dataset {name} more than once; its reads would count as often"
            )
        if name not in LABELLED_SETS:
            raise ConfigError(
                f"{where}: dataset {name} is of kind {DATASETS.at[name, 'kind']}; expected "
                "labelled_reads"
            )
    return names


BENCHMARK_SETS = {name: sets_of(name) for name in READ_BENCHMARKS}
COMPARATORS = config["read_benchmark"]["comparators"]
READ_TOOLS = READ_MODELS + COMPARATORS
READ_BENCHMARK = expand(
    "results/benchmarks/{benchmark}.{file}",
    benchmark=READ_BENCHMARKS, file=["tsv", "times.tsv", "html", "roc.png"],
)  # fmt: skip


wildcard_constraints:
    reference=one_of(REFERENCES.index),
    sample=one_of(SAMPLES.index),
    benchmark=one_of(READ_BENCHMARKS),
    comparator=one_of(COMPARATORS),


def reference_of(dataset):
    """Reference of a set of the benchmark, which has its sample's name; of another, its own."""
    return SAMPLES.at[dataset, "reference"] if dataset in SAMPLES.index else dataset


def has_unclear(reference):
    """Whether the reference has unclear sequence, or proteins to search it with."""
    return any(REFERENCES.loc[reference, ["proteins", "unclear"]])


def reference_files(wildcards):
    """Input function: GenBank file of a reference, and the BED of coding sequence if it has one."""
    row = REFERENCES.loc[wildcards.reference, ["genbank", "coding"]]
    return {name: given_file(value) for name, value in row.items() if value}


def unclear_file(wildcards):
    """Input function: the BED of unclear sequence, or else the proteins to search it with."""
    row = REFERENCES.loc[wildcards.reference]
    name = "unclear" if row["unclear"] else "proteins"
    return {name: given_file(row[name])}


def sample_reads(wildcards):
    """Input function: index of the sample's reference, and its reads."""
    row = SAMPLES.loc[wildcards.sample]
    reads2 = {"reads2": given_file(row["reads2"])} if row["reads2"] else {}
    index = multiext(f"resources/references/{row['reference']}", *INDEX_SUFFIXES)
    return {"index": index, "reads1": given_file(row["reads1"]), **reads2}


def sample_regions(wildcards):
    """Input function: coding sequence of the sample's reference, and unclear one where known."""
    reference = SAMPLES.at[wildcards.sample, "reference"]
    kinds = ["coding"] + ["unclear"] * has_unclear(reference)
    return {kind: f"resources/references/{reference}.{kind}.bed" for kind in kinds}


def published_numbers(wildcards):
    """Input function: the table of numbers published for a benchmark, none where there is none."""
    return given_file(BENCHMARKS.at[wildcards.benchmark, "published"]) or []
