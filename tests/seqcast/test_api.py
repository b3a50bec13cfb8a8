"""The doors for use from Python, where no golden test opens them."""

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

import seqcast
from seqcast import classify_reads, embed_sequences, map_effects, predict_property
from seqcast.core.errors import InputError
from seqcast.models.mrna_property.network import MrnaProperty
from seqcast.reads.outcomes import COLUMNS
from tests.seqcast.datasets.properties.toys import HYPERPARAMETERS
from tests.seqcast.predict.embeddings.small_helix import small_helix
from tests.seqcast.predict.reads.test_classification import network
from tests.seqcast.predict.reads.test_classify_reads import SEQUENCES, write_fastq
from tests.seqcast.toy_models import BaseCounter


@pytest.fixture(scope="module")
def model():
    return network(1)


def test_sequences_and_files_give_the_same_table(model, tmp_path):
    path = write_fastq(tmp_path / "r.fastq", SEQUENCES)
    from_file = classify_reads(model, path)
    from_text = classify_reads(model, SEQUENCES)
    assert from_text["read"].to_list() == [f"read{i}" for i in range(len(SEQUENCES))]
    assert_frame_equal(from_file.drop("read"), from_text.drop("read"))


def test_pairs_and_folds(model, tmp_path):
    paths = [write_fastq(tmp_path / f"{i}.fastq", SEQUENCES) for i in (1, 2)]
    table = classify_reads([model, network(2)], *paths, both_strands=True, threshold=0.9)
    assert table["mate"].to_list() == [1, 2] * len(SEQUENCES)
    assert table["p_coding_sd"].null_count() == table["p_coding"].null_count() == 4


def test_no_reads_give_an_empty_table(model):
    assert list(classify_reads(model, []).schema.items()) == list(COLUMNS.items())


def test_a_file_that_is_not_there_is_named(model, tmp_path):
    with pytest.raises(InputError, match=r"none\.fastq"):
        classify_reads(model, tmp_path / "none.fastq")


@pytest.mark.parametrize("sequence", ["ACGT\n", "AC GT", None, b"ACGT", "ŉ"])
def test_what_is_no_sequence_is_named(model, sequence):
    with pytest.raises(InputError, match=r"reads\[1\] is "):
        classify_reads(model, ["ACGT", sequence])


@pytest.fixture(scope="module")
def helix():
    return small_helix()


def test_mrnas_from_text_and_from_files_are_the_same(helix, tmp_path):
    texts = ["AUGGCCUAA", "acgt", "EAUGEUAA", "A-C", ""]
    (tmp_path / "s.fa").write_text(
        "".join(f">sequence{i}\n{text}\n" for i, text in enumerate(texts))
    )
    from_text = embed_sequences(helix, texts)
    assert_frame_equal(embed_sequences(helix, tmp_path / "s.fa"), from_text)
    assert from_text["status"].to_list() == [
        "embedded", "embedded", "embedded", "other_letter", "no_sequence",
    ]  # fmt: skip
    assert from_text["tokens"].to_list() == [9, 4, 8, None, None]
    assert from_text["length_nt"].to_list() == [9, 4, 6, 3, 0]
    features = from_text["embedding_mean"].drop_nulls().to_numpy()
    assert (features.shape, features.dtype) == ((3, helix.width), np.float32)


def test_a_cds_marks_codons(helix):
    texts = ["AUGGCCUAA", "CCAUGUAAC"]
    found = embed_sequences(helix, texts, cds=[None, (2, 8)], pooling=("mean",))
    assert found["tokens"].to_list() == [9, 11]
    assert found["embedding_mean_utr3"].is_null().to_list() == [True, False]
    assert embed_sequences(helix, texts, cds="whole")["tokens"].to_list() == [12, 12]
    assert embed_sequences(helix, texts, cds="whole", codon_marks=False)["tokens"].to_list() == [
        9,
        9,
    ]
    assert len(embed_sequences(helix, [])) == 0


@pytest.mark.parametrize(("arguments", "message"), [
    ((["ACGU", 7],), r"sequences\[1\] is 7; expected text"),
    ((["ACGU"], [(0, 3), None]), "cds has 2 entries; expected 1"),
    (("none.fa", [(0, 3)]), "cds is a list, and sequences are a file"),
    (("none.fa",), r"none\.fa"),
    ((["ACGU"], "all"), "cds is 'all'"),
    ((["--", ""],), "^the list of sequences holds no sequence that can be used"),
])  # fmt: skip
def test_mrnas_that_cannot_be(helix, arguments, message):
    with pytest.raises(InputError, match=message):
        embed_sequences(helix, *arguments)


@pytest.mark.parametrize("listed", [
    pl.Series, np.array, tuple, iter, lambda texts: np.array(texts, object),
])  # fmt: skip
def test_lists_of_any_kind_are_the_same(helix, listed):
    texts, cds = ["AUGGCCUAA", "CCAUGUAAC"], [(0, 9), (2, 8)]
    expected = embed_sequences(helix, texts, cds)
    assert expected["tokens"].to_list() == [12, 11]  # with marks of 3 and of 2 codons
    assert_frame_equal(embed_sequences(helix, listed(texts), np.array(cds)), expected)
    assert_frame_equal(embed_sequences(helix, listed(texts), iter(cds)), expected)
    assert len(embed_sequences(helix, listed([]))) == 0


