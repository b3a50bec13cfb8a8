"""What is made of a table of classified reads, without the model: split files, predictions."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from seqcast.core.errors import InputError
from seqcast.core.store import atomic, read_table
from seqcast.reads.dnabert import write_predictions
from seqcast.reads.open import open_reads
from seqcast.reads.records import ReadStream
from seqcast.reads.split import SplitWriter


class ReadFiles(NamedTuple):
    """Files of a dataset of reads (see `reads.open.open_reads`)."""

    path: str
    path2: str | None = None
    reference: str | None = None
    interleaved: bool = False


def open_files(reads: ReadFiles) -> ReadStream:
    """`reads.open.open_reads` of the files of a dataset."""
    return open_reads(reads.path, reads.path2, reads.reference, interleaved=reads.interleaved)


def split_dataset(reads: ReadFiles, table: str, folder: str, rule: str) -> None:
    """Write the reads of a file again, apart by the label that `table` gives them.

    Parameters
    ----------
    reads : ReadFiles
    table : str
        What `classify_dataset` wrote for these reads.
    folder : str
        Gets the files of `reads.split.SplitWriter`.
    rule : {"either", "both"}
        A pair is coding if either mate is, or if both are.

    Raises
    ------
    InputError
        If the table has another number of rows than the file has reads.
    """
    labels = read_table(table, columns=["label"])["label"].to_list()
    done = 0
    with atomic(folder) as temporary, open_files(reads) as stream:
        prefix = temporary / Path(table).stem
        with SplitWriter(prefix, stream.paired, rule) as writer:
            for chunk in stream:
                done += len(chunk)
                if done > len(labels):
                    break
                writer.write(chunk, labels[done - len(chunk) : done])
        if done != len(labels):
            raise InputError(
                f"{table} has {len(labels)} rows, {reads.path} another number of reads; "
                "classify the reads again, the file has changed since"
            )


def export_predictions(table: str, path: str) -> None:
    """Write ``p_coding`` as DNABERT's pred_results.npy: float32, one per row, NaN where null."""
    values = read_table(table, columns=["p_coding"])["p_coding"]
    write_predictions(path, values.fill_null(float("nan")).to_numpy().astype(np.float32))
