"""Tables of first-order effects against derivatives worked out by hand and exact scores."""

import numpy as np
import polars as pl
import pytest

from seqcast.core.errors import InputError
from seqcast.core.store import array_values
from seqcast.genome.intervals import Geometry
from seqcast.genome.variants import check_variants
from seqcast.predict.attributions import FIRST_ORDER, INTEGRATED
from seqcast.predict.attributions.first_order_effects import (
    AttributionOptions,
    approximate_effects,
    place_variants,
)
from seqcast.predict.inference import geometry_of
from seqcast.predict.variants.alleles import Aligned
from seqcast.predict.variants.gene_bins import genes_in_window
from seqcast.predict.variants.score_options import ScoreOptions
from seqcast.predict.variants.windows import edits_of, grid_start

ONE = AttributionOptions({"all": ""}, score=ScoreOptions(reverse_complement=False))


def other(base: str, skip: int = 1) -> str:
    return "ACGT"[("ACGT".index(base) + skip) % 4]


@pytest.fixture(scope="module")
def variants(genome, checked):
    """SNVs in and next to the genes of the small genome, a substitution of two bases, and others."""
    rows = []
    for pos in (1905, 1999, 2101, 2310, 2395):
        base = genome.fetch("chr1", pos - 1, pos)
        rows += [(pos, base, other(base, skip)) for skip in (1, 2, 3)]
    two = genome.fetch("chr1", 2149, 2151)
    return checked(
        *rows, (2150, two, other(two[0]) + other(two[1], 2)), (2150, two, two + "A"),
        (2150, two[0], "N"), (30, genome.fetch("chr1", 29, 30), other(genome.fetch("chr1", 29, 30))),
    )  # fmt: skip


def levels_by_hand(genome, model, annotation, tracks, start, gene_id, sequence=None):
    """Counts of the tracks of a gene's strand, by loops over its bins."""
    geometry = geometry_of(model)
    sequence = sequence or genome.fetch("chr1", start, start + geometry.length_bp)
    found = genes_in_window(annotation, "chr1", start, geometry)
    gene = next(one for one in found if one.gene.gene_id == gene_id)
    chosen = tracks.of_gene_strand(gene.gene.strand)
    counts = np.zeros(len(chosen))
    for bin_ in gene.bins:
        bases = sequence[bin_ * 32 : bin_ * 32 + 32]
        counts += [bases.count("ACGT"[track]) for track in chosen]
    inside = {int(start + b * 32 + i) for b in gene.bins for i in range(32)}
    return counts, inside, chosen


def test_effects_are_derivatives_of_counts(genome, model, annotation, tracks, variants) -> None:
    found = approximate_effects(model, variants, genome, annotation, tracks, ONE)
    scored = found.filter(status="scored")
    assert len(scored) == 2 * 16
    for row in scored.iter_rows(named=True):
        start = place_variants(variants, geometry_of(model))["start"][row["row"]]
        counts, inside, chosen = levels_by_hand(
            genome, model, annotation, tracks, start, row["gene_id"]
        )
        expected = 0.0
        for i, (ref, alt) in enumerate(zip(row["ref"], row["alt"], strict=True)):
            if row["pos"] - 1 + i in inside:
                changes = [("ACGT"[t] == alt) * 1.0 - ("ACGT"[t] == ref) for t in chosen]
                expected += np.mean(changes / (1 + counts) / np.log(2))
        assert row[FIRST_ORDER][0] == pytest.approx(expected, abs=1e-6)
    assert scored[FIRST_ORDER].arr.first().abs().max() > 0


def test_each_variant_leaves_its_rows_in_order(genome, model, annotation, tracks, variants) -> None:
    found = approximate_effects(model, variants, genome, annotation, tracks, ONE)
    assert found["row"].to_list() == sorted(found["row"].to_list())
    assert found["row"].unique().to_list() == list(range(len(variants)))
    statuses = dict(found.select("row", "status").iter_rows())
    assert [statuses[row] for row in (16, 17, 18)] == [
        "length_changed", "alt_ambiguous", "no_gene_in_window"
    ]  # fmt: skip
    unscored = found.filter(pl.col("status") != "scored")
    assert unscored[FIRST_ORDER].null_count() == len(unscored)
    assert found.filter(row=0)["distance_to_tss_bp"].to_list() == [4, 495]


