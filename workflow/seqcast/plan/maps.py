"""Mutagenesis maps of datasets of regions: which are made, and what their jobs take."""

from dataclasses import dataclass
from itertools import product
from typing import Any

from seqcast.datasets.variants import UTR3
from seqcast.plan.catalogue import Catalogue
from seqcast.plan.regions import Regions
from seqcast.plan.variant_effects import ensemble_table, fold_table, tracks_table
from seqcast.plan.wildcards import OfDataset, OfModelAndDataset

TABLES = ("parquet", "tsv.gz", "bases.parquet", "bigwig")
REPORTED, ALL = "reported", "all"  # names of the group of tracks that has none


def bases_table(model: str, dataset: str) -> str:
    """The table of the bases of a dataset's maps."""
    return f"results/maps/{model}/{dataset}.bases.parquet"


@dataclass(frozen=True, eq=False)
class Maps:
    """Maps of datasets of regions."""

    catalogue: Catalogue
    regions: Regions

    @property
    def datasets(self) -> list[str]:
        """Datasets that are mapped: by default all but those of the 3' UTRs of all genes."""
        rows = self.regions.rows
        return [
            name
            for name, row in ((name, rows[name]) for name in self.regions.scored)
            if row.maps == "yes" or not (row.maps or (row.path in UTR3 and not row.genes))
        ]

    @property
    def targets(self) -> list[str]:
        """Tables, bigWig files and page of each model and dataset."""
        return [
            path
            for model, dataset in product(self.catalogue.of_task("coverage"), self.datasets)
            for path in (
                *(f"results/maps/{model}/{dataset}.{kind}" for kind in TABLES),
                f"results/report/{model}/{dataset}.maps.html",
            )
        ]

    @property
    def groups(self) -> dict[str, str]:
        """Params: groups of tracks, each with a name."""
        named = self.regions.track_groups
        return {name or (REPORTED if named[name] else ALL): named[name] for name in named}

    @property
    def score(self) -> str:
        """Params: the score that effects are read from."""
        return str(self.catalogue.config["report"]["score"])

    def scores(self, job: OfModelAndDataset) -> dict[str, Any]:
        """Input: scores of the folds and their mean, with the tracks that they have."""
        folds = self.catalogue.folds_of(job.model)
        return {
            "ensemble": ensemble_table(job.model, job.dataset),
            "folds": [fold_table(job.model, job.dataset, fold) for fold in folds],
            "tracks": tracks_table(job.model),
        }

    def annotation_file(self, job: OfDataset) -> str:
        """Input: the annotation as it is given, which has coding parts."""
        assembly = self.catalogue.assemblies[self.catalogue.assembly(job)]
        return self.catalogue.given(assembly.annotation)
