"""Texts, their order and crops, the loss by hand, and a micro model that learns."""

import logging
import math
from collections import Counter
from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
import torch

from seqcast.core.errors import InputError
from seqcast.models.interface import build_model
from seqcast.predict.embeddings.engine import embed_texts
from seqcast.training.loop import train
from seqcast.training.next_token import NextTokenTask, TextSet, cropped, token_losses
from seqcast.training.recipe import Recipe
from seqcast.training.task_options import TextOptions
from seqcast.transcripts.marks import mark_codons

MICRO = {
    "hidden_size": 16, "layers_block_type_string": "M+", "num_hidden_layers": 2, "state_size": 8,
    "num_heads": 2, "head_dim": 16, "num_attention_heads": 2, "num_key_value_heads": 1,
}  # fmt: skip
RECIPE = Recipe(learning_rate=0.02, batch_size=8, epochs=2, seed=1)
LONGEST = 300


def micro():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = build_model("helix_mrna", MICRO)
        model.initialise()
    return model


def drawn_texts(count: int, seed: int = 0) -> list[str]:
    """mRNAs of 60 to 120 nt: A is followed by C nine times of ten, else all letters are alike."""
    rng, texts = np.random.default_rng(seed), []
    for _ in range(count):
        letters = ["A"]
        for _ in range(int(rng.integers(60, 121)) - 1):
            letters.append(
                "C" if letters[-1] == "A" and rng.random() < 0.9 else "ACGU"[rng.integers(4)]
            )
        texts.append(mark_codons("".join(letters), 10, 40))
    return texts


def task(options: TextOptions = TextOptions(), longest: int = LONGEST) -> NextTokenTask:  # noqa: B008
    train_set, validation = TextSet(drawn_texts(83), "train"), TextSet(drawn_texts(20, 1), "dev")
    return NextTokenTask(train_set, validation, options, longest)


def texts_of(batches) -> list[str]:
    return [text for batch in batches for _, part in batch for text in part.texts]


def unigram_entropy(texts: list[str]) -> float:
    """Nats a letter when only the letters' shares are known, first letters left out."""
    counts = Counter("".join(text[1:] for text in texts))
    shares = np.array(list(counts.values())) / counts.total()
    return float(-(shares * np.log(shares)).sum())


def test_losses_are_those_of_a_plain_loop() -> None:
    model, texts = micro().eval(), ["GAUUACA", "EAUGECCC", "AC"]
    with torch.inference_mode():
        found = token_losses(model, texts)
        expected = []
        for text in texts:  # one by one, one letter after the other
            tokens = model.tokenize([text])
            chances = model.logits(model(tokens))[0].log_softmax(-1)
            expected += [-chances[i - 1, tokens[0, i]].item() for i in range(1, len(text))]
    assert len(found) == 6 + 7 + 1  # no first letter, no end token, no padding
    assert found.tolist() == pytest.approx(expected, abs=1e-5)


def test_the_loss_is_the_log_likelihood_of_the_embeddings_table() -> None:
    model, texts = micro().eval(), drawn_texts(5)
    with torch.inference_mode():
        total = token_losses(model, texts).sum().item()
    found = list(embed_texts(model, texts))
    assert sum(one.predicted for one in found) == sum(len(text) - 1 for text in texts)
    assert -sum(one.log_likelihood for one in found) == pytest.approx(total, rel=1e-5)


def test_parts_weigh_as_many_tokens_as_they_predict() -> None:
    ours, recipe = task(), replace(RECIPE, micro_batch_size=3)
    model = micro().eval()
    for batch in islice(ours.batches(recipe, 0, 0), 3):
        assert [w for w, _ in batch] == [sum(len(t) - 1 for t in p.texts) for _, p in batch]
        total = sum(w for w, _ in batch)
        with torch.inference_mode():
            parts = sum(ours.loss(model, p).item() * w / total for w, p in batch)
            whole = token_losses(model, texts_of([batch])).mean().item()
        assert parts == pytest.approx(whole, abs=1e-5)


@pytest.mark.parametrize("recipe", [RECIPE, replace(RECIPE, micro_batch_size=3)])
def test_parts_hold_as_many_tokens_as_allowed(recipe: Recipe) -> None:
    small, whole = task(TextOptions(part_tokens=250)), task()
    parts = 0
    for limited, batch in zip(
        small.batches(recipe, 0, 0), whole.batches(RECIPE, 0, 0), strict=True
    ):
        assert Counter(texts_of([limited])) == Counter(texts_of([batch]))
        for weight, part in limited:
            assert weight == sum(len(text) - 1 for text in part.texts)
            assert [drawn_texts(83)[row] for row in part.rows] == part.texts
            size = len(part.texts) * (1 + max(map(len, part.texts)))
            assert size <= 250 or len(part.texts) == 1
            assert len(part.texts) <= (recipe.micro_batch_size or recipe.batch_size)
            parts += 1
    assert parts > 2 * whole.steps_an_epoch(RECIPE)


