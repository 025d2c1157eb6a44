"""Facts about MettaGrid (2025-07) that are in its code, not in configs."""
