"""The engine against one sequence at a time, on a model that a reader can follow."""

import json
import logging
from dataclasses import replace
from itertools import chain

import numpy as np
import pytest
import torch

from seqcast import embed_sequences
from seqcast.core.errors import InputError
from seqcast.models.interface import load_model
from seqcast.predict.embeddings.embed_options import EmbedOptions
from seqcast.predict.embeddings.engine import Embedder, embed_texts
from seqcast.transcripts.marks import mark_codons, regions
from tests.seqcast.predict.embeddings.small_helix import small_helix, write_small_helix
from tests.seqcast.predict.embeddings.toys import Fading, random_text

TEXTS = [random_text(n, n) for n in (1, 2, 64, 3, 40, 41, 39, 64, 5, 17)] + ["acgTN", "EAUGEUAA"]
SYMBOLS = EmbedOptions(per_symbol=True)


def alone(model: Fading, text: str) -> tuple[np.ndarray, np.ndarray]:
    """Features of each symbol, and log-likelihoods of each but the first, from one plain call.

    NaN for N, which is no target.
    """
    with torch.no_grad():
        tokens = model.tokenize([text])
        features = model(tokens)
        said = model.logits(features).log_softmax(-1)[0]
        scores = [said[i - 1, tokens[0, i]].item() for i in range(1, len(text))]
        scores = [np.nan if text[i + 1] in "Nn" else score for i, score in enumerate(scores)]
    return features[0, :-1].numpy(), np.array(scores)


@pytest.mark.parametrize("batch_tokens", [1, 70, 300, 100_000])
def test_each_text_as_if_it_were_alone(batch_tokens):
    model = Fading()
    options = EmbedOptions(per_symbol=True, batch_tokens=batch_tokens)
    results = list(embed_texts(model, iter(TEXTS), options))
    for text, found in zip(TEXTS, results, strict=True):
        features, scores = alone(model, text)
        assert (found.status, found.flag, found.start, found.stop) == ("embedded", "", 0, len(text))
        np.testing.assert_allclose(found.features, features, atol=1e-6)
        np.testing.assert_allclose(found.mean, features.mean(0), atol=1e-6)
        np.testing.assert_allclose(found.last, features[-1], atol=1e-6)
        np.testing.assert_allclose(found.token_log_likelihood[1:], scores, atol=1e-5)
        assert np.isnan(found.token_log_likelihood[0])
        assert found.predicted == np.isfinite(scores).sum()
        if len(text) == 1:
            assert found.log_likelihood is None  # nothing is predicted: not a likelihood of 1
        else:
            assert found.log_likelihood == pytest.approx(np.nansum(scores), abs=1e-4)


@pytest.mark.parametrize("options", [{}, {"too_long": "window", "window_overlap_tokens": 20}])
def test_likelihoods_are_over_known_bases(options):
    """Of each text alone, the sum over targets other than N, written down plainly."""
    model = Fading()
    texts = ["NACGN", "acnnguT", "NA", "AN", "ANA", "ENCGAGUN", "N" + random_text(60, 1, "ACGUN")]
    texts += [random_text(150, 2, "ACGUNN")] if options else []
    found = list(embed_texts(model, texts, EmbedOptions(per_symbol=True, **options)))
    for text, one in zip(texts, found, strict=True):
        known = np.array([letter not in "Nn" for letter in text])
        known[0] = False
        of_symbols = one.token_log_likelihood
        np.testing.assert_array_equal(np.isnan(of_symbols), ~known)
        assert one.predicted == known.sum()
        total = pytest.approx(of_symbols[known].sum(), abs=1e-4) if known.any() else None
        assert one.log_likelihood == total
        if len(text) < model.max_tokens:
            np.testing.assert_allclose(of_symbols[1:], alone(model, text)[1], atol=1e-5)


def test_no_batch_changes_a_result_of_helix():
    helix = small_helix()
    texts = [random_text(n, n, "ACGUE") for n in (3, 300, 64, 65, 127, 128, 40, 1, 299, 298, 500)]
    options = [EmbedOptions(per_symbol=True, batch_tokens=n) for n in (1, 700, 100_000)]
    alone, *others = ([*embed_texts(helix, texts, wanted)] for wanted in options)
    for other in others:
        for one, same in zip(alone, other, strict=True):
            np.testing.assert_allclose(same.features, one.features, rtol=0, atol=1e-5)
            np.testing.assert_allclose(same.mean, one.mean, rtol=0, atol=1e-5)
            np.testing.assert_allclose(same.last, one.last, rtol=0, atol=1e-5)
            if one.predicted:
                assert same.log_likelihood / same.predicted == pytest.approx(
                    one.log_likelihood / one.predicted, rel=0, abs=1e-5
                )