def test_groups_of_tracks_and_chosen_genes(genome, model, annotation, tracks, variants) -> None:
    groups = AttributionOptions({"every": "", "again": "RN"}, ("plus", "G2"), score=ONE.score)
    both = approximate_effects(model, variants, genome, annotation, tracks, groups)
    values, _ = array_values(both[FIRST_ORDER])
    assert values.shape[1] == 2
    np.testing.assert_allclose(values[:, 0], values[:, 1])
    only = AttributionOptions({"every": ""}, ("G2",), score=ONE.score)
    of_one = approximate_effects(model, variants, genome, annotation, tracks, only)
    kept = both.filter(gene_id="G2.1")[FIRST_ORDER].arr.first()
    assert of_one["gene_id"].drop_nulls().unique().to_list() == ["G2.1"]
    assert of_one[FIRST_ORDER].drop_nulls().arr.first().to_list() == kept.to_list()
    wrong = AttributionOptions({"none": "CLIP"})
    with pytest.raises(InputError, match="matches none of the 3 track"):
        approximate_effects(model, variants, genome, annotation, tracks, wrong)


def test_exchanged_alleles_have_the_opposite_effect(
    genome, model, annotation, tracks, variants
) -> None:
    snvs = variants.filter(pl.col("ref").str.len_chars() == 1, pl.col("status") == "valid")
    turned = snvs.select("row", "record", "variant", "chrom", "pos", ref="alt", alt="ref")
    exchanged = check_variants(turned, genome, "swap")
    assert exchanged["swapped"].all()
    one, two = (
        approximate_effects(model, table, genome, annotation, tracks, ONE).filter(status="scored")
        for table in (snvs, exchanged)
    )
    found = [array_values(table[FIRST_ORDER])[0] for table in (one, two)]
    np.testing.assert_array_equal(found[0], -found[1])
    assert len(one) == 30


def test_a_window_is_that_of_exact_scores_in_shared_windows(variants) -> None:
    geometry = Geometry(1024, 32, 0)
    placed = place_variants(variants, geometry)
    convention = Aligned(geometry)
    expected = [
        grid_start(edit, geometry, convention) if status == "scored" else None
        for edit, status in zip(
            edits_of(variants, convention, geometry), placed["status"], strict=True
        )
    ]
    assert placed["start"].to_list() == expected
    assert len(set(expected) - {None}) == 6
    assert place_variants(variants[[3, 12]], geometry).equals(placed[[3, 12]])


def test_integrated_effects_of_a_stretch(genome, model, annotation, tracks, checked) -> None:
    """Of the counts, whose level is concave: the mean slope on the way is beyond that at its end."""
    rows = [
        (pos, base, alt)
        for pos in range(2105, 2113)
        for base in genome.fetch("chr1", pos - 1, pos)
        for alt in "ACGT"
        if alt != base
    ]
    options = AttributionOptions({"all": ""}, ("G1",), 8, ONE.score)
    found = approximate_effects(model, checked(*rows), genome, annotation, tracks, options)
    first, integrated = (array_values(found[name])[0] for name in (FIRST_ORDER, INTEGRATED))
    assert len(found) == 24
    np.testing.assert_allclose(first, integrated, atol=5e-4)
    assert (first != integrated).any()
    alone = approximate_effects(model, checked(rows[0]), genome, annotation, tracks, options)
    assert array_values(alone[FIRST_ORDER])[0] == first[0]


def test_a_prediction_that_is_no_number_has_its_status(
    genome, model, annotation, tracks, variants
) -> None:
    class Broken(type(model)):
        def forward(self, one_hot):
            return super().forward(one_hot) * float("nan")

    found = approximate_effects(Broken(1024), variants, genome, annotation, tracks, ONE)
    known = found.filter(pl.col("gene_id").is_not_null())
    assert known["status"].unique().to_list() == ["prediction_not_finite"]
    assert known[FIRST_ORDER].null_count() == len(known)
