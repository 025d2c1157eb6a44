"""Trainers: dialects. Which files make a run, how they layer, what the keys mean, what follows."""
