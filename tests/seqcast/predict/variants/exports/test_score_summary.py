"""Scores of all tracks in a few numbers, every row kept."""

import gzip
from pathlib import Path

import polars as pl
import pytest

from seqcast.core.errors import InputError
from seqcast.predict.variants.exports.score_summary import score_names, write_tsv
from tests.seqcast.predict.variants.exports.examples import TRACKS, gene_scores


def test_the_spread_over_folds_is_no_score() -> None:
    assert score_names(gene_scores()) == ["SED", "logSED"]


def test_scores_and_tracks_must_fit(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no scores \['JS'\]; it has \['SED', 'logSED'"):
        write_tsv(gene_scores(), TRACKS, tmp_path / "a.tsv", ["JS"])
    with pytest.raises(InputError, match="SED has 3 values per row, but 2 tracks are given"):
        write_tsv(gene_scores(), TRACKS.head(2), tmp_path / "a.tsv", ["SED"])


@pytest.mark.parametrize("name", ["scores.tsv", "scores.tsv.gz"])
def test_tsv_has_a_line_a_row(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    write_tsv(gene_scores(), TRACKS, path, ["logSED"], made_by={"model": "tiny", "folds": "0,1"})
    raw = path.read_bytes()
    lines = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode().splitlines()
    assert lines[0].split("\t") == [
        *("row", "variant", "chrom", "pos", "ref", "alt", "gene_id", "gene_name", "status"),
        *("distance_to_tss_bp", "model", "folds", "tracks", "logSED_mean", "logSED_mean_abs"),
        *("logSED_sd", "logSED_top_track", "logSED_top_description", "logSED_top"),
    ]
    assert len(lines) == 1 + 7
    assert lines[1] == (
        "0\trs1\tchr2\t50\tA\tC\tG1.2\tone\tscored\t-10\ttiny\t0,1\tall 3 tracks"
        "\t1.0\t2.3333333\t9.0\tRNA:b\tRNA:naïve B\t4.0"
    )
    assert lines[7] == (
        "5\trs5\tchr1\t5\tG\tT\tNA\tNA\tno_gene_in_window\tNA\ttiny\t0,1\tall 3 tracks"
        "\tNA\tNA\tNA\tNA\tNA\tNA"
    )


def test_equal_tables_give_equal_bytes(tmp_path: Path) -> None:
    for name in ("a.tsv.gz", "b.tsv.gz"):
        write_tsv(gene_scores(), TRACKS, tmp_path / name, ["SED", "logSED"])
    assert (tmp_path / "a.tsv.gz").read_bytes() == (tmp_path / "b.tsv.gz").read_bytes()


def test_only_the_tracks_of_a_pattern_count(tmp_path: Path) -> None:
    write_tsv(gene_scores(), TRACKS, tmp_path / "a.tsv", ["logSED"], "^RNA:")
    first = (tmp_path / "a.tsv").read_text().splitlines()[1].split("\t")
    assert first[10:] == [
        "2 of 3 tracks (^RNA:)",
        "1.0",
        "3.0",
        "9.0",
        "RNA:b",
        "RNA:naïve B",
        "4.0",
    ]


def test_percentiles_stand_behind_the_scores(tmp_path: Path) -> None:
    table = gene_scores()
    percentiles = pl.DataFrame({"status": table["status"], "logSED_percentile": [0.1] * 7})
    write_tsv(table, TRACKS, tmp_path / "a.tsv", ["logSED"], percentiles=percentiles)
    write_tsv(table, TRACKS, tmp_path / "b.tsv", ["logSED"])
    found, plain = (pl.read_csv(tmp_path / name, separator="\t") for name in ("a.tsv", "b.tsv"))
    assert found.columns == [*plain.columns, "logSED_percentile"]
    assert found["logSED_percentile"].to_list() == [0.1] * 7
