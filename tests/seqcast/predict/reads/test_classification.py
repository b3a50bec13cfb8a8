"""Classes of reads: against one read at a time, and what is said of those that have none."""

import re

import numpy as np
import polars as pl
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from seqcast.core.errors import InputError
from seqcast.genome.sequence import reverse_complement
from seqcast.models.interface import build_model
from seqcast.predict.reads.classification import (
    Classifier,
    ReadOptions,
    has_run_of_bases,
    p_coding,
    windows_of,
)
from seqcast.reads.outcomes import COLUMNS, FLAGS, STATUSES
from seqcast.reads.records import Read
from tests.seqcast.models.readseeker.test_network import TINY

P_CODING = 1e-6  # absolute: batches differ in the rounding of float32


def network(seed, compat=None):
    torch.manual_seed(seed)
    model = build_model("readseeker", TINY, compat=compat)
    model.initialise()
    with torch.no_grad():  # untrained logits are all but equal
        model.classifier.weight.mul_(50)
        model.embedding.token.weight.mul_(50)
    return model.eval()


@pytest.fixture(scope="module")
def model():
    return network(1)


def reads(*sequences):
    return [Read(f"r{i}", 0, sequence, None, "") for i, sequence in enumerate(sequences)]


def plain(model, sequence, both_strands=False):
    """One window and one strand at a time, no batches."""
    sequence = sequence.upper().replace("U", "T")
    found = []
    windows = windows_of(sequence, model.max_length_nt)
    for window in [window for window in windows if re.search("[ACGT]{6}", window)]:
        strands = [window]
        if both_strands:
            pairs = dict(zip("ACGTRYKMBVDHSWN", "TGCAYRMKVBHDSWN", strict=True))
            strands.append("".join(pairs[base] for base in reversed(window)))
        for strand in strands:
            with torch.no_grad():
                logits = model(model.tokenize([strand]))[0]
            found.append(float(torch.softmax(logits.double(), dim=0)[1]))
    return float(np.mean(found))


READS = st.lists(st.text("ACGTacgtuNRYSWK", min_size=6, max_size=700), min_size=1, max_size=8)


@settings(max_examples=20, deadline=None)
@given(READS, st.booleans(), st.sampled_from([None, 1, 64]))
def test_batches_windows_and_repeats_change_no_probability(
    model, sequences, both_strands, batch_nt
):
    sequences = [*sequences, sequences[0]]  # a repeat
    classify = Classifier([model], ReadOptions(both_strands=both_strands, batch_nt=batch_nt))
    table = classify(reads(*sequences))
    assert table.schema == pl.Schema(COLUMNS)
    assert table["read"].to_list() == [f"r{i}" for i in range(len(sequences))]
    for sequence, p, status in zip(sequences, table["p_coding"], table["status"], strict=True):
        if status == "scored":
            assert p == pytest.approx(plain(model, sequence, both_strands), abs=P_CODING)
        else:
            assert (status, p) == ("no_known_base", None)


def test_a_repeat_is_predicted_once(model, monkeypatch):
    predicted = []
    real = p_coding

    def counting(network, sequences, batch_nt=None):
        predicted.extend(sequences)
        return real(network, sequences, batch_nt)

    monkeypatch.setattr("seqcast.predict.reads.classification.p_coding", counting)
    classify = Classifier([model], ReadOptions())
    first = classify(reads("ACGTACGTAA", "acguacguaa", "GGGTTTAAAC"))
    second = classify(reads("GGGTTTAAAC"))
    assert predicted == ["ACGTACGTAA", "GGGTTTAAAC"]
    assert first["p_coding"][2] == second["p_coding"][0]


def test_what_is_remembered_is_bounded(model, monkeypatch):
    monkeypatch.setattr("seqcast.predict.reads.classification.REMEMBERED_NT", 25)
    classify = Classifier([model], ReadOptions())
    first = classify(reads("ACGTACGTAA", "GGGTTTAAAC"))
    assert (len(classify.known), classify.known_nt) == (2, 20)
    classify(reads("TTTTTTTTTT"))
    assert (len(classify.known), classify.known_nt) == (0, 0)
    assert_frame_equal(classify(reads("ACGTACGTAA", "GGGTTTAAAC")), first)


def test_windows_of_n_alone_do_not_count(model):
    coding = "ACGTTGCATTAGC" * 23  # 299 nt
    table = Classifier([model], ReadOptions())(reads(coding + "N" * 3000))
    # the windows that hold bases begin at 0, and at about 150
    kept = [window for window in windows_of(coding + "N" * 3000, 301) if set(window) != {"N"}]
    each = [plain(model, window) for window in kept]
    assert len(each) == 2
    assert table["p_coding"][0] == pytest.approx(np.mean(each), abs=P_CODING)


@pytest.mark.parametrize(
    "options", [{"threshold": 7}, {"threshold": float("nan")}, {"batch_nt": 0}]
)
def test_options_out_of_range_are_refused(options):
    with pytest.raises(InputError, match="expected"):
        ReadOptions(**options)


