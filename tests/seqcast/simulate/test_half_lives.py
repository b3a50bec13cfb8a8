"""Measured half-lives: the truth is the closed form, no gene is in two parts, the ceiling is right."""

from math import log

import numpy as np
import polars as pl
import pytest

from seqcast.simulate import Parameters
from seqcast.simulate.genome import draw_genome
from seqcast.simulate.half_lives import ceiling_table, gene_parts, half_life_table


@pytest.fixture(scope="module")
def half_lives(written) -> pl.DataFrame:
    return pl.read_csv(written.folder / "half_lives.tsv", separator="\t")


def test_the_truth_is_that_of_the_transcript(written, half_lives) -> None:
    distal = written.transcripts.filter(pl.col("poly_a_site") == "distal")
    assert half_lives["transcript_id"].to_list() == distal["transcript_id"].to_list()
    both = half_lives.join(distal, on="transcript_id")
    assert both["half_life_h"].equals(both["half_life_h_right"])
    product = both["half_life_h"] * both["decay_rate_per_h"]
    assert product.to_list() == pytest.approx([log(2)] * len(both), rel=1e-4)  # 6 decimals
    logs = both["half_life_h"].log()
    assert both["log_half_life"].to_list() == pytest.approx(logs.to_list(), abs=1e-5)


def test_no_gene_is_in_two_parts_and_the_last_contig_is_the_test(written, half_lives) -> None:
    rows = half_lives.join(written.transcripts, on="transcript_id").join(
        written.genes.select("gene_id", "chrom"), on="gene_id"
    )
    assert sorted(rows["gene_id"]) == sorted(written.genes["gene_id"])
    assert set(rows.filter(pl.col("chrom") == "chrS2")["split"]) == {"test"}
    first = rows.filter(pl.col("chrom") == "chrS1")
    assert first["split"].to_list() == ["train"] * 32 + ["validation"] * 8


def test_one_contig_leaves_no_test_and_no_ceiling() -> None:
    parameters = Parameters(contigs=(("chrS1", 5),))
    assert list(gene_parts(parameters).values()) == ["train"] * 4 + ["validation"]
    genome = draw_genome(parameters, 3)
    assert ceiling_table(half_life_table(genome)).is_empty()


def test_the_noise_is_as_large_as_it_says_and_each_gene_has_its_own() -> None:
    genome = draw_genome(Parameters(contigs=(("chrS1", 300),)), 3)
    table = half_life_table(genome)
    noise = (table["measured_log_half_life"] - table["log_half_life"]).to_numpy()
    n = len(noise)
    assert n == 300
    # standard errors of a mean and of a standard deviation of n normal numbers
    assert abs(noise.mean()) < 4 * 0.25 / np.sqrt(n)
    assert abs(noise.std() - 0.25) < 4 * 0.25 / np.sqrt(2 * n)
    assert len(set(noise)) == n
    genes = draw_genome(Parameters(contigs=(("chrS1", 2),)), 3)
    own = half_life_table(genes)["measured_log_half_life"]
    assert own.equals(table["measured_log_half_life"][: len(own)])


def test_without_noise_the_ceiling_is_one() -> None:
    genome = draw_genome(
        Parameters(contigs=(("chrS1", 2), ("chrS2", 30)), log_half_life_noise_sd=0.0), 3
    )
    found = ceiling_table(half_life_table(genome))
    assert found["metric"].to_list() == ["r2", "pearson", "spearman"]
    assert found["value"].to_list() == pytest.approx([1.0, 1.0, 1.0])


def test_the_ceiling_is_what_the_truth_reaches(written, half_lives) -> None:
    table = pl.read_csv(written.folder / "half_life_ceiling.tsv", separator="\t")
    rows = half_lives.filter(pl.col("split") == "test")
    assert len(rows) == 20  # one a gene of chrS2
    truth, measured = rows["log_half_life"].to_numpy(), rows["measured_log_half_life"].to_numpy()
    r2 = 1 - np.sum((measured - truth) ** 2) / np.sum((measured - measured.mean()) ** 2)
    ranks = [np.argsort(np.argsort(values)) for values in (truth, measured)]
    found = dict(table.select("metric", "value").iter_rows())
    assert found["r2"] == pytest.approx(r2, abs=1e-4)
    assert found["pearson"] == pytest.approx(np.corrcoef(truth, measured)[0, 1], abs=1e-5)
    assert found["spearman"] == pytest.approx(np.corrcoef(*ranks)[0, 1], abs=1e-5)
    assert set(table["part"]) == {"test"}
    assert set(table["same_rows"]) == {"yes"}
