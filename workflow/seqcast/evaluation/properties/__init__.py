"""How good predicted properties of mRNAs are, beside published numbers."""
