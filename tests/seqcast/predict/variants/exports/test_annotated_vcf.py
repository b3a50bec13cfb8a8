"""The input VCF comes back with the values of each ALT, in an order that can be indexed."""

import gzip
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pysam
import pytest

from seqcast.core.errors import InputError
from seqcast.genome.vcf import check_indexable, read_variants
from seqcast.predict.variants.exports import annotate_vcf
from tests.seqcast.predict.variants.exports.examples import BODY, TRACKS, gene_scores, window_scores

HEADER = [
    "##fileformat=VCFv4.2",
    "##contig=<ID=chr1,length=100>",
    '##INFO=<ID=DP,Number=1,Type=Integer,Description="Depth">',
    '##INFO=<ID=OLD,Number=0,Type=Flag,Description="Flag">',
    '##FILTER=<ID=q10,Description="Low">',
    '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">',
    "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tsample",
]


NOTHING = (
    "SEQCAST_logSED=.;SEQCAST_logSED_ABS=.;SEQCAST_logSED_SD=.;SEQCAST_logSED_MAX=.;"
    "SEQCAST_logSED_MAX_TRACK=.;SEQCAST_REF_LEVEL=.;SEQCAST_ALT_LEVEL=."
)


def write_vcf(path: Path, header: list[str] = HEADER, body: list[str] = BODY) -> Path:
    path.write_text("\n".join([*header, *body]) + "\n")
    return path


def annotate(tmp_path: Path, source: Path, scores: pl.DataFrame) -> list[str]:
    path = tmp_path / "out" / "annotated.vcf.gz"
    annotate_vcf(source, scores, TRACKS, path, provenance={"model": "tiny <1>"})
    made = sorted(file.name for file in path.parent.iterdir())
    assert made[:2] == [path.name, f"{path.name}.csi"]
    assert made[2:] in ([], [f"{path.name}.tbi"])
    with gzip.open(path, "rt") as file:
        return file.read().splitlines()


def test_haplotypes_are_of_no_record(tmp_path: Path) -> None:
    source, scores = write_vcf(tmp_path / "in.vcf"), gene_scores()
    haplotype = scores[:1].with_columns(
        row=pl.lit(6, pl.Int64), variant=pl.lit("hap:chr2:50:A>C+chr2:55:G>C")
    )
    assert annotate(tmp_path, source, pl.concat([scores, haplotype])) == annotate(
        tmp_path, source, scores
    )
    with pytest.raises(InputError, match="has 6 ALTs and the table scores of 7"):
        annotate(tmp_path, source, pl.concat([scores, haplotype.with_columns(variant=pl.lit("x"))]))


def test_a_table_comes_back_as_a_vcf(tmp_path: Path) -> None:
    as_written = read_variants(write_vcf(tmp_path / "in.vcf"))
    as_written.select("variant", "chrom", "pos", "ref", "alt").write_parquet(
        tmp_path / "in.parquet"
    )
    found = annotate(tmp_path, tmp_path / "in.parquet", gene_scores())
    of_vcf = annotate(tmp_path, write_vcf(tmp_path / "in.vcf"), gene_scores())
    records, expected = (
        [line.split("\t") for line in lines if not line.startswith("#")]
        for lines in (found, of_vcf)
    )
    # contigs as the table has them, as no header orders them
    assert [(line[0], int(line[1])) for line in records] == [
        ("chr2", 40), ("chr2", 50), ("chr2", 50), ("chr2", 50), ("chr1", 5), ("chr1", 9)]  # fmt: skip
    assert records[4][2:5] == ["rs5", "G", "T"]
    assert records[4][7] == expected[0][7]


