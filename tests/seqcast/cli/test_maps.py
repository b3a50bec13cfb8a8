"""`seqcast map`: tables and figures of regions, the numbers of `score-variants`."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from seqcast.cli import main, work
from tests.seqcast.genome.small_files import OTHER, write_files

BED = "chr1\t200\t203\nchr2\t10\t12\nchr1\t2998\t3003\nchrX\t5\t9\n"
NAMES = ["chr1:201-203", "chr2:11-12", "chr1:2999-3003", "chrX:6-9"]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return write_files(tmp_path_factory.mktemp("files"))


@pytest.fixture
def call(files, tmp_path, monkeypatch, capsys):
    """Run a command on the small files; returns status, output and errors."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(work, "FEW", 1000)  # no samples but in a dry run
    Path("r.bed").write_text(BED)

    def run(region, *arguments, command="map"):
        options = ["--genome", str(files.genome), "--annotation", str(files.annotation),
                   "--model", "borzuki_tiny", "--device", "cpu"]  # fmt: skip
        status = main([command, str(region), *options, *arguments])
        return status, *capsys.readouterr()

    return run


def read(path):
    return pl.read_csv(path, separator="\t", null_values="NA", infer_schema_length=None)


def test_a_folder_has_tables_and_figures_of_all_regions(call):
    status, output, said = call("r.bed", "-o", "maps", "--gene", "g")
    assert (status, output) == (0, "")
    assert said.endswith(
        "chr1:201-203: gene g, 9 of 9 alleles scored\n"
        "chr2:11-12: no gene, 0 of 6 alleles scored; 6 no_gene_in_window\n"
        "chr1:2999-3003: gene g, 6 of 7 alleles scored; 1 position_out_of_range\n"
        "chrX:6-9: no gene, 0 of 1 alleles scored; 1 contig_not_found\nmaps\n"
    )
    figures = [f"{name.replace(':', '_')}.png" for name in NAMES]
    tables = ["bases.tsv", "effects.tsv", "map.importance.bw", "map.largest_effect.bw"]
    assert sorted(path.name for path in Path("maps").iterdir()) == sorted([*tables, *figures])
    effects, bases = read("maps/effects.tsv"), read("maps/bases.tsv")
    assert effects["name"].unique(maintain_order=True).to_list() == NAMES
    assert bases["name"].value_counts(sort=True).height == len(NAMES)
    assert len(bases) == 3 + 2 + 5 + 4
    status, _, said = call("r.bed", "-o", "maps")
    assert (status, said) == (2, "ERROR: --out maps is there already; give the name of a new "
                              "folder\n")  # fmt: skip


def test_effects_are_the_scores_of_variants(call, files):
    options = ["--tracks", "^RNA", "--window", "shared"]
    assert call("chr1:601-602", "-o", "map.tsv", *options)[0] == 0
    found = read("map.tsv")
    ref = found["ref"][0]
    Path("v.vcf").write_text(
        f"##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\nchr1\t601\t.\t{ref}\t{OTHER[ref]}\n"
    )
    assert call("v.vcf", "-o", "v.tsv", *options, command="score-variants")[0] == 0
    scored = read("v.tsv")
    same = found.filter(pl.col("pos") == 601, pl.col("alt") == OTHER[ref])
    np.testing.assert_allclose(same["effect"], scored["logSED_mean"], rtol=1e-3, atol=1e-6)
    np.testing.assert_allclose(
        same["effect"], (same["effect_fold0"] + same["effect_fold1"]) / 2, atol=1e-9
    )


def test_a_figure_alone(call):
    assert call("chr1:201-203", "-o", "map.svg", "--deletions")[0] == 0
    assert Path("map.svg").read_text().startswith("<?xml")


def test_a_dry_run_tells_the_plan_alone(call):
    status, output, _ = call("chr1:201-203", "-o", "maps", "--dry-run")
    assert status == 0
    assert output.startswith("variants   9 of 9 to score\nwindows    1 of 16,384 bp (window: sha")
    assert not Path("maps").exists()


@pytest.mark.parametrize(("arguments", "message"), [
    (["chr1", "-o", "m"], "region 'chr1'; expected contig:start-end, 1-based"),
    (["none.bed", "-o", "m"], "none.bed"),
    (["chr9:1-4", "-o", "m"], "no contig of the variants (chr9) is in"),
    (["chr1:201-203", "-o", "m.csv"], "--out m.csv: expected a folder, or a name in .tsv or"),
    (["chr1:201-203", "-o", "r.bed/m"], "r.bed/m cannot be written: r.bed is a file"),
    (["r.bed", "-o", "m.png"], "--out m.png: one figure, and 4 regions; give a folder"),
    (["chr1:201-203", "-o", "m", "--gene", "x"], "gene 'x' has no exon in the windows of"),
])  # fmt: skip
def test_a_mistake_is_one_line(call, arguments, message):
    status, _, said = call(*arguments)
    last = said.splitlines()[-1]
    assert status == 2
    assert last.startswith("ERROR: ")
    assert message in last
    assert not Path("m").exists()
