"""The files agree with each other and are the same every time."""

from itertools import pairwise
from pathlib import Path

import polars as pl
import pysam
import pytest

from seqcast.simulate import Parameters, simulate_genome
from seqcast.simulate.genome import draw_genome

STOPS = {"TAA", "TAG", "TGA"}
FILES = [
    "annotation.gtf",
    "elements.tsv",
    "genes.tsv",
    "genome.fa",
    "genome.fa.fai",
    "half_life_ceiling.tsv",
    "half_lives.tsv",
    "transcripts.tsv",
    "variants.vcf",
]


def test_same_seed_same_bytes(tmp_path: Path, parameters: Parameters, written) -> None:
    simulate_genome(parameters, 3, tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == FILES
    for name in FILES:
        assert (tmp_path / name).read_bytes() == (written.folder / name).read_bytes()


def test_other_seed_other_genome(parameters: Parameters, written) -> None:
    assert draw_genome(parameters, 4).contigs["chrS1"] != written.contigs["chrS1"]


def test_genes_do_not_depend_on_those_behind(parameters: Parameters) -> None:
    short = draw_genome(Parameters(contigs=(("chrS1", 2),)), 3)
    long = draw_genome(parameters, 3)
    assert short.genes == long.genes[:2]
    assert long.contigs["chrS1"].startswith(short.contigs["chrS1"])


def test_fasta_and_index(written) -> None:
    path = written.folder / "genome.fa"
    assert max(map(len, path.read_text().splitlines())) == 80
    with pysam.FastaFile(str(path)) as fasta:
        assert dict(zip(fasta.references, fasta.lengths, strict=True)) == {
            name: len(sequence) for name, sequence in written.contigs.items()
        }
        assert fasta.fetch("chrS2", 100, 300) == written.contigs["chrS2"][100:300]
    assert set("".join(written.contigs.values())) == set("ACGT")


def transcripts(written, feature: str) -> dict[str, list[dict]]:
    """The lines of one feature, by transcript, in the transcript's direction."""
    rows = written.gtf.filter(pl.col("feature") == feature)
    groups = rows.partition_by("transcript_id", as_dict=True, maintain_order=True)
    return {
        name: sorted(g.to_dicts(), key=lambda r: r["start"] * (1 if r["strand"] == "+" else -1))
        for (name,), g in groups.items()
    }


def bases(written, row: dict) -> str:
    return written.fetch(row["chrom"], row["start"], row["end"], row["strand"])


def test_coding_sequences(written) -> None:
    stops = transcripts(written, "stop_codon")
    for name, pieces in transcripts(written, "CDS").items():
        cds = "".join(bases(written, piece) for piece in pieces)
        codons = [cds[i : i + 3] for i in range(0, len(cds), 3)]
        assert codons[0] == "ATG"
        assert len(codons[-1]) == 3
        assert not STOPS & set(codons)  # GENCODE: the CDS ends before the stop codon
        assert bases(written, stops[name][0]) in STOPS
        before = 0
        for piece in pieces:
            assert int(piece["frame"]) == -before % 3
            before += piece["end"] - piece["start"]
    assert set(written.genes["strand"]) == {"+", "-"}


def test_introns(written) -> None:
    n_introns = {"+": 0, "-": 0}
    for exons in transcripts(written, "exon").values():
        for left, right in pairwise(exons):
            low, high = sorted((left, right), key=lambda r: r["start"])
            intron = written.fetch(low["chrom"], low["end"], high["start"], low["strand"])
            assert intron.startswith("GTAAGT")
            assert intron.endswith("CAG")
            assert 80 <= len(intron) <= 300
            n_introns[low["strand"]] += 1
    assert min(n_introns.values()) > 20


def test_exons_are_cds_and_utr(written) -> None:
    lengths = {
        feature: {n: sum(r["end"] - r["start"] for r in rows) for n, rows in lines.items()}
        for feature in ("exon", "CDS", "UTR")
        for lines in [transcripts(written, feature)]
    }
    for name, length in lengths["exon"].items():
        assert length == lengths["CDS"][name] + lengths["UTR"][name]


def test_gene_lines_agree_with_the_truth_table(written) -> None:
    genes = written.gtf.filter(pl.col("feature") == "gene")
    columns = ["gene_id", "chrom", "start", "end", "strand"]
    assert genes.select(columns).equals(written.genes.select(columns))
    assert genes["gene_id"][0] == "SIMG000001.1"
    lines = written.gtf.filter(pl.col("feature") == "transcript")
    columns = ["transcript_id", "gene_id", "start", "end"]
    assert lines.select(columns).equals(written.transcripts.select(columns))
    assert (lines.group_by("gene_id").len().sort("gene_id")["len"].to_list()) == written.genes[
        "n_transcripts"
    ].to_list()


def test_elements_are_at_their_places_on_their_strand(written) -> None:
    for row in written.elements.to_dicts():
        assert bases(written, row) == row["sequence"]
    functioning = written.elements.filter(pl.col("region") == "utr3")
    for name in ("ARE", "PUM", "MIR", "STB"):
        counted = functioning.filter(pl.col("element") == name).group_by("gene_id").len("planted")
        both = written.genes.join(counted, on="gene_id", how="left").fill_null(0)
        assert both["planted"].sum() > 10
        assert (both["planted"] == both[f"n_{name}"]).all()


def test_half_life_is_ln2_over_the_rate(written) -> None:
    product = written.genes["half_life_h"] * written.genes["decay_rate_per_h"]
    assert product.to_list() == pytest.approx([0.693147] * len(product), rel=1e-4)  # 6 decimals


def test_demo_targets_are_the_published_format(root: Path) -> None:
    table = pl.read_csv(root / "config/demo/targets.tsv", separator="\t")
    columns = "identifier source file clip clip_soft scale sum_stat strand_pair description strand"
    assert " ".join(table.columns) == f" {columns}"  # the index has no name
    assert table[""].to_list() == list(range(22))
    for row in table.to_dicts():
        pair = table.row(row["strand_pair"], named=True)
        assert pair["strand_pair"] == row[""]
        assert pair["description"] == row["description"]
        assert row["identifier"][-1] == row["strand"] != pair["strand"]
