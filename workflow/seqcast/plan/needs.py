"""Memory, time and disk that jobs request, where these are more than 1 GB or one hour; and GPUs.

The measurements are those of benchmarks/README.md, on CPUs. Rows are for the largest published
models, hg38, and one job of a published run, with room to spare; time is that of a job without a
GPU. The functions take what Snakemake hands to functions of a rule's ``resources``.
"""

import runpy
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple


class Need(NamedTuple):
    """What a job of a rule requests; 0 where the rule states nothing.

    Attributes
    ----------
    memory_mb, runtime_min : int
        Of the first attempt. Each retry requests as much again.
    disk_mb : int
        What the job writes, for executors that give each job a disk of its own.
    """

    memory_mb: int = 0
    runtime_min: int = 0
    disk_mb: int = 0


# Tables of scores, where they are read whole: to gather and sort them takes 2.3 times their size as
# files. This is for files of 1.9 GB in all, 110,000 rows of 11 scores and 426 tracks. With a
# function of ``input.size_mb``, Snakemake would warn in every run of a coroutine that was never
# awaited.
TABLES = Need(memory_mb=8_000)

NEEDS = {
    # hg38 is 0.9 GB bgzipped, its annotation takes 1.3 GB to read, transcripts 1.9 GB
    "prepare_genome": Need(memory_mb=2_000, disk_mb=4_000),
    "prepare_annotation": Need(memory_mb=3_000),
    "prepare_transcripts": Need(memory_mb=4_000),
    "enumerate_regions": Need(memory_mb=4_000),  # reads transcripts as the rule before
    # three times the 0.44 GB of ReadSeeker
    "prepare_weights": Need(memory_mb=2_000),
    # 1.5 GB, 45 s of CPU a variant: a shard of 900 in 12 h. A retry resumes where the job ended.
    "score_variants": Need(memory_mb=4_000, runtime_min=720),
    # 2.9 GB, 41 s of CPU a strand of a window, gene and group of tracks
    "approximate_effects": Need(memory_mb=8_000, runtime_min=720),
    "plan_variants": Need(memory_mb=4_000),
    "compare_window_modes": Need(memory_mb=8_000),  # as score_variants, and reads a table of scores
    "score_oligos": Need(memory_mb=4_000, runtime_min=720),  # not measured; as of variants
    "gather_shards": TABLES,
    "gather_oligo_shards": TABLES,
    "ensemble_oligo_effects": TABLES,
    "export_oligos_h5": TABLES,
    "evaluate_oligos": TABLES,
    "ensemble_variant_effects": TABLES,
    "evaluate_variants": TABLES,
    "export_sed_h5": TABLES,
    "write_notebook_scores": TABLES,
    "write_notebook_oligos": TABLES,
    "export_scores_h5": TABLES,
    "export_tsv": TABLES,
    "export_vcf": TABLES,
    "rank_variants": TABLES,
    "group_variants": TABLES,
    "build_nulls": Need(memory_mb=2_000),  # reads tables in parts, and genes
    "compare_with_nulls": Need(memory_mb=2_000),
    "map_effects": TABLES,
    "compare_haplotypes": TABLES,
    "compare_half_lives": TABLES,
    "compare_attributions": TABLES,
    "screen_variants": TABLES,
    "summarise_maps": Need(memory_mb=4_000),  # reads transcripts as prepare_transcripts
    "predict_map_references": Need(memory_mb=4_000),  # as predict_strongest
    "plot_distribution": TABLES,
    "assemble_page": TABLES,
    "plot_agreement": TABLES,
    # 1.6 GB, 8 s of CPU a strand of a window; 21 MB a window with 426 tracks
    "predict_strongest": Need(memory_mb=4_000),
    "predict_coverage": Need(memory_mb=4_000, runtime_min=240, disk_mb=20_000),
    "collect_peaks": Need(memory_mb=8_000, runtime_min=720),  # memory is not measured
    "evaluate_coverage": Need(memory_mb=8_000, runtime_min=720),  # memory is not measured
    # 0.8 GB, 0.15 s of CPU for 1,000 nt: 100 million nt in 4 h
    "embed_sequences": Need(memory_mb=4_000, runtime_min=480),
    "score_transcript_variants": Need(memory_mb=4_000, runtime_min=480),
    # 2.1 GB for ours and TensorFlow's in turn, two windows of 393 kb, hl_clip_micro
    "predict_verified": Need(memory_mb=4_000),
    "predict_original": Need(memory_mb=8_000),
    "predict_property": Need(memory_mb=4_000, runtime_min=480),
    # 0.6 GB without ReadSeeker; with it three reads of 300 nt a second of CPU: 80,000 in 8 h
    "classify_reads": Need(memory_mb=4_000, runtime_min=480),
    # 0.8 s of CPU and 1.6 MB a window with 426 tracks: 20,000 windows; memory is not measured
    "check_targets": Need(memory_mb=4_000, runtime_min=240),
    "store_targets": Need(memory_mb=8_000, runtime_min=720, disk_mb=32_000),
    "store_tfrecords": Need(memory_mb=8_000, runtime_min=240, disk_mb=32_000),
    # 1.2 GB with human chromosome 1; time and disk depend on the genomes
    "index_assemblies": Need(memory_mb=3_000, runtime_min=720, disk_mb=20_000),
    # 0.9 GB; 3 million reads are 6.4 GB
    "sample_reads": Need(memory_mb=2_000, disk_mb=16_000),
    # not measured: genomes of viruses and bacteria, samples of up to some 10 GB
    "map_reads": Need(memory_mb=4_000, runtime_min=240, disk_mb=20_000),
    "run_comparator": Need(memory_mb=4_000, runtime_min=240),
}

# Trainings by the task of the model. 4.6 GB for one window of hl_clip_micro with all activations
# kept; hl_clip computes 3.5 times as much, and the published batch has 4 windows. Memory of the
# other trainings is not measured. A retry resumes from the checkpoint.
TRAINING_NEEDS = {
    "coverage": Need(memory_mb=64_000, runtime_min=1_440),
    "reads": Need(memory_mb=16_000, runtime_min=1_440),
    "embedding": Need(memory_mb=16_000, runtime_min=1_440),
    "property": Need(memory_mb=16_000, runtime_min=1_440),
}


def memory_mb(job: object, attempt: int, rulename: str) -> int:
    """Resources: memory of the host, in MB."""
    return NEEDS[rulename].memory_mb * attempt


def runtime_min(job: object, attempt: int, rulename: str) -> int:
    """Resources: the limit of time, in minutes."""
    return NEEDS[rulename].runtime_min * attempt


def disk_mb(job: object, rulename: str) -> int:
    """Resources: disk in MB; a retry requests no more."""
    return NEEDS[rulename].disk_mb


def cpu_torch() -> str:
    """Version of this environment's torch if it is a build for CPUs; else, or without one, empty.

    All builds say so in a file: an import would take seconds of each start of a run.
    """
    found = find_spec("torch")
    if found is None or found.origin is None:
        return ""
    facts = runpy.run_path(str(Path(found.origin).with_name("version.py")))
    return "" if facts["cuda"] or facts["hip"] else str(facts["__version__"])


def no_gpu_build(what: str) -> list[str]:
    """A warning if what wants a GPU gets the torch of `cpu_torch`; none otherwise."""
    version = cpu_torch()
    return [
        f"{what}, and torch {version} of this environment ({sys.prefix}) is a build for CPUs, "
        "which uses none. Install a CUDA build (docs/install.md), or set inference.device: cpu in "
        "the config; with --sdm conda, the torch of envs/torch.yaml is used instead"
    ] * bool(version)
