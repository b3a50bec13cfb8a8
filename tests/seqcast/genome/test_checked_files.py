"""A file is checked in parts as it is checked at once."""

import logging
import random
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from seqcast.core.errors import InputError
from seqcast.core.store import read_provenance, read_table
from seqcast.genome import checked_files, vcf
from seqcast.genome.bgzip import index_fasta
from seqcast.genome.checked_files import write_checked
from seqcast.genome.fasta import Genome
from seqcast.genome.haplotypes import check_file
from seqcast.genome.vcf import read_variants, variants_in_parts

BASES = "".join(random.Random(0).choices("ACGT", k=3000))
HEADER = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"


def record(rng: random.Random, kind: str) -> str:
    """A line of a VCF: right, exchanged, of another build, of several ALTs or without a sequence."""
    pos = rng.randrange(50, 2900)
    ref = BASES[pos - 1]
    alts = rng.sample([base for base in "ACGT" if base != ref], 2)
    longer = BASES[pos - 1 : pos + 3]
    cells = {"right": (ref, alts[0]), "exchanged": (alts[0], ref), "wrong": (alts[0], alts[1]),
             "several": (ref, f"{alts[0]},*,{ref}AC"), "deletion": (longer, ref),
             "symbolic": (ref, "<DEL>")}[kind]  # fmt: skip
    return f"chr1\t{pos}\t.\t{cells[0]}\t{cells[1]}\t.\t.\t.\n"


FILES = {
    "all kinds": ["right"] * 30 + ["several"] * 5 + ["deletion"] * 5 + ["symbolic", "wrong"],
    "exchanged": ["exchanged"] * 20 + ["several"] * 5 + ["deletion"] * 5,
    "partly exchanged": ["exchanged"] * 12 + ["wrong"] * 6 + ["right"] * 9 + ["deletion"],
    "another build": ["wrong"] * 20 + ["right"] * 3,
    "empty": [],
}


@pytest.fixture(scope="module")
def genome(tmp_path_factory):
    path = tmp_path_factory.mktemp("genome") / "genome.fa"
    path.write_text(f">chr1\n{BASES}\n>chr2\nACGT\n")
    index_fasta(path)
    with Genome(path) as found:
        yield found


def attempt(check, caplog) -> tuple[object, list[str]]:
    """What a check returns, or its error; and what it warned of."""
    caplog.clear()
    with caplog.at_level(logging.WARNING):
        try:
            found = check()
        except InputError as error:
            found = str(error)
    return found, sorted(caplog.messages)


@pytest.mark.parametrize("mode", ["exclude", "swap", "error"])
@pytest.mark.parametrize("name", FILES)
def test_parts_are_judged_by_the_whole_file(tmp_path, monkeypatch, caplog, genome, name, mode):
    monkeypatch.setattr(vcf, "PART_ROWS", 4)
    monkeypatch.setattr(checked_files, "PART_ROWS", 4)
    rng = random.Random(name)
    path, output = tmp_path / "in.vcf", tmp_path / "checked.parquet"
    path.write_text(HEADER + "".join(record(rng, kind) for kind in FILES[name]))
    options = {"on_ref_mismatch": mode, "min_ref_match": 0.5}

    def in_parts() -> pl.DataFrame:
        write_checked(path, output, genome, {"a": 1}, **options)
        return read_table(output)

    whole, warned = attempt(lambda: check_file(path, genome, **options), caplog)
    found, told = attempt(in_parts, caplog)
    assert told == warned
    if isinstance(whole, str):
        assert found == whole
        assert list(tmp_path.iterdir()) == [path]
        return
    assert_frame_equal(found, whole)
    assert read_provenance(output) == {"a": 1}
    assert sorted(tmp_path.iterdir()) == [output, path]


@pytest.mark.parametrize("contigs", [("chr7",), ("chr1", "chr7")])
def test_contigs_are_judged_by_the_whole_file(tmp_path, monkeypatch, caplog, genome, contigs):
    monkeypatch.setattr(vcf, "PART_ROWS", 1)
    path = tmp_path / "in.vcf"
    lines = "".join(f"{name}\t5\t.\t{BASES[4]}\tN\t.\t.\t.\n" for name in contigs)
    path.write_text(HEADER + lines)
    whole, warned = attempt(lambda: check_file(path, genome), caplog)
    found, told = attempt(lambda: write_checked(path, tmp_path / "a.parquet", genome, {}), caplog)
    assert told == warned
    assert found == (whole if isinstance(whole, str) else None)


def test_parts_end_with_a_record(tmp_path):
    path = tmp_path / "in.vcf"
    path.write_text(HEADER + "".join(f"c\t{i}\t.\tA\tC,G,T\t.\t.\t.\n" for i in range(1, 8)))
    parts = list(variants_in_parts(path, 4))
    assert [part.height for part in parts] == [6, 6, 6, 3]
    assert_frame_equal(pl.concat(parts), read_variants(path))


@pytest.mark.parametrize("rows", [0, 1, 5])
def test_a_table_is_read_in_parts(tmp_path: Path, rows: int):
    path = tmp_path / "in.parquet"
    columns = {"chrom": ["c"] * rows, "pos": list(range(1, rows + 1)), "ref": ["A"] * rows,
               "alt": ["C"] * rows}  # fmt: skip
    schema = {"chrom": pl.String, "pos": pl.Int64, "ref": pl.String, "alt": pl.String}
    pl.DataFrame(columns, schema=schema).write_parquet(path)
    parts = list(variants_in_parts(path, 2))
    whole = pl.concat(parts)
    assert whole["row"].to_list() == whole["record"].to_list() == list(range(rows))
    assert whole["variant"].to_list() == [f"c_{i}_A_C" for i in range(1, rows + 1)]
    assert max(part.height for part in parts) <= 2