@pytest.mark.parametrize("sequences", [
    {"a": "ACGU"}, {"ACGU"}, None, 7, b"ACGU", pl.DataFrame({"seq": ["ACGU"]}),
])  # fmt: skip
def test_what_is_no_list_is_refused(helix, sequences):
    with pytest.raises(InputError, match=r"sequences is of type .*; expected a path, or a list"):
        embed_sequences(helix, sequences)


@pytest.mark.parametrize("cds", [[(0, 3, 1)], [3], ["03"], [()], {0: (0, 3)}, 5])
def test_a_cds_that_is_none_is_refused(helix, cds):
    with pytest.raises(InputError, match=r"cds(\[0\])? is .*; expected .*\(start, end\)"):
        embed_sequences(helix, ["ACGU"], cds)


@pytest.mark.parametrize("options", [
    {"pooling": 5}, {"pooling": {"mean"}}, {"regions": "no"}, {"codon_marks": 0},
    {"log_likelihood": None}, {"batch_tokens": "5"}, {"batch_tokens": 5.5},
    {"window_overlap_tokens": -5}, {"window_overlap_tokens": True},
])  # fmt: skip
def test_options_of_another_type_are_refused(helix, options):
    (name,) = options
    with pytest.raises(InputError, match=f"^{name} is .*; expected "):
        embed_sequences(helix, ["ACGU"], **options)


def test_one_pooling_may_be_text(helix):
    found = embed_sequences(helix, ["ACGU"], pooling="mean")
    assert_frame_equal(found, embed_sequences(helix, ["ACGU"], pooling=("mean",)))


def test_a_model_of_another_task_is_refused(model):
    with pytest.raises(InputError, match=r"a \w+ embeds no sequences; expected a model of task"):
        embed_sequences(model, ["ACGU"])


@pytest.fixture(scope="module")
def regression():
    return MrnaProperty.from_params(HYPERPARAMETERS).eval()


def test_properties_of_text_and_of_files_are_the_same(regression, tmp_path):
    texts = ["AUGGCCUAA", "acgt", "EAUGEUAA", "A-C", ""]
    (tmp_path / "s.fa").write_text(
        "".join(f">sequence{i}\n{text}\n" for i, text in enumerate(texts))
    )
    found = predict_property(regression, texts)
    assert_frame_equal(predict_property(regression, str(tmp_path / "s.fa")), found)
    assert found["prediction_label0"].null_count() == 2
    assert predict_property(regression, []).columns == found.columns
    whole = predict_property(regression, tmp_path / "s.fa", cds="whole")
    assert whole["prediction_label0"][0] != found["prediction_label0"][0]
    with pytest.raises(InputError, match="cds is a list, and sequences are a file"):
        predict_property(regression, "s.fa", [(0, 3)])


def test_a_model_of_reads_predicts_no_property(model):
    with pytest.raises(InputError, match="predicts no property; expected a model of task property"):
        predict_property(model, ["ACGU"])


def test_a_notebook_completes_the_doors() -> None:
    assert dir(seqcast) == sorted(seqcast.__all__)
    assert all(getattr(seqcast, name) is not None for name in dir(seqcast))


def test_a_region_is_mapped_from_files(tmp_path):
    (tmp_path / "genome.fa").write_text(f">chr1\n{'ACGT' * 512}\n")
    lines = [
        f'chr1\tx\t{feature}\t{start}\t{end}\t.\t-\t0\tgene_id "G1"; transcript_id "T1";\n'
        for feature, start, end in (("exon", 901, 1200), ("CDS", 1001, 1100))
    ]
    (tmp_path / "genes.gtf").write_text("".join(lines))
    (tmp_path / "targets.tsv").write_text(
        "\tidentifier\tclip_soft\tscale\tsum_stat\tstrand_pair\tdescription\n"
        + "".join(f"{i}\tt{i}\t384\t1\tsum\t{i}\tRNA {i}\n" for i in range(4))
    )
    files = [tmp_path / name for name in ("genome.fa", "genes.gtf", "targets.tsv")]
    asked = {"tracks_like": "RNA 1", "reverse_complement": False}
    found = map_effects(BaseCounter(1024), "chr1:1,001-1,004", *files, **asked)
    assert (found.reference, found.gene_id, found.tidy().height) == ("ACGT", "G1", 12)
    same = map_effects([BaseCounter(1024)], ("chr1", 1000, 1004), *files, **asked)
    assert_frame_equal(found.bases().drop("name"), same.bases().drop("name"))
    assert (found.effects[[0, 2, 3], 1] > 0).all()  # one C more
    names = [ax.get_ylabel().split("\n")[0] for ax in found.plot(tmp_path / "genes.gtf").axes]
    assert names[:4] == ["REF", "exons,", "importance", "allele"]
    assert found.plot().axes[1].get_ylabel() == "exons"


@pytest.mark.parametrize("region", ["chr1", ("chr2", 0, 4)])
def test_a_region_that_is_not_on_the_genome_is_told(tmp_path, region):
    (tmp_path / "genome.fa").write_text(">chr1\nACGT\n")
    (tmp_path / "genes.gtf").write_text(
        'chr1\tx\texon\t1\t4\t.\t-\t0\tgene_id "G1"; transcript_id "T1";\n'
    )
    (tmp_path / "targets.tsv").write_text("\tidentifier\tdescription\n0\tt\tRNA\n")
    files = [tmp_path / name for name in ("genome.fa", "genes.gtf", "targets.tsv")]
    with pytest.raises(InputError):
        map_effects(BaseCounter(1024), region, *files)