def test_vcf_values_are_those_of_each_alt(tmp_path: Path) -> None:
    lines = annotate(tmp_path, write_vcf(tmp_path / "in.vcf"), gene_scores())
    records = [line for line in lines if not line.startswith("#")]
    assert records == [
        "chr1\t5\trs5\tG\tT\t.\tq10\tSEQCAST_STATUS=no_gene_in_window;SEQCAST_GENE=.;"
        f"SEQCAST_GENE_NAME=.;{NOTHING}\tGT\t0/1",
        "chr1\t9\trs3\tTA\tT\t.\t.\tSEQCAST_STATUS=scored;SEQCAST_GENE=G3;"
        "SEQCAST_GENE_NAME=.;SEQCAST_logSED=0.0833333;SEQCAST_logSED_ABS=0.25;SEQCAST_logSED_SD=9;"
        "SEQCAST_logSED_MAX=0.5;SEQCAST_logSED_MAX_TRACK=CAGE:T%20cell;"
        "SEQCAST_REF_LEVEL=.;SEQCAST_ALT_LEVEL=.\tGT\t1/1",
        "chr2\t40\t.\tT\t.\t.\t.\tSEQCAST_STATUS=alt_missing;SEQCAST_GENE=.;"
        f"SEQCAST_GENE_NAME=.;{NOTHING}\tGT\t0/0",
        # G2 has the greater mean |logSED|: 3 against 7/3
        "chr2\t50\trs1\tA\tC,G\t7.10\tPASS\tDP=3;OLD;SEQCAST_STATUS=scored,scored;"
        "SEQCAST_GENE=G2%3Bb%20c,G1.2;SEQCAST_GENE_NAME=two,one;SEQCAST_logSED=-3,0;"
        "SEQCAST_logSED_ABS=3,0;SEQCAST_logSED_SD=9,9;SEQCAST_logSED_MAX=-3,0;"
        "SEQCAST_logSED_MAX_TRACK=CAGE:T%20cell,CAGE:T%20cell;"
        "SEQCAST_REF_LEVEL=.,.;SEQCAST_ALT_LEVEL=.,.\tGT\t0/1",
        # the duplicate has its own row, which knows one gene only
        "chr2\t50\trs1\tA\tC\t.\t.\tSEQCAST_STATUS=scored;SEQCAST_GENE=G1.2;"
        "SEQCAST_GENE_NAME=one;SEQCAST_logSED=1;SEQCAST_logSED_ABS=2.33333;SEQCAST_logSED_SD=9;"
        "SEQCAST_logSED_MAX=4;SEQCAST_logSED_MAX_TRACK=RNA:naïve%20B;"
        "SEQCAST_REF_LEVEL=.;SEQCAST_ALT_LEVEL=.\tGT\t0/1",
    ]


def test_percentiles_and_half_lives_are_those_of_the_strongest_gene(tmp_path: Path) -> None:
    among = pl.DataFrame(
        {"consequence": [f"part{i}" for i in range(7)], "percentile": [i + 0.5 for i in range(7)],
         "nulls": [430] * 7, "delta_log2_half_life": [i - 3.5 for i in range(7)]}
    )  # fmt: skip
    path = tmp_path / "annotated.vcf.gz"
    source = write_vcf(tmp_path / "in.vcf")
    annotate_vcf(source, gene_scores(), TRACKS, path, further=among)
    with pysam.VariantFile(str(path)) as file:
        assert file.header.info["SEQCAST_logSED_NULLS"].type == "Integer"
        found = {record.id: record.info for record in file if record.id == "rs3"}
        of_rs3 = dict(found["rs3"])
    keys = ("CONSEQUENCE", "logSED_PERCENTILE", "logSED_NULLS", "DELTA_LOG2_HALF_LIFE")
    assert [of_rs3[f"SEQCAST_{key}"] for key in keys] == [("part4",), (4.5,), (430,), (0.5,)]
    with gzip.open(path, "rt") as text:
        assert "SEQCAST_logSED_PERCENTILE=1.5,2.5" in text.read()  # G2 of the first ALT


