"""The contents of a file of results, part by part: text as a string, fractions as an array.

What changes with a release or a module that moved (`MASKED`) is left out.
"""

import gzip
import json
import re
from collections import Counter
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from zipfile import ZipFile

import h5py
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pybigtools
import zarr
from matplotlib.image import imread

Values = str | np.ndarray
MASKED = {"code", "versions", "seqcast_version", "threads", "wall_s", "cpu_s"}  # of provenance
THUMBNAIL = 6  # a figure is compared as so many patches a side, each with its mean darkness
# Names of the track with the greatest score, or tracks that score nearly alike: which one may differ
# between processors. The score is in a column of its own.
CHOSEN = re.compile(r"(_top_track|_top_description|^strongest_track|_MAX_TRACK)$")
NUMBER = re.compile(r"(?<![\w.])[-+\u2212]?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?(?![\w.]*\w)")


def contents_of(path: Path) -> Iterator[tuple[str, Values]]:
    """The parts of a file, by its suffix."""
    yield from READERS.get(path.suffix, whole)(path)


def parquet(path: Path) -> Iterator[tuple[str, Values]]:
    """Types, provenance and columns; a ranked table in the order of its rows, not of its ranks."""
    file = pq.ParquetFile(path)
    table = file.read()
    yield "types", ", ".join(f"{field.name} {field.type}" for field in table.schema)
    facts = (file.metadata.metadata or {}).get(b"seqcast", b"{}")
    yield from provenance("provenance", json.loads(facts))
    if "rank" in table.column_names:
        falling = (np.diff(table["mean_abs"].to_numpy()) <= 0).all()
        counted = table["rank"].to_pylist() == list(range(1, len(table) + 1))
        yield "rank", f"counted: {counted}, by falling mean_abs: {falling}"
        table = table.drop_columns("rank").sort_by([("row", "ascending"), ("gene_id", "ascending")])
    for name, column in zip(table.column_names, table.columns, strict=True):
        yield from values_of(name, column.combine_chunks())


def values_of(name: str, column: pa.Array) -> Iterator[tuple[str, Values]]:
    """A column; lists of one length as one after the other."""
    if pa.types.is_fixed_size_list(column.type):  # its size is in the type
        column = column.flatten()
    if CHOSEN.search(name):
        yield name, json.dumps(sorted(filter(None, set(column.to_pylist()))))
    elif pa.types.is_floating(column.type):
        yield name, column.to_numpy(zero_copy_only=False)
    else:
        yield name, json.dumps(column.to_pylist())


def provenance(name: str, facts: Any) -> Iterator[tuple[str, Values]]:
    """Facts without what is `MASKED`, their fractions apart."""
    fractions: list[float] = []

    def stable(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: stable(inner) for key, inner in value.items() if key not in MASKED}
        if isinstance(value, list):
            return [stable(inner) for inner in value]
        if isinstance(value, float):
            fractions.append(value)
            return "fraction"
        return value

    yield name, json.dumps(stable(facts))
    if fractions:
        yield f"{name} fractions", np.array(fractions)


def tsv(path: Path) -> Iterator[tuple[str, Values]]:
    """Columns, those with a decimal point as fractions."""
    table = pl.read_csv(
        path, separator="\t", infer_schema_length=None, null_values=["NA", "", "."],
        comment_prefix="##",
    )  # fmt: skip
    yield "types", ", ".join(f"{name} {kind}" for name, kind in table.schema.items())
    for column in table:
        yield from values_of(column.name, column.to_arrow())


def gz(path: Path) -> Iterator[tuple[str, Values]]:
    """Tables, VCF, and anything else as text."""
    if path.name.endswith(".tsv.gz"):
        yield from tsv(path)
    elif path.name.endswith(".vcf.gz"):
        yield from vcf(gzip.decompress(path.read_bytes()).decode())
    else:
        yield "text", gzip.decompress(path.read_bytes()).decode()


def vcf(text: str) -> Iterator[tuple[str, Values]]:
    """Header, provenance in it, fixed columns, and the values of each key of INFO."""
    lines = text.splitlines()
    facts = [line for line in lines if line.startswith("##seqcast=")]
    header = [line for line in lines if line.startswith("#") and line not in facts]
    yield "header", "\n".join(header)
    for line in facts:
        yield from provenance("provenance", json.loads(line.removeprefix("##seqcast=")))
    records = [line.split("\t") for line in lines if not line.startswith("#")]
    yield "fixed columns", json.dumps([record[:7] for record in records])
    infos = [
        dict(entry.partition("=")[::2] for entry in record[7].split(";")) for record in records
    ]
    for key in sorted({key for info in infos for key in info}):
        values = [info.get(key, "absent") for info in infos]
        if CHOSEN.search(key):
            values = sorted({value for row in values for value in row.split(",")})
        # the numbers of a list: with a comma between, of 1734,116 the two would be one
        yield from words_and_numbers(key, "\n".join(values).replace(",", " "))


