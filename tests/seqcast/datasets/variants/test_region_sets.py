"""Regions of a set: where they are, what became of each, and the table of their variants."""

import polars as pl
import pytest

from seqcast.core.errors import InputError
from seqcast.core.store import read_provenance, read_table, write_table
from seqcast.datasets.variants.region_sets import (
    REGIONS,
    STATUSES,
    RegionFiles,
    RegionTables,
    enumerate_regions,
    judge_regions,
    regions_around,
    utr3_regions,
)
from seqcast.genome.variant_tables import SCHEMA
from seqcast.genome.variants import REASONS, check_variants
from seqcast.transcripts.annotation import Transcript, read_transcripts
from tests.seqcast.text_genome import TextGenome, table

SEQUENCE = "ACGTacgtNNACGTACGTAC"  # 20 bp


def transcript(name, gene_id, strand="+", exons=((2, 6), (8, 16)), cds=((2, 5),), merit=3):
    return Transcript(name, gene_id, f"{gene_id[0]}-name", "chr1", strand, exons, cds, merit=merit)


GENES = [
    transcript("a1", "a.2", merit=0),
    transcript("a2", "a.2", exons=((2, 18),)),
    transcript("b1", "b.1", "-", cds=((10, 16),)),
    transcript("c1", "c.1", cds=((2, 6), (8, 16))),
    transcript("d1", "d.1", cds=()),
]


@pytest.fixture
def run(tmp_path):
    """A function from files and options to the two tables, or the error."""
    (tmp_path / "genome.fa").write_text(f">1\n{SEQUENCE}\n")
    (tmp_path / "aliases.tsv").write_text("contig\talias\n1\tchr1\n")

    def run(options=None, **given):
        for name, text in given.items():
            if isinstance(text, str):
                (tmp_path / f"{name}.gtf").write_text(text)
                given[name] = tmp_path / f"{name}.gtf"
        files = RegionFiles(tmp_path / "genome.fa", tmp_path / "aliases.tsv", **given)
        outputs = RegionTables(tmp_path / "variants.parquet", tmp_path / "regions.parquet")
        enumerate_regions(files, outputs, options or {}, {"dataset": "x"})
        assert read_provenance(outputs.variants)["dataset"] == "x"
        return read_table(outputs.variants), read_table(outputs.regions)

    return run


def told(regions):
    return regions.select("name", "start", "end", "status", "bases").rows()


def test_bed_of_all_kinds_of_lines(run):
    bed = (
        "track name=x\nchr1\t2\t6\tname\t0\t+\t2\t6\t0\t1\t4\t0\n1\t4\t10\n# none\n"
        "chr1\t18\t30\nchr1\t40\t50\nchrZ\t0\t5\n"
    )
    variants, regions = run(bed=bed)
    assert told(regions) == [
        ("chr1:3-6", 2, 6, "enumerated", 4),
        ("1:5-10", 4, 10, "ref_ambiguous", 4),
        ("chr1:19-30", 18, 30, "position_out_of_range", 2),
        ("chr1:41-50", 40, 50, "position_out_of_range", 0),
        ("chrZ:1-5", 0, 5, "contig_not_found", 0),
    ]
    assert dict(regions.schema) == REGIONS
    assert set(regions["status"]) <= set(STATUSES)
    counts = dict(variants.group_by("status").len().iter_rows())
    assert counts == {"valid": 3 * (6 + 2), "ref_ambiguous": 1, "position_out_of_range": 2,
                      "contig_not_found": 1}  # fmt: skip
    valid = variants.filter(status="valid")
    assert set(valid["chrom"]) == {"chr1"}  # as the first region calls it
    assert set(valid["contig"]) == {"1"}
    assert set(valid["ref"]) <= set("ACGT")
    genome = TextGenome(SEQUENCE.upper())
    as_of_file = check_variants(valid.select(*SCHEMA).with_columns(chrom=pl.lit("c")), genome)
    same = ["status", "start", "end", "insert", "swapped", "genome_carries"]
    assert valid.select(same).equals(as_of_file.select(same))


@pytest.mark.parametrize("bed", ["", "# nothing\n", "track\n"])
def test_a_bed_file_without_regions_is_an_error(run, bed):
    with pytest.raises(InputError, match=r"bed.gtf has no region \(it is empty\)"):
        run(bed=bed)


def test_regions_of_another_genome_are_an_error(run):
    with pytest.raises(InputError, match="no contig of the variants"):
        run(bed="chrZ\t0\t5\n")


def test_the_3_utr_is_of_canonical_transcripts_or_of_all():
    canonical = utr3_regions(GENES, "utr3")
    assert canonical.select("name", "start", "end", "strand", "status").rows() == [
        ("a.2", 5, 6, "+", None),
        ("a.2", 8, 16, "+", None),
        ("b.1", 2, 6, "-", None),
        ("b.1", 8, 10, "-", None),
        ("c.1", None, None, "+", "no_utr3"),
    ]
    union = utr3_regions(GENES, "utr3_all", ["a"])
    assert union.select("name", "gene_name", "start", "end").rows() == [("a.2", "a-name", 5, 18)]
    named = utr3_regions(GENES, "utr3", ["d", "b-name", "c.1", "zzz", "d"])
    assert named.select("name", "status").rows() == [
        ("d", "no_utr3"), ("b.1", None), ("b.1", None), ("c.1", "no_utr3"), ("zzz", "gene_not_found"),
    ]  # fmt: skip


