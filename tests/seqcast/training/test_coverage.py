"""Batches of windows, their augmentation and loss, each against a plain way to get the same."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from seqcast.core.errors import InputError
from seqcast.genome.sequence import one_hot_of_codes
from seqcast.training.coverage import (
    CoverageSet,
    CoverageTask,
    Part,
    augment,
    drawn_augmentation,
    shifted,
)
from seqcast.training.losses import poisson_multinomial
from seqcast.training.task_options import CoverageOptions
from tests.seqcast.training.toys_coverage import (
    OPTIONS,
    PAIR,
    RECIPE,
    ToyStore,
    toy_network,
    toy_set,
    toy_task,
)


def test_shifts_are_those_of_the_original(shared: Path) -> None:
    # baskerville's shift_sequence, run by the original program
    golden = np.load(shared / "reference/borzuki/metrics/ops.npz")
    for shift in (-3, -1, 0, 2, 5):
        for x, expected in zip(golden["shift/x"], golden[f"shift/{shift}"], strict=True):
            np.testing.assert_array_equal(shifted(x, shift, 0), expected)


def test_a_window_on_the_other_strand_by_letters() -> None:
    sequence = "ACGTNAACCT"
    codes = np.array(["ACGTN".index(base) for base in sequence], np.uint8)
    targets = np.arange(6, dtype=np.float16).reshape(3, 2)
    turned, tracks = augment(codes, targets, True, 2, PAIR)
    complement = sequence[::-1].translate(str.maketrans("ACGT", "TGCA"))
    assert "".join("ACGTN"[code] for code in turned) == "NN" + complement[:-2]
    assert tracks.tolist() == [[3, 2], [1, 0], [5, 4]]  # strands swapped, bins reversed
    same = augment(codes, targets, False, 0, PAIR)
    assert np.array_equal(same[0], codes)
    assert np.array_equal(same[1], targets)


def test_targets_turn_with_their_window() -> None:
    # the toy's tracks are read from the bases: those of the turned bases are the turned tracks
    store = ToyStore(1)
    codes, targets = augment(store.codes(0), store.targets(0), True, 0, PAIR)
    store.bases[0] = codes
    assert np.array_equal(store.targets(0), targets)


def test_a_coin_and_a_shift_for_each_window_or_for_each_batch() -> None:
    rng = np.random.default_rng(0)
    each = drawn_augmentation(1000, CoverageOptions(augment_shift_bp=3), rng)
    assert 450 < each[0].sum() < 550  # three standard deviations are 47
    assert sorted(set(each[1].tolist())) == [-3, -2, -1, 0, 1, 2, 3]
    together = drawn_augmentation(1000, CoverageOptions(per_example=False), rng)
    assert len(set(together[0].tolist())) == len(set(together[1].tolist())) == 1
    none = drawn_augmentation(9, CoverageOptions(augment_rc=False, augment_shift_bp=0), rng)
    assert not none[0].any()
    assert not none[1].any()


def told(task: CoverageTask, epoch: int, start: int = 0) -> list[str]:
    return [task.describe(batch) for batch in task.batches(RECIPE, epoch, start)]


def test_batches_are_known_by_seed_epoch_and_number() -> None:
    task = toy_task()
    assert task.steps_an_epoch(RECIPE) == 7 + 4
    first = told(task, 2)
    assert len(first) == 11
    assert told(toy_task(), 2, 8) == first[8:]
    assert told(task, 1) != first
    windows = [text.split(" (")[0] for batch in first for text in batch.split("; ")]
    rows = {one.head: one.training for one in task.sets}
    assert len(windows) == len(rows["human"]) + len(rows["mouse"])
    assert [f"chr1:{64 * row}-{64 * row + 64}" for row in rows["human"]] == sorted(
        (text.split(" (")[0] for batch in first for text in batch.split("; ") if "human" in text),
        key=lambda text: int(text[5:].split("-")[0]),
    )


def test_genomes_take_turns_in_an_order_of_each_epoch() -> None:
    task = toy_task()
    orders = [["human" in text for text in told(task, epoch)] for epoch in range(3)]
    assert [sum(order) for order in orders] == [7, 7, 7]
    assert len(set(map(tuple, orders))) == 3
    # a batch is of one genome
    assert all(("human" in t) != ("mouse" in t) for epoch in range(3) for t in told(task, epoch))


@pytest.mark.parametrize("weights", [None, [2.0, 0.5, 1.0]])
def test_loss_is_the_mean_and_the_penalty(weights: list[float] | None) -> None:
    task, model = toy_task(1), toy_network(1, dropout=0.0).train()
    if weights:
        task.sets[0] = replace(task.sets[0], weights=np.array(weights))
    part = task.load(next(task.batches(RECIPE, 0, 0))[0][1])
    found = task.loss(model, part)
    turned = [
        augment(task.sets[0].store.codes(row), task.sets[0].store.targets(row), *how, PAIR)
        for row, *how in zip(part.rows, part.reverse, part.shifts_bp, strict=True)
    ]
    x = torch.stack([torch.eye(5)[torch.from_numpy(codes).long()][:, :4].T for codes, _ in turned])
    y = torch.stack([torch.from_numpy(targets.astype(np.float32)) for _, targets in turned])
    network = model.of("human")
    losses = poisson_multinomial(network(x), y, 0.2, 8, 6) * torch.tensor(weights or [1.0] * 3)
    expected = losses.mean() + network.regularisation()
    torch.testing.assert_close(found, expected, rtol=1e-6, atol=0)


def test_parts_add_up_to_the_batch() -> None:
    task, model = toy_task(1), toy_network(1, dropout=0.0, norm=False).train()
    losses = []
    for micro in (None, 1, 3):
        batch = next(task.batches(replace(RECIPE, micro_batch_size=micro), 0, 0))
        weights = sum(weight for weight, _ in batch)
        assert weights == 4
        parts = [w / weights * task.loss(model, task.load(part)).item() for w, part in batch]
        losses.append(sum(parts))
    assert losses[1:] == pytest.approx(losses[:1] * 2, rel=1e-6)


@pytest.mark.parametrize("heads", [1, 2])
def test_validation_in_numpy(heads: int) -> None:
    task, model = toy_task(heads), toy_network(heads).eval()
    with torch.inference_mode():
        values = task.validate(model, RECIPE)
    expected = {}
    for one in task.sets:
        rows = one.validation
        with torch.inference_mode():
            x = one_hot_of_codes(torch.from_numpy(one.store.bases[rows]))
            p = model.of(one.head)(x)
        t = np.stack([one.store.targets(row) for row in rows]).astype(float)
        loss = poisson_multinomial(p, torch.from_numpy(t), 0.2, 8, 6).mean().item()
        p = p.double().numpy()
        tracks = [(p[:, i].ravel(), t[:, i].ravel()) for i in range(3)]
        r = np.mean([np.corrcoef(a, b)[0, 1] for a, b in tracks])
        r2 = np.mean([1 - ((a - b) ** 2).sum() / ((b - b.mean()) ** 2).sum() for a, b in tracks])
        expected[one.head] = {"loss": loss, "pearsonr": r, "r2": r2}
    if heads == 1:
        assert values == pytest.approx(expected["human"], rel=1e-5)
        return
    for name in ("loss", "pearsonr", "r2"):
        each = [expected[head][name] for head in ("human", "mouse")]
        assert values[f"{name}_human"] == pytest.approx(each[0], rel=1e-5)
        assert values[f"{name}_mouse"] == pytest.approx(each[1], rel=1e-5)
        assert values[name] == pytest.approx(np.mean(each), rel=1e-5)


class Silent(ToyStore):
    """A track without signal; of no signal at all where `all_of_them`."""

    all_of_them = False

    def targets(self, i: int) -> np.ndarray:
        found = super().targets(i)
        found[slice(None) if self.all_of_them else 0] = 0
        return found


def test_tracks_without_signal_do_not_count_and_flat_predictions_do() -> None:
    store, model = Silent(8), toy_network(1).eval()
    task = CoverageTask([CoverageSet("human", store, np.arange(4), np.arange(4, 8), PAIR)], OPTIONS)
    with torch.no_grad():
        model.of("human").head.weight[1] = 0  # the prediction of track 1 is constant
        values = task.validate(model, RECIPE)
        p = model.of("human")(one_hot_of_codes(torch.from_numpy(store.bases[4:])))[:, 2].flatten()
    t = np.stack([store.targets(row)[2] for row in range(4, 8)]).ravel()
    assert values["pearsonr"] == pytest.approx(np.corrcoef(p, t)[0, 1] / 2, rel=1e-5)
    store.all_of_them = True
    with pytest.raises(InputError, match="targets of all tracks are constant in the 4 validation"):
        task.validate(model, RECIPE)


def test_what_it_learned_from_is_told_apart() -> None:
    human, mouse = toy_task().sets
    digests = {
        CoverageTask(sets, options).digest
        for sets, options in [
            ([human], OPTIONS), ([human, mouse], OPTIONS), ([mouse, human], OPTIONS),
            ([human], replace(OPTIONS, per_example=False)),
            ([replace(human, training=human.training[1:])], OPTIONS),
            ([replace(human, pair=np.arange(3))], OPTIONS),
            ([replace(human, weights=np.ones(3))], OPTIONS),
        ]
    }  # fmt: skip
    assert len(digests) == 7


def test_sets_that_cannot_be_learned_from() -> None:
    human = toy_set("human", 8, 1)
    with pytest.raises(InputError, match="head 'human': there is no window for validation"):
        replace(human, validation=np.array([], int))
    with pytest.raises(InputError, match="2 windows are for training and for validation"):
        replace(human, validation=human.training[:2])
    with pytest.raises(InputError, match=r"heads \['human'\] have several stores"):
        CoverageTask([human, human], OPTIONS)


def test_a_batch_is_told_by_its_places() -> None:
    task = toy_task()
    part = Part(1, np.array([3, 1]), np.array([True, False]), np.array([-2, 0]))
    assert task.describe([(2.0, part)]) == (
        "chr1:192-256 (head mouse, shift -2 bp, reverse complement); "
        "chr1:64-128 (head mouse, shift 0 bp)"
    )
