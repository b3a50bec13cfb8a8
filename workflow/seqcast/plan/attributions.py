"""Attributions of mutagenesis maps by gradients, and screens by first-order effects."""

from dataclasses import dataclass
from itertools import product
from typing import Any

from seqcast.core.errors import InputError
from seqcast.plan.catalogue import Catalogue
from seqcast.plan.maps import Maps
from seqcast.plan.variant_effects import VariantEffects
from seqcast.plan.wildcards import OfDataset, OfModelAndDataset

MADE = ("attributions.parquet", "agreement.tsv")  # of maps
SCREENED = ("tsv.gz", "selected.vcf")


@dataclass(frozen=True, eq=False)
class Attributions:
    """Which datasets of regions have first-order effects, and what their jobs take.

    Raises
    ------
    InputError
        If a screened dataset is none of regions.
    """

    catalogue: Catalogue
    effects: VariantEffects
    maps: Maps

    def __post_init__(self) -> None:
        rows = self.maps.regions.rows
        if unknown := [name for name in self._thresholds if name not in rows]:
            raise InputError(
                f"config: regions.screens: {unknown[0]!r} is no dataset of kind regions of "
                f"{rows.path}; it has {', '.join(rows) or 'none'}"
            )

    @property
    def targets(self) -> list[str]:
        """Attributions of maps and their agreement; screens."""
        models = self.catalogue.of_task("coverage")
        mapped = self.maps.datasets if self._methods else []
        return [
            *(f"results/maps/{m}/{d}.{kind}" for m, d, kind in product(models, mapped, MADE)),
            *(
                f"results/screens/{model}/{dataset}.{kind}"
                for model, dataset, kind in product(models, self._thresholds, SCREENED)
            ),
        ]

    def shards(self, job: OfModelAndDataset) -> list[str]:
        """Input: the shards of first-order effects."""
        path = f"results/attributions/{job.model}/shards/{job.dataset}"
        return [f"{path}.{shard}.parquet" for shard in range(self.number_of_shards(job))]

    def of_maps(self, job: OfModelAndDataset) -> dict[str, str]:
        """Input: attributions of maps and their agreement, where they are made."""
        path = f"results/maps/{job.model}/{job.dataset}"
        made = {"attributions": f"{path}.{MADE[0]}", "agreement": f"{path}.{MADE[1]}"}
        return made if self._methods else {}

    def number_of_shards(self, job: OfDataset) -> int:
        """Params: in how many jobs the effects of a dataset are computed."""
        return self.maps.regions.rows[job.dataset].shards

    def options(self, job: OfDataset) -> dict[str, Any]:
        """Params: what decides first-order effects."""
        config = self.catalogue.config["regions"]
        is_integrated = "integrated_gradients" in self._methods
        is_mapped = job.dataset in self.maps.datasets
        spanned = self.catalogue.part("variant_effects", "span")
        return {
            "track_groups": self.maps.groups,
            "integrated_steps": config["integrated_steps"] * (is_integrated and is_mapped),
            "score": self.effects.prediction_options | spanned,
        }

    def threshold(self, job: OfDataset) -> float:
        """Params: magnitude of the first-order effects that are selected."""
        return self._thresholds[job.dataset]

    @property
    def _methods(self) -> list[str]:
        return list(self.catalogue.config["regions"]["attributions"])

    @property
    def _thresholds(self) -> dict[str, float]:
        return dict(self.catalogue.config["regions"]["screens"])
