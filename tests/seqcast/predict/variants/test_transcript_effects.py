"""Effects of variants on mRNAs with a small causal model, against embedding each pair alone."""

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from seqcast.core.errors import InputError
from seqcast.genome.enumeration import enumerate_variants
from seqcast.genome.fasta import Genome
from seqcast.genome.sequence import reverse_complement
from seqcast.genome.variants import REASONS, check_variants
from seqcast.predict.embeddings.embed_options import EmbedOptions
from seqcast.predict.embeddings.embedded_text import Embedded
from seqcast.predict.embeddings.engine import embed_texts
from seqcast.predict.variants.ensemble import average_scores
from seqcast.predict.variants.exports.score_summary import write_tsv
from seqcast.predict.variants.ranking import MRNA_TRACKS
from seqcast.predict.variants.transcript_effects import (
    SCORES,
    differences,
    score_transcript_variants,
)
from seqcast.transcripts.marks import mark_codons
from tests.seqcast.predict.embeddings.small_helix import small_helix
from tests.seqcast.predict.embeddings.toys import Fading

#         0         10        20        30        40        50        60        70
CONTIG = "TTTTGACCATGGCTGTAAGTCCCTTTCAGTGGTAACCATGAGGGGGGCTTACCACAACATCCTTTTTTTTACGT"
PLUS = {"id": "T1.1", "gene_id": "G1.1", "gene_name": "plus", "strand": "+",
        "exon_starts": [4, 29], "exon_ends": [14, 42], "cds_start": 4, "cds_end": 16}  # fmt: skip
MINUS = {"id": "T2.1", "gene_id": "G2.1", "gene_name": "minus", "strand": "-",
         "exon_starts": [45], "exon_ends": [62], "cds_start": None, "cds_end": None}  # fmt: skip


@pytest.fixture(scope="module")
def genome(tmp_path_factory):
    path = tmp_path_factory.mktemp("genome") / "genome.fa"
    path.write_text(f">chr1\n{CONTIG}\n>chr2\nACGTACGT\n")
    return Genome(path)


def table(*rows, contig=CONTIG):
    whole = []
    for row in rows:
        exons = zip(row["exon_starts"], row["exon_ends"], strict=True)
        spliced = "".join(contig[start:end] for start, end in exons)
        spliced = reverse_complement(spliced) if row["strand"] == "-" else spliced
        whole.append({**row, "chrom": "chr1", "sequence": spliced.replace("T", "U")})
    return pl.DataFrame(whole, schema_overrides={"cds_start": pl.Int64, "cds_end": pl.Int64})


SPLICED = "GACCAUGGCUUGGUAACCAUGAG"  # the CDS is AUG GCU UGG UAA
CDS = (4, 16)
BOTH = table(PLUS, MINUS)


def checked(genome, *rows, **options):
    frame = pl.DataFrame(
        [(i, i, f"v{i}", "chr1", *row) for i, row in enumerate(rows)],
        schema=["row", "record", "variant", "chrom", "pos", "ref", "alt"], orient="row",
    )  # fmt: skip
    return check_variants(frame, genome, **options)


def score(genome, *rows, transcripts=BOTH, model=None, options=None, **checking):
    return score_transcript_variants(
        model or Fading(), checked(genome, *rows, **checking), genome, transcripts, options
    )


def plain(ref: str, alt: str, model=None) -> dict:
    """The scores of two texts, each embedded alone; formulas as one writes them down."""
    a, b = (next(embed_texts(model or Fading(), [text])) for text in (ref, alt))
    scores = {"LLR": b.log_likelihood - a.log_likelihood}
    for name in ("mean", "last"):
        x, y = getattr(a, name).astype(float), getattr(b, name).astype(float)
        scores[f"cosine_{name}"] = 1 - x @ y / np.sqrt((x @ x) * (y @ y))
        scores[f"L2_{name}"] = np.sqrt(((x - y) ** 2).sum())
    return scores


def assert_scores(found: pl.DataFrame, at: int, expected: dict) -> None:
    for name in SCORES:
        assert found[name][at].to_list() == [pytest.approx(expected[name], rel=1e-4, abs=1e-6)]


def test_the_transcript_of_these_tests():
    assert BOTH["sequence"][0] == SPLICED
    assert SPLICED[slice(*CDS)] == "AUGGCUUGGUAA"


ROWS = [
    (6, "A", "C"),  # 5' UTR
    (13, "C", "A"),  # GCU > GAU
    (14, "T", "TA"),  # at the border of the exon
    (18, "A", "C"),  # intron
    (31, "G", "A"),  # UGG > UAG
    (39, "T", "TT"),  # 3' UTR
    (44, "G", "T"),  # between the transcripts
    (56, "A", "C"),  # minus strand, a U of the mRNA
    (3, "TTG", "T"),  # over the end of the transcript
    (6, "C", "G"),
    (6, "A", "<DEL>"),
]


