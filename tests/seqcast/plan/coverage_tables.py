"""Tables of small coverage models that are trained, and the files that they name."""

import json
from pathlib import Path

from tests.workflow.small_coverage import HYPERPARAMETERS, RECIPE, WINDOWS

UNITS = {"human": 3, "mouse": 2}
PARAMS = {"model": HYPERPARAMETERS["model"] | {
    f"head_{head}": {"name": "final", "units": units, "activation": "softplus"}
    for head, units in UNITS.items()}}  # fmt: skip
HEADER = "\tidentifier\tfile\tclip_soft\tscale\tsum_stat\tstrand_pair\tdescription\n"
ASSEMBLIES = [("sim", "genome.fa", "genes.gtf", ""), ("other", "other.fa", "other.gtf", "")]
SET = {"dataset": "sim", "kind": "coverage", "assembly": "sim", "path": "human.tsv",
       "settings": "windows.json"}  # fmt: skip
SECOND = SET | {"dataset": "second", "assembly": "other", "path": "mouse.tsv"}
MODEL = ("small", "borzuki", "coverage", "params.json", "human", "human.tsv", "")
ALONE = {
    "assemblies": ASSEMBLIES,
    "datasets": [SET, SECOND],
    "models": [MODEL],
    "folds": [("small", fold, "train", "alone") for fold in ("f0c0", "f1c0")],
    "trainings": [("alone", "sim", "", "", "recipe.json")],
}
TWO = [("duo_human", *MODEL[1:]), ("duo_mouse", *MODEL[1:4], "mouse", "mouse.tsv", "")]
# the mouse comes first: heads are matched by name, not by the order of the hyperparameters
SHARED = ALONE | {
    "models": TWO,
    "folds": [(model, "f0c0", "train", "duo") for model, *_ in TWO],
    "trainings": [("duo", "mouse=second, human=sim", "", "", "recipe.json")],
}


def changed(rows: list[tuple], number: int, column: int, value: object) -> list[tuple]:
    """Rows of a table with one cell changed."""
    row = rows[number]
    return [*rows[:number], (*row[:column], value, *row[column + 1 :]), *rows[number + 1 :]]


def write_windows(folder: Path) -> None:
    """Write the settings of the windows that `SET` names."""
    (folder / "windows.json").write_text(json.dumps(WINDOWS))


def write_files(folder: Path) -> None:
    """Write hyperparameters, recipe, settings of windows and tables of tracks."""
    write_windows(folder)
    (folder / "params.json").write_text(json.dumps(PARAMS))
    (folder / "recipe.json").write_text(json.dumps(RECIPE))
    for head, units in UNITS.items():
        rows = [
            f"{i}\tt{i}\t{head}{i}.bw\t384\t1\tsum\t{i}\tRNA:{head} {i}\n" for i in range(units)
        ]
        (folder / f"{head}.tsv").write_text(HEADER + "".join(rows))
