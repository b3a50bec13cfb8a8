"""What each bad input does: a status a row, or an error that names the remedy. Nothing is lost."""

import gzip
import os
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from seqcast.core.errors import InputError
from seqcast.genome.fasta import Genome
from seqcast.genome.variants import check_variants, guard_build, read_variants
from seqcast.genome.vcf import check_indexable
from tests.seqcast.bad_vcf import (
    COLUMNS,
    GOOD,
    HEADER,
    Maker,
    bgzip,
    bgzip_cut,
    bgzip_damaged,
    bgzip_hole,
    bgzip_without_end,
    csi_only,
    gzip_cut,
    other,
    ref,
    row,
    snv,
    unicode_samples,
    vcf,
    write_genome,
    wrong_build,
)

A = ref(100)
B = other(A)
VALID = ["valid"]

# name -> (content, or what makes it in a folder; statuses of its rows)
SCORED: dict[str, tuple[bytes | Maker, list[str]]] = {
    "good": (vcf(GOOD), VALID),
    "ref_mismatch": (vcf(GOOD, row(200, other(ref(200)), ref(200))), ["valid", "ref_mismatch"]),
    "contig_not_in_fasta": (vcf(GOOD, row(5, "A", "C", "chr9")), ["valid", "contig_not_found"]),
    "chr_prefix": (vcf(row(100, A, B, "1")), VALID),  # through the alias table
    "contig_not_in_header": (vcf(GOOD, header="##fileformat=VCFv4.2\n" + COLUMNS), VALID),
    "multiallelic": (vcf(row(100, A, ",".join(sorted(set("ACGT") - {A})))), VALID * 3),
    "multiallelic_mixed": (vcf(row(100, A, f"{B},*,<DEL>")), ["valid", "alt_star", "alt_symbolic"]),
    "alt_n": (vcf(row(100, A, "N")), ["alt_ambiguous"]),
    "alt_iupac": (vcf(row(100, A, "R")), ["alt_ambiguous"]),
    "alt_dot": (vcf(row(100, A, ".")), ["alt_missing"]),
    "ref_in_n_run": (vcf(row(905, "N", "A")), ["ref_ambiguous"]),
    "ref_given_in_n_run": (vcf(row(905, "C", "A")), ["ref_ambiguous"]),
    "iupac_in_fasta": (vcf(row(951, "R", "C"), row(951, "A", "C")), ["ref_ambiguous"] * 2),
    "symbolic": (vcf(row(100, A, "<DEL>", info="END=150")), ["alt_symbolic"]),
    "star": (vcf(row(100, A, "*")), ["alt_star"]),
    "inserted_contig": (
        vcf(row(100, A, f"{A}<ctg1>"), row(100, A.lower(), f"{A.lower()}<ctg1>")),
        ["alt_symbolic"] * 2,
    ),
    "breakend": (vcf(row(100, A, f"{A}[chr1:500[")), ["alt_symbolic"]),
    "duplicate": (vcf(GOOD, GOOD), VALID * 2),
    "unsorted": (vcf(snv(300), GOOD), VALID * 2),
    "lower_case": (vcf(row(100, A.lower(), B.lower())), VALID),
    "soft_masked_fasta": (vcf(snv(1050)), VALID),
    "past_end": (vcf(row(2500, "A", "C")), ["position_out_of_range"]),
    "pos_0": (vcf(row(0, "A", "C")), ["position_out_of_range"]),
    "pos_of_18_digits": (vcf(row(10**18 - 1, "A", "C")), ["position_out_of_range"]),
    "pos_over_2_31": (vcf(row(3_000_000_000, "A", "C")), ["position_out_of_range"]),
    "ref_runs_past_end": (vcf(row(1990, ref(1990, 11) + "ACGT", "A")), ["position_out_of_range"]),
    "first_and_last_base": (vcf(snv(1), snv(2000)), VALID * 2),
    "ref_equals_alt": (vcf(row(100, A, A)), ["ref_equals_alt"]),
    "right_aligned_deletion": (vcf(row(100, ref(100, 3), A)), VALID),
    "mnv": (vcf(row(100, ref(100, 2), B + other(ref(101)))), VALID),
    "delins": (vcf(row(100, ref(100, 4), B + B)), VALID),
    "unanchored_indel": (vcf(row(100, A, "-"), row(100, "-", A)), ["allele_invalid"] * 2),
    "long_deletion": (vcf(row(100, ref(100, 700), A)), VALID),  # its length is the model's matter
    "par_chrm_and_random_contig": (
        vcf(*(snv(50, name) for name in ("chrX", "chrY", "chrM", "chr1_KI270706v1_random"))),
        VALID * 4,
    ),
    "chrm_by_alias": (vcf(row(50, ref(50, chrom="chrM"), "N", "MT")), ["alt_ambiguous"]),
    "crlf": (vcf(GOOD).replace(b"\n", b"\r\n"), VALID),
    "byte_order_mark": (b"\xef\xbb\xbf" + vcf(GOOD), VALID),
    "empty_lines": (vcf(GOOD, "\n", GOOD, "\n"), VALID * 2),
    "no_column_names": (vcf(GOOD, header="##fileformat=VCFv4.2\n"), VALID),
    "no_fileformat": (vcf(GOOD, header=COLUMNS), VALID),
    "seven_columns": (vcf("\t".join(GOOD.split("\t")[:7]) + "\n", header=HEADER), VALID),
    "header_only": (vcf(), []),
    "header_of_five_names": (vcf(header="##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT"), []),
    "alleles_empty": (
        vcf(row(100, "", B), row(100, A, ""), row(100, A, f"{B},")),
        ["allele_invalid", "alt_missing", "valid", "alt_missing"],
    ),
    "unicode_samples": (unicode_samples(), VALID),
    "sample_named_twice": (
        vcf(GOOD[:-1] + "\tGT\t0/1\t0/1\n", header=HEADER + COLUMNS[:-1] + "\tFORMAT\ts\ts\n"),
        VALID,
    ),
    "id_in_latin_1": (vcf(GOOD).replace(b"\t.\t", b"\t\xe9\t", 1), VALID),
    "plain_gzip.gz": (gzip.compress(vcf(GOOD), mtime=0), VALID),
    "bgzip_without_index.gz": (lambda folder: bgzip(folder, vcf(GOOD)), VALID),
    "csi_only.gz": (csi_only, VALID),
}

