"""What a run is to do: tables and config, checked before any job is planned."""
