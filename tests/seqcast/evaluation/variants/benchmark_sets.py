"""Small benchmarks of variants as files, made for tests: VCFs, score tables, Saluki's tables."""

import numpy as np
import polars as pl

from seqcast.core.store import array_column, write_table


def write_vcf(path, records, header=("##fileformat=VCFv4.2",)):
    """Records are (ID, INFO); IDs are chrom_pos_ref_alt, INFO a text or a dict."""
    lines = [*header, "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"]
    for name, info in records:
        chrom, pos, ref, alt = name.split("_")
        text = info if isinstance(info, str) else ";".join(f"{k}={v}" for k, v in info.items())
        lines.append("\t".join((chrom, pos, name, ref, alt, ".", ".", text)))
    path.write_text("\n".join(lines) + "\n")
    return path


def write_scores(path, rows, **facts):
    """A score table of two tracks: rows are (ID, gene, status, logSED of both or None)."""
    columns = {"variant": [row[0] for row in rows]}
    for i, name in enumerate(("chrom", "pos", "ref", "alt")):
        columns[name] = [row[0].split("_")[i] for row in rows]
    columns |= {"gene_id": [row[1] for row in rows], "status": [row[2] for row in rows]}
    schema = dict.fromkeys(columns, pl.String)
    table = pl.DataFrame(columns, schema=schema).with_columns(pl.col("pos").cast(pl.Int64))
    known = np.array([row[3] is not None for row in rows], dtype=bool)
    values = np.array([row[3] or (0, 0) for row in rows], dtype=float).reshape(-1, 2)
    write_table(table.with_columns(array_column("logSED", values, known)), path, facts)
    return path


def write_saluki(path, rows):
    """Rows are (variant, SSD0)."""
    frame = pl.DataFrame(rows, schema={"variant": pl.String, "SSD0": pl.Float64}, orient="row")
    frame.write_csv(path, separator="\t")
    return path


def matched_set(folder, pairs=40, signal=1.0, seed=3):
    """Positives and negatives on several chromosomes with their scores in two folds.

    Returns the two VCFs, and the score tables of each, as `VariantFiles` takes them.
    """
    rng = np.random.default_rng(seed)
    records, scores = ([], []), ([], [])
    for i in range(pairs):
        positive = f"chr{1 + i % 3}_{1000 + i}_A_C"
        for label in (1, 0, 0)[: 2 + i % 2]:
            name = positive if label else f"chr{1 + i % 3}_{5000 + 2 * i + len(records[1])}_A_G"
            info = {"MT": f"G{i}", "PD": 10 * i, "PI": positive, "MG": f"g{i}", "DI": 100 * i}
            side = 1 - label
            records[side].append((name, info))
            scores[side].append((name, f"G{i}.3", "scored", rng.normal(label * signal, 1, (2, 2))))
    vcfs = [write_vcf(folder / f"{n}.vcf", r) for n, r in zip(("pos", "neg"), records, strict=True)]
    tables = [
        [
            write_scores(
                folder / f"{n}.{fold}.parquet", [(*r[:3], tuple(r[3][fold])) for r in side]
            )
            for fold in (0, 1)
        ]
        for n, side in zip(("pos", "neg"), scores, strict=True)
    ]
    return vcfs, tables
