"""The one page of a run: a single HTML file with its data, which needs no network."""
