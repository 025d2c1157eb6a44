"""Selection: which rules run, and in which files what they find is not wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.base.errors import InputError, LintError
from metta_lint.base.paths import from_folder
from metta_lint.base.records import NamedTuple
from metta_lint.base.wording import did_you_mean
from metta_lint.rules.built_in import BUILT_IN
from metta_lint.rules.registry import list_rules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from metta_lint.project.config import Config, FileIgnore, Selector
    from metta_lint.rules.finding import Finding
    from metta_lint.rules.registry import ListedRule


class Chosen(NamedTuple):
    """The rules to run, the codes that are not looked for, and what the user has to be told about those."""

    rules: tuple[ListedRule, ...] = ()
    idle: frozenset[str] = frozenset()
    warnings: tuple[str, ...] = ()


def chosen_rules(config: Config) -> Chosen:
    """The rules that a configuration asks for.

    Raises LintError as list_rules does, and, at its place if it has one, for a prefix that no code begins with: a typo
    would switch a rule off.
    """
    rules = list_rules(config.plugins)
    codes = (*(rule.code for rule in rules), *(found.code for found in BUILT_IN))
    for selector in (*config.selectors, *(code for ignore in config.file_ignores for code in ignore.codes)):
        _check_code(selector, codes)
    asked = [rule for rule in rules if is_selected(rule.code, config.selectors)]
    running = tuple(rule for rule in asked if config.preview or not rule.is_preview)
    built_in = {found.code for found in BUILT_IN if is_selected(found.code, config.selectors)}
    return Chosen(
        running,
        frozenset({*codes} - {rule.code for rule in running} - built_in),
        tuple(
            f"{rule.code} ({rule.name}) is selected, but is not yet stable: it runs with --preview (or preview = true)"
            for rule in asked
            if rule not in running and any(one.selects and one.prefix == rule.code for one in config.selectors)
        ),
    )


def is_selected(code: str, selectors: Iterable[Selector]) -> bool:
    """Whether a code is asked for.

    The longest prefix decides; of two as long the command line's; of two that come from the same place the ignored one.
    """
    matching = [selector for selector in selectors if code.startswith(selector.prefix)]
    rank = max(
        ((len(one.prefix), one.from_command_line, not one.selects) for one in matching), default=(0, False, True)
    )
    return not rank[-1]


def _check_code(selector: Selector, codes: Sequence[str]) -> None:
    if any(code.startswith(selector.prefix) for code in codes):
        return
    hint = did_you_mean(selector.prefix, codes, otherwise="; `metta-lint rules` lists those that are installed")
    message = f"no rule's code begins with {selector.prefix!r}{hint}"
    raise InputError(message, selector.span) if selector.span is not None else LintError(message)


# -- findings ----------------------------------------------------------------------------------------------------------


def wanted(findings: Iterable[Finding], config: Config) -> list[Finding]:
    """Findings whose code is selected, and not ignored in their file. That a file cannot be read always counts."""
    ignores = _ignores(config)

    def is_wanted(found: Finding) -> bool:
        path = from_folder(found.span.path, config.folder) if ignores else ""
        codes = (code.prefix for ignore, matches in ignores if matches(path) for code in ignore.codes)
        return is_selected(found.code, config.selectors) and not found.code.startswith(tuple(codes))

    return [found for found in findings if found.is_input_error or is_wanted(found)]


def idle_ignores(files: Iterable[str], config: Config) -> list[FileIgnore]:
    """The ignores whose pattern matches none of the files."""
    ignores = _ignores(config)
    paths = [from_folder(file, config.folder) for file in files] if ignores else []
    return [ignore for ignore, matches in ignores if not any(map(matches, paths))]


def _ignores(config: Config) -> list[tuple[FileIgnore, Callable[[str], bool]]]:
    """The configuration's ignores, each with whether it is about a file."""
    if not config.file_ignores:
        return []
    from metta_lint.files.globs import matcher

    return [(ignore, matcher(ignore.pattern)) for ignore in config.file_ignores]
