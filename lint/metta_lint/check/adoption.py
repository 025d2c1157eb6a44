"""``metta-lint init``: writes the configuration, the baseline and the hook's entry; existing files are kept."""

from __future__ import annotations

import os
import re
from collections import Counter
from typing import TYPE_CHECKING

from metta_lint import __version__
from metta_lint.base.errors import InputError, LintError
from metta_lint.base.paths import from_folder, slashed, tidy, without_lines, without_suffix
from metta_lint.base.records import NamedTuple
from metta_lint.base.wording import count, printable
from metta_lint.check.baseline import FILE as BASELINE_FILE
from metta_lint.check.baseline import Baseline, updated, write_baseline
from metta_lint.check.gather import unknowns
from metta_lint.check.linter import check
from metta_lint.files.confined import confined
from metta_lint.files.file_system import exists, real_path, repository_around
from metta_lint.files.replace import write_text
from metta_lint.project.config import Config, config_of, load_config
from metta_lint.sources import bytes_of
from metta_lint.sources.literals import written

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from metta_lint.check.report import Report
    from metta_lint.plans.pair import Pair
    from metta_lint.plans.plan import Plan
    from metta_lint.plans.run import Run

_OUR_HOOK = re.compile(r"\bid: *['\"]?metta-lint['\"]?[ \t]*(?:[,}#].*)?$", re.MULTILINE)
_SPECIAL = r"[^\w /-]"
_PLAIN_EXPRESSION = re.compile(r"\^[\w/\\.-]+")
CONFIG_FILE = "metta-lint.toml"
HOOKS_FILE = ".pre-commit-config.yaml"
HOOK = f"""\
  - repo: https://github.com/metta-lint/metta-lint
    rev: v{__version__}
    hooks:
      - id: metta-lint
"""
MACHINE = """\
# What configs leave to the host comes from here: the machine that trains.
# [machine]
# cpus = 16
# gpus = 1
"""
NO_RUNS = """
# No run was found here. Where yours are:
# [runs.puffer]
# entry = "pufferlib/config/your_env.ini"
# [runs.native]
# entry = "configs/train_job.yaml"
# [[pairs]]
# left = "puffer"
# right = "native"
"""


class Adoption(NamedTuple):
    """What a folder has, and what the hook would find there.

    ``existing`` is the folder's configuration; where it has none, ``text`` is the one to write. ``report`` is that of a
    check with either.
    """

    folder: str
    existing: Config | None
    text: str
    report: Report

    @property
    def old_findings(self) -> int:
        """How many findings a new baseline would have."""
        return sum(not finding.is_input_error for finding in self.report.findings)


def prepare(folder: str) -> Adoption:
    """Look at a folder, without writing. Raises LintError as ``check`` does, and for mistakes in its configuration."""
    with confined([folder]):
        existing = config_of(folder)
        if existing is not None:
            is_there = existing.baseline is not None and exists(existing.baseline.path)
            return Adoption(folder, existing, "", check([], existing if is_there else existing._replace(baseline=None)))
        path = slashed(os.path.join(folder, CONFIG_FILE))
        if exists(path):
            raise LintError(f"{_shown(path)} is a link that is not followed: nothing is written through it")
        found = check([folder], Config())
        text = config_text(found.plans, found.pairs, folder)
        return Adoption(folder, None, text, check([], load_config(path, text)))


def adopt(adoption: Adoption, *, with_baseline: bool) -> list[str]:
    """Write the configuration, the baseline and the hook's entry where they are missing; what was done, a line each."""
    return [
        *(_baseline(adoption) if with_baseline else ()),  # first: a configuration without its baseline is an error
        *_config(adoption, with_baseline=with_baseline),
        *_hook(adoption.folder),
        *_left_to_do(adoption, with_baseline=with_baseline),
    ]


def _config(adoption: Adoption, *, with_baseline: bool) -> list[str]:
    if adoption.existing is not None:
        line = f'baseline = "{BASELINE_FILE}"'
        to_add = with_baseline and adoption.existing.baseline is None
        return [f"kept {adoption.existing.path}" + (f"; add to it: {line}" if to_add else "")]
    path = os.path.join(adoption.folder, CONFIG_FILE)
    write_text(path, (f'baseline = "{BASELINE_FILE}"\n\n' if with_baseline else "") + adoption.text)
    runs, pairs = adoption.report.plans, adoption.report.pairs
    return [f"wrote {_shown(path)}: {count(len(runs), 'run')}, {count(len(pairs), 'pair')}"]


def _baseline(adoption: Adoption) -> list[str]:
    given = adoption.existing.baseline if adoption.existing is not None else None
    path = given.path if given is not None else slashed(os.path.normpath(os.path.join(adoption.folder, BASELINE_FILE)))
    if exists(path):
        return [f"kept {path}"]
    write_baseline(updated(Baseline(path), adoption.report.findings, adoption.report.coverage))
    return [f"wrote {path}: {count(adoption.old_findings, 'finding')} that the hook does not report"]


