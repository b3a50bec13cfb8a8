"""ReadSeeker against the original's tokens and logits, and its files in all their kinds."""

import csv
import json
import pickle
import shutil

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file

from seqcast.core.errors import InputError
from seqcast.models.interface import build_model, load_model
from seqcast.models.readseeker.kmers import vocabulary

TINY = {  # not trained; the shape of golden tiny_model, narrower
    "model_type": "bert", "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2,
    "intermediate_size": 32, "vocab_size": 4101, "num_labels": 2, "rnn": "lstm", "split": 0,
}  # fmt: skip
FILES = ["pytorch_model.bin", "pytorch_model_legacy.bin", "model.safetensors"]
QUERY = "bert.encoder.layer.0.attention.self.query.weight"
LOGITS = 1e-5  # absolute; the golden's own float32 differs from its float64 by 3.3e-6


@pytest.fixture(scope="module")
def golden(shared):
    return shared / "reference/readseeker"


@pytest.fixture(scope="module")
def reads(golden):
    with (golden / "reads.tsv").open() as file:
        return [row["sequence"] for row in csv.DictReader(file, delimiter="\t", quoting=3)]


@pytest.fixture(scope="module")
def expected(golden):
    with np.load(golden / "golden.npz") as arrays:
        return dict(arrays)


def tiny(golden, name="model.safetensors", **options):
    folder = golden / "tiny_model"
    return load_model("readseeker", folder / name, folder / "config.json", **options)


def test_token_ids_are_dnaberts(golden, reads, expected):
    tokens = tiny(golden, compat="dnabert", device="cpu").tokenize(reads)
    np.testing.assert_array_equal(tokens.numpy(), expected["input_ids"])


@pytest.mark.parametrize("name", FILES)
def test_logits_are_the_originals(golden, reads, expected, device, name):
    model = tiny(golden, name, compat="dnabert", device=device)
    logits = model(model.tokenize(reads).to(device)).cpu().numpy()
    np.testing.assert_allclose(logits, expected["logits_float64"], rtol=0, atol=LOGITS)


def test_a_read_alone_has_the_logits_of_its_batch(golden, reads, expected):
    model = tiny(golden, compat="dnabert", device="cpu")
    for sequence, logits in zip(reads, expected["logits_float64"], strict=True):
        alone = model(model.tokenize([sequence])).numpy()[0]
        np.testing.assert_allclose(alone, logits, rtol=0, atol=LOGITS)


def test_default_reads_lower_case_and_rna_as_dna(golden):
    model = tiny(golden, device="cpu")
    logits = model(model.tokenize(["ACGTTGCATTAG", "acguugcauuag"]))
    assert torch.equal(logits[0], logits[1])


def test_published_config_has_the_published_number_of_parameters(golden):
    config = json.loads((golden / "original_model_files/config.json").read_text())
    with torch.device("meta"):
        model = build_model("readseeker", config)
    # 4 B each are the 356.8 MB of the published file
    assert sum(p.numel() for p in model.parameters()) == 89_192_450
    assert (model.max_length_nt, model.min_length_nt) == (301, 6)


def plain_block(block, x):
    """BERT's layer written out head by head."""
    width = x.shape[-1]
    query, key, value = block.query_key_value(x).split(width, dim=-1)
    heads = []
    for q, k, v in zip(*(t.chunk(block.heads, dim=-1) for t in (query, key, value)), strict=True):
        weights = torch.softmax(q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5, dim=-1)
        heads.append(weights @ v)
    x = block.attention_norm(x + block.output(torch.cat(heads, dim=-1)))
    return block.feed_forward_norm(x + block.contract(F.gelu(block.expand(x))))


