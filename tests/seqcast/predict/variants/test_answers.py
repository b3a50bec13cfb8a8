"""Answers in words say the numbers of the tables."""

import numpy as np
import polars as pl
import pytest

from seqcast.core.store import array_column
from seqcast.genome.annotation import Gene
from seqcast.predict.variants.answers import Scored, answer
from seqcast.predict.variants.effect_intervals import COLUMNS, Certainty, Intervals
from seqcast.predict.variants.ensemble import average_scores

GENES = [
    Gene("g1", "KLF", "chr1", "+", ((100, 200), (400, 500))),
    Gene("g2", "", "chr1", "-", ((20_000, 20_100),)),
]
TRACKS = pl.DataFrame(
    {"track": [0, 1], "identifier": ["a", "b"], "description": ["RNA:first", "RNA:second"]}
)
CHECKED = {"row": 0, "variant": "chr1_150_A_AT", "chrom": "chr1", "pos": 150, "ref": "A", "alt": "AT", "status": "valid",
           "contig": "chr1", "start": 150, "end": 150, "insert": "T", "swapped": False, "genome_carries": "ref"}  # fmt: skip


def fold(values, levels=(10.0, 12.0), status="scored"):
    """A gene table of one variant and as many genes as there are values, (genes, tracks)."""
    n = len(values)
    known = np.full(n, status == "scored")
    table = pl.DataFrame({
        "row": [0] * n, "variant": CHECKED["variant"], "chrom": "chr1", "pos": 150, "ref": "A", "alt": "AT",
        "gene_id": ["g1", "g2"][:n], "gene_name": ["KLF", ""][:n], "status": status, "distance_to_tss_bp": [50] * n,
    })  # fmt: skip
    columns = {"logSED": values, "REF": [[levels[0]] * 2] * n, "ALT": [[levels[1]] * 2] * n}
    return table.with_columns(
        array_column(name, np.array(column, np.float32), known) for name, column in columns.items()
    )


def said(folds, notes=(), **changes):
    """The answer to the variant, in one text."""
    checked = pl.DataFrame([{**CHECKED, **changes}])
    genes = {(gene.chrom, gene.gene_id): gene for gene in GENES}
    scored = Scored(average_scores(folds), folds, TRACKS, "all 2 tracks", "logSED", checked, genes)
    return "\n".join(answer(scored, 0, notes))


def test_the_sentence_names_gene_direction_and_size():
    text = said([fold([[0.1, 0.3], [0.0, 0.01]]), fold([[0.2, 0.2], [0.0, 0.01]])])
    assert text.startswith("chr1:150 A>AT is predicted to raise the RNA of KLF by 14.9%.\n")
    assert "gene        KLF (g1); the variant lies in an exon" in text
    assert (
        "effect      logSED +0.2000 (log2 fold change of predicted exonic coverage), mean of all 2 tracks"
        in text
    )
    assert "coverage    10 with REF, 12 with ALT, summed over exons" in text
    assert "folds       +0.2000, +0.2000; mean SD over tracks 0.0707" in text
    assert "tracks      +0.2500  RNA:second\n              +0.1500  RNA:first" in text
    assert "other genes g2 +0.0050" in text
    assert "note" not in text


@pytest.mark.parametrize(("folds", "changes", "expected"), [
    ([fold([[0.3, 0.3]]), fold([[-0.1, -0.1]])], {}, "folds disagree about the sign"),
    ([fold([[0.3, 0.3]]), fold([[0.01, 0.01]])], {}, "the effect is no larger than the spread over folds"),
    ([fold([[0.3, 0.3]])], {}, "one fold: how far others differ is not known"),
    ([fold([[0.3, 0.3]])] * 2, {"start": 30_000}, "29,501 bp from the nearest exon"),
    ([fold([[0.3, 0.3]], (0.1, 0.2))] * 2, {}, "hardly any coverage is predicted"),
    ([fold([[0.3, 0.3]])] * 2, {"swapped": True}, "REF and ALT are exchanged in the file"),
])  # fmt: skip
def test_what_speaks_against_the_number_is_said(folds, changes, expected):
    assert f"  note        {expected}" in said(folds, **changes)


@pytest.mark.parametrize(("start", "place"), [
    (450, "in an exon"), (300, "in an intron, 100 bp from an exon"), (90, "10 bp upstream of it"), (509, "10 bp downstream of it"),
])  # fmt: skip
def test_places_are_those_of_the_gene(start, place):
    assert f"the variant lies {place}\n" in said([fold([[0.3, 0.3]])] * 2, start=start)


def test_an_interval_is_told_for_the_tracks_that_it_is_of():
    row = dict(zip(COLUMNS, ["logSED", "^RNA", 2, 0.9, 0.0, None, 50, 0.1, -1.0, 2.0], strict=True))
    certainty = Certainty(2, Intervals(pl.DataFrame([row], schema=COLUMNS)))
    folds = [fold([[0.3, 0.3]])] * 2
    given = average_scores(folds), folds, TRACKS, "2 tracks", "logSED", pl.DataFrame([CHECKED]), {}
    lines = answer(Scored(*given, "^RNA", certainty), 0)
    wide = 0.1 * (4 / 5) ** 0.5  # moderated, of a spread of 0
    low, high = 0.3 - wide, 0.3 + 2 * wide
    told = f"{2**low - 1:+.1%} to {2**high - 1:+.1%}"
    assert lines[0].endswith(f"by 23.1% (90% interval of the true effect: {told}).")
    expected = f"  interval    {low:+.4f} to {high:+.4f} held 90% of the known effects of this size"
    assert expected in lines
    assert "interval" not in "".join(answer(Scored(*given, "^DNA", certainty), 0))


def test_small_changes_and_falls():
    assert "by less than 0.1%" in said([fold([[0.001, -0.001]])] * 2)
    assert "is predicted to lower the RNA of KLF by 50.0%" in said([fold([[-1.0, -1.0]])] * 2)


def test_an_id_of_its_own_and_notes_are_told():
    text = said([fold([[0.3, 0.3]])] * 2, ["trained on mice"], variant="rs5")
    assert text.startswith("rs5 (chr1:150 A>AT) is predicted")
    assert text.endswith("  note        trained on mice")


@pytest.mark.parametrize(("carries", "hint"), [
    ("", "Is the variant of the build of this genome?"), ("alt", "are REF and ALT exchanged"),
    ("complement", "those of the other strand"),
])  # fmt: skip
def test_what_is_not_scored_says_why(carries, hint):
    text = said(
        [fold([[0.0, 0.0]], status="ref_mismatch")], status="ref_mismatch", genome_carries=carries
    )
    assert text.startswith(
        "chr1:150 A>AT: not scored (ref_mismatch): REF is not what the genome carries at POS. "
    )
    assert hint in text
