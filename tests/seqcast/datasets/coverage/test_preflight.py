"""Tracks of a simulated course, and what people do to them: told before anything is learned."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import polars as pl
import pybigtools
import pytest

from seqcast.core.errors import InputError
from seqcast.core.job_files import named_files
from seqcast.datasets.coverage.preflight import PreflightFiles, PreflightOutputs, check_targets
from seqcast.genome.annotation import Annotation, Gene, read_annotation

LENGTH_BP, GENE_BP, SPACING_BP = 64_000, 600, 800
HOURS = (0, 2, 8)
OPTIONS = {"window_bp": 3200, "bin_bp": 32, "crop_bins": 0}
STARTS = range(100, LENGTH_BP - SPACING_BP, SPACING_BP)


def write_bigwig(path: Path, level: np.ndarray, factor: float = 1.0) -> None:
    """A value a gene, and little between genes."""
    records = []
    for start, value in zip(STARTS, (level * factor).tolist(), strict=True):
        records += [("chr1", start, start + GENE_BP, value),
                    ("chr1", start + GENE_BP, start + SPACING_BP, 0.01 * factor)]  # fmt: skip
    pybigtools.open(str(path), "w").write({"chr1": LENGTH_BP}, iter(records))


def values_of(path: Path) -> np.ndarray:
    with pybigtools.open(str(path)) as file:
        return np.array([next(file.records("chr1", at, at + 1))[2] for at in STARTS])


@pytest.fixture
def files(tmp_path: Path) -> SimpleNamespace:
    """79 genes on alternating strands; a gene has a fiftieth of its coverage antisense."""
    rng = np.random.default_rng(0)
    letters = "".join(rng.choice(list("ACGT"), LENGTH_BP))
    (tmp_path / "genome.fa").write_text(f">chr1\n{letters}\n")
    windows = [("chr1", i * 3200, i * 3200 + 3200, f"fold{i // 10}") for i in range(20)]
    (tmp_path / "windows.bed").write_text("".join("\t".join(map(str, r)) + "\n" for r in windows))
    strands = ["+-"[i % 2] for i in range(len(STARTS))]
    genes = [Gene(f"g{i}", "", "chr1", strand, ((start, start + GENE_BP),))
             for i, (start, strand) in enumerate(zip(STARTS, strands, strict=True))]  # fmt: skip
    Annotation(tuple(genes)).write(tmp_path / "genes.parquet")
    level = rng.lognormal(2, 1, len(STARTS))
    for hours in HOURS:
        here = level * rng.lognormal(-0.1 * hours, 0.2, len(STARTS))
        for sign in "+-":
            sense = np.array([strand == sign for strand in strands])
            write_bigwig(tmp_path / f"t{hours}{sign}.bw", here * np.where(sense, 1, 0.02))
    write_targets(tmp_path)
    names = {"genome": "genome.fa", "windows": "windows.bed", "targets": "targets.tsv",
             "annotation": "genes.parquet"}  # fmt: skip
    return SimpleNamespace(**{kind: tmp_path / name for kind, name in names.items()})


def write_targets(folder: Path, files: dict[str, str] | None = None, **columns: list) -> None:
    """Targets table of the course; `files` names other files of tracks."""
    names = [f"t{hours}{sign}" for hours in HOURS for sign in "+-"]
    table = pl.DataFrame(
        {"": range(len(names)), "identifier": names,
         "file": [(files or {}).get(name, f"{name}.bw") for name in names],
         "clip_soft": ["384"] * 6, "clip": ["768"] * 6, "scale": ["1"] * 6,
         "sum_stat": ["sum_sqrt"] * 6, "strand_pair": [1, 0, 3, 2, 5, 4],
         "description": [f"RNA:ActD:cell {name[1:-1]}h" for name in names], **columns}
    )  # fmt: skip
    table.write_csv(folder / "targets.tsv", separator="\t")


def checked(files: SimpleNamespace, refuse: bool = True) -> pl.DataFrame:
    outputs = PreflightOutputs(
        *(files.genome.parent / f"preflight.{kind}" for kind in ("tsv", "json"))
    )
    check_targets(
        named_files(PreflightFiles, vars(files)), outputs, OPTIONS, threads=2, refuse=refuse
    )
    return pl.read_csv(outputs.table, separator="\t")


def test_right_tracks_are_fine(files, caplog):
    table = checked(files)
    assert set(table["status"]) == {"fine"}
    assert table.filter(check="sense over antisense")["value"].to_list() == [1, 1, 1]
    assert table.filter(check="genes to test on").select("what", "value").rows() == [
        ("fold0", 40), ("fold1", 39)]  # fmt: skip
    totals = table.filter(check="total over that of the first time")
    assert totals["what"].to_list() == [f"RNA:ActD:cell, {h} h: t{h}+" for h in HOURS]
    assert totals["value"][0] == 1
    assert totals["value"].to_list() == pytest.approx(np.exp(-0.1 * np.array(HOURS)), rel=0.2)
    in_genes = table.filter(check="annotation")["value"].to_list()
    assert in_genes == pytest.approx([1, SPACING_BP / GENE_BP], rel=0.05)
    assert "expected" not in caplog.text


def test_exchanged_strands_are_refused(files, caplog):
    """Of one time, and of all: a library type that is the other one."""
    folder = files.genome.parent
    write_targets(folder, {"t2+": "t2-.bw", "t2-": "t2+.bw"})
    with pytest.raises(
        InputError, match=r"1 of its tracks .* t2\+ and t2-: .*sense 52.*, antisense 2.6"
    ):
        checked(files)
    assert "exchange the files, or fix the library type" in caplog.text
    assert not (folder / "preflight.tsv").exists()
    table = checked(files, refuse=False)
    assert table.filter(status="refused")["what"].to_list() == ["t2+ and t2-"]
    other = {"+": "-", "-": "+"}
    write_targets(folder, {f"t{h}{s}": f"t{h}{other[s]}.bw" for h in HOURS for s in "+-"})
    assert checked(files, refuse=False).filter(status="refused").height == 3


def test_few_genes_make_exchanged_strands_doubtful(files):
    """As of a phage: seven genes are no proof, and three tell nothing."""
    write_targets(files.genome.parent, {"t2+": "t2-.bw", "t2-": "t2+.bw"})
    genes = read_annotation(files.annotation).genes
    for n, status in ((7, "doubtful"), (3, "fine")):
        Annotation(genes[:n]).write(files.annotation)
        row = checked(files).filter(what="t2+ and t2-").row(0, named=True)
        assert (row["value"], row["status"]) == (0, status)
    assert row["note"].endswith("Too few genes to tell.")


def test_a_library_without_strands_is_doubtful(files):
    folder = files.genome.parent
    rng = np.random.default_rng(1)
    for sign in "+-":
        write_bigwig(folder / f"t2{sign}.bw", rng.lognormal(2, 0.5, len(STARTS)))
    table = checked(files)
    doubtful = table.filter(status="doubtful").select("check", "what").rows()
    assert doubtful == [
        ("sense over antisense", "t2+ and t2-"),
        ("agreement with the course", "t2+"),
    ]
    assert "Unstranded libraries have about 0.5" in table.filter(status="doubtful")["note"][0]


@pytest.mark.parametrize("how", ["path", "bytes", "scaled"])
def test_one_file_for_two_times_is_refused(files, how):
    folder = files.genome.parent
    if how == "path":
        write_targets(folder, {"t8+": "t2+.bw", "t8-": "t2-.bw"})
    for sign in "+-":
        if how == "bytes":
            (folder / f"t8{sign}.bw").write_bytes((folder / f"t2{sign}.bw").read_bytes())
        if how == "scaled":
            write_bigwig(folder / f"t8{sign}.bw", values_of(folder / f"t2{sign}.bw"), 0.37)
    with pytest.raises(InputError, match=r"2 of its tracks .* cannot be right\. t2\+ and t8\+"):
        checked(files)
    notes = checked(files, refuse=False).filter(check="identical tracks")["note"].to_list()
    told = "the same coverage, 0.37 times as much" if how == "scaled" else "the same bytes"
    assert all(told in note for note in notes)
    assert len(notes) == 2


def test_shallow_and_empty_libraries_are_doubtful(files):
    folder = files.genome.parent
    for sign in "+-":
        values = values_of(folder / f"t2{sign}.bw") * np.linspace(0.5, 1.5, len(STARTS))
        write_bigwig(folder / f"t2{sign}.bw", values, 0.01)
        write_bigwig(folder / f"t8{sign}.bw", np.zeros(len(STARTS)), 0.0)
    doubtful = checked(files).filter(status="doubtful")
    assert doubtful["what"].to_list() == ["t8+", "RNA:ActD:cell, 2 h: t2+"]
    assert doubtful["note"][0] == "No coverage in any window that was looked at."


def test_factors_of_libraries_count_in_totals_and_not_in_depth(files):
    write_targets(files.genome.parent, norm_factor=[1.0, 1.0, 0.5, 0.5, 0.001, 0.001])
    table = checked(files)
    doubtful = table.filter(status="doubtful").select("check", "what").rows()
    assert doubtful == [("scale", "t8+")]  # too small for the root
    totals = table.filter(check="total over that of the first time")["value"].to_list()
    assert totals == pytest.approx([1, 0.5 * np.exp(-0.2), 0.001 * np.exp(-0.8)], rel=0.2)


def test_an_annotation_of_another_genome_and_folds_of_few_genes_are_doubtful(files):
    moved = [Gene(f"g{i}", "", "chr1" if i < 30 else "chrUn", "+", ((at + 620, at + 760),))
             for i, at in enumerate(STARTS)]  # fmt: skip
    Annotation(tuple(moved)).write(files.annotation)
    doubtful = checked(files, refuse=False).filter(status="doubtful", check="annotation")
    assert doubtful["what"].to_list() == [
        "genes on contigs with windows", "coverage per base of genes over that of windows"]  # fmt: skip
    folds = checked(files, refuse=False).filter(check="genes to test on")
    assert folds.select("value", "status").rows() == [(30, "fine"), (0, "doubtful")]


def test_replicates_and_outliers_are_told_by_correlation(files):
    """One track of three is a shuffled one: not like its replicate, nor like its course."""
    folder, rng = files.genome.parent, np.random.default_rng(3)
    write_targets(folder, description=[f"RNA:ActD:cell {d}" for d in
        ("0h rep1", "0h rep1", "0h rep2", "0h rep2", "8h rep1", "8h rep1")])  # fmt: skip
    table = checked(files)
    (row,) = table.filter(check="replicates").rows(named=True)
    assert (row["what"], row["status"]) == ("t0+ and t2+", "fine")
    assert row["value"] > 0.9
    for sign in "+-":
        write_bigwig(folder / f"t2{sign}.bw", rng.permutation(values_of(folder / f"t0{sign}.bw")))
    doubtful = checked(files, refuse=False).filter(status="doubtful")
    assert ("replicates", "t0+ and t2+") in doubtful.select("check", "what").rows()
    assert ("agreement with the course", "t2+") in doubtful.select("check", "what").rows()


def test_scale_and_clip_are_suggested(files):
    folder = files.genome.parent
    scaled = checked(files).filter(check="scale")
    assert scaled["what"].to_list() == ["t0+", "t2+", "t8+"]
    typical = np.median(np.maximum(*(values_of(folder / f"t0{s}.bw") for s in "+-"))) * 32
    assert scaled["value"][0] == pytest.approx(typical, rel=1e-3)
    assert f"Scale {float(f'{10 / typical:.0e}'):g} would make it 10" in scaled["note"][0]
    write_targets(folder, scale=[1000] * 6)
    doubtful = checked(files).filter(status="doubtful")
    assert set(doubtful["check"]) == {"scale", "clip"}
    assert doubtful.filter(check="clip")["value"].min() > 0.001
    write_targets(folder, sum_stat=["mean"] * 6)
    assert checked(files).filter(pl.col("check").is_in(["scale", "clip"])).is_empty()


def test_genes_of_one_partition_are_refused(files):
    genes = read_annotation(files.annotation).genes
    Annotation(tuple(gene for gene in genes if gene.end < 31_000)).write(files.annotation)
    with pytest.raises(InputError, match=r"1 of its tracks or partitions .* fold0: 38 of 38 genes"):
        checked(files)
    table = checked(files, refuse=False).filter(check="genes in several partitions")
    assert table["value"].to_list() == [0]


def test_profiles_of_genes_are_for_the_page(files):
    checked(files)
    content = json.loads((files.genome.parent / "preflight.json").read_text())
    assert content["tracks"] == ["t0+", "t2+", "t8+"]
    assert np.array(content["correlations"]).shape == (3, 3)
    sense, antisense = (np.array(content["examples"][0][kind]) for kind in ("sense", "antisense"))
    assert sense.shape == (3, 80)
    middle = slice(30, 50)
    assert antisense[0, middle].mean() == pytest.approx(sense[0, middle].mean() / 50, rel=0.05)
