"""Sequencing reads: files in, chunks of reads through, files out.

`open_reads` opens any of them; `fastx`, `alignments` and `dnabert` each know one family of formats,
`split` writes reads by their label. Everything streams: memory does not grow with the file.
"""

from seqcast.reads.records import LabelledRead, Read, ReadCounts, ReadStream

__all__ = ["LabelledRead", "Read", "ReadCounts", "ReadStream"]
