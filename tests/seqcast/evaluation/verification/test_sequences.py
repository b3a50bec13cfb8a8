"""Sequences of a verification: real where a file is given, of the network's length, repeatable."""

from types import SimpleNamespace as Model

import numpy as np
import pytest

from seqcast.core.errors import InputError
from seqcast.evaluation.verification.sequences import COMPOSITION, choose_sequences

COVERAGE = Model(window_length_bp=64)
READS = Model(max_length_nt=301)
MRNAS = Model(max_tokens=2000, codon_mark="E")


@pytest.fixture
def fasta(tmp_path):
    """Two contigs: bases without a repeat of 16 nt, and one of N with a few bases."""
    bases = "".join(np.random.default_rng(1).choice(list("ACGTacgtR"), 2000))
    path = tmp_path / "g.fa"
    path.write_text(f">chr1\n{bases}\n>gaps\n{'N' * 2000}\n>short\nACGTACGTAC\n")
    return path, bases.upper().replace("R", "N")


def test_pieces_of_a_genome_are_where_their_names_say(fasta):
    path, bases = fasta
    for model, task in ((COVERAGE, "coverage"), (READS, "reads")):
        sequences, names = choose_sequences(model, task, 12, 5, path)
        for text, name in zip(sequences, names, strict=True):
            contig, _, place = name.partition(":")
            start, end = map(int, place.rsplit("-", 1))
            assert contig in {"chr1", "short"}  # no gaps
            if contig == "chr1":
                assert text == bases[start:end]
                assert len(text) in ({64} if task == "coverage" else {300, 250, 151, 75})
        assert (sequences, names) == choose_sequences(model, task, 12, 5, path)
        assert sequences != choose_sequences(model, task, 12, 6, path)[0]


def test_a_contig_shorter_than_a_window_lies_in_its_middle(tmp_path):
    (tmp_path / "s.fa").write_text(">a\n" + "ACGT" * 10 + "\n")
    sequences, names = choose_sequences(COVERAGE, "coverage", 1, 0, tmp_path / "s.fa")
    assert (sequences, names) == (["N" * 12 + "ACGT" * 10 + "N" * 12], ["a:-12-52"])
    assert choose_sequences(MRNAS, "embedding", 1, 0, tmp_path / "s.fa") == (
        ["ACGT" * 10],
        ["a:0-40"],
    )


def test_a_genome_of_unknown_bases_is_refused(tmp_path):
    (tmp_path / "n.fa").write_text(">a\n" + "N" * 200 + "\n")
    with pytest.raises(InputError, match="100 pieces of 64 bases are mostly N"):
        choose_sequences(COVERAGE, "coverage", 1, 0, tmp_path / "n.fa")


def test_every_second_mrna_has_its_codons_marked():
    sequences, names = choose_sequences(MRNAS, "embedding", 4, 0)
    assert names == ["random"] * 4
    assert ["E" in text for text in sequences] == [False, True, False, True]
    assert [len(text.replace("E", "")) for text in sequences] == [900, 450, 1499, 210]
    assert max(map(len, sequences)) < 2000
    assert (
        choose_sequences(Model(max_tokens=100, codon_mark=None), "embedding", 2, 0)[0][1].count("E")
        == 0
    )


def test_random_bases_have_the_composition_of_a_genome():
    long = Model(window_length_bp=40_000)
    (with_n, bases), _ = choose_sequences(long, "coverage", 2, 0)
    assert with_n.endswith("N" * 2000)
    assert "N" not in bases
    shares = [bases.count(base) / len(bases) for base in "ACGT"]
    assert shares == pytest.approx(COMPOSITION, abs=0.01)
