"""The small genome of the tests of variants."""

from tests.seqcast.predict.variants.conftest import (  # noqa: F401
    annotation,
    checked,
    genome,
    model,
    tracks,
)