def test_each_read_has_a_row_with_its_status_and_flags(model):
    cases = {
        "": ("no_sequence", "short"),
        "ACGTA": ("too_short", "short"),
        "N" * 200: ("no_known_base", "ambiguous"),
        "ACGTN" * 40: ("no_known_base", "ambiguous"),
        "ACGT" * 40: ("scored", ""),
        "acgu" * 40: ("scored", "lower_case,rna"),
        "ACGTAC" + "-" * 200: ("scored", "ambiguous"),
        "ACGTAC": ("scored", "short"),
        "ACGT" * 100: ("scored", "windows"),
    }  # fmt: skip
    classify = Classifier([model], ReadOptions())
    table = classify(reads(*cases))
    assert dict(zip(cases, table.select("status", "flags").rows(), strict=True)) == cases
    assert table["length_nt"].to_list() == [len(sequence) for sequence in cases]
    scored = table["status"] == "scored"
    for column in ("p_coding", "label"):
        assert (table[column].is_not_null() == scored).all()
    assert sum(classify.counts[name] for name in STATUSES) == len(cases)
    assert classify.counts["short"] == 3
    assert {name for row in table["flags"] for name in row.split(",") if name} <= FLAGS.keys()


def test_reads_without_a_name_are_named_by_their_row(model):
    classify = Classifier([model], ReadOptions())
    given = [read._replace(name="") for read in reads("ACGT" * 40, "ACGT" * 40)]
    tables = [classify(chunk) for chunk in (given, reads("ACGT" * 40), given[:1])]
    assert pl.concat(tables).select("read", "flags").rows() == [
        ("row0", "unnamed"), ("row1", "unnamed"), ("r0", ""), ("row3", "unnamed"),
    ]  # fmt: skip


def test_threshold_decides_the_label(model):
    sequence = "ACGTTGCATTAGC" * 15
    p = float(p_coding(model, [sequence])[0])
    for threshold, label in [(p, "coding"), (np.nextafter(np.float32(p), 2), "non_coding")]:
        table = Classifier([model], ReadOptions(threshold=float(threshold)))(reads(sequence))
        assert table["label"].to_list() == [label]


def test_folds_give_their_mean_and_spread(model):
    folds = [model, network(2), network(3)]
    sequences = ["ACGTTGCATTAGC" * 15, "GATTACA" * 25]
    table = Classifier(folds, ReadOptions())(reads(*sequences))
    each = np.array([[plain(fold, sequence) for fold in folds] for sequence in sequences])
    np.testing.assert_allclose(table["p_coding"], each.mean(axis=1), atol=P_CODING)
    np.testing.assert_allclose(table["p_coding_sd"], each.std(axis=1, ddof=1), atol=P_CODING)
    assert Classifier([model], ReadOptions())(reads(*sequences))["p_coding_sd"].null_count() == 2


def test_folds_of_the_same_weights_have_no_spread(model):
    copy = network(9)
    copy.load_state_dict(model.state_dict())
    for folds in ([model, copy], [model, network(2), copy]):
        table = Classifier(folds, ReadOptions())(reads("GATTACA" * 25))
        assert table["p_coding"].null_count() == 0
        assert table["p_coding_sd"].null_count() == 1


def test_what_is_not_finite_is_not_scored(model):
    broken = network(2)
    with torch.no_grad():
        broken.embedding.token.weight[5] = float("nan")  # AAAAAA
    classify = Classifier([model, broken], ReadOptions())
    table = classify(reads("A" * 150, "ACGT" * 40))
    assert table["status"].to_list() == ["prediction_not_finite", "scored"]
    assert table["label"].null_count() == table["p_coding"].null_count() == 1
    assert classify.counts["prediction_not_finite"] == classify.counts["scored"] == 1


def test_no_reads_give_no_rows(model):
    table = Classifier([model], ReadOptions())([])
    assert table.schema == pl.Schema(COLUMNS)
    assert len(table) == 0


def test_compat_scores_every_read_as_dnabert(shared):
    from tests.seqcast.models.readseeker.test_network import tiny

    golden = shared / "reference/readseeker"
    with np.load(golden / "golden.npz") as arrays:
        expected = arrays["prob_coding"]
    rows = [line.split("\t") for line in (golden / "reads.tsv").read_text().splitlines()[1:]]
    sequences = [row[4] for row in rows]
    models = [tiny(golden, compat="dnabert", device="cpu")]
    table = Classifier(models, ReadOptions())(reads(*sequences))
    assert table["status"].unique().to_list() == ["scored"]
    np.testing.assert_allclose(table["p_coding"], expected, rtol=0, atol=5e-6)
    flags = dict(zip(map(len, sequences), table["flags"], strict=True))
    assert "cut" in flags[1000]


@given(st.integers(1, 2000), st.integers(2, 400))
def test_windows_cover_the_sequence_and_overlap_by_half(length, longest):
    sequence = "".join(chr(0x4E00 + i) for i in range(length))  # every position its own letter
    windows = windows_of(sequence, longest)
    assert all(len(window) == min(longest, length) for window in windows)
    starts = [sequence.index(window) for window in windows]
    assert (starts[0], starts[-1] + len(windows[-1])) == (0, length)
    steps = np.diff(starts)
    assert (steps > 0).all()
    assert (steps <= -(-longest // 2)).all()


@given(st.text("ACGT", min_size=1, max_size=900), st.integers(2, 301))
def test_windows_are_those_of_the_other_strand(sequence, longest):
    turned = [reverse_complement(window) for window in windows_of(sequence, longest)][::-1]
    assert turned == windows_of(reverse_complement(sequence), longest)


@pytest.mark.parametrize(("sequence", "run", "expected"), [
    ("ACGTAC", 6, True), ("ACGTA", 6, False), ("ACGNTACGTAC", 6, True), ("ACGNTAC", 6, False),
    ("", 1, False), ("NNN", 1, False), ("ACR-TTG", 3, True),
])  # fmt: skip
def test_run_of_bases(sequence, run, expected):
    assert has_run_of_bases(sequence, run) is expected
