"""Tables of nulls: what they hold, their name, and the scores that they refuse."""

import numpy as np
import polars as pl
import pytest

from seqcast.core.errors import InputError
from seqcast.core.store import read_provenance, write_table
from seqcast.predict.nulls.null_tables import Nulls, name_of
from tests.seqcast.predict.nulls.examples import CONTIGS, FACTS, MIXTURE, TRACKS, Drawn, made


@pytest.fixture
def scores():
    return Drawn(np.random.default_rng(0)).scores(100)


def test_scores_are_reduced_over_each_group(tmp_path, scores):
    groups = {"rna": "^RNA", "cage": "^CAGE"}
    nulls = made(tmp_path, scores, MIXTURE._replace(groups=groups))
    values = np.abs(scores["logSED"].to_numpy())
    assert nulls.columns == {"logSED_rna": ("logSED", "rna"), "logSED_cage": ("logSED", "cage")}
    np.testing.assert_allclose(nulls.table["logSED_rna"], values[:, :2].mean(1), rtol=1e-6)
    np.testing.assert_allclose(nulls.table["logSED_cage"], values[:, 2], rtol=1e-6)
    assert nulls.definition["groups"]["rna"]["tracks"] == "2 of 3 tracks (^RNA)"


def test_only_scored_rows_are_nulls(tmp_path, scores):
    status = pl.when(pl.col("row") < 40).then(pl.lit("ref_mismatch")).otherwise("status")
    nulls = made(tmp_path, scores.with_columns(status=status))
    assert (nulls.definition["variants"], nulls.definition["pairs"]) == (60, 120)
    with pytest.raises(InputError, match=r"none of the null variants of common has a score"):
        made(tmp_path, scores.with_columns(status=pl.lit("ref_mismatch")))


@pytest.mark.parametrize("change", [
    {"sha256": "other"}, {"variants": 99}, {"made_by": {}}, {"distances_bp": [5]}, {"contigs": {}},
    {"min_variants": 7}, {"groups": {}}, {"dataset": "rare"},
])  # fmt: skip
def test_a_name_follows_what_nulls_are(tmp_path, scores, change):
    nulls = made(tmp_path, scores)
    assert nulls.name.startswith("common.")
    assert len(nulls.name) == len("common.") + 8
    assert read_provenance(nulls.path)["nulls"] == nulls.name
    assert name_of({**nulls.definition, **change}) != nulls.name
    assert name_of({**nulls.definition, "file": "moved.vcf"}) == nulls.name


def test_scores_made_in_the_same_way_are_taken(tmp_path, scores):
    nulls = made(tmp_path, scores)
    nulls.check(FACTS, CONTIGS)
    nulls.check({**FACTS, "tensors_sha256": ["beef", "feed"]}, CONTIGS)  # folds in any order
    more = {**FACTS["options"], "gene_scores": ["logSED", "D2"]}
    nulls.check({**FACTS, "model": "renamed", "options": more}, {**CONTIGS, "chr3": 7})
    assert list(nulls.selected(TRACKS)[""]) == [0, 1, 2]


@pytest.mark.parametrize(("facts", "message"), [
    ({"tensors_sha256": ["feed", "dead"], "model": "two"},
     r"of one, mean of folds 0 and 1, weights beef, feed; the scores are of two, .* dead, feed"),
    ({"tensors_sha256": "feed", "fold": "0"}, r"the scores are of one, fold 0, weights feed"),
    ({"options": {"window": "shared"}}, r"window variant; the scores .* window shared"),
    ({"options": {}}, r"window variant; the scores .* window null"),
    ({"precision": "bf16"}, r"precision fp32; .* precision bf16"),
])  # fmt: skip
def test_scores_of_another_kind_are_refused_by_name(tmp_path, scores, facts, message):
    nulls = made(tmp_path, scores)
    with pytest.raises(InputError, match=message):
        nulls.check({**FACTS, **facts}, CONTIGS)


@pytest.mark.parametrize(
    ("contigs", "told"), [({"chr1": 99}, "99 bp"), ({"1": 100_000}, "not there")]
)
def test_another_build_is_refused(tmp_path, scores, contigs, told):
    nulls = made(tmp_path, scores)
    with pytest.raises(InputError, match=rf"chr1 has 100,000 bp; .* it is {told}"):
        nulls.check(FACTS, contigs)


def test_other_tracks_are_refused(tmp_path, scores):
    nulls = made(tmp_path, scores, MIXTURE._replace(groups={"": "^RNA"}))
    assert list(nulls.selected(TRACKS.reverse().reverse())[""]) == [0, 1]
    assert list(nulls.selected(TRACKS.slice(0, 2))[""]) == [0, 1]  # of a command with --tracks
    other = TRACKS.with_columns(identifier=pl.Series(["a", "x", "c"]))
    with pytest.raises(InputError, match=r"nulls are over 2 of 3 tracks \(\^RNA\), and the scores"):
        nulls.selected(other)


def test_another_table_is_no_table_of_nulls(tmp_path, scores):
    write_table(scores, tmp_path / "scores.parquet", FACTS)
    with pytest.raises(InputError, match="has no definition of nulls"):
        Nulls.read(tmp_path / "scores.parquet")
