"""Which bases carry a gene's score: gradients, and the first-order effects that they give."""

FIRST_ORDER, INTEGRATED = "first_order_effect", "integrated_effect"  # columns of tables
