"""Helix-mRNA against the original's hidden states, and what must not change them."""

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from seqcast.core.errors import InputError
from seqcast.models.interface import build_model, load_model
from tests.seqcast.models.helix_examples import ATOL, CASES, RTOL, TINY, opened, tiny

INVARIANT = 1e-5  # a sequence alone and in a batch


@pytest.fixture(scope="module")
def golden(shared):
    return shared / "reference/helix_mrna"


@pytest.mark.parametrize(("folder", "case"), CASES)
def test_features_are_the_originals(golden, folder, case, device):
    model, tokens, expected = opened(golden, folder, case, device=device)
    np.testing.assert_array_equal(tokens.cpu().numpy(), expected["input_ids"])
    real = model.real(tokens).cpu().numpy()
    np.testing.assert_array_equal(real, expected["special_tokens_mask"] == 0)
    if folder == "small_bias_k3":
        # the original's padding leaks through the bias of in_proj: rows without padding only
        real &= (tokens[:, :1] != 1).cpu().numpy()
    features = model(tokens).cpu().numpy()
    np.testing.assert_allclose(
        features[real], expected["last_hidden_state"][real], rtol=RTOL, atol=ATOL
    )


@pytest.mark.parametrize("folder", ["published_config", "small", "small_bias_k3"])
def test_padding_changes_nothing(golden, folder):
    model, tokens, expected = opened(golden, folder, "batch_left_pad")
    alone = expected["row0_alone_unpadded"][0, :-1]
    row = model(tokens)[0, model.real(tokens)[0]].numpy()
    np.testing.assert_allclose(row, alone, rtol=RTOL, atol=ATOL)


@pytest.mark.parametrize("folder", ["small", "small_bias_k3"])
def test_every_layer_is_the_originals(golden, folder):
    model, tokens, expected = opened(golden, folder, "single")
    states = model.hidden_states(tokens, range(model.depth + 1))
    torch.testing.assert_close(states[0], model.embeddings(tokens))
    for i, state in enumerate(states[1:]):
        np.testing.assert_allclose(
            state[0, :-1].numpy(), expected[f"block_{i}_out"][0, :-1], rtol=RTOL, atol=ATOL
        )
    assert torch.equal(model.finish(states[-1]), model(tokens))


def test_logits_and_pooled_vectors_are_the_originals(golden):
    model, tokens, expected = opened(golden, "published_config", "single")
    logits = model.logits(model(tokens))[0, :-1].numpy()
    np.testing.assert_allclose(logits, expected["lm_logits"][0, :-1], rtol=RTOL, atol=ATOL)
    model, tokens, expected = opened(golden, "small", "batch_left_pad")
    features, real = model(tokens), model.real(tokens).unsqueeze(2)
    mean = (features * real).sum(1) / real.sum(1)
    pooled = torch.cat([features[:, -2], mean], 1).numpy()
    np.testing.assert_allclose(pooled, expected["pooled_correct"], rtol=RTOL, atol=ATOL)


def test_published_weights_have_the_published_number_of_parameters(golden):
    model, _, _ = opened(golden, "published_config", "single")
    assert sum(p.numel() for p in model.parameters()) == 5_188_288
    assert {p.dtype for p in model.parameters()} == {torch.float32}  # the file has bfloat16
    assert (model.width, model.depth, model.max_tokens) == (256, 8, 12288)


def test_layers_are_given_in_the_order_asked():
    model = tiny()
    tokens = model.tokenize(["ACGU"])
    last, first = model.hidden_states(tokens, [3, 0])
    assert torch.equal(last, model.hidden_states(tokens, [3])[0])
    assert torch.equal(first, model.hidden_states(tokens, [0])[0])
    assert model.hidden_states(tokens, []) == []
    with pytest.raises(InputError, match=r"layers \[4\]: this model has layers 0 .* to 3"):
        model.hidden_states(tokens, [4])


@pytest.mark.parametrize("use_bias", [False, True])
def test_a_sequence_alone_is_as_in_a_batch(use_bias):
    model = tiny(TINY | {"use_bias": use_bias})
    rng = np.random.default_rng(0)
    texts = ["".join(rng.choice(list("ACGUE"), n)) for n in (1, 300, 0, 17, 64, 299)]
    tokens = model.tokenize(texts)
    batch, real = model(tokens), model.real(tokens)
    for i, text in enumerate(texts):
        alone = model(model.tokenize([text]))[0, :-1]
        torch.testing.assert_close(batch[i, real[i]], alone, rtol=0, atol=INVARIANT)
    right = torch.cat([model.tokenize([texts[3]]), torch.ones(1, 40, dtype=torch.int64)], 1)
    torch.testing.assert_close(model(right)[0, :17], batch[3, real[3]], rtol=0, atol=INVARIANT)
    assert batch.isfinite().all()


def test_no_sequences_have_no_features():
    model = tiny()
    with torch.inference_mode():
        assert model(model.tokenize([])).shape == (0, 1, 32)


