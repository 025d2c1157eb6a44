"""Version control: what a repository held before, read by git's own commands and never checked out."""
