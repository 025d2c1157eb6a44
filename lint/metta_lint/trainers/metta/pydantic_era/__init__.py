"""Metta, pydantic era (2026-01): no YAML, a TrainerConfig in Python, and dumps of what a run resolved to."""
