"""Sequences of mRNAs: from files, or spliced from a genome and its annotation.

`annotation` reads transcripts, `selection` takes some of them, `splicing` gives their sequences;
`files` reads sequences that the user has. Both end in the table of `records`. `marks` writes the
codon-start tokens that a model may want.
"""

# Which transcripts of an annotation a dataset may take, instead of a file of ids.
SELECTIONS = {
    "canonical": "one transcript a gene",
    "canonical_coding": "one transcript a gene that has a CDS",
    "coding": "transcripts with a CDS",
    "all": "all transcripts",
}
