"""The file of a read set: ten columns, in the order of the slots, chunk by chunk."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from seqcast.datasets.reads.packed_reads import HEADER, ReadTable, write_reads
from seqcast.datasets.reads.twobit import LETTERS, pack
from seqcast.reads.dnabert import kmer_text, read_dnabert


def facts(slots: list[int]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "slot": pl.Series(slots, dtype=pl.UInt32),
            "label": [slot % 2 for slot in slots],
            "origin": "viral",
            "contig": [f"NC_{slot}.1" for slot in slots],
            "taxid": [None if slot == 3 else slot for slot in slots],
            "locus_tags": ["" if slot == 3 else "a__b" for slot in slots],
            "start": slots,
            "region_start": 0,
            "region_end": 99,
            "reversed": [slot % 2 for slot in slots],
        }
    )


@pytest.mark.parametrize("chunk", [1, 3, 100])
def test_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int) -> None:
    monkeypatch.setattr("seqcast.datasets.reads.packed_reads.WRITTEN_AT_ONCE", chunk)
    codes = np.random.default_rng(1).integers(0, 4, (7, 13), dtype=np.uint8)
    table = ReadTable(7, 13)
    table.packed[:] = pack(codes)
    table.facts += [facts([6, 3, 0]), facts([1, 5, 2, 4])]
    write_reads(table, tmp_path / "train.tsv")
    lines = (tmp_path / "train.tsv").read_text().split("\n")
    # the original's header, as in readsFromIndex2Tsv of its notebook
    assert lines[0] == (
        "Sequence\tLabel\tOrigin\tReferenceID\ttaxid\tLocus\tStartInReference\tRegionStartinRef\t"
        "RegionStopinRef\tReversed"
    )
    sequences = [row.tobytes().decode() for row in LETTERS[codes]]
    expected = [
        "\t".join([kmer_text(s), str(n % 2), "viral", f"NC_{n}.1", "" if n == 3 else str(n),
                   "" if n == 3 else "a__b", str(n), "0", "99", str(n % 2)])
        for n, s in enumerate(sequences)
    ]  # fmt: skip
    assert lines[1:] == [*expected, ""]
    (reads,) = read_dnabert(tmp_path / "train.tsv")
    assert [read.sequence for read in reads] == sequences


def test_no_reads(tmp_path: Path) -> None:
    write_reads(ReadTable(0, 300), tmp_path / "dev.tsv")
    assert (tmp_path / "dev.tsv").read_text() == "\t".join(HEADER) + "\n"