def test_rows_statuses_and_regions(genome):
    found = score(genome, *ROWS)
    names = ["row", "transcript_id", "gene_name", "region", "consequence", "status",
             "distance_to_tss_bp"]  # fmt: skip
    assert found.select(names).rows() == [
        (0, "T1.1", "plus", "utr5", "utr5", "scored", 1),
        (1, "T1.1", "plus", "cds", "missense", "scored", 8),
        (2, "T1.1", "plus", None, None, "splice_boundary", 9),
        (3, "T1.1", "plus", None, None, "intronic", 13),
        (4, "T1.1", "plus", "cds", "stop_gained", "scored", 26),
        (5, "T1.1", "plus", "utr3", "utr3", "scored", 33),
        (6, None, None, None, None, "no_transcript", None),
        (7, "T2.1", "minus", "no_cds", "no_cds", "scored", 6),
        (8, "T1.1", "plus", None, None, "splice_boundary", -2),
        (9, None, None, None, None, "ref_mismatch", None),
        (10, None, None, None, None, "alt_symbolic", None),
    ]
    assert found.select("variant", "pos", "ref", "alt").row(10) == ("v10", 6, "A", "<DEL>")
    scored = found["status"] == "scored"
    for name in SCORES:
        assert found.schema[name] == pl.Array(pl.Float32, 1)
        assert found[name].is_not_null().to_list() == scored.to_list()
    assert set(found["status"]) <= {"scored", *REASONS}


def test_scores_are_those_of_each_pair_alone(genome):
    found = score(genome, *ROWS)
    ref = mark_codons(SPLICED, *CDS)
    assert_scores(found, 0, plain(ref, mark_codons("GCCCAUGGCUUGGUAACCAUGAG", *CDS)))
    assert_scores(found, 1, plain(ref, mark_codons("GACCAUGGAUUGGUAACCAUGAG", *CDS)))
    # marks end with the new stop codon
    assert_scores(found, 4, plain(ref, mark_codons("GACCAUGGCUUAGUAACCAUGAG", 4, 13)))
    assert_scores(found, 5, plain(ref, mark_codons("GACCAUGGCUUGGUAACCAUUGAG", *CDS)))
    minus = BOTH["sequence"][1]
    assert_scores(found, 7, plain(minus, f"{minus[:6]}G{minus[7:]}"))


def test_bases_n_count_in_neither_allele(genome):
    """The same N are left out of both: the sums are over as many known bases and marks."""
    unknown = BOTH.with_columns(pl.col("sequence").str.replace("UGAG$", "NNAN"))
    found = score(genome, ROWS[1], transcripts=unknown)
    ref, alt = (mark_codons(f"GACCAUGG{x}UUGGUAACCANNAN", *CDS) for x in "CA")
    assert_scores(found, 0, plain(ref, alt))
    counts = [one.predicted for one in embed_texts(Fading(), [ref, alt])]
    assert counts == [len(SPLICED) - 1 + 4 - 3] * 2


def test_frameshift_moves_the_marks(genome):
    found = score(genome, (12, "GC", "G"))
    assert found["consequence"].to_list() == ["frameshift"]
    changed = "GACCAUGGUUGGUAACCAUGAG"  # AUG GUU GGU AAC CAU GAG
    expected = plain(mark_codons(SPLICED, *CDS), mark_codons(changed, 4, 22))
    assert_scores(found, 0, expected)


def test_without_marks(genome):
    class Unmarked(Fading):
        codon_mark = None

    expected = plain(SPLICED, "GACCAUGGAUUGGUAACCAUGAG")
    assert_scores(score(genome, ROWS[1], model=Unmarked()), 0, expected)
    assert_scores(score(genome, ROWS[1], options=EmbedOptions(codon_marks=False)), 0, expected)


def test_each_ref_is_embedded_once(genome):
    model = Fading()
    score(genome, *ROWS[:2], ROWS[4], ROWS[5], ROWS[7], model=model)
    assert sum(rows for rows, _ in model.shapes) == 5 + 2


def test_swapped_rows_are_alt_minus_ref_in_the_terms_of_the_vcf(genome):
    straight = score(genome, (13, "C", "A"))
    turned = score(genome, (13, "A", "C"), on_ref_mismatch="swap")
    assert turned["status"].to_list() == ["scored"]
    assert turned["LLR"][0][0] == pytest.approx(-straight["LLR"][0][0])
    for name in SCORES[:-1]:
        assert turned[name][0][0] == pytest.approx(straight[name][0][0])
    assert turned["LLR"][0][0] != 0