def test_batches_hold_texts_of_like_length_and_stay_small():
    model = Fading(batch_tokens=300)
    texts = [random_text(10 + i % 50, i) for i in range(400)]
    list(embed_texts(model, texts))
    padded = sum(rows * tokens for rows, tokens in model.shapes)
    assert max(rows * tokens for rows, tokens in model.shapes) <= 300
    assert padded <= 1.15 * sum(len(text) + 1 for text in texts)


def test_texts_are_read_a_pool_at_a_time():
    read = []
    results = embed_texts(Fading(), (read.append(i) or "ACGU" * 10 for i in range(10_000)))
    next(results)
    assert len(read) < 200


def test_regions_are_means_over_their_symbols():
    model = Fading()
    sequence, cds = random_text(40, 7), (5, 26)
    text = mark_codons(sequence, *cds)
    of_text = regions(len(sequence), *cds, marked=True)
    whole = regions(12, 0, 12, marked=False)
    results = list(
        embed_texts(model, [text, "ACGUACGUACGU", "ACG"], regions=[of_text, whole, None])
    )
    features, _ = alone(model, text)
    assert results[0].regions.keys() == {"utr5", "cds", "utr3"}
    for name, span in of_text.items():
        np.testing.assert_allclose(results[0].regions[name], features[span].mean(0), atol=1e-6)
    assert results[1].regions.keys() == {"cds"}  # empty ones have no mean
    assert results[2].regions == {}
    assert (
        next(iter(embed_texts(model, [text], EmbedOptions(regions=False), [of_text]))).regions == {}
    )


def test_hidden_states_are_those_of_the_model():
    model = Fading()
    found = next(iter(embed_texts(model, TEXTS[4:], EmbedOptions(per_symbol=True, layers=(3, 0)))))
    with torch.no_grad():
        states = model.hidden_states(model.tokenize(TEXTS[4:5]), [0, 3])
    assert list(found.layers) == [3, 0]
    for layer, state in zip((0, 3), states, strict=True):
        np.testing.assert_allclose(found.layers[layer], state[0, :-1].numpy(), atol=1e-6)


def test_what_is_not_asked_for_is_not_there():
    found = next(
        iter(embed_texts(Fading(), ["ACGU"], EmbedOptions(pooling=("last",), log_likelihood=False)))
    )
    assert (
        found.mean is found.features is found.token_log_likelihood is found.log_likelihood is None
    )
    assert found.last is not None


def test_log_likelihood_of_golden_logits(shared):
    folder = shared / "reference/helix_mrna/published_config"
    text = json.loads((folder / "cases.json").read_text())["single"]["sequences"][0]
    with np.load(folder / "single.npz") as golden:
        logits, ids = golden["lm_logits"][0].astype(float), golden["input_ids"][0].astype(int)
    said = logits - np.log(np.exp(logits).sum(1, keepdims=True))
    expected = [said[i - 1, ids[i]] for i in range(1, len(text))]
    model = load_model(
        "helix_mrna", folder / "model.safetensors", folder / "config.json", device="cpu"
    )
    found = next(iter(embed_texts(model, [text], SYMBOLS)))
    np.testing.assert_allclose(found.token_log_likelihood[1:], expected, atol=1e-4)
    assert found.log_likelihood == pytest.approx(sum(expected), abs=1e-3)


def test_a_model_without_a_head_says_so_once(caplog):
    model = Fading()
    model.has_lm_head = False
    with caplog.at_level(logging.WARNING):
        results = list(embed_texts(model, TEXTS))
    assert [result.log_likelihood for result in results] == [None] * len(TEXTS)
    assert [record.message for record in caplog.records] == [
        "the checkpoint holds no language-model head: there is no log-likelihood"
    ]


def test_what_cannot_be_embedded_keeps_its_place():
    model = Fading(max_tokens=11)
    found = list(embed_texts(model, ["ACGU", "", "A" * 11, "A" * 10]))
    assert [f.status for f in found] == ["embedded", "no_sequence", "too_long", "embedded"]
    assert found[2].mean is found[2].log_likelihood is None


def test_features_that_are_no_numbers_are_no_result():
    model = Fading()
    with torch.no_grad():
        model.embedding[7 + "ACGUNE".index("N")] = np.inf
    found = list(embed_texts(model, ["ACGU", "ACNG", "UUUU"], SYMBOLS))
    assert [f.status for f in found] == ["embedded", "prediction_not_finite", "embedded"]
    assert found[1].mean is found[1].features is None


