import numpy as np
import polars as pl
import pytest

from seqcast.core.errors import InputError
from seqcast.predict.maps.effect_maps import ALLELES, changed_bases, effect_maps
from seqcast.predict.maps.group_effects import group_effects
from tests.seqcast.predict.maps.toy_regions import (
    ANNOTATION,
    BASES,
    GENE,
    OTHER,
    TRACKS,
    regions,
    row,
    scores,
    snvs,
)

ACTD = {"ActD": "^RNA:ActD"}
SEQUENCE, START = "ACCTGNNAGT", 100


def one_map(rows, place=("part", START, START + 10), groups=ACTD, **making):
    given = scores(rows, **making)
    return given, effect_maps(group_effects(given, "logSED", groups), regions(place), ANNOTATION)


def by_hand(given, gene_id, chosen, start, sequence):
    """The map and its spread by loops over rows and folds: (bases, 4) each."""
    means, spreads = (np.full((len(sequence), 4), np.nan) for _ in range(2))
    tables = list(given.folds.values())
    for number, one in enumerate(tables[0].iter_rows(named=True)):
        if (
            one["gene_id"] != gene_id
            or one["status"] != "scored"
            or len(one["ref"]) + len(one["alt"]) > 2
        ):
            continue
        of_folds = []
        for table in tables:
            values = table["logSED"][number]
            of_folds.append(sum(float(values[track]) for track in chosen) / len(chosen))
        place = one["pos"] - 1 - start, BASES.index(one["alt"])
        means[place] = sum(of_folds) / len(of_folds)
        if len(of_folds) > 1:
            square = sum((x - means[place]) ** 2 for x in of_folds)
            spreads[place] = (square / (len(of_folds) - 1)) ** 0.5
    for i, base in enumerate(sequence):
        if base in BASES and np.isfinite(means[i]).any():
            means[i, BASES.index(base)] = 0
    return means, spreads


@pytest.mark.parametrize(("groups", "chosen"), [(ACTD, [0, 1]), ({"all": None}, [0, 1, 2])])
def test_a_map_is_that_of_loops_over_rows(groups, chosen):
    rows = snvs(SEQUENCE, START)
    given, (found,) = one_map(rows, groups=groups, folds=3)
    means, spreads = by_hand(given, "G1", chosen, START, SEQUENCE)
    np.testing.assert_allclose(found.effects[:, :4], means, atol=1e-6)  # float32 of the ensemble
    np.testing.assert_allclose(found.spreads[:, :4], spreads, atol=1e-12)
    assert found.reference == SEQUENCE
    assert np.isnan(found.effects[:, 4]).all()
    np.testing.assert_allclose(found.fold_effects.mean(0), found.effects, atol=1e-6)
    bases = found.bases()
    for i, base in enumerate(SEQUENCE):
        others = [means[i, j] for j in range(4) if BASES[j] != base]
        if base == "N":
            assert bases.row(i, named=True)["mean_effect"] is None
            continue
        assert bases["mean_effect"][i] == pytest.approx(sum(others) / 3, abs=1e-6)
        assert bases["importance"][i] == -bases["mean_effect"][i]
        largest = max(others, key=abs)
        assert bases["largest_effect"][i] == pytest.approx(largest, abs=1e-6)
        assert means[i, BASES.index(bases["largest_alt"][i])] == pytest.approx(largest, abs=1e-6)
        of_folds = [
            -np.mean([fold[i, j] for j in range(4) if BASES[j] != base])
            for fold in found.fold_effects
        ]
        assert bases["importance_sd"][i] == pytest.approx(np.std(of_folds, ddof=1))


def test_bases_that_could_not_be_scored_keep_their_status():
    rows = snvs(SEQUENCE, START)
    rows[0] = (*rows[0][:5], None, None, "prediction_not_finite")
    _, (found,) = one_map(rows[:-1])
    assert found.statuses == ["prediction_not_finite", *["scored"] * 4, *["ref_ambiguous"] * 2,
                              "scored", "scored", "alternatives_missing"]  # fmt: skip
    assert np.isnan(found.importance[[0, 5, 6, 9]]).all()
    assert np.isfinite(found.importance[[1, 2, 3, 4, 7, 8]]).all()
    assert found.tidy().height == len(rows) - 1
    assert found.tidy()["effect"].null_count() == 2  # of the variant and of the run of N
    bases = found.bases()
    assert bases["status"].to_list() == found.statuses
    assert bases["importance"].is_null().to_list() == [
        True,
        *[False] * 4,
        True,
        True,
        False,
        False,
        True,
    ]
    assert bases.row(0, named=True)["C"] is None


def test_a_region_inside_of_a_run_of_unknown_bases_has_its_status():
    _, (found,) = one_map(snvs("ACNNNNNNCA", START), ("part", START + 4, START + 7))
    assert found.reference == "NNN"
    assert found.statuses == ["ref_ambiguous"] * 3
    assert found.gene_id is None
    assert found.bases()["importance"].null_count() == 3


def test_one_fold_and_folds_of_the_same_weights_have_no_spread():
    for making in ({"folds": 1}, {"folds": 2, "same_weights": ("m, folds 0 and 1",)}):
        _, (found,) = one_map(snvs("ACGT", START), ("part", START, START + 4), **making)
        assert found.tidy()["effect_sd"].null_count() == 12
        assert found.bases()["importance_sd"].null_count() == 4
        assert np.isnan(found.spreads).all()
        assert np.isfinite(found.effects[:, :4]).all()
        assert len(found.folds) == making["folds"]


