"""Borzuki in TensorFlow, for `seqcast verify`: run as a program by a Python that has TensorFlow.

    python keras_original.py job.json outputs.npz

It needs TensorFlow, NumPy and h5py alone, none of seqcast. Where baskerville is installed, its
`SeqNN` is the network. Otherwise the layers are put together here from those of Keras, in the order
of baskerville's ``seqnn.py`` and ``blocks.py`` (commit 544073b), so that Keras loads the published
file by the order of its layers. The layout is Keras': channels last.
"""

from __future__ import annotations  # the Python may be 3.9

import importlib
import json
import os
import re
import sys
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path
from typing import Any

import numpy as np

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
import tensorflow as tf
from tensorflow.keras import layers

COMMIT = "544073b"


def one_hot(sequence: str) -> np.ndarray:
    """``(1, length, 4)``: A, C, G, T; all zeros for anything else."""
    codes = np.frombuffer(sequence.upper().encode(), dtype=np.uint8)
    return (codes[:, None] == np.frombuffer(b"ACGT", dtype=np.uint8)).astype(np.float32)[None]


def gelu(x: Any) -> Any:
    """The approximation by tanh."""
    return tf.nn.gelu(x, approximate=True)


class MultiheadAttention(layers.Layer):
    """Attention with relative positions, its weights in the order of the published files."""

    names = (
        "r_w_bias", "r_r_bias", "q_layer/kernel", "k_layer/kernel", "v_layer/kernel",
        "embedding_layer/kernel", "embedding_layer/bias", "r_k_layer/kernel",
    )  # fmt: skip

    def __init__(self, block: dict, channels: int, **options: Any) -> None:
        super().__init__(**options)
        self.heads, self.key_size = block["heads"], block["key_size"]
        value_size = channels // self.heads
        self.features = block.get("num_position_features") or value_size // 2 * 2
        self.train_length = block.get("seqlen_train")
        keys = self.heads * self.key_size
        self.q_layer = layers.Dense(keys, use_bias=False, name="q_layer")
        self.k_layer = layers.Dense(keys, use_bias=False, name="k_layer")
        self.v_layer = layers.Dense(channels, use_bias=False, name="v_layer")
        self.embedding_layer = layers.Dense(channels, name="embedding_layer")
        self.r_k_layer = layers.Dense(keys, use_bias=False, name="r_k_layer")

    def build(self, shape: Any) -> None:
        """The two biases of the queries come before all other weights."""
        form = (1, self.heads, 1, self.key_size)
        self.r_w_bias = self.add_weight(name="r_w_bias", shape=form)
        self.r_r_bias = self.add_weight(name="r_r_bias", shape=form)
        for layer in (self.q_layer, self.k_layer, self.v_layer, self.embedding_layer):
            layer.build(shape)
        self.r_k_layer.build((None, self.features))
        super().build(shape)

    def call(self, x: Any) -> Any:
        """``(batch, length, channels)`` to the same."""
        length = x.shape[1]
        query = self._by_head(self.q_layer(x)) * self.key_size**-0.5
        key, value = self._by_head(self.k_layer(x)), self._by_head(self.v_layer(x))
        places = self._by_head(self.r_k_layer(self._places(length)))
        logits = tf.matmul(query + self.r_w_bias, key, transpose_b=True)
        logits += self._shifted(tf.matmul(query + self.r_r_bias, places, transpose_b=True))
        seen = tf.transpose(tf.matmul(tf.nn.softmax(logits), value), (0, 2, 1, 3))
        return self.embedding_layer(tf.reshape(seen, (-1, length, x.shape[2])))

    def _by_head(self, x: Any) -> Any:
        split = tf.reshape(x, (-1, x.shape[1], self.heads, x.shape[2] // self.heads))
        return tf.transpose(split, (0, 2, 1, 3))

    def _places(self, length: int) -> Any:
        """Features of the distances 1 - length to length - 1: ``(1, 2 length - 1, features)``."""
        distance = np.arange(1 - length, length, dtype=np.float32)[:, None]
        number = self.features // 2
        rate = np.exp(np.log((self.train_length or length) + 1) / number).astype(np.float32)
        widths = np.power(rate, np.arange(1, number + 1, dtype=np.float32)) - 1
        near = (widths > np.abs(distance)).astype(np.float32)
        return tf.constant(np.concatenate([near, np.sign(distance) * near], axis=1)[None])

    @staticmethod
    def _shifted(logits: Any) -> Any:
        """Of each query the distances to its keys: as Transformer-XL pads and reshapes."""
        batch, heads, length, distances = tf.unstack(tf.shape(logits))
        x = tf.pad(logits, ((0, 0), (0, 0), (0, 0), (1, 0)))
        x = tf.reshape(x, (batch, heads, distances + 1, length))[:, :, 1:]
        return tf.reshape(x, (batch, heads, length, distances))[..., : (distances + 1) // 2]


def conv_dna(x: Any, block: dict, kept: list) -> Any:
    """A convolution of the bases, then pooling."""
    x = layers.Conv1D(block["filters"], block["kernel_size"], padding="same")(x)
    return layers.MaxPool1D(2, padding="same")(x)


def res_tower(x: Any, block: dict, kept: list) -> Any:
    """Norm, GELU, convolution and pooling, repeatedly; what is pooled is kept."""
    steps = max(1, block["repeat"] - 1)
    growth = np.exp(np.log(block["filters_end"] / block["filters_init"]) / steps)
    width, unit = block["filters_init"], block.get("divisible_by", 1)
    for _ in range(block["repeat"]):
        x = gelu(layers.BatchNormalization()(x))
        filters = int(np.round(width / unit) * unit)
        x = layers.Conv1D(filters, block["kernel_size"], padding="same")(x)
        kept.append(x)
        x = layers.MaxPool1D(2, padding="same")(x)
        width *= growth
    return x


def transformer_tower(x: Any, block: dict, kept: list) -> Any:
    """Attention and a feed-forward map, each added to what came before its norm."""
    channels, expansion = x.shape[2], block.get("dense_expansion", 2.0)
    for _ in range(block["repeat"]):
        x = layers.add([x, MultiheadAttention(block, channels)(layers.LayerNormalization()(x))])
        if expansion:
            y = layers.Dense(int(expansion * channels))(layers.LayerNormalization()(x))
            x = layers.add([x, layers.Dense(channels)(layers.ReLU()(y))])
    return x


def unet_conv(x: Any, block: dict, kept: list) -> Any:
    """Twice the bins, joined by what was kept at that resolution."""
    channels, skip = x.shape[2], kept.pop()
    x = layers.BatchNormalization()(x)
    skip = layers.BatchNormalization()(skip)
    x, skip = gelu(x), gelu(skip)
    x = layers.Dense(channels)(x) if block.get("upsample_conv") else x
    skip = layers.Dense(channels)(skip)
    x = layers.add([layers.UpSampling1D(2)(x), skip])
    return layers.SeparableConv1D(channels, block["kernel_size"], padding="same")(x)


def cropping(x: Any, block: dict, kept: list) -> Any:
    """Bins off both ends."""
    return layers.Cropping1D(block["cropping"])(x)


BLOCKS = {
    "conv_dna": conv_dna, "res_tower": res_tower, "transformer_tower": transformer_tower,
    "unet_conv": unet_conv, "Cropping1D": cropping,
}  # fmt: skip


def head_key(model: dict, head: str) -> str:
    """The key of a head in the model section: ``head_human``, or ``head`` alone."""
    return head if head in model else f"head_{head}"


def keras_graph(model: dict, head: str) -> Any:
    """The network of the model section of a params.json, that ends in a head."""
    inputs = x = layers.Input((model["seq_length"], 4))
    kept: list = []
    for block in model["trunk"]:
        x = BLOCKS[block["name"]](x, block, kept)
    outputs = layers.Dense(model[head_key(model, head)]["units"], activation="softplus")(gelu(x))
    return tf.keras.Model(inputs, outputs)


def set_tensors(model: Any, path: str) -> None:
    """Fill a network with tensors under the names ``conv1d/0/kernel``: kind, number, weight."""
    found = np.load(path)
    counts: dict = {}
    for layer in (layer for layer in model.layers if layer.weights):
        kind = re.sub(r"_\d+$", "", layer.name)
        number = counts[kind] = counts.get(kind, -1) + 1
        names = getattr(layer, "names", None)
        names = names or [weight.name.split("/")[-1].split(":")[0] for weight in layer.weights]
        layer.set_weights([found[f"{kind}/{number}/{name}"] for name in names])


def baskerville() -> tuple[Any, str] | None:
    """Its module `seqnn` and what to call it, or None where it is not installed.

    A package of another purpose has the same name on the Python package index.
    """
    try:
        seqnn = importlib.import_module("baskerville.seqnn")
    except ImportError:
        return None
    try:
        told = distribution("baskerville").read_text("direct_url.json")
        commit = json.loads(told or "{}").get("vcs_info", {}).get("commit_id", "")[:7]
    except PackageNotFoundError:
        commit = ""
    return seqnn, f"baskerville {commit or '(commit not known)'}"


def network(job: dict) -> tuple[Any, str]:
    """The network with its weights, and who made it."""
    params = json.loads(Path(job["hyperparameters"]).read_text())["model"]
    heads = sorted(key for key in params if key.startswith("head"))
    found = baskerville() if job["published"] else None
    if found:
        seqnn, name = found
        made = seqnn.SeqNN(params)
        head = heads.index(head_key(params, job["head"]))
        made.restore(job["weights"], head)
        return made.models[head], name
    model = keras_graph(params, job["head"])
    if job["published"]:
        model.load_weights(job["weights"])
    else:
        set_tensors(model, job["weights"])
    return model, f"the layers of baskerville {COMMIT} in tf.keras"


def main(job_path: str, outputs_path: str) -> None:
    """Predict what a job says, one sequence after the other."""
    job = json.loads(Path(job_path).read_text())
    model, name = network(job)
    outputs = [np.asarray(model(one_hot(one), training=False))[0] for one in job["sequences"]]
    versions = {name: version(name) for name in ("keras", "numpy", "h5py")}
    versions["tensorflow"] = tf.__version__
    told = json.dumps({"network": name, "versions": versions})
    np.savez(outputs_path, told=told, **{f"output{i}": y.T for i, y in enumerate(outputs)})


if __name__ == "__main__":
    main(*sys.argv[1:])