def test_validation_puts_no_more_tokens_through_than_suit_the_model() -> None:
    ours, model, seen = task(), micro().eval(), []
    model.register_forward_pre_hook(lambda _, given: seen.append(given[0].numel()))
    model.batch_tokens = 300
    with torch.inference_mode():
        values = ours.validate(model, replace(RECIPE, batch_size=64))
        losses = torch.cat([token_losses(model, [text]) for text in drawn_texts(20, 1)])
    assert max(seen) <= 300
    assert values["loss"] == pytest.approx(losses.mean().item(), abs=1e-5)


def test_each_text_comes_once_an_epoch() -> None:
    ours, expected = task(), Counter(drawn_texts(83))
    epochs = [texts_of(ours.batches(RECIPE, epoch, 0)) for epoch in (0, 1)]
    assert [Counter(texts) for texts in epochs] == [expected, expected]
    assert epochs[0] != epochs[1]
    assert ours.steps_an_epoch(RECIPE) == len(list(ours.batches(RECIPE, 0, 0))) == 11


def test_batches_depend_on_their_number_alone() -> None:
    ours = task(TextOptions(longest_tokens=50))
    straight = [texts_of([batch]) for batch in ours.batches(RECIPE, 2, 0)]
    for start in (1, 5, 10):
        assert [texts_of([b]) for b in ours.batches(RECIPE, 2, start)] == straight[start:]
    assert [len(text) for text in straight[0]] == [50] * 8
    other = texts_of(islice(ours.batches(replace(RECIPE, seed=2), 2, 0), 1))
    assert other != straight[0]


def test_crops_are_parts_from_everywhere() -> None:
    text, rng = "ACGU" * 10, np.random.default_rng(0)
    assert cropped(text, 40, rng) == text
    found = [cropped("".join(chr(60 + i) for i in range(40)), 38, rng) for _ in range(60)]
    assert {crop[0] for crop in found} == {chr(60), chr(61), chr(62)}
    assert {len(crop) for crop in found} == {38}


def test_validation_is_the_mean_over_tokens() -> None:
    ours, model = task(), micro().eval()
    with torch.inference_mode():
        values = ours.validate(model, RECIPE)
        losses = torch.cat([token_losses(model, [text]) for text in drawn_texts(20, 1)])
    assert values["loss"] == pytest.approx(losses.mean().item(), abs=1e-5)
    assert values["perplexity"] == pytest.approx(math.exp(values["loss"]))


def test_a_micro_model_learns_more_than_the_shares_of_letters() -> None:
    model, ours = micro(), task()
    history = train(model, ours, replace(RECIPE, epochs=4))
    losses = history["validation_loss"].to_list()
    assert losses[0] > unigram_entropy(drawn_texts(20, 1))  # 14 tokens, untrained: about ln 14
    assert min(losses) < unigram_entropy(drawn_texts(20, 1)) - 0.2


def test_long_texts_are_cut_to_what_the_model_takes(caplog) -> None:
    with caplog.at_level(logging.WARNING, "seqcast"):
        ours = task(longest=100)
    assert "dev: " in caplog.text
    assert "sequences were cut to 100 tokens" in caplog.text
    assert max(map(len, texts_of(ours.batches(RECIPE, 0, 0)))) == 100


def test_unfit_sets_are_refused(caplog) -> None:
    with pytest.raises(InputError, match=r"dev: none of 2 usable sequences has two nucleotides"):
        TextSet(["A", ""], "dev")
    texts = drawn_texts(4)
    with pytest.raises(InputError, match="dev: all 4 sequences are also in train"):
        NextTokenTask(TextSet(texts, "train"), TextSet(texts[::-1], "dev"), TextOptions(), LONGEST)
    with pytest.raises(InputError, match="dev: all 2 sequences are also in train"):
        NextTokenTask(TextSet(texts, "train"), TextSet(texts[1:3], "dev"), TextOptions(), LONGEST)
    with pytest.raises(InputError, match=r"texts\.longest_tokens is 400; expected 300 or less"):
        task(TextOptions(longest_tokens=400))
    with caplog.at_level(logging.WARNING, "seqcast"):
        NextTokenTask(
            TextSet(texts[1:], "train"), TextSet(texts[:2], "dev"), TextOptions(), LONGEST
        )
    assert "dev: 1 sequences are also in train" in caplog.text


def test_the_digest_is_of_data_and_settings() -> None:
    assert task().digest == task().digest
    assert len({task().digest, task(TextOptions(longest_tokens=50)).digest,
                task(longest=200).digest}) == 3  # fmt: skip


def test_a_batch_is_described_by_the_numbers_of_its_sequences() -> None:
    ours = task()
    batch = next(ours.batches(RECIPE, 0, 0))
    texts = drawn_texts(83)
    numbers = [int(n) for n in ours.describe(batch).removeprefix("sequences ").split(", ")]
    assert [texts[n - 1] for n in numbers] == texts_of([batch])
