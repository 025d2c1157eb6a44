"""metta-lint: what RL training configs will really do, where two of them disagree, and proof by running both."""

__version__ = "0.1.0"
