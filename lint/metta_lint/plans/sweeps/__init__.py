"""Sweeps: the ranges that a search draws runs from, and the suggestions in them that fail or waste steps."""