def test_vcf_header_is_kept_and_completed(tmp_path: Path) -> None:
    lines = annotate(tmp_path, write_vcf(tmp_path / "in.vcf"), gene_scores())
    header = [line for line in lines if line.startswith("#")]
    assert header[:6] == HEADER[:6]
    assert header[6] == "##contig=<ID=chr2>"
    assert header[7:17] == [
        '##INFO=<ID=SEQCAST_STATUS,Number=A,Type=String,Description="scored, or the reason why the '
        'ALT was not scored">',
        '##INFO=<ID=SEQCAST_GENE,Number=A,Type=String,Description="Gene with the greatest mean '
        '|logSED| over all 3 tracks, percent-encoded">',
        '##INFO=<ID=SEQCAST_GENE_NAME,Number=A,Type=String,Description="Name of SEQCAST_GENE, '
        'percent-encoded">',
        '##INFO=<ID=SEQCAST_logSED,Number=A,Type=Float,Description="Mean logSED over all 3 tracks '
        'for SEQCAST_GENE, ALT against REF">',
        '##INFO=<ID=SEQCAST_logSED_ABS,Number=A,Type=Float,Description="Mean |logSED| over all 3 '
        'tracks for SEQCAST_GENE">',
        '##INFO=<ID=SEQCAST_logSED_SD,Number=A,Type=Float,Description="Standard deviation of '
        'logSED over the folds of the model, mean over all 3 tracks">',
        '##INFO=<ID=SEQCAST_logSED_MAX,Number=A,Type=Float,Description="logSED for SEQCAST_GENE of '
        'the track with the greatest |logSED|, of all 3 tracks">',
        '##INFO=<ID=SEQCAST_logSED_MAX_TRACK,Number=A,Type=String,Description="Description of the '
        'track of SEQCAST_logSED_MAX, percent-encoded">',
        '##INFO=<ID=SEQCAST_REF_LEVEL,Number=A,Type=Float,Description="Predicted coverage of '
        'SEQCAST_GENE with REF, summed over exons, mean over all 3 tracks">',
        '##INFO=<ID=SEQCAST_ALT_LEVEL,Number=A,Type=Float,Description="The same with ALT">',
    ]
    assert header[17:] == ['##seqcast={"model": "tiny <1>"}', HEADER[-1]]


def test_only_the_tracks_of_a_pattern_count(tmp_path: Path) -> None:
    path = tmp_path / "out.vcf.gz"
    levels = pl.Series([[1, 2, 3], *[[4, 8, 16]] * 6], dtype=pl.Array(pl.Float32, 3))
    scores = gene_scores().with_columns(REF=levels).with_columns(ALT=pl.col("REF") * 2)
    source = write_vcf(tmp_path / "in.vcf")
    annotate_vcf(source, scores, TRACKS, path, tracks_like=r'^RNA:[a-z"\w]')
    with pysam.VariantFile(str(path)) as file:
        said = file.header.info["SEQCAST_logSED"].description
        record = next(file.fetch("chr2", 49, 50))
    # htslib keeps what the quotes of the header escape
    assert said.startswith(r"Mean logSED over 2 of 3 tracks (^RNA:[a-z\"\\w]) for")
    # of the first ALT, both genes have a mean magnitude of 3 there: the first stays
    assert record.info["SEQCAST_GENE"] == ("G1.2", "G1.2")
    assert record.info["SEQCAST_logSED"] == (1, 0)
    assert record.info["SEQCAST_logSED_MAX_TRACK"] == ("RNA:naïve%20B", "RNA:blood")
    assert record.info["SEQCAST_REF_LEVEL"] == (2.5, 12)
    assert record.info["SEQCAST_ALT_LEVEL"] == (5, 24)


def test_annotated_vcf_can_be_queried(tmp_path: Path) -> None:
    annotate(tmp_path, write_vcf(tmp_path / "in.vcf"), gene_scores())
    with pysam.VariantFile(str(tmp_path / "out/annotated.vcf.gz")) as file:
        found = list(file.fetch("chr2", 49, 50))
        assert [record.alts for record in found] == [("C", "G"), ("C",)]
        assert found[0].info["SEQCAST_logSED"] == (-3.0, 0.0)
        assert [record.info["SEQCAST_GENE"] for record in file.fetch("chr1", 0, 5)] == [(".",)]
        assert found[0].samples["sample"]["GT"] == (0, 1)


