"""What every folder needs: errors, logs, files that appear whole or not at all, downloads."""
