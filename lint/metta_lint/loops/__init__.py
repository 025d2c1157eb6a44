"""What linter and reference trainer share: the description of a training loop and the requirements on it."""
