"""The gene of a variant, and distances to its ends."""

import numpy as np
import polars as pl

from seqcast.evaluation.variants.baselines.gene_places import end_distances, genes_of_edits
from seqcast.genome.annotation import Annotation, Gene

GENES = Annotation((
    Gene("G1.2", "one", "c1", "+", ((100, 200), (300, 400))),
    Gene("G2", "two", "c1", "-", ((350, 900),)),
    Gene("G3", "three", "c2", "+", ((0, 50),)),
))  # fmt: skip
EDITS = pl.DataFrame(
    [("c1", 150, None), ("c1", 380, None), ("c1", 380, "G2"), ("c1", 360, None), ("c1", 2000, None),
     ("c2", 10, "G1"), ("c3", 10, None), ("c1", None, None), (None, None, None)],
    schema={"contig": pl.String, "start": pl.Int64, "gene": pl.String}, orient="row",
)  # fmt: skip


def test_the_gene_is_the_one_named_or_the_nearest_that_spans():
    genes, status = genes_of_edits(EDITS, GENES)
    names = [gene and gene.gene_name for gene in genes]
    assert names == ["one", "one", "two", "two", "one", None, None, None, None]
    assert status.tolist() == ["scored"] * 5 + ["gene_not_found", "no_gene_on_contig", "scored",
                                                "no_gene_on_contig"]  # fmt: skip


def test_distances_are_to_bases_of_the_gene():
    genes, _ = genes_of_edits(EDITS, GENES)
    nan = np.nan
    np.testing.assert_array_equal(
        end_distances(EDITS, genes), [249, 19, 30, 10, 1601, nan, nan, nan, nan]
    )
    np.testing.assert_array_equal(
        end_distances(EDITS, genes, end_5=True), [50, 280, 519, 539, 1900, nan, nan, nan, nan]
    )
