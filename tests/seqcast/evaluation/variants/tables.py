"""Score tables of a model of coverage and a model of mRNAs on the same six ALTs."""

import numpy as np
import polars as pl

from seqcast.core.store import array_column
from seqcast.evaluation.variants.joined_scores import Scored

TRACKS = pl.DataFrame({"description": ["RNA:a", "RNA:b", "CAGE:c"]})
SCORES = ("cosine_mean", "L2_mean", "cosine_last", "L2_last", "LLR")

# row, gene_id, status, logSED of three tracks
COVERAGE = [
    (0, "G1", "scored", (0.5, -0.1, 9)),
    (0, "G2", "scored", (2, 2, 9)),
    (1, "G1", "scored", (-0.2, -0.2, 9)),
    (2, "G2", "scored", (0, 0, 9)),
    (3, None, "ref_mismatch", None),
    (4, "G1", "scored", (1, 1, 9)),
    (4, "G2", "scored", (-3, -1, 9)),
    (5, None, "no_gene_in_window", None),
]
# row, gene_id, transcript_id, region, consequence, status, L2_mean, LLR
MRNA = [
    (0, "G1", "T1", "utr3", "utr3", "scored", 0.3, -1.0),
    (0, "G1", "T2", "cds", "missense", "scored", 0.4, -2.0),
    (1, "G1", "T1", None, None, "intronic", None, None),
    (1, "G3", "T5", "utr5", "utr5", "scored", 0.2, 0.5),
    (2, "G2", "T3", None, None, "splice_boundary", None, None),
    (3, None, None, None, None, "ref_mismatch", None, None),
    (4, None, None, None, None, "no_transcript", None, None),
    (5, "G4", "T6", "utr3", "utr3", "scored", 0.1, 3.0),
]


def _identity(rows):
    """Columns that name the variant and the gene."""
    return pl.DataFrame(
        [(r, f"v{r}", "chr1", 10 + r, "A", "C", gene, gene and gene.lower(), status,
          100 if gene else None) for r, gene, status in rows],
        schema={"row": pl.Int64, "variant": pl.String, "chrom": pl.String, "pos": pl.Int64,
                "ref": pl.String, "alt": pl.String, "gene_id": pl.String, "gene_name": pl.String,
                "status": pl.String, "distance_to_tss_bp": pl.Int64}, orient="row",
    )  # fmt: skip


def _lists(name, values, width):
    known = np.array([value is not None for value in values], dtype=bool)
    blank = np.zeros(width)
    filled = np.array([blank if v is None else v for v in values], dtype=float)
    return array_column(name, filled.reshape(-1, width), known)


def coverage(model="borzuki", rows=COVERAGE):
    """A model of coverage with three tracks, spread over folds included."""
    values = [row[3] for row in rows]
    table = _identity([row[:3] for row in rows]).with_columns(
        _lists("logSED", values, 3), _lists("logSED_sd", values, 3)
    )
    return Scored(model, table, TRACKS)


def mrna(model="helix", rows=MRNA, factor=1.0):
    """A model of mRNAs; all distances are L2_mean times a number."""
    table = _identity([(row[0], row[1], row[5]) for row in rows]).with_columns(
        pl.Series(name, [row[i] for row in rows], dtype=pl.String)
        for i, name in ((2, "transcript_id"), (3, "region"), (4, "consequence"))
    )
    columns = []
    for scale, name in enumerate(SCORES, start=1):
        numbers = [row[7] if name == "LLR" else row[6] and row[6] * scale * factor for row in rows]
        lists = [None if number is None else [number] for number in numbers]
        columns += [_lists(name, lists, 1), _lists(f"{name}_sd", lists, 1)]
    return Scored(model, table.with_columns(columns))
