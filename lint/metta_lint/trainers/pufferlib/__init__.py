"""PufferLib 2.0, 3 and 4.0: reads runs and sweeps from INI files, and derives their plans."""
