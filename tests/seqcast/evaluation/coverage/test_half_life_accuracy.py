"""Specificity of predicted degradation time courses against the original notebook."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from seqcast.core.errors import InputError
from seqcast.core.store import write_tsv
from seqcast.evaluation.coverage.gene_matrices import GeneMatrix
from seqcast.evaluation.coverage.half_life_accuracy import (
    ALONE,
    CONSTANT_PREDICTIONS,
    CONSTANT_TARGETS,
    NO_GROUP,
    VALID,
    GroupFiles,
    evaluate_half_lives,
    half_life_accuracy,
    read_groups,
)
from tests.seqcast.evaluation.coverage.test_gene_matrices import plain_normalise

METRICS = ["pearsonr_norm", "spearmanr_norm", "r2_norm"]


@pytest.mark.parametrize("compat", [True, False])
@pytest.mark.parametrize("fold", ["f0c0", "f1c0"])
def test_equals_the_notebook(shared, fold, compat):
    folder = shared / "reference/borzuki/metrics/hl_spec"
    predictions = GeneMatrix.read(folder / fold / "gene_preds.tsv.gz")
    targets = GeneMatrix.read(folder / fold / "gene_targets.tsv.gz")
    groups = read_groups(folder / "targets_human.txt")
    found = half_life_accuracy(predictions, targets, groups, compat)
    assert found["status"].value_counts(sort=True).rows() == [
        (VALID, 235),
        (NO_GROUP, 48),
        (ALONE, 1),
    ]
    golden = pl.read_csv(folder / fold / "golden_acc_hl.tsv", separator="\t")
    scored = found.filter(status=VALID)
    for name in ("identifier", "group_identifier", "description"):
        assert scored[name].to_list() == golden[name].to_list()
    # golden Pearson correlations are float32 throughout; measured: 1.2e-7
    tolerances = [2e-7, 1e-12, 1e-12] if compat else [2e-6, 2e-3, 2e-5]
    for name, tolerance in zip(METRICS, tolerances, strict=True):
        assert np.abs(scored[name] - golden[name]).max() <= tolerance


def course(seed: int, genes: int = 60, times: tuple[float, ...] = (0, 2, 4, 8)):
    """A group of two replicates of a decay course, and a noisy prediction of it."""
    rng = np.random.default_rng(seed)
    level, rate = rng.normal(6, 2, genes), rng.lognormal(-2, 0.7, genes)
    hours = np.repeat(times, 2)
    truth = level[:, None] - rate[:, None] * hours
    names = [f"t{i}" for i in range(len(hours))]
    ids = np.array([f"g{i}" for i in range(genes)])
    guess = truth + rng.normal(0, 0.3, truth.shape)
    groups = pl.DataFrame(
        {"identifier": names, "description": names, "group": ["lab"] * len(names)}
    )
    return GeneMatrix(ids, np.array(names), guess), GeneMatrix(ids, np.array(names), truth), groups


def test_equals_the_plain_computation():
    predictions, targets, groups = course(3)
    found = half_life_accuracy(predictions, targets, groups)
    guess, truth = (plain_normalise(m.values) for m in (predictions, targets))
    guess, truth = (m - m.mean(axis=1, keepdims=True) for m in (guess, truth))
    for i in range(len(found)):
        assert found["pearsonr_norm"][i] == pytest.approx(
            np.corrcoef(guess[:, i], truth[:, i])[0, 1], rel=1e-6
        )


def test_only_the_decay_counts_and_not_the_level():
    predictions, targets, groups = course(3)
    level_only = GeneMatrix(
        predictions.genes,
        predictions.identifiers,
        targets.values.mean(axis=1, keepdims=True)
        + np.random.default_rng(0).normal(0, 0.3, targets.values.shape),
    )
    assert np.corrcoef(level_only.values[:, 0], targets.values[:, 0])[0, 1] > 0.95
    assert half_life_accuracy(level_only, targets, groups)["pearsonr_norm"].abs().max() < 0.4
    ends = half_life_accuracy(predictions, targets, groups)["pearsonr_norm"]
    assert min(ends[0], ends[1], ends[6], ends[7]) > 0.7


def test_tracks_without_numbers_say_why():
    predictions, targets, groups = course(3)
    groups = groups.with_columns(group=pl.Series(["a", "a", "b", "b", "c", "c", "alone", None]))
    guess = predictions.values.copy()
    measured = targets.values + np.random.default_rng(1).normal(0, 0.3, targets.values.shape)
    measured[:, :2] = 0.0  # no gene has a read
    guess[:, 5] = guess[:, 4]  # the model sees no difference between the two
    found = half_life_accuracy(
        GeneMatrix(targets.genes, targets.identifiers, guess),
        GeneMatrix(targets.genes, targets.identifiers, measured),
        groups,
    )
    assert found["status"].to_list() == [
        CONSTANT_TARGETS, CONSTANT_TARGETS, VALID, VALID, CONSTANT_PREDICTIONS, CONSTANT_PREDICTIONS, ALONE, NO_GROUP,
    ]  # fmt: skip
    assert found.filter(pl.col("status") != VALID)["pearsonr_norm"].null_count() == 6


def write_targets(path, rows, columns=("identifier", "source", "file", "description")):
    path.write_text(
        "\t".join(["", *columns])
        + "\n"
        + "".join("\t".join([str(i), *row]) + "\n" for i, row in enumerate(rows))
    )
    return path


def test_groups_of_a_published_table(tmp_path):
    found = read_groups(write_targets(tmp_path / "targets.txt", [
        ("a", "recount3", "human/rna/recount3/SRP1/SRS1/coverage.w5", "RNA:ActD:K562__8h__rep2"),
        ("b", "recount3", "human/rna/recount3/SRP1/SRS2/coverage.w5", "RNA:4sU:K562 feed: N/A total"),
        ("c", "encode", "human/rna/encode/ENC/coverage.w5", "RNA:liver"),
    ]))  # fmt: skip
    assert found["group"].to_list() == ["SRP1:K562", "SRP1:K562", None]


def test_a_column_group_comes_first(tmp_path):
    path = write_targets(tmp_path / "targets.tsv", [("a", "ActD 0 h", "mine"), ("b", "CAGE", "")],
                         ("identifier", "description", "group"))  # fmt: skip
    assert read_groups(path)["group"].to_list() == ["mine", None]


def test_bad_tables_of_groups_are_told(tmp_path):
    path = write_targets(tmp_path / "t.txt", [("a", "RNA")], ("identifier", "description"))
    with pytest.raises(InputError, match=r"\['source', 'file'\] are missing"):
        read_groups(path)
    with pytest.raises(InputError, match="does not exist"):
        read_groups(tmp_path / "none.txt")
    path = write_targets(tmp_path / "t.txt", [("a", "recount3", "mine/a.bw", "RNA:x")])
    with pytest.raises(InputError, match=r"'a' of recount3 has file 'mine/a.bw'"):
        read_groups(path)


def test_bad_input_is_told():
    predictions, targets, groups = course(3)
    with pytest.raises(InputError, match=r"lacks tracks \['t0'\]"):
        half_life_accuracy(predictions, targets, groups[1:])
    few = [GeneMatrix(m.genes[:2], m.identifiers, m.values[:2]) for m in (predictions, targets)]
    with pytest.raises(InputError, match="2 genes; expected 3"):
        half_life_accuracy(*few, groups)


def test_groups_of_half_lives_come_from_the_targets_table(files, tmp_path: Path) -> None:
    files.targets = str(tmp_path / "targets.tsv")
    tracks = pl.read_csv(files.tracks, separator="\t")
    write_tsv(tracks, files.targets)
    given = GroupFiles(files.gene_preds, files.gene_targets, files.targets)
    evaluate_half_lives(given, tmp_path / "none.tsv", None)
    none = pl.read_csv(tmp_path / "none.tsv", separator="\t")
    assert none["status"].to_list() == ["no_group"] * 6
    write_tsv(tracks.with_columns(group=pl.Series(["a"] * 5 + [""])), files.targets)
    evaluate_half_lives(given, tmp_path / "some.tsv", None)
    some = pl.read_csv(tmp_path / "some.tsv", separator="\t", schema_overrides={"genes": pl.Int64})
    matrices = (GeneMatrix.read(path) for path in (files.gene_preds, files.gene_targets))
    expected = half_life_accuracy(*matrices, read_groups(files.targets))
    assert some["pearsonr_norm"].to_list() == pytest.approx(
        expected["pearsonr_norm"].to_list(), nan_ok=True
    )
    assert some["status"].to_list() == ["valid"] * 5 + ["no_group"]
