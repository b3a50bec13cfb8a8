"""Tables that Borzuki's notebooks read, against those of the original program."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from seqcast.core.errors import InputError
from seqcast.core.store import write_tsv
from seqcast.evaluation.coverage.notebook_tables import (
    NotebookInputs,
    NotebookTables,
    select_targets,
    write_notebook_tables,
)

TARGETS = """\
\tidentifier\tfile\tsource\tdescription
0\ta\tx/recount3/S/a\trecount3\tRNA:ActD:K562 0h
1\tb\tx/clip/b\tencode\tCLIP:SND1:K562
2\tc\tx/recount3/S/c\trecount3\tRNA:ActD:K562 4h
"""
ANNOTATION = 'chr1\tt\texon\t{}\t{}\t.\t+\t.\tgene_id "{}";\n'


def written(folder: Path, **texts: str) -> dict[str, Path]:
    paths = {name: folder / name.replace("_gtf", ".gtf") for name in texts}
    for name, text in texts.items():
        paths[name].write_text(text)
    return paths


@pytest.fixture
def files(tmp_path):
    """Five genes in three tracks, one of them of CLIP."""
    rng = np.random.default_rng(4)
    for name in ("gene_preds", "gene_targets"):
        values = rng.random((5, 3)).round(6)
        columns = {track: values[:, i] for i, track in enumerate("abc")}
        write_tsv(
            pl.DataFrame({"gene_id": [f"G{i}.1" for i in range(5)], **columns}), tmp_path / name
        )
    lines = "".join(ANNOTATION.format(100 * i + 1, 100 * i + 50, f"G{i}.1") for i in range(6))
    paths = written(
        tmp_path,
        targets=TARGETS,
        tracks="identifier\tdescription\twithin_gene_pearsonr\na\tRNA:ActD:K562 0h\t0.5\n"
        "b\tCLIP:SND1:K562\t0.25\nc\tRNA:ActD:K562 4h\t\n",
        half_lives="identifier\tgroup_identifier\tpearsonr_norm\tspearmanr_norm\tr2_norm\tdescription\tstatus\n"
        "a\tS:K562\t0.1\t0.2\t0.3\tRNA:ActD:K562 0h\tvalid\n"
        "c\tS:K562\t\t\t\tRNA:ActD:K562 4h\tconstant\nb\t\t\t\t\tCLIP:SND1:K562\tno_group\n",
        annotation_gtf=lines,
    )
    return NotebookInputs(
        paths["tracks"], tmp_path / "gene_preds", tmp_path / "gene_targets", paths["half_lives"],
        paths["annotation_gtf"], paths["targets"],
    )  # fmt: skip


@pytest.fixture
def made(files, tmp_path):
    def made(pattern="^RNA:"):
        outputs = NotebookTables(*(tmp_path / "testg-0" / name for name in NotebookTables._fields))
        write_notebook_tables(files, outputs, pattern, None)
        return outputs

    return made


def test_tables_are_of_the_tracks_that_match(made):
    outputs = made()
    acc = pl.read_csv(outputs.acc, separator="\t")
    assert acc.columns == [
        "", "identifier", "pearsonr", "r2", "pearsonr_norm", "r2_norm", "pearsonr_gene",
        "description",
    ]  # fmt: skip
    assert acc[""].to_list() == [0, 2]
    assert acc["identifier"].to_list() == ["a", "c"]
    assert acc["pearsonr_gene"].to_list()[0] == 0.5
    # of two tracks, normalised by quantiles, one deviation is the other with its sign changed
    assert acc["pearsonr_norm"][0] == pytest.approx(acc["pearsonr_norm"][1])
    acc_hl = pl.read_csv(outputs.acc_hl, separator="\t")
    assert acc_hl["identifier"].to_list() == ["a"]
    assert "group_identifier" in acc_hl.columns
    assert pl.read_csv(outputs.gene_preds, separator="\t").columns == ["", "a", "c"]
    assert outputs.genes.read_text().splitlines()[0] == "chr1\t0\t50\tG0.1\t.\t+"


def test_clip_is_apart(made):
    acc = pl.read_csv(made("^CLIP:.*:K562$").acc, separator="\t")
    assert acc["identifier"].to_list() == ["b"]
    with pytest.raises(InputError, match="matches none of the 3 track descriptions"):
        made("^CLIP:.*:HepG2$")


@pytest.mark.parametrize(("pattern", "rows"), [("", [0, 1, 2]), ("^RNA:", [0, 2])])
def test_rows_of_targets_are_copied_as_they_are(files, tmp_path, pattern, rows):
    select_targets(files.targets, tmp_path / "copy.txt", pattern)
    lines = TARGETS.splitlines()
    assert (tmp_path / "copy.txt").read_text().splitlines() == [
        lines[0], *(lines[1 + row] for row in rows),
    ]  # fmt: skip


def test_the_published_table_of_rna_tracks_is_that_of_the_pattern(shared, tmp_path):
    folder = shared / "reference/borzuki/arch/hl_clip"
    select_targets(folder / "targets_human.txt", tmp_path / "rna.txt", "^RNA:")
    assert (tmp_path / "rna.txt").read_text() == (folder / "targets_human_rna.txt").read_text()


def test_accuracy_equals_the_original_on_its_own_tables(shared, files, tmp_path):
    golden = shared / "reference/borzuki/metrics/gene_accuracy/golden_rc_noclip_rna"
    acc = pl.read_csv(golden / "acc.txt", separator="\t", infer_schema_length=None)
    write_tsv(
        acc.select("identifier", "description", within_gene_pearsonr="pearsonr_gene"),
        tmp_path / "golden_tracks",
    )
    inputs = files._replace(
        tracks=tmp_path / "golden_tracks",
        gene_preds=golden / "gene_preds.tsv",
        gene_targets=golden / "gene_targets.tsv",
        targets=shared / "reference/borzuki/real_tiny/data/tiny_hg38/targets.txt",
    )
    outputs = NotebookTables(*(tmp_path / "golden" / name for name in NotebookTables._fields))
    write_notebook_tables(inputs, outputs, "", "borzuki")
    ours = pl.read_csv(outputs.acc, separator="\t", infer_schema_length=None)
    assert ours.columns[1:] == acc.columns[1:]
    assert ours[""].to_list() == acc[:, 0].to_list()
    for name in ("pearsonr", "r2", "pearsonr_norm", "r2_norm"):
        assert np.allclose(ours[name].to_numpy(), acc[name].to_numpy(), atol=2e-6), name
