"""Points and bootstrap intervals of two classes, several classes, and numbers."""
