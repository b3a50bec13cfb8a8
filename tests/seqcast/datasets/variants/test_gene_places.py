import polars as pl
import pytest

from seqcast.datasets.variants.gene_places import (
    in_intervals,
    places_of,
    site_distances,
    utr3_of,
)
from seqcast.transcripts.annotation import Transcript, read_transcripts

EXONS = ((100, 200), (300, 400))


def transcript(strand, cds=(), stop=(), gene_id="ENSG1.2", exons=EXONS, chrom="chr1"):
    return Transcript("ENST1", gene_id, "A", chrom, strand, exons, cds, stop=stop)


@pytest.mark.parametrize(
    ("strand", "cds", "stop", "expected"),
    [
        ("+", ((120, 200), (300, 330)), (), [(330, 400)]),
        ("+", ((120, 200), (300, 330)), ((330, 333),), [(333, 400)]),
        ("+", ((120, 150),), (), [(150, 200), (300, 400)]),
        ("-", ((150, 200), (300, 330)), ((147, 150),), [(100, 147)]),
        ("-", ((320, 330),), (), [(100, 200), (300, 320)]),
        ("+", ((100, 200), (300, 400)), (), []),
        ("+", (), (), []),
    ],
)
def test_the_3_utr_is_behind_the_stop_codon(strand, cds, stop, expected):
    assert utr3_of(transcript(strand, cds, stop)) == expected


def test_a_gene_is_at_its_first_place():
    found = places_of(
        [
            transcript("+", ((120, 200),), gene_id="ENSG1.2"),
            transcript("+", ((120, 150),), gene_id="ENSG1.2", exons=((50, 200),)),
            transcript("+", ((120, 200),), gene_id="ENSG1.2_PAR_Y", chrom="chrY"),
            transcript(None, gene_id="ENSG2"),
        ]
    )
    assert found.bounds.rows() == [("ENSG1", "chr1", "+", 50, 400)]
    assert found.utr3.select("start", "end").rows() == [(150, 200), (300, 400)]


def test_intervals_hold_their_first_base_and_not_their_end():
    intervals = pl.DataFrame(
        {"gene": ["a", "b"], "chrom": "chr1", "strand": "+", "start": [10, 15], "end": [20, 30]}
    )
    variants = pl.DataFrame({"chrom": ["chr1"] * 5 + ["chr2"], "pos": [10, 11, 20, 21, 31, 12]})
    found = in_intervals(variants, intervals)
    assert sorted(found.select("pos", "gene").rows()) == [
        (11, "a"), (20, "a"), (20, "b"), (21, "b"),
    ]  # fmt: skip
    assert (10, "a") in in_intervals(variants, intervals, pad_bp=1).select("pos", "gene").rows()


def test_distances_of_real_variants_are_those_of_the_set(shared):
    """Poly(A) distances of the look-alike set were made by another program from this GTF."""
    human = shared / "data/human"
    transcripts = read_transcripts(human / "chr3_52.3M_hg38/gencode.v35.protein_coding.gtf.gz")
    ends = [
        (t.chrom, t.exons[-1][1] if t.strand == "+" else t.exons[0][0] + 1, t.strand)
        for t in transcripts
        if t.cds
    ]
    sites = pl.DataFrame(ends, schema=["chrom", "pos", "strand"], orient="row").unique()
    places, in_utr3 = places_of(transcripts), 0
    for name, number in (("pos", 60), ("neg", 118)):
        lines = (human / f"lookalike_formats/eqtl_utr3/{name}_merge.vcf").read_text().splitlines()
        cells = [line.split("\t") for line in lines if not line.startswith("#")]
        infos = [dict(pair.split("=") for pair in cell[7].split(";")) for cell in cells]
        variants = pl.DataFrame(
            {"chrom": [c[0] for c in cells], "pos": [int(c[1]) for c in cells], "alt": [c[4] for c in cells],
             "trait": [i["MT"] for i in infos], "expected": [int(i["PD"]) for i in infos]}
        )  # fmt: skip
        near = site_distances(variants, places, sites, 50, 10_000)
        of_gene = near.filter(pl.col("gene") == pl.col("trait"))
        assert len(of_gene) == number
        assert (of_gene["distance_bp"] == of_gene["expected"]).all()
        held = in_intervals(variants, places.utr3).filter(pl.col("gene") == pl.col("trait"))
        in_utr3 += len(held)
    assert in_utr3 == 60 + 118 - 2  # two lie in a stop codon, which that set counts to the 3' UTR
