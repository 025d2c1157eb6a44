"""Hydra config trees as rules see them: where a tree's root is, its configs, its environments, what they refer to."""
