"""The job on files: a small Helix with random weights on a few variants."""

import numpy as np
import polars as pl
import pytest

from seqcast.core import unfinished
from seqcast.core.errors import InputError
from seqcast.core.store import read_provenance, read_table, write_table
from seqcast.genome.fasta import Genome
from seqcast.genome.variants import check_variants
from seqcast.models.prepare import random_weights
from seqcast.predict.embeddings.engine import Embedder
from seqcast.predict.variants import transcript_effects
from seqcast.predict.variants.score_transcripts import TranscriptFiles, score_transcripts
from seqcast.predict.variants.transcript_effects import SCORES

FACTS = {"architecture": "helix_mrna", "code": "abc"}
INFERENCE = {"device": "cpu", "precision": "fp32"}
OPTIONS = {"pooling": ["last"], "regions": True, "per_nucleotide": False, "layers": [],
           "log_likelihood": True, "too_long": "truncate_right", "window_overlap_tokens": None,
           "codon_marks": True, "batch_tokens": None, "compat": None}  # fmt: skip


@pytest.fixture(scope="module")
def files(tmp_path_factory, root):
    folder = tmp_path_factory.mktemp("job")
    hyperparameters = root / "config/hyperparameters/helix_tiny.json"
    random_weights(1, folder / "w.safetensors", "helix_mrna", hyperparameters, None)
    contig = "".join(np.random.default_rng(1).choice(list("ACGT"), 600))
    (folder / "g.fa").write_text(f">chr1\n{contig}\n")
    transcripts = pl.DataFrame({
        "id": ["T1"], "gene_id": ["G1"], "gene_name": ["one"], "chrom": ["chr1"], "strand": ["+"],
        "exon_starts": [[50, 300]], "exon_ends": [[200, 450]],
        "sequence": [(contig[50:200] + contig[300:450]).replace("T", "U")],
        "cds_start": [30], "cds_end": [120],
    })  # fmt: skip
    write_table(transcripts, folder / "t.parquet", {})
    other = {"A": "C", "C": "G", "G": "T", "T": "A"}
    rows = [(i, i, f"v{i}", "chr1", p + 1, contig[p], other[contig[p]])
            for i, p in enumerate([60, 250, 400, 10])]  # fmt: skip
    schema = ["row", "record", "variant", "chrom", "pos", "ref", "alt"]
    with Genome(folder / "g.fa") as genome:
        checked = check_variants(pl.DataFrame(rows, schema=schema, orient="row"), genome)
    write_table(checked, folder / "v.parquet", {})
    paths = {"weights": folder / "w.safetensors", "hyperparameters": hyperparameters,
             "variants": folder / "v.parquet", "transcripts": folder / "t.parquet",
             "genome": folder / "g.fa"}  # fmt: skip
    return TranscriptFiles(**{name: str(path) for name, path in paths.items()})


def test_scores_and_facts(files, tmp_path):
    score_transcripts(files, str(tmp_path / "a.parquet"), FACTS, OPTIONS, INFERENCE, threads=1)
    table, facts = read_table(tmp_path / "a.parquet"), read_provenance(tmp_path / "a.parquet")
    assert table["status"].to_list() == ["scored", "intronic", "scored", "no_transcript"]
    for name in SCORES:
        assert table[name].null_count() == 2
        assert all(value[0] != 0 for value in table[name].drop_nulls())
    assert facts["weights_sha256"] == "none: random weights of seed 1"
    # what was used of the options, and no others
    assert facts["options"] == {
        "log_likelihood": True, "codon_marks": True, "batch_tokens": None,
        "too_long": "status", "window_overlap_tokens": None, "compat": None}  # fmt: skip


def test_an_interrupted_job_goes_on_to_the_same_bits(files, tmp_path, monkeypatch, caplog):
    path = tmp_path / "a.parquet"
    monkeypatch.setattr(transcript_effects, "BLOCK_VARIANTS", 1)
    score_transcripts(files, str(tmp_path / "b.parquet"), FACTS, OPTIONS, INFERENCE, threads=1)
    monkeypatch.setattr(unfinished, "LEAST_S", 0.0)
    monkeypatch.setattr(unfinished, "MOST_S", 0.0)
    embed, batches = Embedder._embed_batch, []

    def stops(self, *arguments):
        batches.append(arguments)
        if len(batches) == 2:
            raise MemoryError
        embed(self, *arguments)

    monkeypatch.setattr(Embedder, "_embed_batch", stops)
    with pytest.raises(MemoryError):
        score_transcripts(files, str(path), FACTS, OPTIONS, INFERENCE, threads=1)
    assert len(list(tmp_path.glob(".a.parquet.*.parts/*"))) >= 1
    with caplog.at_level("INFO"):
        score_transcripts(files, str(path), FACTS, OPTIONS, INFERENCE, threads=1)
    assert "of 4 variants were scored before" in caplog.text
    assert read_table(path).equals(read_table(tmp_path / "b.parquet"))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.parquet", "b.parquet"]


def test_pooling_that_depends_on_the_set_is_refused(files, tmp_path):
    with pytest.raises(InputError, match="REF and ALT cannot be compared"):
        score_transcripts(
            files, str(tmp_path / "a.parquet"), FACTS,
            {**OPTIONS, "compat": "helical_pooling"}, INFERENCE, threads=1,
        )  # fmt: skip
