"""A table of transcripts in, a row a row out."""

import numpy as np
import pytest
from polars.testing import assert_frame_equal

from seqcast.core.errors import InputError
from seqcast.predict.embeddings.embed_options import EmbedOptions
from seqcast.predict.embeddings.embedding_outcomes import REGIONS, columns
from seqcast.predict.embeddings.embedding_tables import Extent, TableEmbedder
from seqcast.predict.embeddings.engine import Embedder, embed_texts
from seqcast.transcripts.marks import mark_codons, regions
from tests.seqcast.predict.embeddings.examples import ROWS, transcripts
from tests.seqcast.predict.embeddings.toys import Fading, random_text


def embedded(model=None, rows=ROWS, **options):
    table = TableEmbedder(
        Embedder(model or Fading(), EmbedOptions(**options)), lambda: [transcripts(rows)]
    )
    frames = list(table())
    return frames[0], table


def test_every_row_has_its_row():
    found, table = embedded()
    assert dict(found.schema) == columns(Fading.width)
    assert found["row"].to_list() == [0, 1, 2, 3, 4, 5]
    assert found["id"].to_list() == ["coding", "plain", "gap", "whole", "long", "whole"]
    assert found["gene_id"].to_list() == ["g1", *[None] * 5]
    assert found["length_nt"].to_list() == [40, 25, 9, 30, 100, 1]
    assert found["tokens"].to_list() == [49, 25, None, 40, None, 1]
    assert found["status"].to_list() == [
        "embedded", "embedded", "other_letter", "embedded", "too_long", "embedded",
    ]  # fmt: skip
    assert found["flags"].to_list() == ["", "no_cds", "", "duplicate_id", "", ""]
    assert found["problem"].to_list() == [None, None, "'-' at 3", None, None, None]
    empty = [False, False, True, False, True, False]
    for name in ("embedding_mean", "embedding_last"):
        assert found[name].is_null().to_list() == empty
    assert found["embedding_mean_utr5"].is_null().to_list() == [False, *[True] * 5]
    assert found["embedding_mean_cds"].is_null().to_list() == [False, True, True, False, True, True]
    # one letter has nothing to be predicted from
    assert found["log_likelihood"].is_null().to_list() == [*empty[:5], True]
    assert (table.tokens, table.nucleotides) == (49 + 25 + 40 + 1, 40 + 25 + 30 + 1)
    assert table.counts == {
        "embedded": 4,
        "other_letter": 1,
        "too_long": 1,
        "no_cds": 1,
        "duplicate_id": 1,
    }


def test_numbers_are_those_of_the_engine():
    found, _ = embedded()
    text = mark_codons(ROWS[0]["sequence"], 4, 31)
    one = next(iter(embed_texts(Fading(), [text], regions=[regions(40, 4, 31, marked=True)])))
    row = found.row(0, named=True)
    np.testing.assert_allclose(row["embedding_mean"], one.mean, atol=1e-6)
    np.testing.assert_allclose(row["embedding_last"], one.last, atol=1e-6)
    for region, mean in one.regions.items():
        np.testing.assert_allclose(row[f"embedding_mean_{region}"], mean, atol=1e-6)
    assert row["log_likelihood"] == pytest.approx(one.log_likelihood)
    assert row["log_likelihood_tokens"] == 48
    assert row["log_likelihood_per_token"] == pytest.approx(one.log_likelihood / 48)


def test_codons_are_marked_where_wanted_and_possible():
    unmarked, _ = embedded(codon_marks=False)
    assert unmarked["tokens"].to_list() == [40, 25, None, 30, None, 1]
    assert not unmarked["embedding_mean_cds"].is_null()[0]  # regions need no marks
    model = Fading()
    model.codon_mark = None
    without, _ = embedded(model)
    assert_frame_equal(without, unmarked)


def test_bases_of_a_broken_codon_are_no_utr():
    row = {"sequence": random_text(11, 1), "cds_start": 1, "cds_end": 10}
    flags = ["", "cds_incomplete_start", "unknown_bases,cds_incomplete_end",
             "cds_incomplete_start,cds_incomplete_end"]  # fmt: skip
    found, _ = embedded(rows=[{**row, "id": flag, "flags": flag} for flag in flags])
    nulls = {region: found[f"embedding_mean_{region}"].is_null().to_list() for region in REGIONS}
    assert nulls == {
        "utr5": [False, True, False, True],
        "cds": [False] * 4,
        "utr3": [False, False, True, True],
    }


def test_long_ones_are_flagged_or_refused():
    found, _ = embedded(too_long="truncate_right")
    assert found["status"].to_list()[4] == "embedded"
    assert found["flags"].to_list()[4] == "truncated"
    assert found["tokens"].to_list()[4] == 64
    found, _ = embedded(too_long="window", rows=[{**ROWS[4], "flags": "no_cds"}])
    assert found["flags"].to_list() == ["no_cds,windowed"]
    with pytest.raises(
        InputError, match=r"^1 sequences have more than the 64 tokens .*: long \(long: 100,"
    ):
        embedded(too_long="error")


def test_extents_say_which_nucleotides_are_embedded():
    rows = [ROWS[0], ROWS[2], {"id": "cut", "sequence": "A" * 90, "cds_start": 0, "cds_end": 90}]
    extents = {}
    for too_long in ("status", "truncate_left", "truncate_right", "window"):
        _, table = embedded(rows=rows, too_long=too_long)
        extents[too_long] = dict(table.extents())
    assert extents["status"] == {"coding": Extent(0, 40), "gap": Extent(0, 0), "cut": Extent(0, 0)}
    # 120 symbols, 64 embedded: 16 codons with their marks
    assert extents["truncate_right"]["cut"] == Extent(0, 48)
    assert extents["truncate_left"]["cut"] == Extent(42, 48)
    assert extents["window"]["cut"] == Extent(0, 90)


def test_tables_come_and_go_in_pieces():
    rows = [{"id": f"s{i}", "sequence": "ACGU" * (1 + i % 9)} for i in range(3000)]
    whole = transcripts(rows)
    table = TableEmbedder(Embedder(Fading(batch_tokens=5000), EmbedOptions()),
                          lambda: (whole[i : i + 700] for i in range(0, 3000, 700)))  # fmt: skip
    frames = list(table())
    assert [len(frame) for frame in frames] == [1024, 1024, 952]
    assert [row for frame in frames for row in frame["row"]] == list(range(3000))
    assert table.counts == {"embedded": 3000}


def test_no_rows_give_no_pieces():
    assert list(TableEmbedder(Embedder(Fading()), lambda: [transcripts([])])()) == []
