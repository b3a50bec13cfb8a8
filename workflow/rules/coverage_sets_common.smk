"""Tables of coverage sets to paths."""

from seqcast.datasets.coverage.track_files import track_path

COVERAGE_SETS = read_table("coverage_sets", ["coverage_set"])
check_names(
    "coverage_sets",
    COVERAGE_SETS["assembly"].astype(str),
    "assemblies",
    ASSEMBLIES.index,
)
STORE = "results/coverage_sets/{coverage_set}.zarr"
# A store is a folder, which Snakemake knows by its date alone: what it holds is in a file of its own.
STORE_DIGEST = "results/coverage_sets/{coverage_set}.digest"
PREFLIGHT = "results/coverage_sets/{coverage_set}.preflight.tsv"
# Assembly, input and crop (bp) -> source of the windows published for models of that shape.
PUBLISHED_WINDOWS = {
    ("hg38", 393216, 0): "borzuki_windows_hg38",
    ("mm10", 393216, 0): "borzuki_windows_mm10",
    ("hg38", 524288, 163840): "borzoi_windows_hg38",
    ("mm10", 524288, 163840): "borzoi_windows_mm10",
}
HOW_MADE = ["stride_bp", "folds", "fixed", "unmappable"]  # columns of made windows
SET_DEFAULTS = {"bin_bp": 32, "crop_bins": 0, "stride_bp": 0, "folds": 8}


def set_cell(column):
    """Input or params function: a cell of the set's row, empty where there is no such column."""
    return lambda wildcards: COVERAGE_SETS.loc[wildcards.coverage_set].get(column, "")


def filled(row, column):
    """Whether a row has something in a column, which may be the number 0."""
    return row.get(column, "") != ""


def numbers_of(row):
    """Numbers of a set by their columns; an empty cell leaves the default."""
    return {
        name: int(row[name]) if filled(row, name) else default
        for name, default in SET_DEFAULTS.items()
    }


def set_options(wildcards):
    """Params function: shape of the windows of a set, and how they are made."""
    row = COVERAGE_SETS.loc[wildcards.coverage_set]
    return {
        **numbers_of(row),
        "window_bp": int(row["window_bp"]),
        "fixed": row.get("fixed") or "",
        "compat": row.get("compat") or "",
        "interpolate": row.get("interpolate") == "yes",
        "seed": config["coverage_sets"]["seed"],
    }


def named_windows(row):
    """What a set's windows are read from: its cell, or the published ones; empty, they are made."""
    given = row.get("windows") or ""
    if given or any(filled(row, column) for column in HOW_MADE):
        return "" if given == "made" else given
    numbers = numbers_of(row)
    crop_bp = numbers["bin_bp"] * numbers["crop_bins"]
    shape = (row["assembly"], int(row["window_bp"]), crop_bp)
    return PUBLISHED_WINDOWS.get(shape, "")


def set_windows(wildcards):
    """Input function: the file that a set's windows are read from, none where they are made."""
    named = named_windows(COVERAGE_SETS.loc[wildcards.coverage_set])
    return {"windows": given_file(named)} if named else {}


def set_genome(suffix):
    """Input function: a file of the set's assembly."""
    return assembly_file(suffix, COVERAGE_SETS, "coverage_set")


def set_files(*columns):
    """Input function: files that these cells of a set name."""

    def files(wildcards):
        row = COVERAGE_SETS.loc[wildcards.coverage_set]
        return {name: given_file(row[name]) for name in columns if row.get(name)}

    return files


def set_targets(wildcards):
    """Input function: the targets table of a set, where its descriptions decide nothing."""
    return undated(given_file(COVERAGE_SETS.at[wildcards.coverage_set, "targets"]))


def named_tracks(targets):
    """Files that the rows of a targets table name; none where the table is still to be made."""
    path = Path(located(targets))
    try:
        table = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)
    except (OSError, ValueError):  # the job that needs it says what is wrong
        return []
    return [str(track_path(path, name)) for name in table.get("file", []) if name]


def set_tracks(wildcards):
    """Input function: bigWig files of the set's targets table, those of libraries included.

    Other files of a table that this workflow makes come with the table.
    """
    targets = COVERAGE_SETS.at[wildcards.coverage_set, "targets"]
    own = Path(located(targets)).parts[0] not in ("resources", "results")
    names = named_tracks(targets)
    return [given_file(n) for n in names if own or n.startswith(MADE_TRACKS)]


for row in COVERAGE_SETS.itertuples():
    for name in named_tracks(row.targets):
        check_track(name, row.assembly, located(row.targets))


def stores_of(names, store="stores", digest="digests"):
    """Input files: stores, whose dates do not count, and the digests of what they hold, which do."""
    return {
        store: ancient(expand(STORE, coverage_set=names)),
        digest: expand(STORE_DIGEST, coverage_set=names),
    }


def records_of(wildcards):
    """Input function: files of a published data set."""
    folder = Path(set_cell("tfrecords")(wildcards))
    named = ["statistics.json", "sequences.bed"]
    return [given_file(str(folder / name)) for name in named] + sorted(
        map(str, folder.glob("tfrecords/*.tfr"))
    )


RECORD_SETS = [n for n in COVERAGE_SETS.index if COVERAGE_SETS.loc[n].get("tfrecords")]
TRACK_SETS = [n for n in COVERAGE_SETS.index if n not in RECORD_SETS]
for name in TRACK_SETS:
    windows = named_windows(COVERAGE_SETS.loc[name])
    if windows in PUBLISHED_WINDOWS.values() and windows not in SOURCES.index:
        raise ConfigError(
            f"{config['tables']['coverage_sets']}: {name} takes the published windows of its "
            f"assembly, but {catalogue.path_of('sources')} has no {windows}; copy that row of "
            "seqcast's config/sources.tsv, or write made into the column windows"
        )
