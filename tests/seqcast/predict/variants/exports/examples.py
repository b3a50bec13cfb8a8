"""A small score table and the variants it was made from."""

import polars as pl

TRACKS = pl.DataFrame(
    {
        "track": [0, 1, 2],
        "identifier": ["CAGE+", "RNA:a", "RNA:b"],
        "description": ["CAGE:T cell", "RNA:blood", "RNA:naïve B"],
        "units": ["sum of coverage x 1"] * 3,
    }
)
# A record with two ALTs, of which one has two genes; a variant without ALT; the first ALT once
# more; a variant without a gene; all unsorted.
BODY = [
    "chr2\t50\trs1\tA\tC,G\t7.10\tPASS\tDP=3;OLD\tGT\t0/1",
    "chr2\t40\t.\tT\t.\t.\t.\t.\tGT\t0/0",
    "chr1\t9\trs3\tTA\tT\t.\t.\t.\tGT\t1/1",
    "chr2\t50\trs1\tA\tC\t.\t.\t.\tGT\t0/1",
    "chr1\t5\trs5\tG\tT\t.\tq10\t.\tGT\t0/1",
]


def gene_scores() -> pl.DataFrame:
    """The gene-level table of BODY: 7 rows for 6 ALTs."""
    identity = [
        (0, "rs1", "chr2", 50, "A", "C", "G1.2", "one", "scored", -10),
        (0, "rs1", "chr2", 50, "A", "C", "G2;b c", "two", "scored", 20),
        (1, "rs1", "chr2", 50, "A", "G", "G1.2", "one", "scored", -10),
        (2, "chr2_40_T_.", "chr2", 40, "T", ".", None, None, "alt_missing", None),
        (3, "rs3", "chr1", 9, "TA", "T", "G3", None, "scored", 0),
        (4, "rs1", "chr2", 50, "A", "C", "G1.2", "one", "scored", -10),
        (5, "rs5", "chr1", 5, "G", "T", None, None, "no_gene_in_window", None),
    ]
    columns = ["row", "variant", "chrom", "pos", "ref", "alt", "gene_id", "gene_name", "status"]
    log_sed = [[1, -2, 4], [-3, -3, -3], [0, 0, 0], None, [0.5, -0.25, 0], [1, -2, 4], None]
    sed = [[7e4, -7e4, 1], [1, 2, 3], [0, 0, 0], None, [1e-9, 1, 1], [7e4, -7e4, 1], None]
    spread = [[9, 9, 9]] * 7
    return pl.DataFrame(
        identity, schema=[*columns, "distance_to_tss_bp"], orient="row"
    ).with_columns(
        pl.Series(name, values, dtype=pl.Array(pl.Float32, 3))
        for name, values in (("SED", sed), ("logSED", log_sed), ("logSED_sd", spread))
    )


def window_scores() -> pl.DataFrame:
    table = gene_scores().unique("row", keep="first", maintain_order=True)
    null = pl.lit(None, dtype=pl.String)
    return table.with_columns(gene_id=null, gene_name=null).drop("logSED_sd")