def test_block_is_the_plain_one():
    model = build_model("readseeker", TINY).double().eval()
    x = torch.randn(2, 7, 16, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    for block in model.blocks:
        torch.testing.assert_close(block(x, None), plain_block(block, x), rtol=0, atol=1e-12)


def test_initialise_draws_as_bert():
    model = build_model("readseeker", TINY | {"hidden_size": 64, "initializer_range": 0.02})
    model.initialise()
    assert abs(float(model.embedding.token.weight.detach()[5:].std()) - 0.02) < 1e-3
    assert not model.embedding.token.weight[0].any()
    assert not model.classifier.bias.any()


@pytest.fixture
def published(tmp_path, golden):
    """The tensors of the tiny model under their published names, and its config.json."""
    shutil.copy(golden / "tiny_model/config.json", tmp_path / "config.json")
    return load_file(golden / "tiny_model/model.safetensors")


def test_position_ids_of_older_files_are_ignored(tmp_path, published):
    published["bert.embeddings.position_ids"] = torch.arange(512)[None]
    save_file(published, tmp_path / "model.safetensors")
    paths = tmp_path / "model.safetensors", tmp_path / "config.json"
    model = load_model("readseeker", *paths, device="cpu")
    assert not {name for name in model.state_dict() if "position_ids" in name}


def test_our_own_names_are_read_back(tmp_path, golden):
    model = tiny(golden, device="cpu")
    save_file(model.state_dict(), tmp_path / "ours.safetensors")
    again = load_model("readseeker", tmp_path / "ours.safetensors",
                       golden / "tiny_model/config.json", device="cpu")  # fmt: skip
    tokens = model.tokenize(["ACGTACGTACGT"])
    assert torch.equal(model(tokens), again(tokens))


@pytest.mark.parametrize(("change", "message"), [
    (lambda state: state.pop("classifier.bias"),
     r"1 missing \['classifier.bias'\], 0 left over"),
    (lambda state: state.update({"bert.extra": torch.zeros(1)}),
     r"0 missing \[\], 1 left over \['bert.extra'\]"),
    (lambda state: state.update({"classifier.weight": torch.zeros(3, 64)}),
     r"1 of another shape \['classifier.weight is \(3, 64\), expected \(2, 64\)'\]"),
    (lambda state: state.update({QUERY: torch.zeros(64, 32)}), r"expected one shape: .*\(64, 32\)"),
    (lambda state: state["classifier.bias"].fill_(float("nan")), r"classifier\.bias holds NaN"),
    (lambda state: state.update({"classifier.bias": torch.zeros(2, dtype=torch.int8)}),
     r"classifier\.bias holds torch\.int8, expected floating-point"),
])  # fmt: skip
def test_tensors_that_do_not_fit_are_named(tmp_path, published, change, message):
    change(published)
    save_file(published, tmp_path / "model.safetensors")
    with pytest.raises(InputError, match=message):
        load_model("readseeker", tmp_path / "model.safetensors", tmp_path / "config.json")


class Malicious:
    """Unpickling it would make a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


@pytest.mark.parametrize(
    "writer", [torch.save, lambda x, path: path.write_bytes(pickle.dumps(x, protocol=2))]
)
def test_a_pickle_that_runs_code_is_refused(tmp_path, writer):
    marker, path = tmp_path / "executed", tmp_path / "pytorch_model.bin"
    writer({"weight": Malicious(marker)}, path)
    with pytest.raises(InputError, match="only tensors are"):
        load_model("readseeker", path, TINY)
    assert not marker.exists()


@pytest.mark.parametrize(("content", "message"), [
    (b"", "download it again"), (b"not a pickle", "no checkpoint"), (b"\x80\x04.", "checkpoint"),
    (b"version https://git-lfs.github.com/spec/v1", "git lfs pull"),
])  # fmt: skip
def test_a_file_that_is_no_checkpoint_is_refused(tmp_path, content, message):
    path = tmp_path / "pytorch_model.bin"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        load_model("readseeker", path, TINY)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_a_cut_checkpoint_is_refused(tmp_path, golden, share):
    for name in FILES[:2]:
        whole = (golden / "tiny_model" / name).read_bytes()
        path = tmp_path / "pytorch_model.bin"
        path.write_bytes(whole[: int(len(whole) * share)])
        with pytest.raises(InputError, match=r"download it again|Ask for"):
            load_model("readseeker", path, golden / "tiny_model/config.json")


@pytest.mark.parametrize("content", [{0: torch.zeros(1)}, {"w": [1]}, torch.zeros(1),
                                     {"w": torch.zeros(2, 2).to_sparse()}])  # fmt: skip
def test_a_checkpoint_of_something_else_is_refused(tmp_path, content):
    torch.save(content, tmp_path / "pytorch_model.bin")
    with pytest.raises(InputError, match="expected a state_dict"):
        load_model("readseeker", tmp_path / "pytorch_model.bin", TINY)


def test_vocabulary_beside_the_weights_is_checked(tmp_path, published):
    save_file(published, tmp_path / "model.safetensors")
    (tmp_path / "vocab.txt").write_text("\n".join(sorted(vocabulary(6))) + "\n")
    with pytest.raises(InputError, match=r"vocab\.txt: 4101 tokens, line 1 is 'AAAAAA'"):
        load_model("readseeker", tmp_path / "model.safetensors", tmp_path / "config.json")


@pytest.mark.parametrize(("change", "message"), [
    ({"vocab_size": 4096}, "vocab_size 4096: expected 5 special tokens and 4\\^k"),
    ({"hidden_act": "relu"}, "hidden_act is 'relu', ReadSeeker's network has 'gelu'"),
    ({"num_labels": 3}, "num_labels is 3"),
    ({"rotary": True}, r"does not know: \['rotary'\]"),
    ({"num_attention_heads": 3}, "hidden_size 16 is not a multiple of num_attention_heads 3"),
    ({"hidden_size": "16"}, "hidden_size is '16'; expected a whole number from 1 to"),
    ({"layer_norm_eps": -1}, "layer_norm_eps is -1; expected a number between 0 and 1"),
    ({"hidden_dropout_prob": 2}, "hidden_dropout_prob is 2; expected a share"),
    ({"num_attention_heads": 0}, "num_attention_heads is 0; expected a whole number from 1 to"),
    ({"max_seq_length": 600}, "max_seq_length 600: expected 3 to max_position_embeddings"),
])  # fmt: skip
def test_other_networks_are_refused(change, message):
    with pytest.raises(InputError, match=message):
        build_model("readseeker", TINY | change)


def test_head_and_compat_must_be_known():
    with pytest.raises(InputError, match="leave the head empty"):
        build_model("readseeker", TINY, "human")
    with pytest.raises(
        InputError, match="compat 'bert': architecture 'readseeker': it has dnabert"
    ):
        build_model("readseeker", TINY, compat="bert")


def test_gradients_reach_every_weight():
    model = build_model("readseeker", TINY)
    model(model.tokenize(["ACGTACGTAC", "ACGTAC"])).sum().backward()
    without = {name for name, p in model.named_parameters() if p.grad is None}
    assert without == set()