@pytest.mark.parametrize("too_long", ["truncate_left", "truncate_right", "window"])
@pytest.mark.parametrize("extra", [1, 9, 30, 31, 100])
def test_long_texts_against_plain_loops(too_long, extra):
    model = Fading(max_tokens=31)
    text = random_text(30 + extra, extra, "ACGUN")
    options = EmbedOptions(per_symbol=True, layers=(1,), too_long=too_long, window_overlap_tokens=7)
    of_text = {"utr5": slice(0, 12), "cds": slice(12, 25), "utr3": slice(25, len(text))}
    found, short = embed_texts(model, [text, "ACG"], options, [of_text, None])
    assert (short.flag, short.status) == ("", "embedded")
    if too_long == "window":
        kept = range(len(text))
        rows, scores = plain_windows(model, text, 30, 7)
        assert found.flag == "windowed"
    else:
        kept = range(30) if too_long == "truncate_right" else range(extra, 30 + extra)
        rows, scores = alone(model, text[kept.start : kept.stop])
        assert found.flag == "truncated"
    assert (found.start, found.stop) == (kept.start, kept.stop)
    np.testing.assert_allclose(found.features, rows, atol=1e-6)
    np.testing.assert_allclose(found.mean, rows.mean(0), atol=1e-6)
    np.testing.assert_allclose(found.last, rows[-1], atol=1e-6)
    np.testing.assert_allclose(found.token_log_likelihood[1:], scores, atol=1e-5)
    assert found.log_likelihood == pytest.approx(np.nansum(scores), abs=1e-3)
    assert found.predicted == np.isfinite(scores).sum()
    assert len(found.layers[1]) == len(kept)
    for name, span in of_text.items():
        inside = [i - kept.start for i in kept if span.start <= i < span.stop]
        assert (name in found.regions) == bool(inside)
        if inside:
            np.testing.assert_allclose(found.regions[name], rows[inside].mean(0), atol=1e-6)


def plain_windows(model: Fading, text: str, longest: int, overlap: int) -> tuple[np.ndarray, list]:
    """Each symbol from the window where most of the text stands before it."""
    starts = [*range(0, len(text) - longest, longest - overlap), len(text) - longest]
    said = [alone(model, text[start : start + longest]) for start in starts]
    rows, scores = [], []
    for i in range(len(text)):
        best = min(
            (k for k in range(len(starts)) if starts[k] <= i < starts[k] + longest),
            key=starts.__getitem__,
        )
        rows.append(said[best][0][i - starts[best]])
        if i:
            scores.append(said[best][1][i - starts[best] - 1])
    return np.array(rows), scores


def test_the_model_is_left_as_it_was():
    model = Fading().train()
    results = embed_texts(model, TEXTS)
    next(results)
    assert model.training
    assert not torch.is_inference_mode_enabled()  # between results, the caller's code runs


@pytest.mark.parametrize(("options", "message"), [
    ({"pooling": ("max",)}, "pooling 'max'"),
    ({"too_long": "cut"}, "too_long 'cut'"),
    ({"batch_tokens": 0}, "batch_tokens 0"),
    ({"layers": (1, 1), "per_symbol": True}, "each once"),
    ({"layers": (1,)}, "states of each nucleotide"),
    ({"layers": (4,), "per_symbol": True}, "layer 4: expected 0 .* to 3"),
    ({"too_long": "window", "window_overlap_tokens": 64}, "window_overlap_tokens 64: expected 1 to 63"),
    ({"too_long": "window", "window_overlap_tokens": 0}, "window_overlap_tokens 0"),
])  # fmt: skip
def test_options_that_cannot_be(options, message):
    with pytest.raises(InputError, match=message):
        Embedder(Fading(), EmbedOptions(**options))


@pytest.mark.parametrize(("text", "options", "message"), [
    ("ACG-", {}, "sequence 2 holds '-'; the model reads A, C, E, G, N, T, U"),
    ("A" * 65, {"too_long": "error"}, "sequence 2 has 65 tokens; the model takes 64"),
])  # fmt: skip
def test_texts_that_cannot_be(text, options, message):
    with pytest.raises(InputError, match=message):
        list(embed_texts(Fading(), ["ACGU", text], EmbedOptions(**options)))


def test_a_plain_script_takes_no_path_of_training():
    """Without gradients the network computes by parts and in place; scripts do not say so."""
    model, modes = small_helix().requires_grad_(True), []
    model.layers[0].mixer.register_forward_pre_hook(
        lambda *_: modes.append(torch.is_grad_enabled())
    )
    assert torch.is_grad_enabled()
    embed_sequences(model, ["ACGU" * 20, "ACGUACG"])
    list(embed_texts(model, ["ACGU"], EmbedOptions(per_symbol=True, layers=(1,))))
    assert modes
    assert not any(modes)


