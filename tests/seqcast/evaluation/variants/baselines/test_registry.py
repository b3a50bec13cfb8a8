"""Cells that name files of scores."""

import pytest

from seqcast.core.errors import InputError
from seqcast.evaluation.variants.baselines.registry import (
    BASELINES,
    NamedFile,
    conservation_tracks,
    left_out,
    score_tables,
)


def test_cells_name_methods_and_files():
    assert conservation_tracks("phyloP=a.bw; phastCons=b=c.bw;") == [
        NamedFile("phyloP", "a.bw"), NamedFile("phastCons", "b=c.bw"),
    ]  # fmt: skip
    assert score_tables("CADD=c.tsv.gz:PHRED; GPN=d:e.gz:-score;AVI=f.gz:|delta|;N=g:-|x|") == [
        NamedFile("CADD", "c.tsv.gz", "PHRED"),
        NamedFile("GPN", "d:e.gz", "score", -1),
        NamedFile("AVI", "f.gz", "delta", 1, True),
        NamedFile("N", "g", "x", -1, True),
    ]
    assert conservation_tracks(None) == score_tables("") == []


@pytest.mark.parametrize(
    ("read", "cell", "message"),
    [
        (conservation_tracks, "phylop.bw", "conservation has 'phylop.bw'; expected name=path"),
        (conservation_tracks, "a b=x.bw", "no blanks in names"),
        (conservation_tracks, "a=x.bw;a=y.bw", "'a', the name of another method"),
        (conservation_tracks, "kmer=x.bw", "'kmer', the name of another method"),
        (score_tables, "CADD=c.tsv", "expected name=path:column"),
        (score_tables, "CADD=c.tsv:", "expected name=path:column"),
        (score_tables, "CADD=c.tsv:||", "expected name=path:column"),
    ],
)
def test_a_cell_that_cannot_be_read(read, cell, message):
    with pytest.raises(InputError, match=message):
        read(cell)


def test_each_baseline_that_is_left_out_says_why():
    assert set(left_out(["distance", "random"])) == set(BASELINES) - {"distance", "random"}
    assert all(left_out(["random"]).values())
