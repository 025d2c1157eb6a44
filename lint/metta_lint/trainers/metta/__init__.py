"""Metta, Hydra era (2025-07): a tree of YAML files, a curriculum, Metta's own trainer."""
