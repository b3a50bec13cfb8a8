"""Jobs that run models: paths in, results and their provenance out; one module a job."""
