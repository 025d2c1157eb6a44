"""Reading and replacing files: one file system, limits on what is read, folders, ignore files, patterns of paths."""
