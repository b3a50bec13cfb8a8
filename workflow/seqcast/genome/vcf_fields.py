"""What records of a variant file hold besides the variants: INFO, genotypes and IDs, as text."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pysam

from seqcast.core.errors import InputError
from seqcast.core.text_files import open_bytes
from seqcast.genome.fasta import quiet_htslib
from seqcast.genome.vcf import NAMES, check_start, data_lines, is_table, unreadable


def read_info(path: str | Path) -> list[dict[str, str]]:
    """INFO of each record of a file that `read_variants` reads, whether its header describes it.

    Parameters
    ----------
    path : path
        VCF or BCF.

    Returns
    -------
    list of dict
        Key to text, a record each, in order; "" for a flag. Of a key that a record has repeatedly
        the first counts. A record without INFO has none.

    Raises
    ------
    InputError
        As `read_variants`.
    """
    path = Path(path)
    if check_start(path).startswith(b"BCF"):
        return [_info_of(fields) for fields in _bcf_records(path)]
    return [_info_of(fields) for fields in data_lines(path)]


def read_genotypes(path: str | Path) -> tuple[list[str], Iterator[list[str]]]:
    """Names of the samples, and of each record FORMAT and the text of each sample.

    Raises
    ------
    InputError
        As `read_variants`, and if there are no samples.
    """
    path = Path(path)
    names: list[str] = []
    if is_bcf := not is_table(path) and check_start(path).startswith(b"BCF"):
        with quiet_htslib(), pysam.VariantFile(str(path)) as file:
            names = list(file.header.samples)
    elif not is_table(path):
        with open_bytes(path) as lines:
            head = next((line for line in lines if line.startswith(b"#CHROM")), b"")
        names = head.decode(errors="replace").rstrip("\r\n").split("\t")[len(NAMES) :]
    if not names:
        raise InputError(
            f"{path} has no sample; expected a VCF or BCF with a column of genotypes (FORMAT/GT, "
            "phased) for each sample. Give such a file, or leave the cell haplotypes empty."
        )
    records = _bcf_records(path) if is_bcf else data_lines(path)  # these in one piece from FORMAT
    return names, ("\t".join(fields[8:]).split("\t") for fields in records)


def _bcf_records(path: Path) -> Iterator[list[str]]:
    """Yield the columns of each record of a BCF."""
    try:
        with quiet_htslib(), pysam.VariantFile(str(path)) as file:
            for record in file:
                yield str(record).rstrip("\n").split("\t")
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from error


def _info_of(fields: Sequence[str]) -> dict[str, str]:
    """INFO of a record by its columns."""
    found: dict[str, str] = {}
    text = fields[7].strip() if len(fields) > 7 else ""
    for item in text.split(";"):
        key, _, value = item.partition("=")
        if key not in {"", "."}:
            found.setdefault(key, value)
    return found


def find_ids(
    path: str | Path, wanted: Iterable[str]
) -> dict[str, list[tuple[str, int, str, tuple[str, ...]]]]:
    """Records of a VCF or BCF by their ID; of a file that is large, the search takes its time.

    Parameters
    ----------
    path : path
    wanted : iterable of str
        IDs; a record may have several, separated by semicolons.

    Returns
    -------
    dict
        Of each ID its records, in order: chrom, pos (1-based), ref, alts.

    Raises
    ------
    InputError
        As `read_variants`.
    """
    path = Path(path)
    found: dict[str, list[tuple[str, int, str, tuple[str, ...]]]] = {name: [] for name in wanted}
    is_bcf = check_start(path).startswith(b"BCF")
    for chrom, pos, names, ref, alts, *_ in _bcf_records(path) if is_bcf else data_lines(path):
        for name in found.keys() & names.split(";"):
            found[name].append((chrom, int(pos), ref, tuple(alts.split(","))))
    return found
