"""MettaGrid as Metta configured it in its Hydra era (2025-07): what code holds and no config says."""
