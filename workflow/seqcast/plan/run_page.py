"""The one page of a run: everything that it shows and what its job takes."""

import os
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from seqcast.plan.benchmarks import BenchmarkSummary
from seqcast.plan.catalogue import Catalogue
from seqcast.plan.maps import Maps, bases_table
from seqcast.plan.planted_truth import RESULTS as PLANTED
from seqcast.plan.planted_truth import PlantedTruth
from seqcast.plan.rows import genes_of
from seqcast.plan.training_pages import TrainingPages
from seqcast.plan.transcripts import Transcripts
from seqcast.plan.variant_effects import (
    VariantEffects,
    ensemble_table,
    half_life_table,
    tracks_table,
)
from seqcast.report.run_page.assets import assets_digest

PAGE = "results/report/index.html"
LISTED = ".ranked.html"  # pages whose rows are in the table of the one page


@dataclass(frozen=True, eq=False)
class RunPage:
    """The page of a run.

    Attributes
    ----------
    catalogue : Catalogue
    effects : VariantEffects
    maps : Maps
    transcripts : Transcripts
    planted_truth : PlantedTruth
    benchmarks : BenchmarkSummary
    training_pages : TrainingPages
    made : sequence of str
        Targets of the run: each page among them is a chapter, each PNG a figure of one.
    """

    catalogue: Catalogue
    effects: VariantEffects
    maps: Maps
    transcripts: Transcripts
    planted_truth: PlantedTruth
    benchmarks: BenchmarkSummary
    training_pages: TrainingPages
    made: Sequence[str]

    @property
    def targets(self) -> list[str]:
        """The page, if there is something to show."""
        return [PAGE] * bool(self.effects.pairs or self.pages)

    @property
    def pages(self) -> list[str]:
        """Chapters."""
        return [path for path in self.made if path.endswith(".html") and LISTED not in path]

    @property
    def files(self) -> dict[str, list[str]]:
        """Input: fields of `run_files.RunFiles`."""
        pairs, rows = self.effects.pairs, self.catalogue.datasets
        in_pages = set(self.training_pages.figures)
        report = [f"results/report/{model}/{dataset}" for model, dataset in pairs]
        return {
            "scores": [ensemble_table(*pair) for pair in pairs],
            "tracks": [tracks_table(model) for model, _ in pairs],
            "ranked": [f"{path}.ranked.parquet" for path in report],
            "strongest": [f"{path}.strongest.npz" for path in report],
            "genes": [genes_of(rows[dataset].assembly) for _, dataset in pairs],
            "half_lives": [half_life_table(*pair) for pair in self._with_half_lives],
            "bases": [bases_table(*pair) for pair in self._mapped],
            "comparisons": [
                f"results/report/{name}.cross_model.parquet" for name in self.transcripts.compared
            ],
            "planted": [f"{PLANTED}/{model}.tsv" for model in self._planted],
            "benchmarks": self.benchmarks.results,
            "pages": self.pages,
            "figures": [
                path for path in self.made if path.endswith(".png") and path not in in_pages
            ],
            "verdicts": self.training_pages.verdicts_of(self.effects.models),
        }

    @property
    def about(self) -> dict[str, Any]:
        """Params: fields of `run_files.AboutRun`, but those that Snakemake knows."""
        return {
            "pairs": self.effects.pairs,
            "with_half_lives": self._with_half_lives,
            "mapped": [model for model, _ in self._mapped],
            "compared": self.transcripts.compared,
            "planted": self._planted,
            "benchmarks": self.benchmarks.about,
            "descriptions": self.catalogue.descriptions("coverage"),
            **self.effects.report_options,
        }

    @property
    def assets(self) -> str:
        """Params: digest of the scripts and styles of the page."""
        return assets_digest()

    def command(self, configfiles: Iterable[str | Path]) -> str:
        """Params: the command that makes the run again, from its folder."""
        named = [os.path.relpath(path) for path in configfiles]
        given = f" --configfile {shlex.join(named)}" if named else ""
        return f"snakemake{given} --cores all"

    @property
    def _with_half_lives(self) -> list[tuple[str, str]]:
        """Models and datasets of variants whose half-lives are predicted."""
        return [pair for pair in self.effects.pairs if pair[0] in self.effects.models_of_decay]

    @property
    def _mapped(self) -> list[tuple[str, str]]:
        """Models of variants with the datasets of which there are maps."""
        return list(product(self.effects.models, self.maps.datasets))

    @property
    def _planted(self) -> list[str]:
        """Models that are compared with simulated ground truth."""
        return self.catalogue.of_task("coverage") if self.planted_truth.variants else []
