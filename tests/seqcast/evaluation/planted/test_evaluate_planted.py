"""From files to measures, by the steps that the workflow takes."""

import numpy as np
import polars as pl
import pytest

from seqcast.core.errors import InputError
from seqcast.core.store import read_provenance, write_table, write_tsv
from seqcast.datasets.coverage.target_store import write_store
from seqcast.evaluation.metrics.bootstrap import Resampling
from seqcast.evaluation.planted.evaluate_planted import (
    PlantedFiles,
    PlantedTables,
    evaluate_planted_truth,
)
from seqcast.evaluation.planted.measures import read_measures
from seqcast.genome.fasta import Genome
from seqcast.genome.intervals import Geometry
from seqcast.predict.variants.effect_intervals import COLUMNS as INTERVALS
from seqcast.simulate import species
from seqcast.simulate.assays import targets_table
from seqcast.simulate.simulation import write_fasta
from seqcast.simulate.truth_tables import element_table
from seqcast.simulate.truth_vcf import PLANTED_KINDS, vcf_lines
from tests.seqcast.evaluation.planted import planted
from tests.seqcast.evaluation.planted.test_planted_maps import maps

NOISE = 0.2


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("planted")
    rng = np.random.default_rng(8)
    truth = planted.perfect()
    scores = planted.scores(*(truth + NOISE * rng.normal(size=truth.shape) for _ in range(2)))
    for name, table in zip(("ensemble", "0", "1"), (scores.ensemble, *scores.folds), strict=True):
        write_table(table, folder / f"{name}.parquet", {"origin": "train", "fold": ["0", "1"]})
        noise = np.exp(NOISE * rng.normal(size=planted.binned_truth().shape))
        planted.write_coverage_store(folder / f"{name}.zarr", planted.binned_truth() * noise)
    planted.tracks(folder).table().write_parquet(folder / "tracks.parquet")
    planted.annotation().write(folder / "annotation.parquet")
    planted.effects().write_csv(folder / "effects.tsv", separator="\t")
    element_table(planted.genome()).write_csv(folder / "elements.tsv", separator="\t")
    planted.genes().write_csv(folder / "genes.tsv", separator="\t", float_precision=6)
    lines = vcf_lines(planted.genome(), planted.variants(), PLANTED_KINDS)
    (folder / "planted.vcf").write_text("\n".join(lines) + "\n")
    return PlantedFiles(
        scores=folder / "ensemble.parquet",
        fold_scores=[folder / "0.parquet", folder / "1.parquet"],
        coverage=folder / "ensemble.zarr",
        fold_coverage=[folder / "0.zarr", folder / "1.zarr"],
        tracks=folder / "tracks.parquet",
        targets=folder / "targets.tsv",
        annotation=folder / "annotation.parquet",
        effects=folder / "effects.tsv",
        planted=folder / "planted.vcf",
        genes=folder / "genes.tsv",
        elements=folder / "elements.tsv",
    )


@pytest.fixture
def run(monkeypatch, tmp_path):
    monkeypatch.setitem(species.SPECIES, "small", planted.SMALL)
    made = PlantedTables(
        measures=tmp_path / "m.tsv", variants=tmp_path / "v.parquet", genes=tmp_path / "g.parquet",
        bases=tmp_path / "b.parquet",
    )  # fmt: skip

    def run(files, seed=planted.SEED, **options):
        evaluate_planted_truth(
            files, made, planted.HELD_OUT, {"species": "small", "seed": seed}, options,
            {"score": "logSED", "tracks": ""}, {"model": "m"}, Resampling(20),
        )  # fmt: skip
        return made

    return run