def test_overlapping_transcripts_have_a_row_each_in_order(genome):
    short = {**PLUS, "id": "T3.1", "exon_starts": [29], "exon_ends": [42], "cds_start": None,
             "cds_end": None}  # fmt: skip
    found = score(genome, (13, "C", "A"), (39, "T", "C"), (25, "T", "C"),
                  transcripts=table(PLUS, short, {**PLUS, "id": "T4.1"}))  # fmt: skip
    assert found.select("row", "transcript_id", "status").rows() == [
        (0, "T1.1", "scored"), (0, "T4.1", "scored"),
        (1, "T1.1", "scored"), (1, "T3.1", "scored"), (1, "T4.1", "scored"),
        (2, "T1.1", "intronic"), (2, "T4.1", "intronic")]  # fmt: skip
    assert found["LLR"][0].to_list() == found["LLR"][1].to_list()


def test_too_long_transcripts(genome):
    ref = len(mark_codons(SPLICED, *CDS))
    insertion = (39, "T", "TGTGT")
    found = score(genome, ROWS[0], insertion, ROWS[7], model=Fading(max_tokens=ref + 1))
    assert found["status"].to_list() == ["scored", "too_long", "scored"]
    assert found["region"].to_list() == ["utr5", "utr3", "no_cds"]
    tiny = Fading(max_tokens=20)
    for policy in ("status", "error", "truncate_left", "truncate_right"):
        found = score(genome, ROWS[0], ROWS[7], model=tiny, options=EmbedOptions(too_long=policy))
        assert found["status"].to_list() == ["too_long", "scored"]
    found = score(genome, ROWS[0], ROWS[7], model=tiny, options=EmbedOptions(too_long="window"))
    assert found["status"].to_list() == ["scored", "scored"]


def test_no_language_model_head(genome, tmp_path):
    model = Fading()
    model.has_lm_head = False
    found = score(genome, *ROWS, model=model)
    assert found["LLR"].null_count() == len(found)
    assert found["L2_mean"].null_count() == found.filter(pl.col("status") != "scored").height
    both = average_scores([found, found])
    assert both["LLR"].null_count() == both["LLR_sd"].null_count() == len(found)
    write_tsv(both, MRNA_TRACKS, tmp_path / "scores.tsv", SCORES)
    written = pl.read_csv(tmp_path / "scores.tsv", separator="\t", null_values="NA")
    assert written["LLR_mean"].null_count() == written["LLR_top_track"].null_count() == len(found)
    assert written["L2_mean_mean"].null_count() == found["L2_mean"].null_count()


def test_predictions_that_are_no_numbers(genome):
    broken = Fading()
    broken.embedding.data[7 + "ACGUNE".index("E")] = np.nan
    found = score(genome, ROWS[0], ROWS[7], model=broken)
    assert found["status"].to_list() == ["prediction_not_finite", "scored"]
    assert found["L2_mean"].is_null().to_list() == [True, False]


def test_ensemble_of_folds(genome):
    one, two = (score(genome, *ROWS, model=Fading(seed=seed)) for seed in (1, 2))
    found = average_scores([one, two])
    assert_frame_equal(found.select(one.drop(SCORES).columns), one.drop(SCORES))
    values = [table["LLR"].drop_nulls().to_numpy()[:, 0] for table in (one, two)]
    mean = found["LLR"].drop_nulls().to_numpy()[:, 0]
    np.testing.assert_allclose(mean, np.mean(values, axis=0), rtol=1e-6)


def test_transcripts_that_cannot_be_used(genome):
    unusable = BOTH.with_columns(sequence=pl.lit(None, dtype=pl.String))
    found = score(genome, ROWS[0], ROWS[3], transcripts=unusable)
    assert found["status"].to_list() == ["transcript_unusable", "intronic"]
    from_file = BOTH.with_columns(exon_starts=pl.lit(None, dtype=pl.List(pl.Int64)))
    with pytest.raises(InputError, match="none of the 2 transcripts has exons on a genome"):
        score(genome, ROWS[0], transcripts=from_file)


def test_no_variants(genome):
    found = score(genome)
    assert len(found) == 0
    assert found.schema["LLR"] == pl.Array(pl.Float32, 1)


def embedded(*mean):
    vector = np.array(mean, dtype=np.float32)
    return Embedded("embedded", mean=vector, last=vector)


