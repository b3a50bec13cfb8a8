"""Weights to start from: drawn by a seed, or of a file that may lack a classifier."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from seqcast.core.errors import InputError
from seqcast.models.convert import write_safetensors
from seqcast.training.initial import starting_model

CONFIG = {
    "hidden_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 16,
    "max_position_embeddings": 64, "vocab_size": 69, "max_seq_length": 60,
}  # fmt: skip


def published_tensors(seed: int = 0) -> dict[str, Tensor]:
    """A base checkpoint with the names of Hugging Face's BertForMaskedLM."""
    torch.manual_seed(seed)
    shapes = {"embeddings.word_embeddings.weight": (69, 8),
              "embeddings.position_embeddings.weight": (64, 8),
              "embeddings.token_type_embeddings.weight": (2, 8),
              "embeddings.LayerNorm.weight": (8,), "embeddings.LayerNorm.bias": (8,),
              "pooler.dense.weight": (8, 8), "pooler.dense.bias": (8,)}  # fmt: skip
    for i in range(2):
        layer = f"encoder.layer.{i}"
        for part, size in (
            ("attention.self.query", (8, 8)), ("attention.self.key", (8, 8)),
            ("attention.self.value", (8, 8)), ("attention.output.dense", (8, 8)),
            ("intermediate.dense", (16, 8)), ("output.dense", (8, 16)),
            ("attention.output.LayerNorm", (8,)), ("output.LayerNorm", (8,)),
        ):  # fmt: skip
            shapes |= {f"{layer}.{part}.weight": size, f"{layer}.{part}.bias": size[:1]}
    tensors = {f"bert.{name}": torch.randn(shape) for name, shape in shapes.items()}
    return tensors | {"cls.predictions.bias": torch.randn(69)}


def test_drawn_weights_are_those_of_bert_and_the_seed(tmp_path: Path) -> None:
    first, again = (starting_model("readseeker", CONFIG, seed=4) for _ in range(2))
    assert all(map(torch.equal, first.state_dict().values(), again.state_dict().values()))
    other = starting_model("readseeker", CONFIG, seed=5).state_dict()
    assert not torch.equal(other["pooler.weight"], first.state_dict()["pooler.weight"])
    matrices = torch.cat([p.flatten() for p in first.parameters() if p.ndim > 1])
    assert matrices.std().item() == pytest.approx(0.02, rel=0.1)  # Devlin et al. 2019
    assert not first.state_dict()["classifier.bias"].any()
    assert all(p.requires_grad for p in first.parameters())


@pytest.mark.parametrize("suffix", [".bin", ".safetensors"])
def test_a_base_checkpoint_gets_a_drawn_classifier(tmp_path: Path, suffix: str) -> None:
    tensors, path = published_tensors(), tmp_path / f"pytorch_model{suffix}"
    if suffix == ".bin":
        torch.save(tensors, path)
    else:
        write_safetensors(tensors, path, {})
    model = starting_model("readseeker", CONFIG, 4, path)
    state = model.state_dict()
    assert torch.equal(state["pooler.weight"], tensors["bert.pooler.dense.weight"])
    drawn = starting_model("readseeker", CONFIG, 4).state_dict()
    assert torch.equal(state["classifier.weight"], drawn["classifier.weight"])
    assert all(p.requires_grad for p in model.parameters())


def test_a_whole_checkpoint_keeps_its_classifier(tmp_path: Path) -> None:
    head = {"classifier.weight": torch.ones(2, 8), "classifier.bias": torch.ones(2)}
    path = tmp_path / "whole.safetensors"
    write_safetensors(published_tensors() | head, path, {})
    assert starting_model("readseeker", CONFIG, 4, path).state_dict()["classifier.bias"].all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"bert.pooler.dense.bias": None}, "1 missing"),
        ({"bert.pooler.extra": torch.zeros(2)}, "1 left over"),
        ({"bert.pooler.dense.bias": torch.zeros(9)}, "another shape"),
        ({"classifier.weight": torch.zeros(3, 8)}, "another shape"),
    ],
)
def test_everything_else_is_strict(tmp_path: Path, change: dict, message: str) -> None:
    tensors = {n: t for n, t in (published_tensors() | change).items() if t is not None}
    path = tmp_path / "base.safetensors"
    write_safetensors(tensors, path, {})
    with pytest.raises(InputError, match=message) as caught:
        starting_model("readseeker", CONFIG, 4, path)
    assert str(caught.value).startswith(f"{path}: ")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file of weights to start from"):
        starting_model("readseeker", CONFIG, 4, tmp_path / "none.bin")


def test_golden_checkpoint_is_where_training_starts(shared: Path) -> None:
    folder = shared / "reference/readseeker/tiny_model"
    model = starting_model("readseeker", folder / "config.json", 1, folder / "pytorch_model.bin")
    golden = np.load(shared / "reference/readseeker/golden.npz")
    rows = [i for i, mask in enumerate(golden["attention_mask"]) if mask.sum() == 297]  # 300 nt
    tokens = torch.from_numpy(golden["input_ids"][rows].astype(np.int64))
    with torch.no_grad():
        logits = model.eval()(tokens).numpy()
    np.testing.assert_allclose(logits, golden["logits_float64"][rows], atol=1e-5)