def test_training_computes_what_inference_does():
    model = tiny().train().requires_grad_(True)
    tokens = model.tokenize(["ACGU" * 80, "ACG"])
    features = model(tokens)
    with torch.no_grad():
        torch.testing.assert_close(features, model(tokens), rtol=0, atol=INVARIANT)
    real = model.real(tokens)
    logits = model.logits(features)[:, :-1][real[:, 1:] & real[:, :-1]]
    loss = torch.nn.functional.cross_entropy(logits, tokens[:, 1:][real[:, 1:] & real[:, :-1]])
    loss.backward()
    without = [name for name, p in model.named_parameters() if p.grad is None]
    assert without == []
    assert all(p.grad.isfinite().all() for p in model.parameters())


def test_bf16_is_near(tmp_path):
    model = tiny()
    save_file(model.state_dict(), tmp_path / "model.safetensors")
    rounded = load_model(
        "helix_mrna", tmp_path / "model.safetensors", TINY, device="cpu", precision="bf16"
    )
    tokens = model.tokenize(["ACGU" * 100, "ACG"])
    real = model.real(tokens)
    # 8 bits of mantissa over three blocks, values of sd 1
    torch.testing.assert_close(rounded(tokens)[real].float(), model(tokens)[real], rtol=0, atol=0.1)


@pytest.mark.parametrize("prefix", ["", "backbone."])
@pytest.mark.parametrize("name", ["model.safetensors", "pytorch_model.bin"])
def test_weights_in_all_their_files(tmp_path, prefix, name):
    model = tiny()
    state = {
        (k if k.startswith("lm_head") else prefix + k).replace("embeddings.", "embedding."): v
        for k, v in model.state_dict().items()
    }
    path = tmp_path / name
    if name.endswith(".bin"):
        torch.save(state, path)
    else:
        save_file(state, path)
    loaded = load_model("helix_mrna", path, TINY, device="cpu")
    tokens = model.tokenize(["EACG"])
    assert torch.equal(loaded(tokens), model(tokens))
    assert torch.equal(loaded.logits(model(tokens)), model.logits(model(tokens)))


def test_tensors_that_do_not_fit_are_listed(tmp_path):
    state, path = tiny().state_dict(), tmp_path / "model.safetensors"
    changed = {k: v for k, v in state.items() if k != "layers.0.mixer.A_log"}
    save_file(changed | {"layers.7.norm.weight": torch.ones(3)}, path)
    message = r"1 missing \['layers.0.mixer.A_log \(8,\)'\], 1 left over \['layers.7.norm.weight"
    with pytest.raises(InputError, match=message):
        load_model("helix_mrna", path, TINY, device="cpu")
    save_file(state | {"backbone.norm_f.weight": torch.ones(32)}, path)
    with pytest.raises(
        InputError, match=r"holds norm_f.weight twice, with and without 'backbone.'"
    ):
        load_model("helix_mrna", path, TINY, device="cpu")


def test_a_checkpoint_without_head_gives_no_likelihoods(tmp_path):
    state, path = tiny().state_dict(), tmp_path / "model.safetensors"
    save_file({k: v for k, v in state.items() if k != "lm_head.weight"}, path)
    model = load_model("helix_mrna", path, TINY, device="cpu")
    assert not model.has_lm_head
    with pytest.raises(InputError, match=r"no language-model head \(lm_head.weight\), which log-"):
        model.logits(model(model.tokenize(["ACG"])))


def test_tied_embeddings_are_the_head(tmp_path):
    params, path = TINY | {"tie_word_embeddings": True}, tmp_path / "model.safetensors"
    state = tiny(params).state_dict()
    assert "lm_head.weight" not in state
    save_file(state | {"lm_head.weight": state["embeddings.weight"].clone()}, path)
    model = load_model("helix_mrna", path, params, device="cpu")
    features = model(model.tokenize(["ACG"]))
    torch.testing.assert_close(model.logits(features), features @ state["embeddings.weight"].T)
    save_file(state | {"lm_head.weight": torch.ones(14, 32)}, path)
    with pytest.raises(InputError, match=r"differs from embeddings.weight, but config.json says"):
        load_model("helix_mrna", path, params, device="cpu")


def test_heads_and_compat_that_do_not_exist_are_refused():
    with pytest.raises(InputError, match="mRNA models have no heads"):
        build_model("helix_mrna", TINY, head="human")
    with pytest.raises(InputError, match="it has helical_cpu, helical_pooling"):
        build_model("helix_mrna", TINY, compat="helical")
    with pytest.raises(InputError, match="vocab_size 9 is less than this vocabulary's 13"):
        build_model("helix_mrna", TINY | {"vocab_size": 9})


def test_compat_of_pooling_leaves_the_network_as_it_is():
    model, same = tiny(), tiny(compat="helical_pooling")
    tokens = model.tokenize(["ACGU", "A"])
    assert same.compat == "helical_pooling"
    assert torch.equal(model(tokens), same(tokens))
