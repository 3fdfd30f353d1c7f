"""Many runs as one experiment: processes, halving, records, and the report that ranks them."""