# name -> (content, or what makes it in a folder; pattern of the error's text)
REFUSED: dict[str, tuple[bytes | Maker, str]] = {
    "empty": (b"", r"input\.vcf is empty; expected a VCF with at least its header"),
    "no_header": (GOOD.encode(), r"is not a VCF: it begins with b'chr1.*add that line"),
    "not_a_vcf": (b">chr1\nACGT\n", r"is not a VCF: it begins with b'>chr1"),
    "binary": (b"\x00\x01\x02", r"is not a VCF: it begins with b'.x00"),
    "spaces": (vcf(GOOD.replace("\t", " ")), r"line 10 has 1 tab-separated.*spaces by tabs"),
    "all_spaces": (vcf(GOOD).replace(b"\t", b" "), r"line 10 has 1 tab-sep.*spaces by tabs"),
    "pos_text": (vcf(GOOD, row("abc", A, B)), r"line 11 has POS 'abc'; expected a whole number"),
    "pos_1e5": (vcf(row("1e5", A, B)), r"line 10 has POS '1e5'; expected a whole number"),
    "pos_negative": (vcf(row(-5, A, B)), r"line 10 has POS '-5'"),
    "pos_empty": (vcf(GOOD, row("", A, B)), r"line 11 has POS ''; expected a whole number"),
    "pos_of_20_digits": (vcf(GOOD, row("9" * 20, A, B)), r"line 11 has POS '9{20}'; .*at most 18"),
    "chrom_comma": (vcf(GOOD, row(5, "A", "C", "chr,1")), r"line 11 has CHROM 'chr,1'; expected"),
    "chrom_angle": (vcf(GOOD, row(5, "A", "C", "<1")), r"line 11 has CHROM '<1'; expected"),
    "chrom_quote": (vcf(GOOD, row(5, "A", "C", '"1')), r"line 11 has CHROM '\"1'; expected"),
    "chrom_empty": (vcf(GOOD, row(5, "A", "C", "")), r"line 11 has CHROM ''; expected"),
    "nul": (vcf(GOOD, row(5, "A", "\0C")), r"line 11 holds bytes of value 0.*damaged"),
    "header_cut": (HEADER[:40].encode(), r"ends in its header, at line 2; expected a line #CHROM"),
    "header_cut_behind_a_line": (HEADER.encode(), r"ends in its header, at line 8; expected a lin"),
    "header_cut_in_names": (vcf()[:-3], r"ends in its header, at line 9; .*truncated\?"),
    "line_cut": (vcf(GOOD, GOOD)[:-8], r"line 11 has \d tab-separated column.*truncated"),
    "wrong_build": (wrong_build(200), r"of 200 variants \(\d+%\); expected at least 70%. Wrong b"),
    "other_contigs": (vcf(row(5, "A", "C", "2L")), r"no contig of the variants \(2L\).*aliases"),
    "bgzip_without_end.gz": (bgzip_without_end, r"lacks the block that ends.*truncated"),
    "bgzip_cut.gz": (bgzip_cut, r"lacks the block that ends.*truncated"),
    "bgzip_hole.gz": (bgzip_hole, r"cannot be read to its end.*truncated or damaged"),
    "bgzip_damaged.gz": (bgzip_damaged, r"cannot be read to its end.*truncated or damaged"),
    "gzip_cut.gz": (gzip_cut, r"cannot be read to its end.*truncated or damaged"),
}


