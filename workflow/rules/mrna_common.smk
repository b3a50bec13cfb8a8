"""Tables to paths, for mRNAs: their sequences, embeddings and variants."""

from seqcast.transcripts.selection import SELECTIONS

for name in of_kind("transcripts"):
    chosen = DATASETS.at[name, "path"]
    if not (
        chosen in SELECTIONS
        or chosen in SOURCES.index
        or chosen.startswith("results/")
        or Path(chosen).is_file()
    ):
        raise ConfigError(
            f"{config['tables']['datasets']}: dataset {name}: path is {chosen}; expected "
            f"{', '.join(SELECTIONS)}, or a file of ids of transcripts, one a line"
        )


def transcripts_of(dataset):
    """The set of transcripts that a set of variants is scored in; None where there is none."""
    row = DATASETS.loc[dataset]
    where = f"{config['tables']['datasets']}: dataset {dataset}"
    known = [
        name
        for name in of_kind("transcripts")
        if DATASETS.at[name, "assembly"] == row["assembly"]
    ]
    named = row.get("transcripts")
    if named and named not in known:
        raise ConfigError(
            f"{where}: transcripts is {named}; expected a dataset of kind transcripts on "
            f"{row['assembly']}: {', '.join(known) or 'there is none'}"
        )
    if len(known) > 1 and not named:
        raise ConfigError(
            f"{where}: {', '.join(known)} are transcripts of {row['assembly']}; name one of them "
            "in the column transcripts"
        )
    return named or next(iter(known), None)


# Sets of variants that models of mRNAs score.
MRNA_VARIANT_SETS = [
    name for name in VARIANT_SETS if EMBEDDING_MODELS and transcripts_of(name)
]
if EMBEDDING_MODELS:
    for name in VARIANT_SETS:
        if name not in MRNA_VARIANT_SETS:
            logger.warning(
                f"{config['tables']['datasets']}: the variants {name} are not scored on mRNAs: no "
                f"dataset of kind transcripts is on assembly {DATASETS.at[name, 'assembly']}"
            )
if MRNA_VARIANT_SETS and config["embeddings"]["compat"] == "helical_pooling":
    raise ConfigError(
        "config: embeddings.compat is helical_pooling: it pools an mRNA by the longest of its set, so "
        f"that REF and ALT of {MRNA_VARIANT_SETS[0]} cannot be compared. Set it to null, or take the "
        "variants out of the table of datasets"
    )
# What decides the scores of variants; keys that only tables of embeddings follow rerun none.
ALLELE_OPTIONS = {
    name: value
    for name, value in config["embeddings"].items()
    if name not in {"pooling", "regions", "layers", "per_nucleotide", "batch_tokens"}
}
TRANSCRIPT_EFFECTS = expand(
    "results/variant_effects/{model}/{dataset}.ensemble.{file}",
    model=EMBEDDING_MODELS,
    dataset=MRNA_VARIANT_SETS,
    file=["parquet"] + ["tsv.gz"] * ("tsv" in config["exports"]),
)
# Models are compared where there are some of each kind.
COMPARISONS = expand(
    "results/report/{dataset}.comparison.{file}",
    dataset=MRNA_VARIANT_SETS if COVERAGE_MODELS else [],
    file=["tsv", "html", "png"],
)
EMBEDDINGS = {
    (model, dataset, fold): f"results/embeddings/{model}/{dataset}.fold{fold}.parquet"
    for model in EMBEDDING_MODELS
    for dataset in TRANSCRIPT_SETS
    for fold in folds_of(model)
}
EMBEDDINGS_REPORT = ["results/report/embeddings.html"] * bool(EMBEDDINGS) + expand(
    "results/report/{model}/{dataset}.embeddings.png",
    model=EMBEDDING_MODELS,
    dataset=TRANSCRIPT_SETS,
)
MRNAS = [*EMBEDDINGS.values(), *EMBEDDINGS_REPORT, *TRANSCRIPT_EFFECTS, *COMPARISONS]
# A second file, where it is asked for.
NUCLEOTIDE_FEATURES = ["results/embeddings/{model}/{dataset}.fold{fold}.zarr"] * config[
    "embeddings"
]["per_nucleotide"]


def transcript_files(wildcards):
    """Where the mRNAs of a dataset come from: its file, or the annotation of its assembly."""
    row = DATASETS.loc[wildcards.dataset]
    files = {"labels": given_file(labels)} if (labels := row.get("labels")) else {}
    if row["kind"] == "mrna":
        return files | {"sequences": given_file(row["path"])}
    genome = f"resources/assemblies/{row['assembly']}.fa.gz"
    files |= {"annotation": given_file(ASSEMBLIES.at[row["assembly"], "annotation"])}
    files |= catalogue.aliases_of(row["assembly"])
    files |= {"genome": genome, "index": [f"{genome}.fai", f"{genome}.gzi"]}
    if row["path"] not in SELECTIONS:
        files |= {"ids": given_file(row["path"])}
    return files


def transcript_options(wildcards):
    """Which transcripts, and where the CDS of sequences is."""
    row = DATASETS.loc[wildcards.dataset]
    if row["kind"] == "mrna":
        return {"cds": row.get("cds", "")}
    return {"selection": row["path"] if row["path"] in SELECTIONS else ""}
