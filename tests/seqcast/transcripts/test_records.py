"""Words of the table of transcripts."""

import pytest

from seqcast.transcripts.records import COLUMNS, FLAGS, STATUSES, join_flags


def test_flags_join_in_their_order_each_once() -> None:
    assert join_flags(["no_cds", "duplicate_id", "no_cds"]) == "duplicate_id,no_cds"
    assert join_flags([]) == ""
    with pytest.raises(ValueError, match="nonsense"):
        join_flags(["nonsense"])


def test_words_can_be_joined_by_commas_and_do_not_clash() -> None:
    assert all(name.isidentifier() for name in [*STATUSES, *FLAGS, *COLUMNS])
    assert not set(STATUSES) & set(FLAGS)
    assert next(iter(STATUSES)) == "valid"
