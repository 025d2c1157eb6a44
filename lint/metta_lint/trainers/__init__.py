"""The trainers' dialects: which files make a run, how they are layered, what keys mean, what the trainer does."""
