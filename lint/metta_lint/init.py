"""``metta-lint init``: writes the configuration section for what a folder holds, and the pre-commit entry."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from metta_lint import __version__
from metta_lint.check import check
from metta_lint.config import Config
from metta_lint.errors import LintError

if TYPE_CHECKING:
    from metta_lint.pairs import Pair

CONFIG_FILE = "metta-lint.toml"
PRE_COMMIT_FILE = ".pre-commit-config.yaml"

PRE_COMMIT = f"""\
  - repo: https://github.com/metta-lint/metta-lint
    rev: v{__version__}
    hooks:
      - id: metta-lint
"""


def initialise(folder: str, *, force: bool = False) -> str:
    """Write ``metta-lint.toml`` for the pair that a folder holds; what was done, in words.

    An existing pre-commit file is never edited: the entry to add is part of the answer. Raises LintError where there
    is a configuration already and ``force`` is not given.
    """
    target = Path(folder) / CONFIG_FILE
    if target.exists() and not force:
        raise LintError(f"{target} exists already; --force writes over it")
    pairs = check([folder], Config()).pairs
    _write(target, _config_text(pairs[0] if pairs else None))
    lines = [f"wrote {target}" + ("" if pairs else " (no pair found here: fill in the runs)")]
    hooks = Path(folder) / PRE_COMMIT_FILE
    if hooks.exists():
        lines.append(f"add to the repos of {hooks}:\n\n{PRE_COMMIT}")
    else:
        _write(hooks, f"repos:\n{PRE_COMMIT}")
        lines.append(f"wrote {hooks}")
    return "\n".join(lines)


def _config_text(pair: Pair | None) -> str:
    left = pair.left.run.entry if pair else "pufferlib/config/your_env.ini"
    right = pair.right.run.entry if pair else "configs/train_job.yaml"
    return f"""\
select = ["ML"]

[machine]
cpus = 16
gpus = 1

[runs.puffer]
entry = "{left}"

[runs.native]
entry = "{right}"

[[pairs]]
left = "puffer"
right = "native"
"""


def _write(path: Path, text: str) -> None:
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    temporary.write_text(text, encoding="utf-8", newline="\n")
    temporary.replace(path)
