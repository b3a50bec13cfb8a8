"""What predictions for the simulated genome are compared with: the truth planted in it."""

from dataclasses import dataclass
from itertools import product
from typing import Any

from seqcast.core.errors import InputError
from seqcast.plan.catalogue import Catalogue
from seqcast.plan.coverage import coverage_store
from seqcast.plan.coverage_sets import CoverageSets
from seqcast.plan.coverage_trainings import CoverageTrainings
from seqcast.plan.maps import bases_table
from seqcast.plan.rows import genes_of
from seqcast.plan.variant_effects import (
    VariantEffects,
    ensemble_table,
    fold_table,
    tracks_table,
)
from seqcast.plan.wildcards import OfModel

SIMULATED = "resources/simulated"
RESULTS = "results/planted_truth"
KINDS = {"variants": "variants", "coverage": "windows", "maps": "regions"}  # key -> of datasets


@dataclass(frozen=True, eq=False)
class PlantedTruth:
    """The section planted_truth of the config, and what its jobs take.

    Raises
    ------
    InputError
        If a dataset is missing or of another kind, or no contig is held out.
    """

    catalogue: Catalogue
    sets: CoverageSets
    trainings: CoverageTrainings
    effects: VariantEffects

    def __post_init__(self) -> None:
        asked = self.catalogue.config["planted_truth"]
        for key, kind in KINDS.items() if self.variants else ():
            is_omitted = key == "maps" and not asked[key]
            if not is_omitted and asked[key] not in self.catalogue.of_kind(kind):
                raise InputError(
                    f"config: planted_truth.{key} is {asked[key]!r}, which is no dataset of that "
                    f"kind in {self.catalogue.path_of('datasets')}"
                )
        if self.variants and not self.held_out:
            raise InputError(
                "config: planted_truth.held_out is empty; name the contigs that no fold learned "
                "from"
            )

    @property
    def variants(self) -> str:
        """Dataset of planted variants; "" where nothing is compared."""
        return str(self.catalogue.config["planted_truth"]["variants"])

    @property
    def coverage(self) -> str:
        """Dataset of windows on the contigs that are held out."""
        return str(self.catalogue.config["planted_truth"]["coverage"])

    @property
    def maps(self) -> str:
        """Dataset of regions whose maps are compared; "" for none."""
        return str(self.catalogue.config["planted_truth"]["maps"])

    @property
    def held_out(self) -> list[str]:
        """Contigs that no fold learned from."""
        return list(self.catalogue.config["planted_truth"]["held_out"])

    @property
    def targets(self) -> list[str]:
        """The figure of a simulated gene, and figure and page of each coverage model."""
        if not self.variants:
            return []
        pairs = product(self.catalogue.of_task("coverage"), ("png", "html"))
        return [
            f"{RESULTS}/simulated_gene.png",
            *[f"{RESULTS}/{model}.{kind}" for model, kind in pairs],
        ]

    @property
    def assembly(self) -> str:
        """Assembly of the planted variants."""
        return self.catalogue.datasets[self.variants].assembly

    def predictions(self, job: OfModel) -> dict[str, Any]:
        """Input: what a model and its folds predict for both datasets."""
        model, folds = job.model, self.catalogue.folds_of(job.model)
        return {
            "scores": ensemble_table(model, self.variants),
            "fold_scores": [fold_table(model, self.variants, fold) for fold in folds],
            "tracks": tracks_table(model),
            "coverage": coverage_store(model, self.coverage),
            "fold_coverage": [coverage_store(model, self.coverage, f"fold{f}") for f in folds],
            **({"maps": bases_table(model, self.maps)} if self.maps else {}),
        }

    def half_lives(self, job: OfModel) -> str | list[str]:
        """Input: changes of half-lives, of models whose tracks are a time course."""
        return self.effects.half_lives_of(job.model, self.variants)

    def truth(self, job: OfModel) -> dict[str, str]:
        """Input: what was planted, the genes that it is in, and the units of the model's tracks."""
        return {
            "targets": self.catalogue.given(self.catalogue.models[job.model].tracks),
            "annotation": genes_of(self.assembly),
            "effects": f"{SIMULATED}/planted_effects.tsv",
            "planted": f"{SIMULATED}/planted_variants.vcf",
            "genes": f"{SIMULATED}/genes.tsv",
            "elements": f"{SIMULATED}/elements.tsv",
            **self.catalogue.intervals(job),
        }

    def learned(self, job: OfModel) -> dict[str, list[str]]:
        """Input: stores on the simulated genome that folds of a model were trained with."""
        folds = self.catalogue.folds_of(job.model)
        seen = {name for fold in folds for name in self.trainings.seen_by(job.model, fold)}
        rows = self.sets.rows
        return self.sets.stores([n for n in sorted(seen) if rows[n].assembly == self.assembly])
