"""Fixes: edits of a run's files that remove findings, give settings other values, or take the other side's values."""
