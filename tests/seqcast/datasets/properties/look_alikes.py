"""Files like those of the published benchmarks: their columns, lengths and traps, random values."""

from typing import Any

import numpy as np
import polars as pl

STOPS = ("UAA", "UAG", "UGA")
SENSE = [a + b + c for a in "ACGU" for b in "ACGU" for c in "ACGU" if a + b + c not in STOPS]
SHAPES: dict[str, dict[str, Any]] = {
    "mRFP_Expression": {"parts": (1021, 219, 219), "codons": (226, 226), "cds": True},
    "CoV_Vaccine_Degradation": {"parts": (1600, 400, 400), "codons": (27, 27), "cds": False},
    "Tc-Riboswitches": {"parts": (248, 53, 54), "codons": (22, 25), "cds": False},
    "MLOS": {"parts": (167, 0, 0), "codons": (567, 568), "cds": True},
}


def look_alike(name: str, seed: int = 0, shrink: int = 1) -> pl.DataFrame:
    """Columns as published: Sequence, Value, Dataset, Split; of MLOS CDS, Value.

    ``Value`` follows from composition, with noise. Of mRFP four sequences are there twice, two of
    them in train and test.
    """
    shape, rng = SHAPES[name], np.random.default_rng(seed)
    sizes = [n // shrink for n in shape["parts"]]
    sequences = [_sequence(rng, *shape["codons"], shape["cds"]) for _ in range(sum(sizes))]
    gc = np.array([sum(text.count(x) for x in "GC") / len(text) for text in sequences])
    values = (gc - gc.mean()) / gc.std() + rng.normal(0, 0.5, len(gc))
    if name == "MLOS":
        return pl.DataFrame({"CDS": sequences, "Value": values.round(4)})
    split = np.repeat(["train", "val", "test"], sizes)
    if name == "mRFP_Expression":
        first_test = sizes[0] + sizes[1]
        for target, source in [(1, 0), (3, 2), (first_test, 4), (first_test + 1, 5)]:
            sequences[target] = sequences[source]
    order = rng.permutation(len(sequences))
    table = {"Sequence": sequences, "Value": values.round(4), "Dataset": [name] * len(sequences)}
    return pl.DataFrame({**table, "Split": split})[order.tolist()]


def as_transcripts(table: pl.DataFrame, cds: bool) -> pl.DataFrame:
    """The table of transcripts that such a file becomes."""
    column = "CDS" if "CDS" in table.columns else "Sequence"
    lengths = table[column].str.len_chars().cast(pl.Int64)
    nothing = pl.lit(None, pl.Int64)
    return table.rename({column: "sequence"}).with_columns(
        row=pl.int_range(len(table), dtype=pl.Int64),
        id=pl.format("row{}", pl.int_range(len(table))),
        length_nt=lengths,
        cds_start=pl.lit(0, pl.Int64) if cds else nothing,
        cds_end=lengths if cds else nothing,
        status=pl.lit("valid"),
        flags=pl.lit(""),
    )


def _sequence(rng: np.random.Generator, least: int, most: int, cds: bool) -> str:
    codons = int(rng.integers(least, most + 1))
    weights = rng.dirichlet(np.ones(len(SENSE)))
    inner = "".join(rng.choice(SENSE, codons - 2 if cds else codons, p=weights))
    return f"AUG{inner}UGA" if cds else inner
