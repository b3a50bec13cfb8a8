"""Time of one forward pass of the same layers in TensorFlow, compiled as a graph.

    python -m venv keras && keras/bin/pip install "tensorflow-cpu==2.15.1" "numpy<2"
    keras/bin/python benchmarks/keras_forward.py [--model hl_clip_micro] [--repeats 4] [--threads 2]

Not the original program, which no package index has, but its layers rewritten from their
description: what a user of TensorFlow gets on a CPU. Random weights. `forward.py --keras-python`
runs this next to ours.
"""

import argparse
import json
import resource
import time
from pathlib import Path

import numpy as np
import tensorflow as tf
from tensorflow.keras import layers

ROOT = Path(__file__).resolve().parents[1]


def gelu(x):
    return tf.keras.activations.gelu(x, approximate=True)


def position_features(n, features):
    half = features // 2
    rate = np.float32(np.exp(np.log(n + 1) / half))
    widths = np.power(rate, np.arange(1, half + 1, dtype=np.float32)) - 1
    distance = np.arange(-n + 1, n, dtype=np.float32)
    inside = (widths[None] > np.abs(distance)[:, None]).astype(np.float32)
    return np.hstack([inside, np.sign(distance)[:, None] * inside])[None]


class RelativeAttention(layers.Layer):
    """One key for each of the 2 n - 1 distances, shifted into place as in Transformer-XL."""

    def __init__(self, channels, heads, key_size, features):
        super().__init__()
        self.heads, self.key_size, self.features = heads, key_size, features
        self.query, self.key, self.position = (
            layers.Dense(heads * key_size, use_bias=False) for _ in range(3)
        )
        self.value = layers.Dense(channels, use_bias=False)
        self.mix = layers.Dense(channels)

    def build(self, shape):
        size = (1, self.heads, 1, self.key_size)
        self.content_bias, self.position_bias = (self.add_weight(shape=size) for _ in range(2))

    def call(self, x):
        n = x.shape[1]

        def split(y):
            size = y.shape[2] // self.heads
            return tf.transpose(tf.reshape(y, [-1, y.shape[1], self.heads, size]), [0, 2, 1, 3])

        query = split(self.query(x)) * self.key_size**-0.5
        features = tf.constant(position_features(n, self.features))
        relative = tf.matmul(
            query + self.position_bias, split(self.position(features)), transpose_b=True
        )
        padded = tf.concat([tf.zeros_like(relative[..., :1]), relative], -1)
        folded = tf.reshape(padded, [-1, self.heads, 2 * n, n])[:, :, 1:]
        relative = tf.reshape(folded, [-1, self.heads, n, 2 * n - 1])[..., :n]
        content = tf.matmul(query + self.content_bias, split(self.key(x)), transpose_b=True)
        mixed = tf.matmul(tf.nn.softmax(content + relative), split(self.value(x)))
        return self.mix(tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [-1, n, x.shape[2]]))


def build(params):
    blocks = {block["name"]: block for block in params["trunk"]}
    stem, tower, transformer = (blocks[n] for n in ("conv_dna", "res_tower", "transformer_tower"))
    inputs = layers.Input((params["seq_length"], 4))
    x = layers.Conv1D(stem["filters"], stem["kernel_size"], padding="same")(inputs)
    x = layers.MaxPool1D(2)(x)
    growth = (tower["filters_end"] / tower["filters_init"]) ** (1 / (tower["repeat"] - 1))
    skips = []
    for i in range(tower["repeat"]):
        unit = tower["divisible_by"]
        width = int(np.round(tower["filters_init"] * growth**i / unit) * unit)
        x = gelu(layers.BatchNormalization()(x))
        x = layers.Conv1D(width, tower["kernel_size"], padding="same")(x)
        skips.append(x)
        x = layers.MaxPool1D(2)(x)
    for _ in range(transformer["repeat"]):
        x += RelativeAttention(
            width,
            transformer["heads"],
            transformer["key_size"],
            transformer["num_position_features"],
        )(layers.LayerNormalization(epsilon=1e-3)(x))
        hidden = int(transformer.get("dense_expansion", 2.0) * width)
        y = layers.Dense(hidden, activation="relu")(layers.LayerNormalization(epsilon=1e-3)(x))
        x += layers.Dense(width)(y)
    for skip in (skips[-1], skips[-2]):
        x = layers.UpSampling1D(2)(gelu(layers.BatchNormalization()(x)))
        x += layers.Dense(width)(gelu(layers.BatchNormalization()(skip)))
        x = layers.SeparableConv1D(width, 3, padding="same")(x)
    return tf.keras.Model(inputs, layers.Dense(params["head_human"]["units"], "softplus")(gelu(x)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="hl_clip_micro")
    parser.add_argument("--repeats", type=int, default=4)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(arguments.threads)
    tf.config.threading.set_inter_op_parallelism_threads(arguments.threads)
    path = ROOT / f"config/hyperparameters/borzuki_{arguments.model}.json"
    params = json.loads(path.read_text())["model"]
    model = build(params)
    run = tf.function(lambda x: model(x, training=False))
    x = tf.one_hot(np.random.default_rng(0).integers(0, 4, (1, params["seq_length"])), 4)
    run(x)
    seconds = []
    for _ in range(arguments.repeats):
        start = time.process_time()
        run(x)
        seconds.append(time.process_time() - start)
    peak_gb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(json.dumps({"keras_cpu_s": min(seconds), "keras_peak_gb": peak_gb}))


if __name__ == "__main__":
    main()
