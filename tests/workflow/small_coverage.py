"""A small coverage model and set of the simulated genome, that tests train in seconds."""

import json

from tests.workflow.conftest import Workflow

WINDOW_BP = 2048
HYPERPARAMETERS = {
    "model": {
        "seq_length": WINDOW_BP, "activation": "gelu", "norm_type": "batch", "l2_scale": 5e-7,
        "kernel_initializer": "lecun_normal",
        "trunk": [
            {"name": "conv_dna", "filters": 8, "kernel_size": 11, "norm_type": None,
             "activation": "linear", "pool_size": 2},
            {"name": "res_tower", "filters_init": 8, "filters_end": 8, "kernel_size": 5,
             "num_convs": 1, "pool_size": 2, "repeat": 6},
            {"name": "transformer_tower", "key_size": 4, "heads": 2, "num_position_features": 4,
             "dense_expansion": 1.0, "repeat": 1},
            {"name": "unet_conv", "kernel_size": 3},
            {"name": "unet_conv", "kernel_size": 3},
        ],
        "head_human": {"name": "final", "units": 22, "activation": "softplus"},
    }
}  # fmt: skip
RECIPE = {"learning_rate": 1e-3, "batch_size": 4, "epochs": 2, "epsilon": 1e-7, "decay": "none",
          "seed": 1, "select_by": "pearsonr"}  # fmt: skip
TARGETS = "resources/simulated/targets.tsv"
SET = {"dataset": "sim", "kind": "coverage", "assembly": "simulated", "path": TARGETS,
       "settings": "windows.json"}  # fmt: skip
WINDOWS = {"window_bp": WINDOW_BP, "folds": 3, "fixed": {"chrS2": "test"}}
FEW = {"causal_snvs": 2, "causal_indels": 2, "decoys": 2, "planted_snvs": 5, "planted_decoys": 2,
       "planted_ares": 1}  # fmt: skip
TABLES = {
    "models": [("small", "borzuki", "coverage", "params.json", "human", TARGETS, "")],
    "folds": [("small", "f0c0", "train", "both"), ("small", "f1c0", "train", "both")],
    "datasets": [SET],
    "trainings": [("both", "sim", "", "", "recipe.json")],
}  # fmt: skip
CONFIG = {
    "simulation": {"genes": {"chrS1": 24, "chrS2": 12}, "numbers": FEW},
}


def write_settings(run: Workflow) -> None:
    """Write the hyperparameters, the recipe and the settings of windows that `TABLES` name."""
    (run.folder / "windows.json").write_text(json.dumps(WINDOWS))
    (run.folder / "params.json").write_text(json.dumps(HYPERPARAMETERS))
    (run.folder / "recipe.json").write_text(json.dumps(RECIPE))