def test_cosine_of_vectors_that_are_almost_the_same():
    # an angle of 1e-5: 1 - cos is 5e-11, of which float64 cosines near 1 keep 6 digits at most
    a, b = np.array([3.0, 4.0]), np.array([3.0, 4.0]) + 5e-5 * np.array([-0.8, 0.6])
    ref, alt = (Embedded("embedded", mean=x, last=2 * x) for x in (a, b))
    assert differences(ref, alt)["cosine_mean"] == pytest.approx(5e-11, rel=1e-9)
    assert differences(ref, alt)["L2_last"] == pytest.approx(1e-4)
    assert differences(embedded(1, 0), embedded(0, 2))["cosine_mean"] == pytest.approx(1)
    assert differences(embedded(1, 0), embedded(-3, 0))["cosine_last"] == pytest.approx(2)
    assert differences(embedded(1, 0), embedded(1, 0)) == {
        "cosine_mean": 0, "L2_mean": 0, "cosine_last": 0, "L2_last": 0, "LLR": None}  # fmt: skip
    assert np.isnan(differences(embedded(0, 0), embedded(0, 2))["cosine_mean"])


@pytest.fixture(scope="module")
def long(tmp_path_factory):
    """A genome with two mRNAs of several hundred nt, and edits all over them."""
    rng = np.random.default_rng(0)
    contig = "".join(rng.choice(list("ACGT"), 900))
    path = tmp_path_factory.mktemp("long") / "genome.fa"
    path.write_text(f">chr1\n{contig}\n")
    plus = {**PLUS, "exon_starts": [20, 400], "exon_ends": [300, 600], "cds_start": 100,
            "cds_end": 340}  # fmt: skip
    minus = {**MINUS, "exon_starts": [350], "exon_ends": [880]}
    rows = []
    for at in rng.choice(np.arange(15, 890), 40, replace=False).tolist():
        ref = contig[at : at + int(rng.integers(1, 3))]
        alt = ref[0] + "ACG"[: rng.integers(3)] if at % 2 else "ACGT"[at // 2 % 4] + ref[1:]
        rows += [(at + 1, ref, alt)] * (ref != alt)
    with Genome(path) as genome:
        yield genome, rows, table(plus, minus, contig=contig)


def test_scores_are_the_same_without_reuse(long, monkeypatch):
    """An edit changes codon-start tokens behind it; neither other variants nor blocks matter."""
    genome, rows, transcripts = long
    options = EmbedOptions(reuse=False)
    plainly = score(genome, *rows, transcripts=transcripts, model=small_helix(), options=options)
    assert {"frameshift", "utr5", "utr3", "no_cds"} < set(plainly["consequence"])
    identity = plainly.drop(SCORES)
    model, behind = small_helix(), []
    resume = model.resume

    def counting(tokens, prefixes):
        behind.extend(prefixes)
        return resume(tokens, prefixes)

    monkeypatch.setattr(model, "resume", counting)
    for batch_tokens in (None, 500):
        found = score(genome, *rows, transcripts=transcripts, model=model,
                      options=EmbedOptions(batch_tokens=batch_tokens))  # fmt: skip
        assert_frame_equal(found.drop(SCORES), identity)
        for name in SCORES:
            ours, expected = (x[name].drop_nulls().to_numpy() for x in (found, plainly))
            # rounding of features of order 1, over some hundred tokens
            np.testing.assert_allclose(ours, expected, rtol=1e-4, atol=5e-6)
    assert len(behind) > len(identity)  # two runs: most edits lie behind the first 64 symbols


def test_all_variants_of_a_region(long):
    """Those of a 3' UTR: three a base, each as if it came from a file, and what is no variant."""
    genome, _, transcripts = long
    utr3 = pl.DataFrame({"chrom": ["chr1", "chrX"], "start": [560, 0], "end": [600, 9]})
    variants = pl.concat(enumerate_variants(utr3, genome, deletions_bp=1))
    found = score_transcript_variants(small_helix(), variants, genome, transcripts)
    ours = found.filter(pl.col("transcript_id") == "T1.1", pl.col("ref").str.len_chars() == 1)
    assert ours["pos"].to_list() == [at for at in range(561, 601) for _ in range(3)]
    assert set(ours["region"]) == {"utr3"}
    assert set(ours["status"]) == {"scored"}
    assert found.filter(pl.col("chrom") == "chrX")["status"].to_list() == ["contig_not_found"]
    given = [tuple(row) for row in ours.select("pos", "ref", "alt").rows()][:5]
    named = score(genome, *given, transcripts=transcripts, model=small_helix())
    named = named.filter(pl.col("transcript_id") == "T1.1")
    for name in SCORES:
        np.testing.assert_allclose(named[name].to_numpy(), ours[name][:5].to_numpy(), atol=5e-6)
