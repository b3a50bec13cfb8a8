"""Progress lines."""

import logging

import pytest

from seqcast.core.progress import duration_in_words, progress


def test_last_line_counts_all(caplog):
    with caplog.at_level(logging.INFO, "seqcast"):
        assert list(progress(3, "variant")(range(3))) == [0, 1, 2]
    assert "3 of 3 variants" in caplog.text


@pytest.mark.parametrize(("seconds", "words"), [
    (0.25, "0.25 s"), (119, "119 s"), (120, "2 min"), (7200, "2 h"), (172_800, "2 d"),
])  # fmt: skip
def test_durations_are_told_in_the_unit_that_suits(seconds, words):
    assert duration_in_words(seconds) == words
