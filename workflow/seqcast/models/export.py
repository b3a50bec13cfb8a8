"""Models as folders that the tools of others read: tensors, configuration and vocabulary."""

from pathlib import Path

from safetensors.torch import save_file

from seqcast.core.errors import InputError
from seqcast.core.store import atomic
from seqcast.models.interface import load_model, read_hyperparameters

MODEL = "model.safetensors"


def export_model(
    architecture: str, weights: str | Path, hyperparameters: str | Path, folder: str | Path
) -> None:
    """Write a model as a folder for users of transformers and safetensors.

    Parameters
    ----------
    architecture : str
        ``readseeker``: a folder for transformers' ``BertForSequenceClassification``, tokenizer
        included (reads are given as k-mers with spaces between). ``mamba2_mrna``: for its
        ``Mamba2ForCausalLM``. ``helix_mrna``: tensors under the names of the published file.
        ``mrna_property``: all tensors, and the body's configuration in config.json.
    weights, hyperparameters : path
        As `load_model` takes them.
    folder : path
        Made: ``model.safetensors``, ``config.json`` and what else belongs to them.

    Raises
    ------
    InputError
        If the architecture has no such form.
    """
    model = load_model(architecture, weights, hyperparameters, device="cpu")
    if not hasattr(model, "hub_files"):
        raise InputError(f"no other tool reads models of architecture {architecture!r}")
    texts = model.hub_files(read_hyperparameters(hyperparameters, architecture))
    with atomic(folder) as made:
        made.mkdir()
        save_file(model.hub_state(), made / MODEL, {"format": "pt"})
        for name, text in texts.items():
            (made / name).write_text(text)