def as_gzip(path: Path) -> Path:
    compressed = path.with_name("in.vcf.gz")
    compressed.write_bytes(gzip.compress(path.read_bytes()))
    return compressed


def as_bgzip(path: Path) -> Path:
    pysam.tabix_compress(str(path), str(path.with_name("in.vcf.bgz")))
    return path.with_name("in.vcf.bgz")


def as_dos(path: Path) -> Path:
    dos = path.with_name("dos.vcf")
    dos.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n") + b"\r\n\x1a")
    return dos


@pytest.mark.parametrize("convert", [as_gzip, as_bgzip, as_dos])
def test_every_container_gives_the_same_records(
    tmp_path: Path, convert: Callable[[Path], Path]
) -> None:
    plain = write_vcf(tmp_path / "in.vcf")
    expected = annotate(tmp_path, plain, gene_scores())
    assert annotate(tmp_path, convert(plain), gene_scores()) == expected


def test_bcf_gives_the_same_values(tmp_path: Path) -> None:
    header = [*HEADER[:2], "##contig=<ID=chr2>", *HEADER[2:]]
    plain = write_vcf(tmp_path / "in.vcf", header)
    expected = annotate(tmp_path, plain, gene_scores())
    with (
        pysam.VariantFile(str(plain)) as file,
        pysam.VariantFile(str(tmp_path / "in.bcf"), "wb", header=file.header) as bcf,
    ):
        for record in file:
            bcf.write(record)
    found = annotate(tmp_path, tmp_path / "in.bcf", gene_scores())
    # htslib writes the quality 7.10 as 7.1
    assert found[-5:] == [line.replace("\t7.10\t", "\t7.1\t") for line in expected[-5:]]


def test_file_without_column_line(tmp_path: Path) -> None:
    body = ["\t".join(line.split("\t")[:7]) for line in BODY]
    lines = annotate(tmp_path, write_vcf(tmp_path / "in.vcf", HEADER[:1], body), gene_scores())
    assert lines[:3] == ["##fileformat=VCFv4.2", "##contig=<ID=chr2>", "##contig=<ID=chr1>"]
    assert "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO" in lines
    assert lines[-1].startswith("chr1\t9\t")  # no contig lines: contigs in order of appearance
    assert all(line.count("\t") == 7 for line in lines[-5:])
    with pysam.VariantFile(str(tmp_path / "out/annotated.vcf.gz")) as file:
        assert sum(1 for _ in file) == 5


def test_short_column_line(tmp_path: Path) -> None:
    body = ["\t".join(line.split("\t")[:5]) for line in BODY]
    source = write_vcf(tmp_path / "in.vcf", ["#CHROM\tPOS\tID\tREF\tALT"], body)
    lines = annotate(tmp_path, source, gene_scores())
    assert lines[0] == "##fileformat=VCFv4.2"
    assert lines[-6] == "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"
    assert lines[-5].startswith("chr2\t40\t.\tT\t.\t.\t.\tSEQCAST_STATUS=alt_missing;")


def unscored(source: Path) -> pl.DataFrame:
    """A table in which no ALT of a file has a score."""
    name, nothing = pl.lit(None, pl.String), pl.lit(None, pl.Array(pl.Float32, TRACKS.height))
    return read_variants(source).with_columns(
        gene_id=name, gene_name=name, status=pl.lit("alt_symbolic"), logSED=nothing
    )