def test_files_of_a_good_model_become_measures(files, run):
    made = run(files)
    measures = read_measures(made.measures)
    values = {(m, g): v for m, g, v in measures["measure", "group", "value"].iter_rows()}
    for key in (("auroc", "all"), ("effect_spearman", "actd"), ("decay_r", "fold 1")):
        assert values[key] > 0.9
    assert values["decay_r", "held-out genes"] == pytest.approx(
        values["decay_r", "ceiling: expected coverage"], abs=0.05
    )
    variants, genes = pl.read_parquet(made.variants), pl.read_parquet(made.genes)
    assert set(variants["status"]) == set(genes["status"]) == {"compared"}
    assert len(variants) == len(planted.variants())
    assert variants["true_actd"].to_numpy() == pytest.approx(
        planted.compared(planted.perfect())["true_actd"], abs=1e-4
    )
    facts = read_provenance(made.variants)
    assert (facts["held_out"], facts["origin"], facts["fold"]) == (["chrS2"], "train", ["0", "1"])


def test_folds_of_the_same_weights_have_no_spread(files, run, tmp_path):
    path = tmp_path / "ensemble.parquet"
    write_table(pl.read_parquet(files.scores), path, {"same_weights": ["m, folds 0 and 1"]})
    made = run(files._replace(scores=path))
    assert pl.read_parquet(made.variants)["spread_actd"].null_count() == len(planted.variants())
    assert read_provenance(made.variants)["same_weights"] == ["m, folds 0 and 1"]


def test_scores_without_the_scale_have_a_truth_without_it(files, run):
    scaled = pl.read_parquet(run(files).variants)["true_actd"]
    plain = pl.read_parquet(run(files, unscale=True).variants)["true_actd"]
    # less of the truth is lost to the pseudocount where coverage counts in full
    assert (plain.abs() >= scaled.abs() - 1e-9).all()
    assert plain.abs().mean() > 1.02 * scaled.abs().mean()


def test_folds_of_coverage_may_be_missing(files, run):
    groups = read_measures(run(files._replace(fold_coverage=())).measures)["group"]
    assert "fold 0" not in groups


def test_a_genome_of_another_seed_is_refused(files, run):
    with pytest.raises(InputError, match="of the same seed and species"):
        run(files, seed=planted.SEED + 1)


def test_a_store_with_a_held_out_window_is_refused(files, run, tmp_path):
    write_fasta(planted.genome().contigs, tmp_path / "genome.fa")
    windows = pl.DataFrame(
        {"chrom": ["chrS1", "chrS2"], "start": [0, 64], "end": [64, 128], "part": ["train"] * 2}
    )
    with Genome(tmp_path / "genome.fa") as genome:
        write_store(
            tmp_path / "store.zarr", genome, windows, targets_table().cast(pl.String),
            lambda _, blocks: [np.zeros(2, np.float16) for _ in blocks], Geometry(64, 32, 0),
            assembly="simulated",
        )  # fmt: skip
    with pytest.raises(InputError, match="has chrS2:64-128 in part 'train'"):
        run(files._replace(stores=(tmp_path / "store.zarr",)))


@pytest.mark.parametrize(("folds", "used"), [(2, True), (4, False)])
def test_intervals_of_other_folds_are_not_used(files, run, tmp_path, folds, used):
    row = ("logSED", "", folds, 0.9, 0.0, np.inf, 100, 0.1, -1.0, 1.0)
    write_tsv(pl.DataFrame([row], schema=INTERVALS, orient="row"), tmp_path / "intervals.tsv")
    made = run(files._replace(intervals=tmp_path / "intervals.tsv"))
    assert ("low" in pl.read_parquet(made.variants).columns) == used
    assert ("interval_share" in read_measures(made.measures)["measure"]) == used


def test_maps_are_compared_where_they_are_given(files, run, tmp_path):
    assert pl.read_parquet(run(files).bases).is_empty()
    write_table(maps(), tmp_path / "maps.parquet", {})
    made = run(files._replace(maps=tmp_path / "maps.parquet"))
    values = {
        (m, g): v
        for m, g, v in read_measures(made.measures)["measure", "group", "value"].iter_rows()
    }
    assert values["map_auroc", "bases of maps"] == 1
    assert pl.read_parquet(made.bases).height == maps().height
