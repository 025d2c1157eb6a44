"""A project: its configuration, its config files, its runs."""