def _hook(folder: str) -> list[str]:
    """Write the hook's entry if the top of the repository has no file for it; else say what to add."""
    here = real_path(folder)
    top = repository_around(here) or here
    path = os.path.join(top, HOOKS_FILE)
    inside = from_folder(folder, top)
    argument = written(inside, HOOKS_FILE)
    entry = HOOK if inside == "." else f"{HOOK}        args: [{argument}]\n        files: {_files_below(inside)}\n"
    if exists(path):
        text = _text(path)
        if _OUR_HOOK.search(text) and (inside == "." or f"[{argument}]" in text):
            return [f"kept {_shown(path)}: metta-lint is in it"]
        return [f"kept {_shown(path)}; add to its repos:\n\n{entry}"]
    if inside != ".":
        return [f"{_shown(path)} is where the hook belongs; add to its repos:\n\n{entry}"]
    write_text(path, f"repos:\n{entry}")
    return [f"wrote {_shown(path)}"]


def _files_below(folder: str) -> str:
    """The regular expression of a folder's files for pre-commit, as YAML has it."""
    expression = f"^{re.sub(_SPECIAL, lambda found: re.escape(found[0]), folder)}/"
    return expression if _PLAIN_EXPRESSION.fullmatch(expression) else written(expression, HOOKS_FILE)


def _text(path: str) -> str:
    """A file's text, or "" if it cannot be read (a broken link)."""
    try:
        return bytes_of(path).decode("utf-8", "replace")
    except InputError:
        return ""


def _left_to_do(adoption: Adoption, *, with_baseline: bool) -> list[str]:
    unreadable = [finding for finding in adoption.report.findings if finding.is_input_error]
    lines = [f"the hook fails until this can be read: {found.span}: {found.message}" for found in unreadable]
    if adoption.old_findings and not with_baseline:
        number = adoption.old_findings
        is_there = "is there now and stops" if number == 1 else "are there now and stop"
        lines.append(f"{count(number, 'finding')} {is_there} commits: fix, or metta-lint check --write-baseline")
    if unknowns(adoption.report.pairs):
        lines.append("not all can be compared before the configuration says which [machine] trains")
    return [*lines, "now: pre-commit install"]


def _shown(path: str) -> str:
    return from_folder(path, "")


# -- the configuration -------------------------------------------------------------------------------------------------


def config_text(plans: Sequence[Plan], pairs: Sequence[Pair], folder: str) -> str:
    """The text of a configuration that declares these runs and pairs."""
    names = run_names([plan.run for plan in plans])
    runs = [f"[runs.{names[plan.run.entry]}]\nentry = {_quoted(_inside(plan, folder))}\n" for plan in plans]
    declared = [
        f"# {printable(without_lines(pair.reason))}\n[[pairs]]\nleft = {_quoted(names[pair.left.run.entry])}\n"
        f"right = {_quoted(names[pair.right.run.entry])}\n"
        for pair in pairs
    ]
    return "\n".join([MACHINE, *runs, *declared]) if runs else f"{MACHINE}{NO_RUNS}"


def _inside(plan: Plan, folder: str) -> str:
    file = from_folder(plan.run.file, folder)
    return file + plan.run.entry.removeprefix(plan.run.file)


def run_names(runs: Sequence[Run]) -> dict[str, str]:
    """A name for each run, by its entry: the shortest one that no other run could have.

    That is the trainer's (``metta``), the trainer's and the file's (``metta-train_job``), the same with more and more
    folders, and in the end with a number. Names are bare keys of TOML.
    """
    names = {run.entry: tuple(dict.fromkeys(_names(run))) for run in runs}
    taken = Counter(name for those in names.values() for name in those)
    found: dict[str, str] = {}
    for entry, those in names.items():
        free = (name for name in those if taken[name] == 1)
        found[entry] = next(free, None) or _numbered(those[-1], {*found.values(), *taken})
    return found


def _names(run: Run) -> Iterator[str]:
    yield run.trainer
    file = tidy(without_suffix(slashed(run.file))).split("/")
    parts = [part for part in (*file, *run.entry.removeprefix(run.file).strip(":").split(":")) if part]
    for first in range(len(parts) - 1, -1, -1):
        name = re.sub(r"[^A-Za-z0-9_]+", "-", "-".join(parts[first:])).strip("-")
        yield f"{run.trainer}-{name}" if name else run.trainer


def _numbered(name: str, taken: set[str]) -> str:
    number = 2
    while f"{name}-{number}" in taken:
        number += 1
    return f"{name}-{number}"


def _quoted(text: str) -> str:
    """A TOML string: the same as JSON's, with DEL escaped too. Raises LintError for a text that is not UTF-8."""
    import json

    try:
        text.encode()
    except UnicodeEncodeError:
        raise LintError(f"{text!a} has a name that is no UTF-8: TOML cannot say it") from None
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
