"""Tables of labelled reads to paths."""

COLLECTIONS = read_table("collections", ["collection"])
READ_SETS = read_table("read_sets", ["read_set", "collection"])
check_names(
    "read_sets",
    READ_SETS.index.get_level_values("collection"),
    "collections",
    COLLECTIONS.index,
)


def sources_of(wildcards):
    """Input function: the sources of a collection."""
    cells = COLLECTIONS.at[wildcards.collection, "source"].split(",")
    return [given_file(value.strip()) for value in cells]


def selection_of(wildcards):
    """Params function: which assemblies of a summary a collection takes."""
    row = COLLECTIONS.loc[wildcards.collection]
    names = [name.strip() for name in row.get("accessions", "").split(",")]
    return {
        **{
            column: row.get(column, "")
            for column in ["genome_rep", "assembly_level", "refseq_category"]
        },
        "accessions": [name for name in names if name],
        "max_assemblies": int(row.get("max_assemblies") or 0) or None,
    }


def shard_files(collection, kind):
    """Files of a kind of all shards of a collection, in order."""
    return expand(
        "resources/read_sets/{collection}/{shard}.{kind}",
        collection=collection,
        shard=range(COLLECTIONS.at[collection, "shards"]),
        kind=kind,
    )


def portions_of(read_set):
    """What a read set takes from each of its collections."""
    return [
        {
            "collection": collection,
            "origin": COLLECTIONS.at[collection, "origin"],
            "train_per_class": int(row["train_per_class"]),
            "dev_per_class": int(row["dev_per_class"]),
            "split": row.get("split") or config["read_sampling"]["split"],
            "coding_share": (
                0.5 if row.get("coding_share", "") == "" else float(row["coding_share"])
            ),
            "assemblies": f"resources/read_sets/{collection}/assemblies.tsv",
            "shards": list(
                zip(
                    shard_files(collection, "2bit"),
                    shard_files(collection, "regions.parquet"),
                )
            ),
        }
        for collection, row in READ_SETS.loc[read_set].iterrows()
    ]