@pytest.mark.parametrize(
    ("fields", "fits_tabix"),
    [
        ("5\t.\tA\tC\t.\t.\t.\tGT\t0/1", True),
        ("536870912\t.\tA\tC\t.\t.\t.\tGT\t0/1", True),  # 2^29, the last
        ("600000000\t.\tA\tC\t.\t.\t.\tGT\t0/1", False),
        ("2147483647\t.\tA\tC\t.\t.\t.\tGT\t0/1", False),  # 2^31 - 1
        ("5\t.\tA\t<DEL>\t.\t.\tEND=900000000\tGT\t0/1", False),
        ("5\t.\tA\t<DEL>\t.\t.\tSVLEN=-2147483647\tGT\t0/1", False),
        ("5\t.\tA\t<*>\t.\t.\t.\tGT:LEN\t0/1:900000000", False),
    ],
)
def test_any_coordinate_is_indexed(tmp_path: Path, fields: str, fits_tabix: bool) -> None:
    source = write_vcf(tmp_path / "in.vcf", body=[f"chr1\t{fields}", BODY[0]])
    check_indexable(source)
    annotate(tmp_path, source, unscored(source))
    path = tmp_path / "out/annotated.vcf.gz"
    assert path.with_name(f"{path.name}.tbi").exists() == fits_tabix
    pos = int(fields.split("\t")[0])
    with pysam.TabixFile(str(path), index=f"{path}.csi") as file:
        assert [line.split("\t")[1] for line in file.fetch("chr1", pos - 1, pos)] == [str(pos)]


def test_an_old_tabix_index_does_not_stay(tmp_path: Path) -> None:
    annotate(tmp_path, write_vcf(tmp_path / "in.vcf"), gene_scores())
    tabix = tmp_path / "out/annotated.vcf.gz.tbi"
    assert tabix.exists()
    far = write_vcf(tmp_path / "far.vcf", body=["chr1\t600000000\t.\tA\tC\t.\t.\t.\tGT\t0/1"])
    annotate(tmp_path, far, unscored(far))
    assert not tabix.exists()


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        (f"{10**17}\t.\tA\tC\t.\t.\t.\tGT\t0/1", f"has {10**17}; "),
        ("5\t.\tA\t<DEL>\t.\t.\tDP=1;END=999999999999999\tGT\t0/1", "has END=9{15}; "),
        ("5\t.\tA\t<DEL>\t.\t.\tSVLEN=-999999999999999\tGT\t0/1", "has SVLEN=-9{15}; "),
        ("5\t.\tA\t<*>\t.\t.\t.\tGT:LEN\t0/1:999999999999999", "has 9{15}; "),
    ],
)
def test_what_no_index_holds_is_named_with_its_line(
    tmp_path: Path, fields: str, named: str
) -> None:
    number = "chr1\t5\tid123456789012\tA\tC\t.\t.\tAF=0.123456789012\tGT\t0/1"  # no coordinate
    source = write_vcf(tmp_path / "in.vcf", body=[number, number, f"chr1\t{fields}", number])
    for check in (check_indexable, lambda path: annotate(tmp_path, path, unscored(path))):
        with pytest.raises(InputError, match=rf"in\.vcf, line 10 .*{named}expected a record"):
            check(source)


def test_commented_records_are_left_out(tmp_path: Path) -> None:
    source = write_vcf(tmp_path / "in.vcf", body=[BODY[0], f"#{BODY[0]}"])
    lines = annotate(tmp_path, source, unscored(source))
    assert len([line for line in lines if not line.startswith("#")]) == 1


def test_annotating_twice_changes_nothing(tmp_path: Path) -> None:
    once = annotate(tmp_path, write_vcf(tmp_path / "in.vcf"), gene_scores())
    body = [line for line in once if not line.startswith("#")]
    again = write_vcf(tmp_path / "again.vcf", once[: -len(body)], body)
    scores = read_variants(again).select("row", "chrom", "pos", "ref", "alt")
    # sorting moved the ALTs: old rows 5, 3, 2, 0, 1, 4
    order = pl.DataFrame({"row": [5, 3, 2, 0, 1, 4], "new": range(6)})
    moved = gene_scores().join(order, on="row", maintain_order="left")
    table = moved.sort("new", maintain_order=True).with_columns(row="new").drop("new")
    assert table["row"].n_unique() == scores.height
    twice = annotate(tmp_path, again, table)
    assert [line for line in twice if not line.startswith("##seqcast")] == [
        line for line in once if not line.startswith("##seqcast")
    ]


