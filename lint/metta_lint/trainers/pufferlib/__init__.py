"""PufferLib 2.0, 3 and 4.0: INI files over a default, and a plan for each version's own rules."""
