"""What is made of several genomes: one table, and intervals from some of them alone."""

import numpy as np
import polars as pl
import pytest

from recipes.borzuki_tiny import evaluate
from recipes.borzuki_tiny.evaluate import (
    CALIBRATING,
    GENOMES,
    MEASURES,
    RATES,
    SHOWN,
    VARIANTS,
    main,
    printed,
    summarise,
)
from seqcast.core.store import write_table
from seqcast.evaluation.planted.planted_intervals import calibrate
from tests.seqcast.evaluation.planted import planted
from tests.seqcast.evaluation.planted.test_planted_metrics import rates


@pytest.fixture
def folders(tmp_path):
    """Predictions for the small genome of the tests with noise, in each genome's place."""
    found = {}
    for seed, name in enumerate(GENOMES):
        found[name] = tmp_path / "runs" / name.replace(" ", "_")
        rng, truth = np.random.default_rng(seed), planted.perfect()
        noise = 0.1 * rng.normal(size=(2, *truth.shape))
        table = planted.compared(*(truth / 2 + noise))
        write_table(pl.concat([table] * 3), found[name] / VARIANTS, {})
        write_table(rates(), found[name] / RATES, {})
        (found[name] / MEASURES).touch()
    return found


def test_genomes_become_one_table_and_intervals_of_two(folders):
    table, intervals = summarise(folders)
    of_two = pl.concat([pl.read_parquet(folders[name] / VARIANTS) for name in CALIBRATING])
    assert intervals.equals(calibrate(of_two, "logSED", "^RNA:ActD", 2))
    shares = table.filter(measure="interval_share", group="all")
    assert shares["genome"].to_list() == list(GENOMES)
    assert (shares["value"] > 0.8).all()
    lines = printed(table)
    assert len(lines) == 2 + len(SHOWN)
    assert all(line.count("|") == 3 + len(GENOMES) for line in lines)
    (slopes,) = [line for line in lines if line.startswith("| slope of")]
    assert all(1.5 < float(cell) < 2.5 for cell in slopes.split(" | ")[2:-1])
    (decoys,) = [line for line in lines if line.startswith("| decoys with")]
    assert " | ≤ 0.10 | " in decoys


def test_the_command_writes_both_tables_and_evaluates_what_is_missing(
    folders, tmp_path, monkeypatch, capsys
):
    asked = []

    def evaluated(folder, simulation):
        asked.append(simulation)
        (folder / MEASURES).touch()

    monkeypatch.setattr(evaluate, "evaluate", evaluated)
    (folders["second grammar"] / MEASURES).unlink()
    assert main([str(tmp_path / "runs"), "--output", str(tmp_path)]) == 0
    assert asked == [GENOMES["second grammar"]]
    assert (tmp_path / "genomes.tsv").is_file()
    assert (tmp_path / "intervals.tsv").is_file()
    assert capsys.readouterr().out.startswith(f"| measure | threshold | {next(iter(GENOMES))} |")
