"""What lies along a genome: sequence, intervals, annotation, variants, tracks."""
