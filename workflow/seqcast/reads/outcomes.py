"""Words of a table of classified reads: its columns, statuses and flags, and what they mean."""

import polars as pl

LABELS = ("non_coding", "coding")
STATUSES = {
    "scored": "the read has a probability",
    "no_sequence": "the record holds no bases",
    "too_short": "shorter than the model can look at",
    "no_known_base": "every stretch the model looks at holds N or another ambiguous base",
    "prediction_not_finite": "the model predicts no number here: check its weights",
}
FLAGS = {
    "unnamed": "the record has no name of its own: named by its row, row0 is the first",
    "ambiguous": "holds N or another IUPAC code",
    "lower_case": "holds lower-case bases (soft masked), read as upper case",
    "rna": "holds U, read as T",
    "windows": "longer than the model takes: mean over windows",
    "cut": "longer than the model takes: the right end was dropped, as DNABERT does",
    "short": "shorter than the reads the model was tested on",
}
COLUMNS: dict[str, pl.DataType | type[pl.DataType]] = {
    "read": pl.String, "mate": pl.UInt8, "length_nt": pl.Int32, "p_coding": pl.Float32,
    "p_coding_sd": pl.Float32, "label": pl.String, "status": pl.String, "flags": pl.String,
}  # fmt: skip
