"""Which files are runs of Metta's pydantic era: Python files with its TrainerConfig, dumps of a resolved config."""

from __future__ import annotations

from metta_lint.sources.syntax import JSON, PYTHON, syntax_of

CONFIG_CLASS = "TrainerConfig"

_PYTHON = (b"class TrainerConfig(", b"bptt_horizon", b"minibatch_size")
_OLDER = (b"forward_pass_minibatch_target_size", b"DictConfig")
"""Words in a Hydra-era TrainerConfig; such a file is not an entry."""
_DUMP = (b"training_env", b"bptt_horizon", b"minibatch_size")


def may_hold_config(name: str) -> bool:
    """Whether a file's name makes it worth reading, in a folder of thousands: Python or JSON, with ``config`` in it."""
    return syntax_of(name) in (PYTHON, JSON) and "config" in name


def is_entry(path: str, data: bytes) -> bool:
    """Whether a file is the entry of a run, by words in it."""
    if PYTHON.fits(path):
        return all(word in data for word in _PYTHON) and not any(word in data for word in _OLDER)
    return is_dump(data)


def is_dump(data: bytes) -> bool:
    """Whether a JSON or YAML file is the dump of a resolved config (Metta 2026-01 tools/train.py's config.json)."""
    return all(word in data for word in _DUMP)
