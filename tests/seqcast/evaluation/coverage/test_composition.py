"""Baselines of length and GC content."""

from pathlib import Path

import numpy as np
import polars as pl
import pysam
import pytest

from seqcast.evaluation.coverage.composition import gene_composition, predict_from_composition
from seqcast.genome.annotation import Annotation, Gene


def test_length_and_gc_are_of_exons(tmp_path: Path) -> None:
    fasta, annotation = tmp_path / "genome.fa", tmp_path / "genes.parquet"
    fasta.write_text(">chr1\nAAAACCGGTTNNGGGGAAAA\n")
    pysam.faidx(str(fasta))
    genes = (Gene("a", "a", "chr1", "+", ((4, 8), (12, 16))), Gene("b", "b", "chr1", "-", ((6, 12),)),
             Gene("c", "c", "chr1", "+", ((0, 4),)))  # fmt: skip
    Annotation(genes).write(annotation)
    found = gene_composition(fasta, annotation, ["b", "a", "lost"])
    # b: GGTTNN, of which two bases are not known
    assert found.rows() == [("a", 3.0, 1.0), ("b", pytest.approx(np.log2(6)), 0.5)]


def test_predictions_are_out_of_fold() -> None:
    rng = np.random.default_rng(4)
    genes = [f"g{i}" for i in range(100)]
    gc, length = rng.uniform(0.3, 0.7, 100), rng.uniform(8, 12, 100)
    composition = pl.DataFrame({"gene_id": genes, "log2_exon_bp": length, "gc": gc}).head(95)
    groups = {gene: f"chr{i % 5}" for i, gene in enumerate(genes)}
    truth = pl.Series(10 * gc - length).set(pl.Series([True] + [False] * 99), None)
    found = predict_from_composition(composition, genes, truth, groups)
    assert found.is_null().to_list() == [True] + [False] * 94 + [True] * 5
    errors = (found - truth).drop_nulls()
    assert errors.abs().max() < 0.2
    # noise that is constant within contigs: what was learned from a contig would predict it
    noise = pl.Series([float(i % 5) for i in range(100)])
    guess = predict_from_composition(composition, genes, noise, groups)
    known = guess.is_not_null()
    assert np.corrcoef(guess.filter(known), noise.filter(known))[0, 1] < 0.1
    few = predict_from_composition(composition, genes[:9], truth.head(9), groups)
    assert few.null_count() == 9
    one = predict_from_composition(composition, genes, truth, dict.fromkeys(genes, "chr1"))
    assert one.null_count() == 100
