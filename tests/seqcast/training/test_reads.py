"""Reads in memory, their order and augmentation, and a tiny classifier trained on them."""

import logging
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from seqcast.core.errors import InputError
from seqcast.training.loop import train
from seqcast.training.reads import ReadSet, ReadTask, augment
from seqcast.training.recipe import Recipe
from seqcast.training.task_options import ReadAugmentation

RECIPE = Recipe(learning_rate=0.05, batch_size=10, epochs=3, seed=1, select_by="auc")


class Composition(nn.Module):
    """Logits from the shares of A, C, G, T in a read; padding is 0."""

    classes = ("non_coding", "coding")
    min_length_nt, max_length_nt = 2, 50

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(4, 2)

    def tokenize(self, sequences: Sequence[str]) -> Tensor:
        longest = max(map(len, sequences))
        return torch.tensor([["-ACGT".find(b) for b in s.ljust(longest, "-")] for s in sequences])

    def forward(self, tokens: Tensor) -> Tensor:
        counts = nn.functional.one_hot(tokens, 5)[:, :, 1:].sum(1).float()
        return self.linear(counts / counts.sum(1, keepdim=True))


def drawn_reads(count: int, seed: int = 0, shortest: int = 20) -> list[tuple[str, int]]:
    """Reads of 20 to 40 nt; those of label 1 have more G and C."""
    rng = np.random.default_rng(seed)
    shares = {0: (0.3, 0.2, 0.2, 0.3), 1: (0.15, 0.35, 0.35, 0.15)}
    return [
        ("".join(rng.choice(list("ACGT"), rng.integers(shortest, 41), p=shares[i % 2])), i % 2)
        for i in range(count)
    ]


def read_set(reads: list[tuple[str, int]]) -> ReadSet:
    return ReadSet(reads, "train.tsv", Composition.min_length_nt, Composition.max_length_nt)


def task(options: ReadAugmentation = ReadAugmentation(), **kwargs: int) -> ReadTask:  # noqa: B008
    return ReadTask(read_set(drawn_reads(205, **kwargs)), read_set(drawn_reads(60, 9)), options)


def sequences(batches) -> list[str]:
    return [text for batch in batches for _, part in batch for text in part.sequences]


def test_reads_are_kept_as_they_are() -> None:
    reads = [("ACGTN", 1), ("acgu", 0), ("AC", 1)]
    kept = read_set(reads)
    assert [kept[i].tobytes().decode() for i in range(3)] == ["ACGTN", "acgu", "AC"]
    assert kept.labels.tolist() == [1, 0, 1]
    assert kept.lengths_nt.tolist() == [5, 4, 2]


def test_a_read_takes_its_bases_and_nine_bytes() -> None:
    kept = ReadSet((("ACGTA" * 60, i % 2) for i in range(1000)), "x", 6, 301)
    assert kept.bases.nbytes + kept.ends.nbytes + kept.labels.nbytes == 1000 * 309 + 8


@pytest.mark.parametrize("label", [0, 1])
def test_one_class_is_refused(label: int) -> None:
    with pytest.raises(InputError, match=r"train\.tsv: .* reads have label .* both classes"):
        read_set([("ACGT", label)] * 3)


def test_no_read_is_refused() -> None:
    with pytest.raises(InputError, match="0 reads have label 0"):
        read_set([])


def test_reads_too_short_are_named_and_long_ones_cut(caplog) -> None:
    with pytest.raises(InputError, match=r"read 2 has 1 nt; the model takes 2 and more"):
        read_set([("ACGT", 0), ("A", 1)])
    with caplog.at_level(logging.WARNING, "seqcast"):
        kept = read_set([("A" * 60 + "C", 0), ("AC", 1)])
    assert kept.lengths_nt.tolist() == [50, 2]
    assert "1 reads were cut to their first 50 nt" in caplog.text


def test_reads_without_a_base_are_counted() -> None:
    reads = [("ACGT", 0), ("NNNN", 1), ("nnRYNN", 0), ("NNNu", 1), ("N" * 50 + "A", 1)]
    with pytest.raises(InputError, match=r"train\.tsv: 3 of 5 reads have no base .* read 2; leave"):
        read_set(reads)
    assert len(read_set([("ACGT", 0), ("NNNu", 1)])) == 2


def test_validation_reads_are_not_the_training_reads() -> None:
    reads = drawn_reads(60)
    with pytest.raises(InputError, match=r"holds the same reads and labels as train\.tsv"):
        ReadTask(read_set(reads), read_set(reads), ReadAugmentation())


def test_each_read_comes_once_an_epoch() -> None:
    ours = task()
    expected = Counter(text for text, _ in drawn_reads(205))
    epochs = [sequences(ours.batches(RECIPE, epoch, 0)) for epoch in (0, 1)]
    assert [Counter(texts) for texts in epochs] == [expected, expected]
    assert epochs[0] != epochs[1]
    assert ours.steps_an_epoch(RECIPE) == 21


def test_labels_go_with_their_reads() -> None:
    reads = drawn_reads(205)
    for batch in task().batches(RECIPE, 0, 0):
        for _, part in batch:
            assert part.sequences == [reads[row][0] for row in part.rows]
            assert part.labels.tolist() == [reads[row][1] for row in part.rows]


def test_batches_depend_on_their_number_alone() -> None:
    ours = task(ReadAugmentation(True, 0.1, 10))
    straight = [sequences([batch]) for batch in ours.batches(RECIPE, 2, 0)]
    for start in (1, 7, 20):
        assert [sequences([batch]) for batch in ours.batches(RECIPE, 2, start)] == straight[start:]
    other = sequences(islice(ours.batches(replace(RECIPE, seed=2), 2, 0), 1))
    assert other != straight[0]


