"""The files of the original programs: same names, kinds and values."""

import json
import logging
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import polars as pl
import pytest

from seqcast.core.store import write_table
from seqcast.predict.variants.exports import (
    write_notebook_scores,
    write_scores_h5,
    write_sed_h5,
)
from tests.seqcast.predict.variants.exports.examples import TRACKS, gene_scores, window_scores


def test_sed_h5_rows(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    write_sed_h5(gene_scores(), TRACKS, tmp_path / "sed.h5", {"model": "tiny"})
    assert "leaves out 2 of 6 ALTs that have no score" in caplog.text
    with h5py.File(tmp_path / "sed.h5") as file:
        assert file["si"][:].tolist() == [0, 0, 1, 2, 3]
        assert file["gene"][:].tolist() == [b"G1.2", b"G2;b c", b"G1.2", b"G3", b"G1.2"]
        assert file["snp"][:].tolist() == [b"rs1", b"rs1", b"rs3", b"rs1"]
        assert file["alt_allele"][:].tolist() == [b"C", b"G", b"T", b"C"]
        assert file["pos"][:].tolist() == [50, 50, 9, 50]
        assert file["target_labels"][2].decode() == "RNA:naïve B"
        assert file["SED"][0].tolist() == [65504, -65504, 1]  # the range of float16
        assert file["logSED"][:, 0].tolist() == [1, -3, 0, 0.5, 1]
        assert "logSED_sd" not in file
        assert json.loads(file.attrs["seqcast"]) == {"model": "tiny"}


def layout(path: Path) -> dict[str, tuple[str, int, str | None]]:
    """Kind, number of axes and compression of each dataset; the length of text aside."""
    with h5py.File(path) as file:
        return {
            name: (
                data.dtype.kind if data.dtype.kind == "S" else data.dtype.str,
                data.ndim,
                data.compression,
            )
            for name, data in file.items()
        }


def golden_table(file: h5py.File, index: np.ndarray, genes: list[str] | None) -> pl.DataFrame:
    """The score table that a golden file of the originals was (or would be) made from."""
    text = {"variant": "snp", "chrom": "chr", "ref": "ref_allele", "alt": "alt_allele"}
    columns = {name: file[key][:].astype(str)[index].tolist() for name, key in text.items()}
    scores = {
        name: pl.Series(file[name][:].tolist(), dtype=pl.Array(pl.Float32, file[name].shape[1]))
        for name in file
        if file[name].ndim == 2 and not name.endswith("_pct")
    }
    gene_id = pl.Series("gene_id", genes or [None] * len(index), dtype=pl.String)
    return pl.DataFrame(
        {
            "row": index,
            **columns,
            "pos": file["pos"][:].astype(int)[index],
            "gene_id": gene_id,
            "status": ["scored"] * len(index),
            **scores,
        }
    )


def golden_tracks(file: h5py.File) -> pl.DataFrame:
    names = {"identifier": "target_ids", "description": "target_labels"}
    return pl.DataFrame({name: file[key][:].astype(str).tolist() for name, key in names.items()})


def assert_same_file(path: Path, golden: Path) -> None:
    assert layout(path) == layout(golden)
    with h5py.File(path) as ours, h5py.File(golden) as theirs:
        for name in theirs:
            assert ours[name].dtype == theirs[name].dtype, name
            assert np.array_equal(ours[name][:], theirs[name][:]), name


def test_sed_h5_is_the_file_of_borzoi_sed(shared: Path, tmp_path: Path) -> None:
    golden = shared / "reference/borzuki/real_tiny/golden/borzoi_sed_eqtl.h5"
    with h5py.File(golden) as file:
        table = golden_table(file, file["si"][:], file["gene"][:].astype(str).tolist())
        write_sed_h5(table, golden_tracks(file), tmp_path / "sed.h5")
    assert_same_file(tmp_path / "sed.h5", golden)


def test_scores_h5_is_the_file_of_hound_snp(shared: Path, tmp_path: Path) -> None:
    golden = shared / "reference/borzuki/real_tiny/golden/hound_snp_eqtl.h5"
    with h5py.File(golden) as file:
        table = golden_table(file, np.arange(len(file["snp"])), None)
        write_scores_h5(table, golden_tracks(file), tmp_path / "scores.h5")
    assert_same_file(tmp_path / "scores.h5", golden)


def test_scores_h5_rows(tmp_path: Path) -> None:
    table = window_scores()
    write_scores_h5(table, TRACKS, tmp_path / "scores.h5")
    with h5py.File(tmp_path / "scores.h5") as file:
        assert file["snp"][:].tolist() == [b"rs1", b"rs1", b"rs3", b"rs1"]
        assert file["logSED"].shape == (4, 3)
        assert file["percentiles"].shape == (279,)
        assert file["logSED_pct"].shape == (3, 279)
        # 1, 0, 0.5 and 1 of the first track: the median lies half-way between 0.5 and 1.
        middle = np.abs(file["percentiles"][:] - 0.5).argmin()
        assert file["logSED_pct"][0, middle] == 0.75


@pytest.mark.parametrize("write", [write_sed_h5, write_scores_h5])
def test_h5_without_scored_variants(tmp_path: Path, write: Callable[..., None]) -> None:
    table = gene_scores().filter(pl.col("status") != "scored")
    write(table, TRACKS, tmp_path / "none.h5")
    with h5py.File(tmp_path / "none.h5") as file:
        assert file["snp"].shape == (0,)
        assert file["snp"].dtype.kind == "S"
        assert file["SED"].shape == (0, 3)
        assert "percentiles" not in file


def test_a_notebook_reads_the_same_rows_of_every_fold(tmp_path: Path) -> None:
    whole = gene_scores()
    lost = whole.with_columns(
        status=pl.when(pl.col("gene_id") == "G3")
        .then(pl.lit("prediction_not_finite"))
        .otherwise("status"),
        logSED=pl.when(pl.col("gene_id") == "G3").then(None).otherwise("logSED"),
    )
    write_table(TRACKS, tmp_path / "tracks.parquet", {})
    for name, table in (("whole", whole), ("lost", lost)):
        write_table(table, tmp_path / f"{name}.parquet", {"fold": name})
        write_notebook_scores(
            tmp_path / f"{name}.parquet", tmp_path / "tracks.parquet", tmp_path / f"{name}.h5",
            "^RNA:",
        )  # fmt: skip
    with h5py.File(tmp_path / "whole.h5") as whole_file, h5py.File(tmp_path / "lost.h5") as file:
        for key in ("si", "gene", "snp", "target_ids"):
            assert file[key][:].tolist() == whole_file[key][:].tolist()
        assert file["target_ids"][:].tolist() == [b"RNA:a", b"RNA:b"]
        assert whole_file["logSED"][:].tolist() == [[-2, 4], [-3, -3], [0, 0], [-0.25, 0], [-2, 4]]
        assert np.isnan(file["logSED"][3]).all()
        assert np.isfinite(np.delete(file["logSED"][:], 3, axis=0)).all()


def test_the_layout_is_that_of_the_notebooks_inputs(tmp_path: Path, shared: Path) -> None:
    notebook = shared / "reference/borzuki/notebooks/explore_eqtls_gtex/inputs/borzuki/hl_clip"
    write_table(gene_scores(), tmp_path / "scores.parquet", {})
    write_table(TRACKS, tmp_path / "tracks.parquet", {})
    write_notebook_scores(
        tmp_path / "scores.parquet", tmp_path / "tracks.parquet", tmp_path / "sed.h5", "^RNA:"
    )
    ours = layout(tmp_path / "sed.h5")
    for name, (kind, axes, _) in layout(notebook / "models/f0c0/gtexg/merge_pos/sed.h5").items():
        assert ours[name][:2] == (kind, axes), name


def test_a_notebook_reads_oligos_of_one_shift_in_the_rna_tracks(tmp_path: Path) -> None:
    identity = [
        ("o1", "chr1_0_9", shift, "G1", status)
        for shift in (0, 24) for status in ("scored", "no_bins")
    ]  # fmt: skip
    values = [[1, -2, 4], None, [2, -1, 8], None]
    table = pl.DataFrame(
        identity, schema=["oligo", "context", "shift_bp", "gene_id", "status"], orient="row"
    ).with_columns(pl.Series("logSED", values, dtype=pl.Array(pl.Float32, 3)))
    write_table(table, tmp_path / "oligos.parquet", {})
    write_table(TRACKS, tmp_path / "tracks.parquet", {})
    write_notebook_scores(
        tmp_path / "oligos.parquet", tmp_path / "tracks.parquet", tmp_path / "sed.h5", "^RNA:", 24
    )
    with h5py.File(tmp_path / "sed.h5") as file:
        assert file["logSED"][:].tolist() == [[-1, 8]]
        assert file["ctx_id"][:].tolist() == [b"chr1_0_9"]
        assert file["target_ids"][:].tolist() == [b"RNA:a", b"RNA:b"]
