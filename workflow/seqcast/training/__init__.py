"""Training of models: a plain loop that knows no batch, checkpoints, recipes, and the tasks."""
