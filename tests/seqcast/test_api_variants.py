"""Variants of any kind from Python, their long table, and figures of them."""

import pandas as pd
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from seqcast import map_effects, plot_map, plot_variant, score_variants
from seqcast.core.errors import InputError
from seqcast.genome.fasta import Genome
from seqcast.genome.variants import check_variants, read_variants
from tests.seqcast.toy_models import BaseCounter

TEXTS = ["chr1:1001:A:C", "chr1:1002 C>G", "T1:c.1C>A", "chr1-1004-A-G"]  # the last is no REF
STATUSES = ["scored", "scored", "scored", "ref_mismatch"]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Genome, annotation, tracks and variants: 4 tracks, a gene on the minus strand."""
    folder = tmp_path_factory.mktemp("files")
    (folder / "genome.fa").write_text(f">chr1\n{'ACGT' * 512}\n")
    (folder / "genes.gtf").write_text("".join(
        f'chr1\tx\t{feature}\t{start}\t{end}\t.\t-\t0\tgene_id "G1"; gene_name "KLF"; transcript_id "T1";\n'
        for feature, start, end in (("exon", 901, 1200), ("CDS", 1001, 1099))
    ))  # fmt: skip
    (folder / "targets.tsv").write_text(
        "\tidentifier\tclip_soft\tscale\tsum_stat\tstrand_pair\tdescription\n"
        + "".join(f"{i}\tt{i}\t384\t1\tsum\t{i}\tRNA {i}\n" for i in range(4))
    )
    rows = "".join(f"chr1\t{pos}\t.\t{ref}\t{alt}\n" for pos, ref, alt in
                   ((1001, "A", "C"), (1002, "C", "G"), (1099, "G", "T"), (1004, "A", "G")))  # fmt: skip
    (folder / "v.vcf").write_text(f"##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\n{rows}")
    return folder


@pytest.fixture(scope="module")
def call(files):
    """Score variants of any kind."""
    given = [files / name for name in ("genome.fa", "genes.gtf", "targets.tsv")]
    return lambda variants, **options: score_variants(
        BaseCounter(1024), variants, *given, reverse_complement=False, gene_scores=("logSED", "REF"),
        window_scores=("SUM",), **options,
    )  # fmt: skip


@pytest.fixture(scope="module")
def expected(call, files):
    return call(files / "v.vcf")


def columns(files):
    table = read_variants(files / "v.vcf")
    return table.select("chrom", "pos", "ref", "alt")


def checked(files):
    with Genome(files / "genome.fa") as genome:
        return check_variants(read_variants(files / "v.vcf"), genome)


@pytest.mark.parametrize("variants", [
    columns, lambda f: columns(f).to_pandas(), lambda f: columns(f).to_arrow(), checked, lambda f: str(f / "v.vcf"),
    lambda f: pd.DataFrame({"#CHROM": ["chr1"] * 4, **columns(f).drop("chrom").rename(str.upper).to_dict(as_series=False)}),
])  # fmt: skip
def test_tables_and_files_of_variants_are_the_same(call, files, expected, variants):
    found = call(variants(files))
    assert_frame_equal(found.gene, expected.gene)
    assert_frame_equal(found.window, expected.window)


def test_texts_keep_their_names(call, expected):
    found = call(TEXTS)
    assert found.gene["status"].to_list() == STATUSES
    assert found.gene["variant"].to_list()[2] == "T1:c.1C>A"
    assert_frame_equal(found.gene.drop("variant"), expected.gene.drop("variant"))
    assert_frame_equal(call(tuple(TEXTS)).gene, found.gene)


@pytest.mark.parametrize(("variants", "message"), [
    (["chr1:5"], "variant 'chr1:5'; expected contig"), (5, "variants is of type int; expected a path, a list"),
    (pl.DataFrame({"chr": ["chr1"]}), "the table of variants has no column 'chrom'"), ([5], r"variants\[0\] is 5"),
    (["T2:c.5del"], "T2:c.5del: no transcript T2"), ([b"chr1:5:A:C"], r"variants\[0\] is b'chr1"),
])  # fmt: skip
def test_what_cannot_be_is_an_input_error(call, variants, message):
    with pytest.raises(InputError, match=message):
        call(variants)


def test_haplotypes_are_those_of_files(call):
    with pytest.raises(InputError, match="give the path of a VCF with genotypes"):
        call(TEXTS, haplotype_span_bp=10)


def test_a_long_table_has_each_number_by_name(expected):
    long = expected.tidy()
    assert long.columns[-6:] == ["score", "track", "identifier", "sample", "units", "value"]
    assert len(long) == 2 * (3 * 4 + 1)  # scores x (scored x tracks, and one that is not)
    one = long.row(
        by_predicate=(pl.col("score") == "logSED")
        & (pl.col("pos") == 1002)
        & (pl.col("track") == 2),
        named=True,
    )
    assert (one["gene_name"], one["identifier"], one["sample"], one["units"]) == (
        "KLF",
        "t2",
        "RNA 2",
        "log2 fold change",
    )
    assert one["value"] == expected.gene["logSED"][1][2]
    assert long.filter(pl.col("score") == "REF")["units"].drop_nulls().unique().to_list() == [
        "sum of coverage x 1"
    ]
    assert long.filter(pl.col("status") == "ref_mismatch").select(
        "value", "track"
    ).null_count().row(0) == (2, 2)
    assert expected.tidy("window")["score"].unique().to_list() == ["SUM"]
    with pytest.raises(InputError, match="level 'genes'; expected gene or window"):
        expected.tidy("genes")


def test_a_variant_is_drawn(files):
    given = [files / name for name in ("genome.fa", "genes.gtf", "targets.tsv")]
    model = BaseCounter(1024)
    figure = plot_variant([model, model], TEXTS[0], *given, gene="KLF", reverse_complement=False)
    assert "KLF" in figure.subfigs[0].get_suptitle()
    with pytest.raises(
        InputError, match=r"gene 'X' has no exon in the window of .*; scored are KLF"
    ):
        plot_variant(model, TEXTS[0], *given, gene="X", reverse_complement=False)
    with pytest.raises(InputError, match="is not scored: ref_mismatch"):
        plot_variant(model, TEXTS[3], *given, reverse_complement=False)


def test_a_map_is_drawn(files):
    given = [files / name for name in ("genome.fa", "genes.gtf", "targets.tsv")]
    found = map_effects(BaseCounter(1024), "chr1:1,001-1,002", *given, reverse_complement=False)
    drawn = [[ax.get_ylabel() for ax in figure.axes] for figure in (plot_map(found), found.plot())]
    assert drawn[0] == drawn[1]