def words_and_numbers(name: str, text: str) -> Iterator[tuple[str, Values]]:
    """A text with # for each number, and the numbers; integers are numbers as well."""
    found = NUMBER.findall(text)
    yield f"{name} words", NUMBER.sub("#", text)
    if found:
        plain = [number.replace(",", "").replace("\u2212", "-") for number in found]
        yield f"{name} numbers", np.array(plain, dtype=float)


def html(path: Path) -> Iterator[tuple[str, Values]]:
    """The visible text of a page; rows of a ranked table in the order of their text."""
    page = re.sub(r"<(style|script|head)\b.*?</\1>", " ", path.read_text(), flags=re.DOTALL)
    rows = re.split(r"(?=<tr\b)|(?<=</tr>)", page)
    texts = [" ".join(unescape(re.sub(r"<[^>]*>", " ", row)).split()) for row in rows]
    if ".ranked." in path.name:
        texts = sorted(re.sub(r"^\d+ |\d+(?=h\b)", "", text) for text in texts)  # `rank`, `CHOSEN`
    text = re.sub(r"\b\d+\.\d+\.\d+\S*", "version", "\n".join(texts))
    words, numbers = words_and_numbers("page", text)
    yield "words", words[1]
    yield "numbers", np.arcsinh(numbers[1])  # positions would drown scores


def png(path: Path) -> Iterator[tuple[str, Values]]:
    """Size in pixels, and how dark each part of the figure is."""
    image = imread(path)
    yield "pixels", "x".join(map(str, image.shape[1::-1]))
    grey = 1 - image[..., :3].mean(axis=2)
    for_each = [np.array_split(band, THUMBNAIL, axis=1) for band in np.array_split(grey, THUMBNAIL)]
    yield "darkness", np.array([[patch.mean() for patch in band] for band in for_each])


def svg(path: Path) -> Iterator[tuple[str, Values]]:
    """Size, and how many elements of each kind the figure has; letters are shapes of their own."""
    root = ElementTree.parse(path).getroot()
    yield "size", f"{root.get('width')} {root.get('height')}"
    yield "elements", str(sorted(Counter(e.tag.rpartition("}")[2] for e in root.iter()).items()))


def arrays(named: Any) -> Iterator[tuple[str, Values]]:
    """Shapes and types, and the values by name."""
    kinds = {name: np.asarray(named[name]) for name in sorted(named)}
    yield "types", ", ".join(f"{name} {array.dtype}{array.shape}" for name, array in kinds.items())
    for name, array in kinds.items():
        yield name, array if array.dtype.kind == "f" else str(array.tolist())


def npz(path: Path) -> Iterator[tuple[str, Values]]:
    """Arrays by name."""
    with np.load(path) as file:
        yield from arrays(file)


def npy(path: Path) -> Iterator[tuple[str, Values]]:
    """One array."""
    yield from arrays({"array": np.load(path)})


def hdf5(path: Path) -> Iterator[tuple[str, Values]]:
    """Provenance and datasets."""
    with h5py.File(path) as file:
        yield from provenance("provenance", json.loads(file.attrs["seqcast"]))
        yield from arrays({name: file[name][()] for name in file})


def zarr_zip(path: Path) -> Iterator[tuple[str, Values]]:
    """Attributes and arrays."""
    with zarr.storage.ZipStore(path, mode="r") as store:
        group = zarr.open_group(store, mode="r")
        yield from provenance("provenance", dict(group.attrs))
        yield from arrays({name: np.asarray(array[:]) for name, array in group.arrays()})


def bigwig(path: Path) -> Iterator[tuple[str, Values]]:
    """Lengths of contigs, intervals, and their values."""
    with pybigtools.open(str(path)) as file:
        lengths = file.chroms()
        found = [(contig, *row) for contig in lengths for row in file.records(contig)]
    yield "contigs", str(lengths)
    yield "intervals", str([row[:3] for row in found])
    yield "values", np.array([row[3] for row in found])


def archive(path: Path) -> Iterator[tuple[str, Values]]:
    """Names of the files, without folders: Snakemake names those by a digest."""
    with ZipFile(path) as file:
        yield "names", " ".join(sorted(name.rpartition("/")[2] for name in file.namelist()))


def whole(path: Path) -> Iterator[tuple[str, Values]]:
    """Every byte of a file of another kind."""
    yield "bytes", path.read_bytes().decode("latin-1")


def opaque(path: Path) -> Iterator[tuple[str, Values]]:
    """A file whose contents say nothing that another file does not."""
    yield "file", "is there" if path.stat().st_size else "is empty"


READERS = {
    ".parquet": parquet, ".tsv": tsv, ".gz": gz, ".html": html, ".png": png, ".svg": svg,
    ".npz": npz,
    ".npy": npy, ".h5": hdf5, ".zarr": zarr_zip, ".bw": bigwig, ".zip": archive,
    ".csi": opaque, ".tbi": opaque,
}  # fmt: skip
