"""All variants of regions are those that a plain loop over spellings finds, each once."""

import random
import re
import shutil
import subprocess
from itertools import product

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqcast.core.errors import InputError
from seqcast.genome import enumeration
from seqcast.genome.enumeration import COLUMNS, enumerate_variants
from seqcast.genome.variant_tables import SCHEMA
from seqcast.genome.variants import check_variants
from tests.seqcast.text_genome import TextGenome, table

LENGTHS = st.integers(0, 3)
REGIONS = st.lists(st.tuples(st.integers(0, 30), st.integers(1, 12)), min_size=1, max_size=4)


def beds(*regions: tuple[str, int, int]) -> pl.DataFrame:
    return pl.DataFrame(list(regions), schema=["chrom", "start", "end"], orient="row")


def enumerated(
    sequence: str, regions: pl.DataFrame, deletions_bp: int = 0, insertions_bp: int = 0
) -> pl.DataFrame:
    genome = TextGenome(sequence)
    return pl.concat(enumerate_variants(regions, genome, deletions_bp, insertions_bp))


def plain_edits(
    sequence: str, covered: set[int], deletions_bp: int, insertions_bp: int
) -> set[tuple[int, int, str]]:
    """Every edit that VCF can spell, canonical by `check_variants`, that begins where covered."""
    rows = []
    for at in range(len(sequence)):
        rows += [(at + 1, sequence[at], base) for base in "ACGT" if base != sequence[at]]
        ends = range(at + 1, min(at + deletions_bp, len(sequence) - 1) + 1)
        for end in ends:  # the base before or behind it stays
            rows += [(at + 1, sequence[at : end + 1], sequence[side]) for side in (at, end)]
        words = ["".join(w) for k in range(1, insertions_bp + 1) for w in product("ACGT", repeat=k)]
        for word in words:
            rows += [
                (at + 1, sequence[at], sequence[at] + word),
                (at + 1, sequence[at], word + sequence[at]),
            ]
    checked = check_variants(table(rows), TextGenome(sequence)).filter(status="valid")
    found = set(checked.select("start", "end", "insert").iter_rows())
    return {
        (start, end, insert)
        for start, end, insert in found
        if (end - start <= deletions_bp or insert)
        and set(range(start, max(end, start + 1))) <= covered
        and (end > start or sequence[start : start + 1] in "ACGT")
    }


@given(st.text("ACGTN", min_size=2, max_size=24), REGIONS, LENGTHS, st.integers(0, 2))
def test_every_edit_of_a_region_is_there_once(sequence, places, deletions_bp, insertions_bp):
    regions = beds(*(("c", start, start + length) for start, length in places))
    found = enumerated(sequence, regions, deletions_bp, insertions_bp)
    valid = found.filter(status="valid")
    keys = valid.select("start", "end", "insert").rows()
    covered = {at for start, length in places for at in range(start, start + length)}
    # a deletion lies in one region, whatever regions are joined
    assert len(set(keys)) == len(keys)
    assert set(keys) == plain_edits(sequence, covered & set(range(len(sequence))),
                                    deletions_bp, insertions_bp)  # fmt: skip
    # the same columns and numbers as of a file with these rows
    assert valid.drop("row", "record").equals(
        check_variants(valid.select(*SCHEMA), TextGenome(sequence)).drop("row", "record")
    )
    assert found["pos"].is_sorted()
    assert found["row"].to_list() == found["record"].to_list() == list(range(found.height))


def test_what_has_no_variant_has_a_row_with_its_status():
    regions = beds(("d", 3, 9), ("c", 2, 9), ("c", 20, 30))
    found = enumerated("ACNRGTTTTT", regions).filter(pl.col("status") != "valid")
    told = found.select("variant", "chrom", "contig", "pos", "ref", "alt", "status", "start").rows()
    assert told == [
        ("c:3-4", "c", "c", 3, "N", ".", "ref_ambiguous", None),
        ("c:21-30", "c", "c", 21, "N", ".", "position_out_of_range", None),
        ("d:4-9", "d", None, 4, "N", ".", "contig_not_found", None),
    ]


def test_no_contig_of_the_genome_is_an_error():
    with pytest.raises(InputError, match=r"\(d\) is in text.fa"):
        enumerated("ACGT", beds(("d", 0, 1)))


def test_long_regions_come_in_parts_without_a_seam(monkeypatch):
    sequence, regions = "ACGTTTNACCCGT" * 5, beds(("c", 1, 60))
    whole = enumerated(sequence.replace("N", "A"), regions, 3, 1)
    monkeypatch.setattr(enumeration, "PIECE_BP", 7)
    monkeypatch.setattr(enumeration, "TABLE_ROWS", 10)
    parts = list(enumerate_variants(regions, TextGenome(sequence.replace("N", "A")), 3, 1))
    assert len(parts) > 5
    assert all(dict(part.schema) == COLUMNS for part in parts)
    key = ["pos", "ref", "alt"]
    of_parts = pl.concat(parts).sort(key).drop("row", "record")
    assert of_parts.equals(whole.sort(key).drop("row", "record"))


def test_bcftools_finds_nothing_to_normalize(tmp_path):
    if not (program := shutil.which("bcftools")):
        pytest.skip("the program bcftools is not on the PATH")
    sequence = "".join(random.Random(4).choices("ACGT", [4, 1, 1, 4], k=400))
    (tmp_path / "genome.fa").write_text(f">c\n{sequence}\n")
    found = enumerated(sequence, beds(("c", 0, 400)), 4, 2)
    rows = "".join("\t".join((c, str(p), ".", r, a, ".", ".", ".")) + "\n"
                   for c, p, r, a in found.select("chrom", "pos", "ref", "alt").iter_rows())  # fmt: skip
    head = "##fileformat=VCFv4.2\n##contig=<ID=c>\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    (tmp_path / "all.vcf").write_text(head + rows)
    command = [program, "norm", "-f", tmp_path / "genome.fa", tmp_path / "all.vcf"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    total, split, realigned, *_ = re.search(r"total/split.*:\s+([\d/]+)", done.stderr)[1].split("/")
    assert (int(total), split, realigned) == (found.height, "0", "0")
