"""The command `seqcast build-effect-set`: signed effects of eQTLs from GTEx fine-mapping."""

from pathlib import Path

from seqcast.cli.options import check_outputs, tell_set
from seqcast.datasets.variants.effect_sets import EffectOutputs, build_effect_set


def effect_set(output: Path, /, *, fine_mapped: Path, pip: float = 0.9) -> None:
    """Make a benchmark dataset of signed eQTL effects from GTEx fine-mapping.

    Effects of likely causal eQTLs in each tissue, of ALT relative to REF, on hg38: a VCF and a
    table of what became of each candidate.

    Parameters
    ----------
    output : Path
        Folder of the files of the dataset.
    fine_mapped : Path
        GTEx_49tissues_release1.tsv.bgz, or a table like it.
    pip : float
        Least PIP.
    """
    outputs = EffectOutputs.of(output)
    check_outputs(outputs, [fine_mapped], "FOLDER")
    counts = build_effect_set(fine_mapped, outputs, pip)
    tell_set(counts, outputs)
