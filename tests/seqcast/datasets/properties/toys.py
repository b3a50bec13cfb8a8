"""Small tables of transcripts with labels that follow from their sequences."""

from typing import Any

import numpy as np
import polars as pl

from seqcast.datasets.properties.labelled import Property

CODONS = ("GCU", "GCC", "GCA", "GCG", "AAA", "AAG", "GAA", "GAG")
WEIGHTS = np.array([1.0, -1.0, 0.5, -0.5, 0.8, -0.8, 0.3, -0.3])


def parts_of(rows: int, shares: tuple[float, float] = (0.6, 0.2), seed: int = 0) -> list[str]:
    """train, val and test in random order, of fixed shares."""
    names = np.repeat(
        ["train", "val", "test"],
        [int(rows * shares[0]), int(rows * shares[1]), rows - sum(int(rows * s) for s in shares)],
    )
    return np.random.default_rng(seed).permutation(names).tolist()


def transcripts(rows: int = 60, seed: int = 0, noise: float = 0.1, **columns: Any) -> pl.DataFrame:
    """CDSs of 20 to 30 codons; ``Value`` is linear in their codon usage, with unit spread."""
    rng = np.random.default_rng(seed)
    sequences, values = [], np.zeros(rows)
    for i in range(rows):
        codons = rng.choice(len(CODONS), rng.integers(20, 31), p=rng.dirichlet(np.ones(8)))
        sequences.append("AUG" + "".join(CODONS[c] for c in codons) + "UAA")
        values[i] = WEIGHTS[codons].mean()
    values = (values - values.mean()) / values.std() + noise * rng.normal(size=rows)
    lengths = [len(sequence) for sequence in sequences]
    table = {
        "row": np.arange(rows), "id": [f"mrna{i}" for i in range(rows)], "sequence": sequences,
        "length_nt": lengths, "cds_start": [0] * rows, "cds_end": lengths,
        "status": ["valid"] * rows, "flags": [""] * rows,
        "Value": 5 + 2 * values, "Split": parts_of(rows, seed=seed), **columns,
    }  # fmt: skip
    return pl.DataFrame(table)


def definition(**cells: str) -> tuple[str, dict[str, str]]:
    """Name and row of a property: regression of ``Value`` by the column ``Split``."""
    row = {"labels": "Value", "kind": "regression", "split": "Split", "groups": ""}
    return "toy", row | cells


def property_of(**cells: str) -> Property:
    """The property that `definition` describes."""
    return Property.from_row(*definition(**cells))


BODY = {
    "hidden_size": 16, "layers_block_type": "M+", "num_hidden_layers": 2, "state_size": 8,
    "num_heads": 4, "head_dim": 8, "num_attention_heads": 4, "num_key_value_heads": 2,
    "max_tokens": 512,
}  # fmt: skip
HYPERPARAMETERS = {"architecture": "helix_mrna", "config": BODY}
