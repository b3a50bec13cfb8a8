"""Truth read from files and brought to the scale of scores."""

from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

from seqcast.core.errors import InputError
from seqcast.evaluation.planted.planted_tables import (
    check_held_out,
    read_effects,
    read_pairs,
    track_factors,
    true_scores,
)
from seqcast.simulate.assays import ASSAYS
from seqcast.simulate.effects import edit_of, exonic_sums
from seqcast.simulate.truth_vcf import PLANTED_KINDS, vcf_lines
from tests.seqcast.evaluation.planted import planted

IDENTIFIERS = [f"{assay.name}+" for assay in ASSAYS]


def test_true_scores_are_logsed_of_expected_coverage():
    found = planted.perfect()
    for i, variant in list(enumerate(planted.variants()))[::7]:
        before, after = exonic_sums(edit_of(planted.genome(), variant), planted.genome())
        ref, alt = before * planted.FACTORS, after * planted.FACTORS
        expected = np.log2(1 + alt) - np.log2(1 + ref)
        assert found[i] == pytest.approx(expected, abs=1e-9)
    neutral = planted.effects()["kind"].is_in(["matched", "decoy", "decoy_matched"]).to_numpy()
    assert np.abs(found[neutral]).max() < 1e-12
    strange = true_scores(planted.effects(), ["strange+"], np.ones(1))
    assert np.isnan(strange).all()


def test_effects_are_read_and_checked(tmp_path):
    path = tmp_path / "planted_effects.tsv"
    planted.effects().write_csv(path, separator="\t")
    assert read_effects(path)["variant"].equals(planted.effects()["variant"])
    for table, message in (
        (planted.effects().drop("gene_id"), r"no columns \['gene_id'\]"),
        (pl.concat([planted.effects(), planted.effects()[:1]]), "twice"),
        (planted.effects()[:0], "no variants"),
    ):
        table.write_csv(path, separator="\t")
        with pytest.raises(InputError, match=message):
            read_effects(path)


def test_pairs_are_those_of_the_vcf(tmp_path):
    path = tmp_path / "planted.vcf"
    lines = list(vcf_lines(planted.genome(), planted.variants(), PLANTED_KINDS))
    path.write_text("\n".join(lines) + "\n")
    assert read_pairs(path).equals(planted.pairs())
    path.write_text("\n".join(line for line in lines if "ID=PI," not in line and line[0] == "#"))
    with pytest.raises(InputError, match="does not describe INFO/PI"):
        read_pairs(path)


def test_factors_are_the_scales_of_the_targets_table(tmp_path):
    planted.tracks(tmp_path)
    path = tmp_path / "targets.tsv"
    assert track_factors(path, IDENTIFIERS, unscale=False).tolist() == planted.FACTORS.tolist()
    assert track_factors(path, IDENTIFIERS, unscale=True).tolist() == [1] * len(IDENTIFIERS)
    with pytest.raises(InputError, match=r"no track strange\+"):
        track_factors(path, ["strange+"], unscale=False)
    path.write_text(path.read_text().replace("sum_sqrt", "mean"))
    with pytest.raises(InputError, match="sum_stat is a sum"):
        track_factors(path, IDENTIFIERS, unscale=False)


def test_a_contig_that_was_trained_on_is_refused():
    def store(*parts):
        rows = [("chrS1", 0, 10, "train"), *(("chrS2", 5, 15, part) for part in parts)]
        return SimpleNamespace(
            windows=pl.DataFrame(rows, schema=["chrom", "start", "end", "part"], orient="row")
        )

    check_held_out({"a.zarr": store("test"), "b.zarr": store()}, ["chrS2"])
    for part in ("train", "valid", "fold0"):
        with pytest.raises(InputError, match=rf"b.zarr has chrS2:5-15 in part '{part}'"):
            check_held_out({"a.zarr": store(), "b.zarr": store("test", part)}, ["chrS2"])
