"""Scores of all tracks in a few numbers, every row kept."""

import gzip
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from seqcast.errors import InputError
from seqcast.exports.summary import keep_tracks, score_names, summarise_tracks, write_tsv
from tests.seqcast.exports.examples import TRACKS, gene_scores


def test_the_spread_over_folds_is_no_score() -> None:
    assert score_names(gene_scores()) == ["SED", "logSED"]


def test_summary_of_tracks() -> None:
    summary = summarise_tracks(gene_scores(), TRACKS, "logSED")
    assert summary.rows() == [
        (1.0, pytest.approx(7 / 3), "RNA:b", 4.0),
        (-3.0, 3.0, "CAGE+", -3.0),  # the first of equals
        (0.0, 0.0, "CAGE+", 0.0),
        (None, None, None, None),
        (pytest.approx(1 / 12), 0.25, "CAGE+", 0.5),
        (1.0, pytest.approx(7 / 3), "RNA:b", 4.0),
        (None, None, None, None),
    ]
    assert summarise_tracks(gene_scores().head(0), TRACKS, "logSED").height == 0
    unscored = gene_scores().filter(pl.col("SED").is_null())
    assert summarise_tracks(unscored, TRACKS, "SED").rows() == [(None,) * 4] * 2


def test_scores_and_tracks_must_fit() -> None:
    with pytest.raises(InputError, match=r"no scores \['JS'\]; it has \['SED', 'logSED'"):
        summarise_tracks(gene_scores(), TRACKS, "JS")
    with pytest.raises(InputError, match="SED has 3 values a row, but 2 tracks are given"):
        summarise_tracks(gene_scores(), TRACKS.head(2), "SED")


@pytest.mark.parametrize("name", ["scores.tsv", "scores.tsv.gz"])
def test_tsv_has_a_line_a_row(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    write_tsv(gene_scores(), TRACKS, path, ["logSED"])
    raw = path.read_bytes()
    lines = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode().splitlines()
    assert lines[0].split("\t") == [
        *("row", "variant", "chrom", "pos", "ref", "alt", "gene_id", "gene_name", "status"),
        *("distance_to_tss_bp", "logSED_mean", "logSED_mean_abs", "logSED_top_track", "logSED_top"),
    ]
    assert len(lines) == 1 + 7
    assert lines[1] == (
        "0\trs1\tchr2\t50\tA\tC\tG1.2\tone\tscored\t-10\t1.0\t2.3333333\tRNA:b\t4.0"
    )
    assert lines[7] == "5\trs5\tchr1\t5\tG\tT\tNA\tNA\tno_gene_in_window\tNA\tNA\tNA\tNA\tNA"


def test_equal_tables_give_equal_bytes(tmp_path: Path) -> None:
    for name in ("a.tsv.gz", "b.tsv.gz"):
        write_tsv(gene_scores(), TRACKS, tmp_path / name, ["SED", "logSED"])
    assert (tmp_path / "a.tsv.gz").read_bytes() == (tmp_path / "b.tsv.gz").read_bytes()


def test_kept_tracks_take_their_scores_along() -> None:
    scores = pl.DataFrame({"row": [0, 1]}).with_columns(
        pl.Series("SED", [[1, 2, 3], None], dtype=pl.Array(pl.Float32, 3))
    )
    kept, tracks = keep_tracks(
        scores, pl.DataFrame({"identifier": ["a", "b", "c"]}), np.array([2, 0])
    )
    assert kept["SED"].to_list() == [[3, 1], None]
    assert tracks["identifier"].to_list() == ["c", "a"]
