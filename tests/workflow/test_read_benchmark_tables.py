"""The tables of the published benchmark of reads agree with each other."""

from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path

import polars as pl
import pytest
import yaml

from seqcast.evaluation.metrics.published import read_published
from seqcast.plan.run import RunPlan, plan_run


@pytest.fixture(scope="module")
def plan(root: Path) -> Iterator[RunPlan]:
    config = yaml.safe_load((root / "config/published.yaml").read_text())
    with chdir(root):
        yield plan_run(config, root / "workflow/schemas")


@pytest.fixture(scope="module")
def published(root: Path) -> pl.DataFrame:
    return read_published(root / "resources/published/readseeker.tsv", "readseeker")


def test_cells_name_sources_and_rows_that_are_there(plan):
    rows = plan.read_benchmarks.references.values()
    named = {row.genome for row in rows}
    named |= {v for row in rows for v in (row.coding, row.unclear, row.proteins) if v}
    named |= {v for row in plan.read_benchmarks.samples.values() for v in (row.path, row.path2)}
    assert named <= set(plan.catalogue.sources)
    mapped = {row.assembly for row in plan.read_benchmarks.samples.values()}
    assert mapped == set(plan.read_benchmarks.references)


def test_every_sample_of_the_paper_is_mapped_and_has_published_times(plan, published):
    samples = set(plan.read_benchmarks.samples)
    times = published["metric"].is_in(["reads", "wall_s"])
    assert set(published.filter(times)["part"]) == samples
    assert set(plan.read_benchmarks.benchmarks["readseeker"].sets) == samples
    assert set(published.filter(~times)["part"]) == set(plan.read_benchmarks.references)


def test_reads_are_where_the_archive_keeps_them(plan):
    """European Nucleotide Archive: first six characters, then the digits from the tenth on."""
    for name, row in plan.read_benchmarks.samples.items():
        digits = name[9:].rjust(3, "0") + "/" if len(name) > 9 else ""
        folder = f"https://ftp.sra.ebi.ac.uk/vol1/fastq/{name[:6]}/{digits}{name}"
        for mate, source in ((1, row.path), (2, row.path2)):
            assert plan.catalogue.sources[source].url == f"{folder}/{name}_{mate}.fastq.gz"
