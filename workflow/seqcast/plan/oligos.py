"""Effects of oligos that take the place of a genome's own bases, on predicted coverage."""

from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any

from seqcast.plan.catalogue import Catalogue
from seqcast.plan.tables import Row, Table
from seqcast.plan.wildcards import OfDataset, OfFoldAndDataset, OfModelAndDataset
from seqcast.predict.variants import SCORES_OF_SITES

KIND = "oligos"


def oligo_table(model: str, dataset: str, of: str = "ensemble") -> str:
    """The table of scores of a dataset: mean of the folds of a model, or of ``fold<name>``."""
    return f"results/oligo_effects/{model}/{dataset}.{of}.parquet"


@dataclass(frozen=True, kw_only=True)
class OligoSet(Row):
    """Oligos, and the places of a genome that they are put into."""

    KEY = ("dataset",)
    dataset: str
    assembly: str
    path: str
    contexts: str
    shards: int = 1


@dataclass(frozen=True, eq=False)
class Oligos:
    """Datasets of oligos, and what the jobs that score them take."""

    catalogue: Catalogue

    @cached_property
    def rows(self) -> Table[OligoSet]:
        """Datasets of oligos by name."""
        return self.catalogue.rows_of_kind(KIND, OligoSet)

    @property
    def targets(self) -> list[str]:
        """Tables of the folds' mean, and one file as of borzoi_sed_replace.py per shift."""
        pairs = product(self.catalogue.of_task("coverage"), self.rows)
        suffixes = ["parquet"]
        if "sed_h5" in self.catalogue.config["exports"]:
            suffixes += [f"shift{shift}.sed.h5" for shift in self.shifts_bp]
        return [
            f"results/oligo_effects/{model}/{dataset}.ensemble.{suffix}"
            for model, dataset in pairs
            for suffix in suffixes
        ]

    @property
    def shifts_bp(self) -> list[int]:
        """By how much windows are moved, each scored for itself."""
        return list(self.catalogue.config["oligos"]["shifts_bp"])

    def contexts(self, job: OfDataset) -> str:
        """Input: the places that the oligos of a dataset are put into."""
        return self.catalogue.given(self.rows[job.dataset].contexts)

    def shards(self, job: OfFoldAndDataset) -> list[str]:
        """Input: the shards of one fold's scores, in order."""
        path = f"results/oligo_effects/{job.model}/shards/{job.dataset}.fold{job.fold}"
        return [f"{path}.{i}.parquet" for i in range(self.number_of_shards(job))]

    def number_of_shards(self, job: OfDataset) -> int:
        """Params: in how many jobs a dataset is scored."""
        return self.rows[job.dataset].shards

    def folds(self, job: OfModelAndDataset) -> list[str]:
        """Input: scores of each fold."""
        folds = self.catalogue.folds_of(job.model)
        return [oligo_table(job.model, job.dataset, f"fold{fold}") for fold in folds]

    @property
    def score_options(self) -> dict[str, Any]:
        """Params: what decides scores; those of poly(A) sites are of variants alone."""
        scores = self.catalogue.config["variant_effects"]["gene_scores"]
        return self.catalogue.part(
            "variant_effects", "compat", "reverse_complement", "span", "unclip", "unscale",
            "old_transform",
        ) | {
            "gene_scores": [name for name in scores if name not in SCORES_OF_SITES],
            "shifts_bp": self.shifts_bp,
        }  # fmt: skip