@pytest.fixture(scope="module")
def genome(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Iterator[Genome]:
    fasta = write_genome(tmp_path_factory.mktemp("genome") / "genome.fa")
    with Genome(fasta, root / "resources/contigs/hg38.tsv") as opened:  # without .fai: it is built
        yield opened


def check_file(path: Path, genome: Genome) -> pl.DataFrame:
    """Read and check a file as a run does."""
    checked = check_variants(read_variants(path), genome)
    guard_build(checked)
    return checked


def materialise(folder: Path, name: str, content: bytes | Maker) -> Path:
    """Write a case as input.vcf, or input.vcf.gz where its name ends in .gz."""
    path = folder / ("input.vcf.gz" if name.endswith(".gz") else "input.vcf")
    path.write_bytes(content if isinstance(content, bytes) else content(folder))
    return path


@pytest.mark.parametrize("name", SCORED)
def test_each_row_gets_a_status(name: str, tmp_path: Path, genome: Genome) -> None:
    content, statuses = SCORED[name]
    checked = check_file(materialise(tmp_path, name, content), genome)
    assert checked["status"].to_list() == statuses
    # An edit exactly where the row is valid: nothing is scored for being unscorable.
    for column in ("start", "end", "insert"):
        assert checked[column].is_not_null().to_list() == [status == "valid" for status in statuses]


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_a_remedy(
    name: str, tmp_path: Path, genome: Genome, capfd: pytest.CaptureFixture[str]
) -> None:
    content, message = REFUSED[name]
    path = materialise(tmp_path, name, content)
    capfd.readouterr()  # what made the file may have talked
    with pytest.raises(InputError, match=message):
        check_file(path, genome)
    if "cannot be read" in message or message.startswith(
        "lacks the block"
    ):  # whatever looks at it first
        with pytest.raises(InputError, match=r"truncated or damaged"):
            check_indexable(path)
    assert capfd.readouterr().err == ""  # htslib's own words are kept off


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere\.vcf does not exist"):
        read_variants(tmp_path / "nowhere.vcf")


def test_stale_index_gives_no_false_mismatch(tmp_path: Path) -> None:
    fasta = write_genome(tmp_path / "genome.fa")
    Genome(fasta).close()
    fasta.write_text(">chrA\nACGTACGT\n" + fasta.read_text())  # all offsets move
    os.utime(f"{fasta}.fai", ns=(0, fasta.stat().st_mtime_ns - 1))
    with Genome(fasta) as genome:
        path = materialise(tmp_path, "good", vcf(GOOD, snv(1999)))
        assert check_file(path, genome)["status"].to_list() == VALID * 2
