"""The places in Metta's code that a plan cites as sources (Hydra era, 2025-07)."""

BATCHES = "Metta 2025-07 calculate_batch_sizes()"
LAUNCH = "Metta 2025-07 tools/train.py"
CONFIG = "Metta 2025-07 trainer_config.py"
EXPERIENCE = "Metta 2025-07 experience.py"
TRAINING = "Metta 2025-07 trainer.py"
VECTORISATION = "Metta 2025-07 vecenv.py"
VECTOR = "PufferLib 3.0 vector.py make()"