def test_devices_agree(device):
    options = EmbedOptions(per_symbol=True, layers=(2,))
    there = embed_texts(Fading().to(device), TEXTS, options)
    for one, same in zip(embed_texts(Fading(), TEXTS, options), there, strict=True):
        np.testing.assert_allclose(same.features, one.features, atol=1e-5)
        np.testing.assert_allclose(same.mean, one.mean, atol=1e-5)
        assert same.log_likelihood == pytest.approx(one.log_likelihood, abs=1e-4)


def test_rough_arithmetic_gives_single_precision(tmp_path):
    files = write_small_helix(tmp_path)
    model = load_model("helix_mrna", *files, device="cpu", precision="bf16")
    texts = [random_text(200, i) for i in range(3)]
    for one, rough in zip(
        embed_texts(small_helix(), texts), embed_texts(model, texts), strict=True
    ):
        assert rough.mean.dtype == rough.last.dtype == np.float32
        np.testing.assert_allclose(rough.mean, one.mean, atol=0.05)  # bfloat16 has 8 bits
        assert not np.array_equal(rough.mean, one.mean)


def edits_of(text):
    """Edits of all kinds, at all distances from the start, and texts that share little or all."""
    return [
        *(text[:at] + "G" + text[at + 1 :] for at in (0, 1, 63, 64, 65, 200, len(text) - 1)),
        text[:130] + "EAC" + text[130:], text[:70] + text[73:], text[:128] + text[150:],
        text, text[:-5], text[:128], text[:64], text[:30], text + "ACG" * 60, "ACG",
        text[:100] + "NN" + text[102:], text.lower(), "", "A" * 500,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("batch_tokens", "too_long"), [(1, "status"), (700, "window"), (None, "window")]
)
def test_edited_texts_are_as_if_they_were_alone(batch_tokens, too_long):
    model = small_helix().double()
    model.tokenizer = replace(model.tokenizer, max_tokens=400)
    long, marked = random_text(300, 1), mark_codons(random_text(200, 2), 20, 170)
    groups = [[text, *edits_of(text)] for text in (long, marked)] + [[marked], ["", "ACG"]]
    groups += [["A" * 500, *edits_of("A" * 399)], ["AN" * 60, "AN" * 50 + "GNAC"]]
    options = EmbedOptions(batch_tokens=batch_tokens, too_long=too_long, regions=False)
    found = list(Embedder(model, options).edited(iter(groups)))
    assert [len(group) for group in found] == [len(group) for group in groups]
    plainly = Embedder(model, replace(options, reuse=False)).edited(groups)
    for ours, expected in zip(chain(*found), chain(*plainly), strict=True):
        for name in ("status", "flag", "start", "stop", "predicted"):
            assert getattr(ours, name) == getattr(expected, name)
        if expected.status == "embedded":
            assert ours.log_likelihood == pytest.approx(expected.log_likelihood, rel=1e-10)
            for name in ("mean", "last"):  # given in single precision
                ours_, theirs = getattr(ours, name), getattr(expected, name)
                np.testing.assert_allclose(ours_, theirs, rtol=2e-7, atol=1e-10)


def test_what_edits_share_is_computed_once(monkeypatch):
    model, tokens = small_helix(), {"remember": 0, "resume": 0}

    def counted(name, call):
        def counting(batch, others):
            tokens[name] += int(model.real(batch).sum())
            return call(batch, others)

        return counting

    for name in tokens:
        monkeypatch.setattr(model, name, counted(name, getattr(model, name)))
    text = random_text(640, 3)
    edited = [f"{text[:at]}{'C' if text[at] == 'A' else 'A'}{text[at + 1:]}" for at in
              (0, 64, 130, 639)]  # fmt: skip
    list(Embedder(model).edited([[text, *edited]]))
    assert tokens == {"remember": 2 * 640, "resume": 640 - 64 + 640 - 128 + 64}


@pytest.mark.parametrize("compat", ["helical_cpu", "helical_pooling", None])
def test_networks_and_options_that_share_nothing(compat, monkeypatch):
    model = small_helix()
    model.compat = compat
    options = EmbedOptions(per_symbol=compat is None)
    monkeypatch.setattr(model, "resume", None)
    text = random_text(200, 4)
    groups = [[text, text[:190] + "ACG"], [text[:100]]]
    found = Embedder(model, options).edited(groups)
    expected = list(embed_texts(model, list(chain(*groups)), options))
    for ours, theirs in zip(chain(*found), expected, strict=True):
        np.testing.assert_array_equal(ours.mean, theirs.mean)
