"""Benchmarks of variants: which models are evaluated on each, and the files that this takes."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from seqcast.core.errors import InputError
from seqcast.evaluation.variants.baselines.registry import (
    BASELINES,
    check_new,
    conservation_tracks,
    score_tables,
)
from seqcast.evaluation.variants.definition import Definition
from seqcast.plan.benchmarks import Benchmark, benchmarks_of, check_baselines
from seqcast.plan.catalogue import Catalogue
from seqcast.plan.rows import genes_of, genome_of
from seqcast.plan.tables import Table
from seqcast.plan.tracks import check_pattern
from seqcast.plan.transcripts import Transcripts
from seqcast.plan.variant_effects import VariantEffects, fold_table, tracks_table
from seqcast.plan.wildcards import OfBenchmark
from seqcast.predict.variants import SCORES_OF_MRNAS

CELLS = ("benchmark", "protocol", "truth", "groups", "score", "tracks", "genes", "strata",
         "conservation", "score_tables")  # fmt: skip
INDEXES = (".tbi", ".csi")  # of a table that tabix reads


@dataclass(frozen=True, eq=False)
class VariantBenchmarks:
    """Benchmarks of variants, and what their jobs take.

    A model of coverage is evaluated by the gene scores that a row names, a model of mRNAs by its
    own, such as LLR, where the row names one and the variants are scored in transcripts.

    Raises
    ------
    InputError
        If a benchmark has too few or too many datasets, those are of several assemblies, no model
        makes a score that it names, a cell cannot be read, or a model has the name of a baseline.
    """

    catalogue: Catalogue
    variant_effects: VariantEffects
    transcripts: Transcripts

    def __post_init__(self) -> None:
        for row in self.rows.values():
            where = f"{self.rows.path}: benchmark {row.benchmark}"
            self._check_datasets(row, where)
            self._check_cells(row, where)
            self._saluki(row)
        check_baselines(self.catalogue.models, BASELINES if self.rows else ())

    @cached_property
    def rows(self) -> Table[Benchmark]:
        """Benchmarks of variants by name."""
        return benchmarks_of(self.catalogue, "variants", "variants")

    @property
    def targets(self) -> list[str]:
        """Results of all benchmarks."""
        return [f"results/benchmarks/{name}.tsv" for name in self.rows]

    def models(self, row: Benchmark) -> list[str]:
        """Models that make one of the scores of a benchmark, those of coverage first."""
        named = set(self._scores(row))
        coverage = self.catalogue.config["variant_effects"]["gene_scores"]
        found = self.variant_effects.models if named & set(coverage) else []
        in_transcripts = all(name in self.transcripts.scored_in for name in row.sets)
        is_single = row.protocol != "coefficients"  # which compares track by track
        if in_transcripts and is_single and named & set(SCORES_OF_MRNAS):
            found = [*found, *self.catalogue.of_task("embedding")]
        return found

    def files(self, job: OfBenchmark) -> dict[str, list[str] | str]:
        """Input: variants and labels; scores of each model, dataset and fold; tracks; numbers."""
        row = self.rows[job.benchmark]
        of_coverage = [m for m in self.models(row) if m in self.variant_effects.models]
        return {
            "truth": [self.catalogue.given(self.catalogue.datasets[n].path) for n in row.sets],
            "scores": [
                fold_table(model, name, fold)
                for model in self.models(row)
                for name in row.sets
                for fold in self.catalogue.folds_of(model)
            ],
            "tracks": [tracks_table(model) for model in of_coverage],
            "published": self.catalogue.given_if_named(row.published),
            "labels": [self.catalogue.given(path) for path in self._labels(row)],
            "saluki": self._saluki(row),
            **self._for_baselines(row),
        }

    def folds(self, job: OfBenchmark) -> dict[str, int]:
        """Params: number of folds of each model, in the order of the scores."""
        models = self.models(self.rows[job.benchmark])
        return {model: len(self.catalogue.folds_of(model)) for model in models}

    def definition(self, job: OfBenchmark) -> dict[str, str]:
        """Params: the cells that decide numbers, and the assembly of the variants."""
        row = self.rows[job.benchmark]
        return {**self._definition(row), "assembly": self._assembly(row)}

    def _definition(self, row: Benchmark) -> dict[str, str]:
        return {name: getattr(row, name) for name in CELLS}

    def options(self, job: OfBenchmark) -> dict[str, Any]:
        """Params: what decides numbers in addition to the row; of the report, what this leaves."""
        row, report = self.rows[job.benchmark], self.variant_effects.report_options
        return {
            "report": {key: value for key, value in report.items() if not getattr(row, key)},
            **self.catalogue.part("variant_benchmarks", "resamples", "seed", "compat"),
        }

    def _assembly(self, row: Benchmark) -> str:
        return self.catalogue.datasets[row.sets[0]].assembly

    def _for_baselines(self, row: Benchmark) -> dict[str, list[str] | str]:
        """Genome, genes, checked variants and files of the user that baselines read."""
        assembly = self._assembly(row)
        genome = genome_of(assembly)
        tables = [self.catalogue.given(one.path) for one in score_tables(row.score_tables)]
        indexes = [f"{path}{end}" for path in tables for end in INDEXES]
        return {
            "genome": genome["genome"],
            "genes": genes_of(assembly),
            **self.catalogue.aliases_of(assembly),
            "checked": [f"results/variants/{name}.parquet" for name in row.sets],
            "conservation": [
                self.catalogue.given(one.path) for one in conservation_tracks(row.conservation)
            ],
            "score_tables": tables,
            "beside": [genome["index"], *(path for path in indexes if Path(path).exists())],
        }

    def _labels(self, row: Benchmark) -> list[str]:
        """Tables that say what the variants of each dataset are, where these do not."""
        return [path for name in row.sets if (path := self.catalogue.datasets[name].labels)]

    def _saluki(self, row: Benchmark) -> list[str]:
        """Scores of Saluki's models, as many for each dataset, those of the first before.

        Raises
        ------
        InputError
            If a dataset has no pattern, a pattern no file, or one more files than another.
        """
        patterns = [cell.strip() for cell in row.saluki.split(",")] if row.saluki else []
        found = [sorted(map(str, Path().glob(pattern))) for pattern in patterns]
        counts = [len(paths) for paths in found]
        if patterns and (counts[0] == 0 or counts != [counts[0]] * len(row.sets)):
            told = ", ".join(f"{pattern}: {n}" for pattern, n in zip(patterns, counts, strict=True))
            raise InputError(
                f"{self.rows.path}: benchmark {row.benchmark}, column saluki: files found are "
                f"{told}; expected one path for each of {', '.join(row.sets)}, such as "
                "saluki/gtex/f*c*/pos_merge/ssd.tsv, and as many files of each"
            )
        return [path for paths in found for path in paths]

    def _scores(self, row: Benchmark) -> list[str]:
        """Names of the scores of a row."""
        named = row.score or self.catalogue.config["report"]["score"]
        return [name.strip() for name in named.split(",")]

    def _check_datasets(self, row: Benchmark, where: str) -> None:
        """Refuse what is no pair of positives and negatives, or no single file of both.

        Effects may have a second file: negatives, which have none.
        """
        expected, said = (1, "their truth") if row.truth else (2, "positives, then negatives")
        has_negatives = row.protocol == "coefficients" and len(row.sets) == 2
        if len(row.sets) != expected and not has_negatives:
            raise InputError(
                f"{where} has {len(row.sets)} datasets and truth {row.truth or 'empty'}; expected "
                f"{expected} ({said}): with a truth one dataset has both classes, without it the "
                "first dataset has the positives and the second the negatives"
            )
        if len(self._labels(row)) not in (0, len(row.sets)):
            raise InputError(
                f"{where}: one of {' and '.join(row.sets)} has labels; expected both of them in "
                f"{self.catalogue.path_of('datasets')}, or neither"
            )
        assemblies = {name: self.catalogue.datasets[name].assembly for name in row.sets}
        if len(set(assemblies.values())) > 1:
            told = " and ".join(f"{name} is on {of}" for name, of in assemblies.items())
            raise InputError(f"{where}: {told}; expected positives and negatives of one assembly")

    def _check_cells(self, row: Benchmark, where: str) -> None:
        """Refuse cells that cannot be read, scores that no model makes, and unmatched tracks."""
        try:
            Definition.of(self._definition(row))
            tracks, tables = conservation_tracks(row.conservation), score_tables(row.score_tables)
            names = [one.name for one in (*tracks, *tables)]
            check_new(names, self.catalogue.models, "conservation or score_tables")
        except InputError as error:
            raise InputError(f"{where}: {error}") from error
        known = [*self.catalogue.config["variant_effects"]["gene_scores"], *SCORES_OF_MRNAS]
        if unknown := [name for name in self._scores(row) if name not in known]:
            raise InputError(
                f"{where}: score {unknown[0]!r} is made by no model; expected one or more of "
                f"{', '.join(known)}"
            )
        for model in self.variant_effects.models if row.tracks else ():
            table = self.catalogue.located(self.catalogue.models[model].tracks)
            check_pattern(f"{where}, column tracks", row.tracks, table)
