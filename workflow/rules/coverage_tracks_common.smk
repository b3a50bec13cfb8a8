"""The table of libraries to the names of their coverage."""

LIBRARIES = read_table("libraries", ["library"])
check_names(
    "libraries", LIBRARIES["assembly"].astype(str), "assemblies", ASSEMBLIES.index
)
UNSTRANDED = LIBRARIES.index[LIBRARIES["library_type"] == "unstranded"].to_list()
STRANDED = [name for name in LIBRARIES.index if name not in UNSTRANDED]
MADE_TRACKS = "results/coverage_tracks/"
# track -> library
LIBRARY_OF = {
    f"{MADE_TRACKS}{name}.{strand}.bw": name
    for names, strands in [(STRANDED, ["plus", "minus"]), (UNSTRANDED, ["unstranded"])]
    for name in names
    for strand in strands
}


def library_bam(wildcards):
    """Input function: the aligned reads of a library."""
    return given_file(LIBRARIES.at[wildcards.library, "bam"])


def library_options(wildcards):
    """Params function: which alignments count; cells that are empty leave the default."""
    row = LIBRARIES.loc[wildcards.library]
    quality = row.get("min_mapq", "")
    return {
        "library_type": row["library_type"],
        "per_million": row.get("per_million") == "yes",
        "duplicates": row.get("duplicates") != "no",
        **({} if quality == "" else {"min_mapping_quality": int(quality)}),
    }


def check_track(name, assembly, where):
    """Stop at a track that no library gives, or one on another assembly."""
    tracks = catalogue.path_of("libraries")
    if name.startswith(MADE_TRACKS) and name not in LIBRARY_OF:
        raise ConfigError(
            f"{where}: {name} is of no library; {tracks} gives {', '.join(LIBRARY_OF) or 'none'}"
        )
    if name in LIBRARY_OF:
        other = LIBRARIES.at[LIBRARY_OF[name], "assembly"]
        if str(other) != str(assembly):
            raise ConfigError(
                f"{where}: {name} is on assembly {other} ({tracks}), the set is on {assembly}; "
                "name libraries of the set's assembly"
            )
