"""Lay out the scores of all variants of regions as mutagenesis maps."""

from seqcast.core.job_files import named_files
from seqcast.core.logs import reporting
from seqcast.predict.maps.map_files import MapFiles, MapTables, write_maps

with reporting(snakemake.log[0]):
    write_maps(
        files=named_files(MapFiles, snakemake.input, beside=("index",)),
        outputs=named_files(MapTables, snakemake.output),
        score=snakemake.params.score,
        groups=snakemake.params.groups,
        facts={"dataset": snakemake.wildcards.dataset, "code": snakemake.params.code},
    )
