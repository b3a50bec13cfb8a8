"""Coverage at peaks and elsewhere in the same genes."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest
import torch

from seqcast.core.errors import InputError
from seqcast.core.job_files import named_files
from seqcast.core.store import read_table
from seqcast.evaluation.coverage.coverage_accuracy import EvaluationFiles
from seqcast.evaluation.coverage.peak_coverage import PeakCollector, collect_peaks, read_peaks
from seqcast.genome.annotation import Annotation, Gene
from seqcast.genome.tracks import Tracks
from tests.seqcast.evaluation.coverage.test_coverage_accuracy import (
    FACTS,
    INFERENCE,
    OPTIONS,
    plain_predictions,
)
from tests.seqcast.evaluation.coverage.test_coverage_accuracy import files as files  # fixture

TARGETS = (
    "\tidentifier\tfile\tclip\tclip_soft\tscale\tsum_stat\tstrand_pair\tdescription\tstrand\n"
    "0\ta+\tx\t32\t32\t1\tsum\t1\tCLIP:FUS:K562\t+\n1\ta-\tx\t32\t32\t1\tsum\t0\tCLIP:FUS:K562\t-\n"
    "2\tb\tx\t32\t32\t1\tsum\t2\tCLIP:PUM1:K562\t.\n3\tr\tx\t32\t32\t1\tsum\t3\tRNA:K562\t.\n"
)
GENES = Annotation((
    Gene("g", "g", "chr1", "+", ((1000, 1320),)), Gene("m", "m", "chr1", "-", ((1640, 1960),)),
    Gene("no_peak", "no_peak", "chr1", "+", ((2280, 2600),)),
))  # fmt: skip
BED = (
    "chr1\t1010\t1040\tFUS_K562_IDR\t0\t+\nchr1\t1100\t1130\tFUS_K562_IDR\t0\t+\n"
    "chr1\t1650\t1670\tFUS:K562\t0\t-\nchr1\t1700\t1800\tPUM1_K562\t0\t-\n"
    "chr1\t1010\t1040\tFUS_K562_IDR\t0\t-\nchr2\t1\t5\tFUS_K562\t0\t+\n"
)


@pytest.fixture
def setting(tmp_path: Path) -> tuple[Tracks, pl.DataFrame]:
    (tmp_path / "targets.tsv").write_text(TARGETS)
    (tmp_path / "peaks.bed").write_text(BED)
    return Tracks.read(tmp_path / "targets.tsv"), read_peaks(tmp_path / "peaks.bed")


def test_a_gene_gives_as_many_bins_of_either_kind(setting) -> None:
    """Windows begin at 1000; bins are 32 bp, of which each gene has ten."""
    tracks, peaks = setting
    rng = np.random.default_rng(2)
    guess, truth = rng.uniform(0, 9, (2, 4, 50))
    collector = PeakCollector(GENES, tracks, peaks, 32)
    collector.add("chr1", 1000, guess, truth)
    first = collector.table()
    collector.add("chr1", 1000, guess, truth)  # the same window again
    assert collector.table().equals(first)
    counts = first.group_by("gene_id", "description", "label").len().sort(pl.all()).rows()
    assert counts == [
        ("g", "CLIP:FUS:K562", 0, 4), ("g", "CLIP:FUS:K562", 1, 4),
        ("m", "CLIP:FUS:K562", 0, 1), ("m", "CLIP:FUS:K562", 1, 1),
        ("m", "CLIP:PUM1:K562", 0, 4), ("m", "CLIP:PUM1:K562", 1, 4),
    ]  # fmt: skip
    # 1010-1040 is in bins 0 and 1, 1100-1130 in 3 and 4 of the window
    bound = first.filter(gene_id="g", label=1)["start"].to_list()
    assert bound == [1000, 1032, 1096, 1128]
    rest = first.filter(gene_id="g", label=0)["start"].to_list()
    assert set(rest) <= {1000 + 32 * i for i in (2, 5, 6, 7, 8, 9)}
    row = first.filter(gene_id="m", description="CLIP:FUS:K562", label=1).row(0, named=True)
    for values, column, track in ((guess, "predicted", 1), (truth, "measured", 1),
                                  (truth, "others", 2)):  # fmt: skip
        of_gene = values[track, 20:30]  # 1640-1960, on the minus strand
        place = (row["start"] - 1640) // 32
        relative = np.log2(1 + of_gene[place]) - np.log2(1 + of_gene.mean())
        assert row[column] == pytest.approx(relative, abs=1e-12)


def test_peaks_that_do_not_fit_are_told(setting, tmp_path: Path) -> None:
    tracks, peaks = setting
    other = peaks.with_columns(description=pl.lit("CLIP:FMR1:K562"))
    with pytest.raises(InputError, match=r"peaks are of \['CLIP:FMR1:K562'\]"):
        PeakCollector(GENES, tracks, other, 32)
    path = tmp_path / "bad.bed"
    for text, told in (
        ("chr1\t1\t5\tFUS_K562\t0\n", "has 5 columns"), ("chr1\t5\t5\tFUS_K562\t0\t+\n", "1 lines"),
        ("chr1\t1\t5\tFUS\t0\t+\n", "begins with protein and cell line"),
        ("chr1\t1\t5\tFUS_K562\t0\t.\n", "or -"), ("chr1\tx\t5\tFUS_K562\t0\t+\n", "1 lines"),
    ):  # fmt: skip
        path.write_text(text)
        with pytest.raises(InputError, match=told):
            read_peaks(path)


def test_the_job_writes_bins_of_test_windows(files: SimpleNamespace, tmp_path: Path) -> None:
    """Bins of 8 bp; test windows are 256-512, 1280-1536 ..."""
    table = Path(files.tracks)
    text = table.read_text().replace("base A", "CLIP:FUS:K562").replace("base T", "CLIP:FUS:K562")
    table.write_text(text.replace("base C", "CLIP:PUM1:K562"))
    peaks, output = tmp_path / "peaks.bed", tmp_path / "peaks.parquet"
    peaks.write_text("chr1\t272\t280\tFUS_K562\t0\t+\nchr1\t1290\t1310\tPUM1_K562\t0\t-\n")
    given = named_files(EvaluationFiles, vars(files))
    collect_peaks(given, peaks, output, FACTS, "human", OPTIONS, INFERENCE, 1)
    found = read_table(output)
    assert found.group_by("gene_id", "description", "label").len().sort(pl.all()).rows() == [
        ("minus", "CLIP:PUM1:K562", 0, 3), ("minus", "CLIP:PUM1:K562", 1, 3),
        ("plus", "CLIP:FUS:K562", 0, 1), ("plus", "CLIP:FUS:K562", 1, 1),
    ]  # fmt: skip
    guess, _ = plain_predictions(files, both=True)
    tracks = Tracks.read(files.tracks)
    coverage = tracks.untransform(torch.from_numpy(guess[0]), False).numpy()[0]
    of_gene = coverage[[*range(1, 6), *range(8, 18)]]  # 264-300 (rounded) and 320-400
    row = found.filter(gene_id="plus", label=1).row(0, named=True)
    relative = np.log2(1 + coverage[2]) - np.log2(1 + of_gene.mean())
    assert (row["start"], row["predicted"]) == (272, pytest.approx(relative, abs=1e-5))
    peaks.write_text("chr1\t600\t640\tFUS_K562\t0\t+\n")
    with pytest.raises(InputError, match="none of 1 peaks lies in exons of the test windows"):
        collect_peaks(given, peaks, output, FACTS, "human", OPTIONS, INFERENCE, 1)
