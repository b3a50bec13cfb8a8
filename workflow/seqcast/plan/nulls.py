"""Null variants: which datasets of variants are compared with which, and what the jobs take."""

from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any

from seqcast.core.errors import InputError
from seqcast.plan.catalogue import Catalogue
from seqcast.plan.rows import NULLS, genes_of, genome_of
from seqcast.plan.tracks import check_pattern
from seqcast.plan.transcripts import Transcripts
from seqcast.plan.variant_effects import VariantEffects, ensemble_table, tracks_table
from seqcast.plan.wildcards import OfDataset, OfModelAndDataset

OF_MRNAS = ["LLR", "L2_mean"]  # scores with percentiles; the first is missing without likelihoods


def null_table(model: str, dataset: str) -> str:
    """Reduced scores of null variants, with their definition."""
    return f"results/nulls/{model}/{dataset}.parquet"


def percentile_table(model: str, dataset: str) -> str:
    """Percentiles of a dataset's scores, row by row those of `ensemble_table`."""
    return f"results/variant_effects/{model}/{dataset}.percentiles.parquet"


@dataclass(frozen=True, eq=False)
class Nulls:
    """Datasets of kind nulls, and the datasets of variants that are compared with them.

    Raises
    ------
    InputError
        If a dataset names nulls that are not on its assembly, or does not say which of several; if
        no track of a model fits a group; or if scores or distances cannot be.
    """

    catalogue: Catalogue
    effects: VariantEffects
    transcripts: Transcripts

    def __post_init__(self) -> None:
        self._check_config()
        for dataset in self.catalogue.of_kind("variants"):
            self._nulls_of(dataset)
        for model, (name, pattern) in product(
            self.catalogue.of_task("coverage") if self.datasets else (), self.groups.items()
        ):
            table = self.catalogue.located(self.catalogue.models[model].tracks)
            check_pattern(f"config: nulls.track_groups.{name}", pattern, table)

    @property
    def datasets(self) -> list[str]:
        """Datasets of null variants, in the order of the table."""
        return self.catalogue.of_kind(NULLS)

    @cached_property
    def compared(self) -> dict[str, str]:
        """Dataset of variants to the nulls that it is compared with."""
        found = {name: self._nulls_of(name) for name in self.catalogue.of_kind("variants")}
        return {name: nulls for name, nulls in found.items() if nulls}

    @property
    def groups(self) -> dict[str, str]:
        """Groups of tracks, name to regular expression; an empty name has no ending."""
        groups: dict[str, str] = self.catalogue.config["nulls"]["track_groups"]
        return groups or {"": self.catalogue.config["report"]["tracks"]}

    @property
    def tables(self) -> list[str]:
        """Input: tables of nulls, of every model that scores them."""
        return [null_table(*pair) for pair in self._pairs(self.datasets)]

    @property
    def targets(self) -> list[str]:
        """Tables of nulls with their pages, and percentiles of what is compared with them."""
        pages = [f"results/report/{m}/{d}.nulls.html" for m, d in self._pairs(self.datasets)]
        compared = [percentile_table(*pair) for pair in self._pairs(list(self.compared))]
        return [*self.tables, *pages, *compared]

    def files(self, job: OfModelAndDataset) -> dict[str, Any]:
        """Input: scores of null variants, and what their classes are read from."""
        return {
            **self._scored(job),
            "variants": f"results/variants/{job.dataset}.parquet",
        }

    def mixture(self, job: OfModelAndDataset) -> dict[str, Any]:
        """Params: what of the scores is kept, and in which classes."""
        asked = self.catalogue.config["nulls"]
        of_mrnas = self.catalogue.models[job.model].task == "embedding"
        return {
            "dataset": job.dataset,
            "scores": OF_MRNAS if of_mrnas else self.effects.null_scores,
            "groups": {"": ""} if of_mrnas else self.groups,
            "distances_bp": asked["distances_bp"],
            "min_variants": asked["min_variants"],
        }

    def of_scores(self, job: OfModelAndDataset) -> dict[str, Any]:
        """Input: scores of a dataset, and the nulls that they are compared with."""
        return {**self._scored(job), "nulls": null_table(job.model, self.compared[job.dataset])}

    def percentiles(self, job: OfModelAndDataset) -> str | list[str]:
        """Input: percentiles of a dataset's scores; no file where it is compared with no nulls."""
        is_compared = (job.model, job.dataset) in self._pairs(list(self.compared))
        return percentile_table(job.model, job.dataset) if is_compared else []

    def percentiles_of_models(self, job: OfDataset) -> list[str]:
        """Input: percentiles of a dataset's scores by every model that has them."""
        compared = [job.dataset] if job.dataset in self.compared else []
        return [percentile_table(*pair) for pair in self._pairs(compared)]

    def _scored(self, job: OfModelAndDataset) -> dict[str, Any]:
        assembly = self.catalogue.assembly(job)
        return {
            "scores": ensemble_table(job.model, job.dataset),
            "tracks": tracks_table(job.model),
            "annotation": genes_of(assembly),
            "contigs": genome_of(assembly)["index"],
        }

    def _pairs(self, datasets: list[str]) -> list[tuple[str, str]]:
        """Models with those datasets that they score: mRNA models need transcripts for them."""
        on_mrnas = [name for name in datasets if name in self.transcripts.scored_in]
        return [
            *product(self.catalogue.of_task("coverage"), datasets),
            *product(self.catalogue.of_task("embedding"), on_mrnas),
        ]

    def _check_config(self) -> None:
        """Refuse scores that others are not compared by, and distances that do not ascend."""
        asked, made = self.catalogue.config["nulls"], self.catalogue.config["variant_effects"]
        if unknown := [name for name in asked["scores"] if name not in made["gene_scores"]]:
            raise InputError(
                f"config: nulls.scores has {unknown[0]}, which variant_effects.gene_scores lacks; "
                "add it there, or leave it out here"
            )
        if asked["distances_bp"] != sorted(asked["distances_bp"]):
            raise InputError(
                f"config: nulls.distances_bp is {asked['distances_bp']}; expected ascending numbers"
            )

    def _nulls_of(self, dataset: str) -> str | None:
        """The nulls that a dataset of variants is compared with; None if there are none."""
        rows = self.catalogue.datasets
        row, where = rows[dataset], f"{rows.path}: dataset {dataset}"
        known = [name for name in self.datasets if rows[name].assembly == row.assembly]
        if row.nulls and row.nulls not in known:
            raise InputError(
                f"{where}: nulls is {row.nulls}; expected a dataset of kind nulls on "
                f"{row.assembly}: {', '.join(known) or 'there is none'}"
            )
        if len(known) > 1 and not row.nulls:
            raise InputError(
                f"{where}: {', '.join(known)} are nulls on {row.assembly}; name one of them in the "
                "column nulls"
            )
        return row.nulls or next(iter(known), None)
