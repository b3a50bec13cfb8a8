"""What the page of a run says, for programs: tidy tables, RO-Crate, and a section of MultiQC."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
from rocrate.model import ContextEntity, SoftwareApplication
from rocrate.rocrate import ROCrate

from seqcast.core.provenance import provenance
from seqcast.core.store import atomic, write_table
from seqcast.report.run_page.allele_rows import COLUMNS, ScoredSet
from seqcast.report.run_page.gene_effects import group_effects, track_groups
from seqcast.report.run_page.page import PageContent

SCORED = "scored"
MEANINGS = {  # of columns that the page does not show
    "row": "0-based number of the ALT allele in the file", "chrom": "contig", "pos": "1-based",
    "ref": "REF", "alt": "ALT", "gene_name": "as in the annotation",
    "tracks": "group of tracks that the effect is a mean over",
}  # fmt: skip


class Twins(NamedTuple):
    """Files that say the same as the page.

    Attributes
    ----------
    tables : path
        Folder of tidy tables, each as parquet and as JSON (a list of rows), and of
        ``columns.json``, what their columns mean.
    multiqc : path
        Custom content of MultiQC.
    crate : path
        ``ro-crate-metadata.json`` in the folder of all results.
    """

    tables: str | Path
    multiqc: str | Path
    crate: str | Path


def write_twins(
    content: PageContent, page: str | Path, files: Sequence[str | Path], to: Twins
) -> None:
    """Write them.

    Parameters
    ----------
    content : PageContent
    page : path
        The page itself.
    files : sequence of path
        Further files that the crate describes, in its folder.
    to : Twins
    """
    tables = tidy_tables(content)
    with atomic(to.tables) as folder:
        folder.mkdir()
        for name, table in tables.items():
            write_table(table, folder / f"{name}.parquet", provenance(command=_command(content)))
            table.write_json(folder / f"{name}.json")
        meanings = {one.field: one.meaning for one in COLUMNS} | MEANINGS
        (folder / "columns.json").write_text(json.dumps(meanings, indent=1) + "\n")
    made = [Path(to.tables) / f"{name}.{kind}" for name in tables for kind in ("parquet", "json")]
    _write_json(multiqc_section(tables["variants"]), to.multiqc)
    _write_json(
        crate_metadata(content, Path(to.crate).parent, [page, to.multiqc, *made, *files]), to.crate
    )


def tidy_tables(content: PageContent) -> dict[str, pl.DataFrame]:
    """Tables of a page, with all rows whatever the page lists.

    Returns
    -------
    dict
        ``variants``: one row per ALT allele, of all sets. ``effects``: one row per ALT allele, gene
        and group of tracks.
    """
    rows = content.tables
    effects = [_effects(one, content.score) for one in content.sets]
    return {
        name: pl.concat(parts, how="diagonal")
        if parts
        else pl.DataFrame({"dataset": []}, schema={"dataset": pl.String})
        for name, parts in (("variants", rows), ("effects", effects))
    }


def _effects(one: ScoredSet, score: str) -> pl.DataFrame:
    """Mean score of each group of tracks, a row each."""
    known = ["row", "variant", "chrom", "pos", "ref", "alt", "gene_id", "gene_name", "status"]
    kept = one.scores.select(name for name in known if name in one.scores.columns)
    groups = group_effects(one.scores, score, track_groups(one.tracks))
    names = list(groups)
    wide = pl.concat([kept, pl.DataFrame(groups)], how="horizontal")
    long = wide.unpivot(names, index=kept.columns, variable_name="tracks", value_name="effect")
    return long.select(
        pl.lit(one.dataset).alias("dataset"), pl.lit(one.model).alias("model"), pl.all()
    )


def multiqc_section(variants: pl.DataFrame) -> dict[str, Any]:
    """Counts of each dataset and model, as custom content of MultiQC."""
    data: dict[str, dict[str, float]] = {}
    of_set = (
        variants.group_by("dataset", "model", maintain_order=True)
        if "model" in variants.columns
        else ()
    )
    for (dataset, model), rows in of_set:
        scored = rows.filter(pl.col("status") == SCORED)
        data[f"{dataset}, {model}"] = {
            "ALT alleles": len(rows), "scored": len(scored),
            "largest magnitude": max(scored["size"].to_list(), default=0.0),
        }  # fmt: skip
    return {
        "id": "seqcast", "section_name": "seqcast",
        "description": "ALT alleles of each dataset and model, and how many were scored",
        "plot_type": "table", "pconfig": {"id": "seqcast_variants", "title": "seqcast: variants"},
        "data": data,
    }  # fmt: skip


def crate_metadata(
    content: PageContent, root: Path, files: Sequence[str | Path]
) -> Mapping[str, Any]:
    """RO-Crate 1.1 of a run: its files, and the command and programs that made them."""
    crate = ROCrate()
    crate.name = content.title
    crate.description = "Predictions of models of DNA and RNA by seqcast, and the report of them"
    terms = {"@type": "CreativeWork", "name": "Terms of the models and data of the run"}
    crate.root_dataset["license"] = crate.add(ContextEntity(crate, "#terms", properties=terms))
    entities = [crate.add_file(dest_path=Path(path).relative_to(root).as_posix()) for path in files]
    for entity in entities:
        entity["name"] = entity.id
    programs = [
        crate.add(
            SoftwareApplication(crate, f"#{name}", properties={"name": name, "version": version})
        )
        for name, version in content.further.get("versions", {}).items()
    ]
    action = {"@type": "CreateAction", "name": _command(content)}
    made = crate.add(ContextEntity(crate, "#run", properties=action))
    made["instrument"], made["result"] = programs, entities
    crate.root_dataset["mentions"] = [made]
    crate.mainEntity = entities[0]
    metadata: Mapping[str, Any] = crate.metadata.generate()
    return metadata


def _command(content: PageContent) -> str:
    return str(content.further.get("command", ""))


def _write_json(found: Mapping[str, Any], path: str | Path) -> None:
    with atomic(path) as temporary:
        temporary.write_text(
            json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
        )
