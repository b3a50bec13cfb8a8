"""How the small classifier `six_frame` was made."""
