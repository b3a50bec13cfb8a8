"""What models learn from and are measured on: coverage, reads, properties of mRNAs."""
