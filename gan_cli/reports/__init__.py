"""What became of many runs: ranked tables, figures and pictures in one page."""
