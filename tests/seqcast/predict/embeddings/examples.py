"""A small table of transcripts with everything that can become of a row."""

import polars as pl

from seqcast.transcripts.records import COLUMNS
from tests.seqcast.predict.embeddings.toys import random_text

ROWS = [
    {
        "id": "coding",
        "gene_id": "g1",
        "sequence": random_text(40, 1),
        "cds_start": 4,
        "cds_end": 31,
    },
    {"id": "plain", "sequence": random_text(25, 2), "flags": "no_cds"},
    {
        "id": "gap",
        "sequence": None,
        "status": "other_letter",
        "problem": "'-' at 3",
        "length_nt": 9,
    },
    {
        "id": "whole",
        "sequence": random_text(30, 3),
        "cds_start": 0,
        "cds_end": 30,
        "flags": "duplicate_id",
    },
    {"id": "long", "sequence": random_text(100, 4)},
    {"id": "whole", "sequence": "A"},
]


def transcripts(rows: list[dict] = ROWS) -> pl.DataFrame:
    """Rows with what they leave out."""
    full = [
        {
            **dict.fromkeys(COLUMNS),
            "row": i,
            "status": "valid",
            "flags": "",
            "length_nt": len(row["sequence"] or ""),
            **row,
        }
        for i, row in enumerate(rows)
    ]
    return pl.DataFrame(full, schema=COLUMNS)