def test_reads_of_a_batch_are_of_similar_length() -> None:
    within = [
        np.ptp([len(text) for text in sequences([batch])]) for batch in task().batches(RECIPE, 0, 0)
    ]
    assert np.mean(within) < 3  # of 20 different lengths
    mean = [np.mean([len(t) for t in sequences([b])]) for b in task().batches(RECIPE, 0, 0)]
    assert mean != sorted(mean)


def test_parts_are_of_the_micro_batch_size_and_say_their_weight() -> None:
    recipe = replace(RECIPE, micro_batch_size=4)
    weights = [[w for w, _ in batch] for batch in task().batches(recipe, 0, 0)]
    assert sorted(weights) == [[4, 1], *[[4, 4, 2]] * 20]
    whole = [sequences([batch]) for batch in task().batches(RECIPE, 0, 0)]
    assert [sequences([batch]) for batch in task().batches(recipe, 0, 0)] == whole


def ascii_codes(text: str) -> np.ndarray:
    return np.frombuffer(text.encode(), dtype=np.uint8)


def test_augmentation_written_out() -> None:
    read, rng = ascii_codes("AACCGTNacgtu"), np.random.default_rng(0)
    seen = {augment(read, 12, ReadAugmentation(True), rng).tobytes() for _ in range(50)}
    assert seen == {b"AACCGTNacgtu", b"aacgtNACGGTT"}  # U pairs with A
    ambiguous = {augment(ascii_codes("ARByN"), 5, ReadAugmentation(True), rng).tobytes()
                 for _ in range(50)}  # fmt: skip
    assert ambiguous == {b"ARByN", b"NrVYT"}  # as `sequence.reverse_complement`
    whole, pieces = "AACCGTNacgtu", set()
    for _ in range(200):
        pieces.add(augment(read, 5, ReadAugmentation(), rng).tobytes().decode())
    assert pieces == {whole[i : i + 5] for i in range(8)}  # the first and the last place as well


def test_substitutions_have_their_rate_and_change_bases_alone() -> None:
    read, rng = ascii_codes("ACGTN" * 20_000), np.random.default_rng(0)
    changed = augment(read, len(read), ReadAugmentation(substitution_rate=0.1), rng)
    assert (changed != read).mean() == pytest.approx(0.08, abs=0.004)  # N stays: 4 of 5
    assert set(changed[read == ord("N")]) == {ord("N")}
    for base in b"ACGT":
        into = Counter(changed[(read == base) & (changed != base)].tolist())
        assert set(into) == set(b"ACGT") - {base}
        assert max(into.values()) < 1.2 * min(into.values())
    assert read.tobytes() == b"ACGTN" * 20_000  # the reads in memory stay


def test_crops_have_lengths_from_the_shortest_to_the_whole() -> None:
    texts = sequences(
        task(ReadAugmentation(shortest_crop_nt=30), shortest=25).batches(RECIPE, 0, 0)
    )
    whole = [text for text, _ in drawn_reads(205, shortest=25)]
    assert min(map(len, texts)) == 25  # shorter ones are not cut
    assert max(map(len, texts)) > 38
    assert sum(map(len, texts)) < 0.97 * sum(map(len, whole))
    assert all(any(text in source for source in whole) for text in texts)


def test_validation_is_of_whole_reads_in_any_batch_size() -> None:
    model, ours = Composition(), task(ReadAugmentation(True, 0.5, 5))
    with torch.no_grad():
        values = ours.validate(model, RECIPE)
        reads = drawn_reads(60, 9)
        logits = torch.cat([model(model.tokenize([text])) for text, _ in reads])
        loss = nn.functional.cross_entropy(logits, torch.tensor([label for _, label in reads]))
        again = ours.validate(model, replace(RECIPE, micro_batch_size=7))
    assert values["loss"] == pytest.approx(loss.item(), rel=1e-6)
    assert values == pytest.approx(again, rel=1e-6)
    assert tuple(values) == ReadAugmentation.SELECTS
    scores = logits.softmax(1)[:, 1].numpy()
    labels = np.array([label for _, label in reads])
    # area under the curve: share of pairs in the right order
    pairs = (scores[labels == 1][:, None] > scores[labels == 0]).mean()
    assert values["auc"] == pytest.approx(pairs)
    assert values["accuracy"] == pytest.approx(((scores >= 0.5) == labels).mean())


def test_a_classifier_learns() -> None:
    torch.manual_seed(0)
    model = Composition()
    history = train(model, task(), RECIPE)
    assert history["validation_auc"][-1] > 0.9
    assert history.columns[-4:] == [
        "validation_loss",
        "validation_accuracy",
        "validation_auc",
        "best",
    ]


def test_validation_without_a_number_stops() -> None:
    model = Composition()
    nn.init.constant_(model.linear.bias, math.nan)
    with pytest.raises(InputError, match=r"validation auc nan.*check the initial weights"):
        train(model, task(), RECIPE)


def test_digest_is_of_data_and_options() -> None:
    digests = {
        task().digest, task(seed=3).digest, task(ReadAugmentation(True)).digest,
        ReadTask(read_set(drawn_reads(205)), read_set(drawn_reads(60, 8)), ReadAugmentation()).digest,
    }  # fmt: skip
    assert len(digests) == 4
    assert task().digest in digests


def test_a_batch_is_described_by_its_reads() -> None:
    ours = task()
    batch = next(ours.batches(replace(RECIPE, batch_size=30), 0, 0))
    numbers = ", ".join(str(row + 1) for row in batch[0][1].rows[:20])
    assert ours.describe(batch) == f"reads {numbers} ..."
