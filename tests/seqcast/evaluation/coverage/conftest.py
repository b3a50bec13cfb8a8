"""Fixtures of the evaluation of coverage."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.seqcast.evaluation.coverage.courses import write_course


@pytest.fixture
def files(tmp_path: Path) -> SimpleNamespace:
    """See `write_course`."""
    return write_course(tmp_path)
