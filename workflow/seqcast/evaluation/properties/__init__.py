"""How good predicted properties of mRNAs are, next to published numbers."""
