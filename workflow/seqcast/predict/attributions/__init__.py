"""Which bases carry a gene's score: gradients, and the first-order effects that they give."""
