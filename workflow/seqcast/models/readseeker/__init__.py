"""ReadSeeker: reads that code for protein, told by a BERT over their k-mers."""
