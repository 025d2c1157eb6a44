"""Reports: what a command prints, in each of its formats."""