def test_sorted_files_keep_their_order(tmp_path: Path) -> None:
    # contigs lie in runs, though not in the header's order: an index needs no more
    body = [BODY[1], BODY[0], BODY[4], BODY[2]]
    order = pl.DataFrame({"row": [2, 0, 1, 5, 3], "new": range(5)})
    moved = gene_scores().join(order, on="row").sort("new", maintain_order=True)
    table = moved.with_columns(row="new").drop("new")
    lines = annotate(tmp_path, write_vcf(tmp_path / "in.vcf", body=body), table)
    assert [line.split("\t")[1] for line in lines[-4:]] == ["40", "50", "5", "9"]


def test_positions_off_the_contig_are_indexed(tmp_path: Path) -> None:
    body = ["chr1\t0\t.\tA\tC\t.\t.\t.\tGT\t0/1"]
    table = gene_scores().tail(1).with_columns(row=0, pos=0, ref=pl.lit("A"), alt=pl.lit("C"))
    source = write_vcf(tmp_path / "in.vcf", body=body)
    lines = annotate(tmp_path, source, table.with_columns(status=pl.lit("position_out_of_range")))
    assert lines[-1].startswith("chr1\t0\t.\tA\tC\t.\t.\tSEQCAST_STATUS=position_out_of_range;")


def test_file_without_records(tmp_path: Path) -> None:
    source = write_vcf(tmp_path / "in.vcf", body=[])
    lines = annotate(tmp_path, source, gene_scores().head(0))
    assert lines[-1] == HEADER[-1]


def test_window_level_scores_have_no_gene(tmp_path: Path) -> None:
    lines = annotate(tmp_path, write_vcf(tmp_path / "in.vcf"), window_scores())
    assert (
        "SEQCAST_STATUS=scored;SEQCAST_GENE=.;SEQCAST_GENE_NAME=.;SEQCAST_logSED=0.0833333;"
        in lines[-4]
    )


@pytest.mark.parametrize(
    ("scores", "message"),
    [
        (gene_scores().filter(pl.col("row") < 5), r"has 6 ALTs and the table scores of 5; 1 of"),
        (gene_scores().with_columns(pos=pl.col("pos") + 1), r"6 of the .* such as rs1\. Give"),
    ],
)
def test_scores_of_another_file_are_refused(
    tmp_path: Path, scores: pl.DataFrame, message: str
) -> None:
    source = write_vcf(tmp_path / "in.vcf")
    with pytest.raises(InputError, match=message):
        annotate_vcf(source, scores, TRACKS, tmp_path / "out.vcf.gz")
    assert list(tmp_path.iterdir()) == [source]


def test_annotated_vcf_is_bgzip_by_name(tmp_path: Path) -> None:
    source = write_vcf(tmp_path / "in.vcf")
    with pytest.raises(InputError, match=r"end its name in \.vcf\.gz"):
        annotate_vcf(source, gene_scores(), TRACKS, tmp_path / "out.vcf")


def test_the_golden_vcf(shared: Path, tmp_path: Path) -> None:
    source = shared / "reference/borzuki/real_tiny/data/eqtl.vcf"
    variants = read_variants(source)
    scores = variants.with_columns(
        gene_id=pl.lit("SYNG000001.2"),
        gene_name=pl.lit("SYN 1"),
        status=pl.lit("scored"),
        logSED=pl.Series([[i, -i, 0.5] for i in range(8)], dtype=pl.Array(pl.Float32, 3)),
    )
    lines = annotate(tmp_path, source, scores)
    assert lines[-8] == (
        "chr1\t14677\tchr1_14677_G_A_b38\tG\tA\t.\t.\tSEQCAST_STATUS=scored;"
        "SEQCAST_GENE=SYNG000001.2;SEQCAST_GENE_NAME=SYN%201;SEQCAST_logSED=0.166667;"
        "SEQCAST_logSED_ABS=0.166667;SEQCAST_logSED_SD=.;SEQCAST_logSED_MAX=0.5;"
        "SEQCAST_logSED_MAX_TRACK=RNA:naïve%20B;SEQCAST_REF_LEVEL=.;SEQCAST_ALT_LEVEL=."
    )
    assert len([line for line in lines if not line.startswith("#")]) == 8
