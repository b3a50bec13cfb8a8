"""Progress lines."""

import logging

from seqcast.core.progress import progress


def test_last_line_counts_all(caplog):
    with caplog.at_level(logging.INFO, "seqcast"):
        assert list(progress(3, "variant")(range(3))) == [0, 1, 2]
    assert "3 of 3 variants" in caplog.text
