"""How files that the repository ships were made, as commands that anyone can run again."""
