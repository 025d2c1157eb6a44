"""Plans: every number that a trainer derives from a run, with its formula, and the comparison of two plans."""
