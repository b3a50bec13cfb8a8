"""Files of a user that belong together, and those that do not."""

import gzip
from pathlib import Path

import pytest

from seqcast.core.errors import InputError
from seqcast.genome import user_files
from seqcast.genome.user_files import UserFiles, check_files
from tests.seqcast.genome.small_files import ROWS, write_files


@pytest.fixture
def tables(tmp_path) -> Path:
    """A folder of tables of contig names, as resources/contigs."""
    folder = tmp_path / "contigs"
    folder.mkdir()
    for build in ("hg19", "hg38"):
        (folder / f"{build}.tsv").write_text("contig\talias\nchr1\t1\nchr1\tNC_1\nchr2\t2\n")
    return folder


def rewrite(path: Path, old: str, new: str) -> None:
    path.write_text(path.read_text().replace(old, new))


def test_what_fits_is_counted_and_nothing_is_written(tmp_path, tables):
    files = write_files(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    found = check_files(files, tables)
    assert found.n_alts == ROWS
    assert found.aliases is None
    assert [line.rsplit(": ", 1)[1] for line in found.lines] == [
        "40 ALT alleles on 2 contigs", "2 contigs, 6.0 kb", "1 gene",
    ]  # fmt: skip
    assert found.notes == ()
    assert sorted(tmp_path.rglob("*")) == before


def test_compressed_files_give_the_same(tmp_path, tables):
    files = write_files(tmp_path)
    packed = [path.with_name(f"{path.name}.gz") for path in files[:3]]
    for path, other in zip(files, packed, strict=False):
        other.write_bytes(gzip.compress(path.read_bytes()))
    assert check_files(UserFiles(*packed), tables).notes == ()


def test_variants_of_another_genome_are_refused(tmp_path, tables):
    files = write_files(tmp_path)
    lines = [line.split("\t") for line in files.vcf.read_text().splitlines()]
    shifted = [line if len(line) == 1 or line[0] == "#CHROM" else
               [line[0], str(int(line[1]) + 1), *line[2:]] for line in lines]  # fmt: skip
    files.vcf.write_text("".join("\t".join(line) + "\n" for line in shifted))
    with pytest.raises(InputError, match=r"REF matches the genome in \d+ of 40 .* one too large"):
        check_files(files, tables)


def test_names_of_contigs_are_joined_by_the_table_of_the_build(tmp_path, tables, monkeypatch):
    files = write_files(tmp_path)
    for path in (files.vcf, files.annotation):
        rewrite(path, "chr1\t", "1\t")
        rewrite(path, "chr2\t", "2\t")
    with pytest.raises(InputError, match=r"no contig of the variants \(1, 2\) is .*contig aliases"):
        check_files(files, tables)
    given = check_files(files._replace(aliases=tables / "hg19.tsv"), tables)
    assert given.aliases == tables / "hg19.tsv"
    assert given.notes == ()
    monkeypatch.setattr(user_files, "CHROMOSOME_1_BP", {3000: "hg38"})
    joined = check_files(files, tables)
    assert joined.aliases == tables / "hg38.tsv"
    assert joined.notes == (
        f"names of contigs differ between the files; they are joined by {tables / 'hg38.tsv'}",
    )


def test_what_gets_no_score_is_told_once(tmp_path, tables, caplog):
    files = write_files(tmp_path)
    text = files.vcf.read_text()
    files.vcf.write_text(text + "chr2\t5\t.\tA\t<DEL>\t.\t.\t.\nchrUn\t5\t.\tA\tC\t.\t.\t.\n")
    assert check_files(files, tables).notes == (
        "1 of 41 ALT alleles compared with the genome gets a status and no score: "
        "alt_symbolic 1 (docs/reference/statuses.md)",
        f"1 ALT allele cannot be scored, as {files.genome} lacks chrUn",
    )
    assert not caplog.records
    rewrite(files.annotation, "chr1\t", "chr2\t")
    files.vcf.write_text("".join(line for line in text.splitlines(True) if "chr2" not in line))
    assert check_files(files, tables).notes == (
        f"{files.annotation} has no gene on the contigs of the variants: no gene scores",
    )
    files.vcf.write_text("".join(line for line in text.splitlines(True) if line[0] == "#"))
    assert check_files(files, tables).notes == (f"{files.vcf} has no variants",)


def test_an_annotation_of_another_genome_is_refused(tmp_path, tables):
    files = write_files(tmp_path)
    rewrite(files.annotation, "chr1\t", "chrZ\t")
    with pytest.raises(InputError, match=r"no contig of .*genes.gtf \(chrZ\) is in .* aliases"):
        check_files(files, tables)