def gtf(*genes):
    lines = (
        f'chr1\tx\t{kind}\t{start}\t{end}\t.\t+\t0\tgene_id "{gene}"; transcript_id "{gene}.t";\n'
        for gene in genes
        for kind, start, end in [("exon", 3, 16), ("CDS", 3, 5), ("stop_codon", 6, 8)]
    )
    return "".join(lines)


def test_genes_come_from_a_file_or_by_name(run):
    options = {"selection": "utr3", "genes": ["g", "h"], "deletions_bp": 1}
    variants, regions = run(options, annotation=gtf("g", "other"))
    assert told(regions) == [
        ("g", 8, 16, "ref_ambiguous", 6),
        ("h", None, None, "gene_not_found", 0),
    ]
    assert (
        variants.filter(pl.col("alt").str.len_chars() < pl.col("ref").str.len_chars()).height == 6
    )
    from_file = run(options, annotation=gtf("g", "other"), genes="# genes\ng\n\nh\n")
    assert from_file[0].equals(variants)
    with pytest.raises(InputError, match=r"no region \(h: gene_not_found\)"):
        run({**options, "genes": ["h"]}, annotation=gtf("g"))


def test_regions_around_variants_keep_to_the_contig_and_tell_of_invalid_ones(run, tmp_path):
    checked = check_variants(table([(2, "C", "T"), (19, "A", "G"), (3, "A", "T"), (12, "C", "CA")]),
                             TextGenome(SEQUENCE.upper()))  # fmt: skip
    around = regions_around(checked, 3, {"c": 20})
    assert around.select("name", "start", "end", "status").rows() == [
        ("v0", 0, 5, None), ("v1", 15, 20, None), ("v2", None, None, "ref_mismatch"), ("v3", 9, 15, None),
    ]  # fmt: skip
    assert set(around["status"].drop_nulls()) <= set(REASONS)
    write_table(checked.with_columns(chrom=pl.lit("chr1"), contig=pl.lit("1")), tmp_path / "c", {})
    ranks = [pl.DataFrame({"row": rows}) for rows in ([3, 0, 1], [0, 3, 1])]
    for number, frame in enumerate(ranks):
        write_table(frame, tmp_path / f"r{number}", {})
    files = {"variants": tmp_path / "c", "ranked": (tmp_path / "r0", tmp_path / "r1")}
    _, regions = run({"flank_bp": 0, "top": 1}, **files)
    assert regions["name"].to_list() == ["v0", "v3"]
    assert regions["bases"].to_list() == [1, 0]


def test_there_are_no_regions_around_haplotypes(run, tmp_path):
    checked = check_variants(table([(2, "C", "T"), (2, "CG", "TA")]), TextGenome(SEQUENCE.upper()))
    checked = checked.with_columns(
        chrom=pl.lit("chr1"), contig=pl.lit("1"), members=pl.Series([None, [0]])
    )
    write_table(checked, tmp_path / "c", {})
    _, regions = run({"flank_bp": 0}, variants=tmp_path / "c")
    assert regions["name"].to_list() == ["v0"]


def test_judging_keeps_a_known_status():
    given = regions_around(check_variants(table([(1, "T", "A")]), TextGenome("ACGT")), 1, {"c": 4})
    assert judge_regions(given, TextGenome("ACGT"))["status"].to_list() == ["ref_mismatch"]


def test_3_utrs_of_gencode_are_its_utr_lines_behind_the_cds(shared):
    """Its lines of UTRs hold the stop codons too."""
    path = shared / "data/human/chr3_52.3M_hg38/gencode.v35.protein_coding.gtf.gz"
    columns = ["chrom", "source", "feature", "start", "end", "score", "strand", "frame", "said"]
    lines = pl.read_csv(path, separator="\t", comment_prefix="#", has_header=False,
                        new_columns=columns, quote_char=None).with_columns(
        pl.col("said").str.extract(f'{key} "([^"]+)"').alias(key)
        for key in ("gene_id", "transcript_id")
    ).filter(pl.col("feature").is_in(["UTR", "CDS", "stop_codon"]))  # fmt: skip
    bases = {kind: {} for kind in ("UTR", "CDS", "stop_codon")}
    for gene, name, kind, start, end in lines.select(
        "gene_id", "transcript_id", "feature", "start", "end"
    ).iter_rows():
        bases[kind].setdefault((gene, name), set()).update(range(start - 1, end))
    strands = dict(lines.select("gene_id", "strand").iter_rows())
    expected = {}
    for (gene, name), cds in bases["CDS"].items():
        utr = bases["UTR"].get((gene, name), set()) - bases["stop_codon"].get((gene, name), set())
        behind = {at for at in utr if (at > max(cds) if strands[gene] == "+" else at < min(cds))}
        expected.setdefault(gene, set()).update(behind)
    found = {}
    regions = utr3_regions(read_transcripts(path), "utr3_all").drop_nulls("start")
    for gene, start, end in regions.select("name", "start", "end").iter_rows():
        found.setdefault(gene, set()).update(range(start, end))
    assert sum(map(len, found.values())) == 29_346
    assert found == {gene: utr for gene, utr in expected.items() if utr}