def test_a_region_is_mapped_for_the_genes_that_it_overlaps():
    """G2 is in the window of the last three bases only, and its exon begins at them."""
    rows = snvs("ACGTATAC", 495) + snvs("TAC", 500, OTHER)
    _, found = one_map(rows, ("part", 495, 503))
    assert [one.gene_id for one in found] == ["G2"]
    assert found[0].statuses == ["gene_not_in_window"] * 5 + ["scored"] * 3
    assert found[0].reference == "ACGTATAC"
    assert found[0].tidy().height == 8 * 3
    assert found[0].tidy()["effect"].null_count() == 5 * 3


def test_a_region_on_no_gene_is_mapped_for_the_gene_that_it_changes_most():
    rows = snvs("ACG", 300) + snvs("ACG", 300, OTHER)
    given, (found,) = one_map(rows, ("part", 300, 303))
    sizes = {
        gene.gene_id: np.nanmean(np.abs(by_hand(given, gene.gene_id, [0, 1], 300, "ACG")[0]))
        for gene in (GENE, OTHER)
    }
    assert found.gene_id == max(sizes, key=sizes.get)


def test_a_utr_is_mapped_for_the_gene_that_it_is_named_by():
    rows = snvs("ACG", 100) + snvs("ACG", 100, OTHER)
    _, (found,) = one_map(rows, ("G2", 100, 103))
    assert (found.gene_id, found.gene_name) == ("G2", "two")


def test_a_region_without_a_gene_has_a_map_of_statuses():
    _, (found,) = one_map(snvs("ACG", 300, None), ("part", 300, 303))
    assert (found.gene_id, found.gene_name, found.tracks) == (None, None, "ActD")
    assert found.statuses == ["no_gene_in_window"] * 3
    assert found.reference == "ACG"
    assert np.isnan(found.effects).all()


def test_a_region_beyond_the_end_of_its_contig_has_the_status_there():
    rows = [
        *snvs("AC", 100),
        ("chr1:103-110", "chr1", 103, "N", ".", None, None, "position_out_of_range"),
    ]
    _, (found,) = one_map(rows)
    assert found.reference == "AC" + 8 * "N"
    assert found.statuses == ["scored"] * 2 + ["position_out_of_range"] * 8


def test_indels_stay_in_the_table_and_single_deletions_enter_the_map():
    # CAAG: the deletion of one A is spelled once, at the first of them
    rows = [*snvs("CAAG", 100), row(101, "CA", "C"), row(101, "C", "CT"), row(101, "CAA", "C"),
            row(100, "T", "TG")]  # fmt: skip
    given, (found,) = one_map(rows, ("part", 100, 104))
    assert found.tidy().height == len(rows)
    deletion = given.ensemble["logSED"][12].to_numpy()[:2].mean()
    np.testing.assert_allclose(found.effects[:, 4], [np.nan, deletion, deletion, np.nan], rtol=1e-6)
    assert found.statuses == ["scored"] * 4
    assert found.bases()["deletion"].null_count() == 2
    assert ALLELES[4] == "deletion"


def test_bases_of_each_kind_of_change():
    cases = {
        (101, "A", "C"): (100, 100), (101, "CA", "C"): (101, 101), (101, "CAT", "C"): (101, 102),
        (101, "C", "CTT"): (101, 101), (1, "AC", "C"): (0, 1), (101, "AC", "GT"): (100, 101),
    }  # fmt: skip
    table = pl.DataFrame(
        [("v", *case) for case in cases], schema=["variant", "pos", "ref", "alt"], orient="row"
    )
    assert changed_bases(table).rows() == list(cases.values())


def test_repeated_variants_and_overlapping_regions_are_laid_out_once_each():
    rows = snvs("ACGTACGT", 100)
    given = scores(rows + rows[:3])
    effects = group_effects(given, "logSED", ACTD)
    first, second = effect_maps(effects, regions(("a", 100, 105), ("b", 103, 108)), ANNOTATION)
    assert (first.tidy().height, second.tidy().height) == (15, 15)
    np.testing.assert_array_equal(first.effects[3:], second.effects[:2])
    assert first.tidy()["name"].unique().to_list() == ["a"]


def test_regions_of_one_contig_by_two_names_are_those_of_the_variants():
    given = scores(snvs("ACGTACGT", 100))
    places = regions(("a", 100, 104), ("b", 104, 108)).with_columns(chrom=pl.Series(["chr1", "1"]))
    found = effect_maps(group_effects(given, "logSED", ACTD), places, ANNOTATION)
    assert [one.region.chrom for one in found] == ["chr1", "chr1"]


def test_a_region_without_any_row_is_told():
    given = scores(snvs("ACGT", 100))
    with pytest.raises(InputError, match=r"region far \(chr1:201-204\) has no variant among"):
        effect_maps(group_effects(given, "logSED", ACTD), regions(("far", 200, 204)), ANNOTATION)


def test_regions_without_a_place_have_no_map():
    given = scores(snvs("ACGT", 100))
    places = regions(("a", 100, 104), ("lost", None, None))
    assert len(effect_maps(group_effects(given, "logSED", ACTD), places, ANNOTATION)) == 1


def test_groups_of_tracks_come_in_their_order():
    given = scores(snvs("ACGT", 100))
    groups = {"late": "2h", "cage": "^CAGE"}
    found = effect_maps(
        group_effects(given, "logSED", groups), regions(("a", 100, 104)), ANNOTATION
    )
    assert [one.tracks for one in found] == ["late", "cage"]
    late = given.ensemble["logSED"].to_numpy()[:, 1]
    np.testing.assert_array_equal(found[0].tidy()["effect"], late)
    assert TRACKS["description"][1].endswith("2h")


def test_a_pattern_that_fits_no_track_is_told():
    with pytest.raises(InputError, match="matches none of the 3 track descriptions"):
        group_effects(scores(snvs("ACGT", 100)), "logSED", {"none": "CLIP"})
