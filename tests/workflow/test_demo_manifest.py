"""The finished run against the manifest of the demo, and what a manifest notices."""

import json
from fnmatch import fnmatch

import numpy as np
import polars as pl
import pytest

from tests.workflow.demo_manifest import (
    LOOSER,
    MANIFEST,
    UNSTABLE,
    WANTED,
    differences,
    manifest_of,
    read_manifest,
    write_manifest,
)

# What the tests' run makes otherwise than `make demo`, whose results `make demo-manifest` checks.
OTHERWISE = {
    "*planted*": "no planted sets: they take as long as all else",
    "*held_out*": "the same",
    "*simulated_map*": "nor the map, for the same reason",
    "report/summary.html": "the same: it names all sets",
    "report/index.html": "the same",
    "report/tables/*": "the same",
    "report.zip": "not asked for",
    "*.strongest.npz": "two variants, not four",
    "*.tracks/[34].png": "the same",
    "benchmarks/plasmid.*": "a gene finder takes part where it is installed",
    "reads/pyrodigal/*": "the same",
    "report/benchmarks.*": "the same, on the page of all benchmarks",
    "report/benchmarks/plasmid.svg": "the same",
}
N = 500


@pytest.mark.slow
def test_finished_run_is_as_the_manifest_says(finished):
    def common(rows):
        return {k: row for k, row in rows.items() if not any(fnmatch(k[0], p) for p in OTHERWISE)}

    found = manifest_of(finished.folder / "results")
    lines = differences(common(read_manifest()), common(found))
    assert not lines, "\n".join([*lines, WANTED])


def test_every_exception_is_one():
    rows = read_manifest().values()
    paths = {row.path for row in rows} | {"reads/pyrodigal/plasmid_fragments.parquet"}
    patterns = [*OTHERWISE, *(path for path, _ in [*UNSTABLE, *LOOSER])]
    assert [p for p in patterns if not any(fnmatch(path, p) for path in paths)] == []


@pytest.fixture
def scores():
    """A table with numbers of very different size, as scores are."""
    generator = np.random.default_rng(1)
    lists = generator.lognormal(0, 2, (N, 3)).astype(np.float32)
    return pl.DataFrame(
        {
            "row": range(N),
            "gene_id": [f"GENE{n}" for n in range(N)],
            "score": generator.normal(size=N).astype(np.float32),
            "tracks": pl.Series(lists, dtype=pl.Array(pl.Float32, 3)),
        }
    )


def manifest_with(
    folder, scores, version="1", option="a", page="<p>AUROC 0.91 of seqcast 1.0.0</p>"
):
    """The manifest of a folder with this table, its first 20 rows as text, and this page."""
    folder.mkdir(exist_ok=True)
    facts = {"versions": {"torch": version}, "options": {"compat": option}}
    scores.write_parquet(folder / "scores.parquet", metadata={"seqcast": json.dumps(facts)})
    scores[:20, :3].write_csv(folder / "scores.tsv", separator="\t")
    (folder / "page.html").write_text(f"<html><head><style>p 1</style></head>{page}</html>")
    return manifest_of(folder)


def parts(lines):
    """File and part of each difference."""
    return {": ".join(line.split(": ")[:2]) for line in lines}


def moved(n, factor):
    """A table whose n-th score is another."""
    return lambda table: table.with_columns(
        pl.col("score") * pl.when(pl.int_range(N) == n).then(factor).otherwise(1)
    ).cast({"score": pl.Float32})  # fmt: skip


SEEN = {
    "a number that moved": (
        lambda table: moved(table["score"].arg_max(), 1.02)(table), {"scores.parquet: score"},
    ),
    "a number that moved in a short table":
        (moved(7, 1.001), {"scores.tsv: score"}),
    "a number that is missing":
        (moved(300, None), {"scores.parquet: score", "scores.parquet: score missing"}),
    "a number in a list": (
        lambda table: table.with_columns(tracks=pl.col("tracks").arr.eval(pl.element().round(1))),
        {"scores.parquet: tracks"},
    ),
    "two numbers that changed places": (
        lambda table: table.with_columns(pl.col("score").gather([1, 0, *range(2, N)])),
        {"scores.parquet: score", "scores.tsv: score"},
    ),
    "a name": (
        lambda table: table.with_columns(pl.col("gene_id").str.replace("GENE300", "GENE")),
        {"scores.parquet: gene_id"},
    ),
    "a renamed column": (
        lambda table: table.rename({"tracks": "track"}),
        {"scores.parquet: types", "scores.parquet: tracks", "scores.parquet: track"},
    ),
    "another type": (
        lambda table: table.cast({"row": pl.Int32}), {"scores.parquet: types"},
    ),
    "a row less": (
        lambda table: table[:-1],
        {f"scores.parquet: {name}" for name in ("row", "gene_id", "score", "tracks")},
    ),
}  # fmt: skip


@pytest.mark.parametrize("change", SEEN)
def test_change_of_a_table_is_seen(tmp_path, scores, change):
    alter, expected = SEEN[change]
    before, after = (manifest_with(tmp_path, table) for table in (scores, alter(scores)))
    assert parts(differences(before, after)) == expected


def test_last_digits_may_differ(tmp_path, scores):
    noise = np.random.default_rng(2).normal(scale=1e-6, size=N)
    other = scores.with_columns((pl.col("score") * (1 + noise)).cast(pl.Float32))
    before, after = (manifest_with(tmp_path, table) for table in (scores, other))
    assert before != after
    assert differences(before, after) == []


def test_files_that_come_and_go_are_seen(tmp_path, scores):
    before = manifest_with(tmp_path, scores)
    (tmp_path / "page.html").rename(tmp_path / "pages.html")
    assert differences(before, manifest_of(tmp_path)) == [
        "page.html: is missing", "pages.html: is new"
    ]  # fmt: skip


def test_versions_are_masked_and_options_are_not(tmp_path, scores):
    before = manifest_with(tmp_path, scores)
    page = "<p>AUROC 0.91 of seqcast 1.2.0</p>"
    assert differences(before, manifest_with(tmp_path, scores, version="2", page=page)) == []
    after = manifest_with(tmp_path, scores, option="b", page="<p>AUROC 0.95 of Seqcast 1.0.0</p>")
    assert parts(differences(before, after)) == {
        "scores.parquet: provenance", "page.html: words", "page.html: numbers"
    }  # fmt: skip


def test_written_anew_it_keeps_rows_that_hold(tmp_path, scores):
    path = tmp_path / MANIFEST.name
    before = manifest_with(tmp_path / "results", scores)
    write_manifest(before, path)
    noisy = scores.with_columns(pl.col("score") * (1 + 1e-6))
    write_manifest(manifest_with(tmp_path / "results", noisy), path)
    assert read_manifest(path) == before
    after = manifest_with(tmp_path / "results", moved(300, 2)(scores))
    write_manifest(after, path)
    assert read_manifest(path) == after
