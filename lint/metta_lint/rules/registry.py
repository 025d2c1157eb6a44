"""Which rules there are, and which of them run: those of installed packages and of plugin files.

A package with many rules has an ``INDEX`` instead of a list ``RULES``: a tuple ``(code, subject, module)`` for each
rule, with a module of the package. Rules are selected by the index, and imported only if there is something for them to
look at.
"""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING

from metta_lint.base import plugins
from metta_lint.base.errors import InputError, LintError
from metta_lint.base.records import NamedTuple
from metta_lint.base.wording import did_you_mean
from metta_lint.rules.built_in import BUILT_IN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from metta_lint.project.config import Config, Selector
    from metta_lint.rules.rule import Rule

SUBJECTS = ("pair", "plan", "document", "tree", "environment", "sweep")
"""The names that the parameter of a rule's check() can have: it runs once for each pair, plan, document..."""
PREVIEW = "preview"
"""What follows the module of a rule that is not yet stable."""


class ListedRule(NamedTuple):
    """What is known of a rule before it is imported. ``subject`` is the name of its check()'s parameter."""

    code: str
    name: str
    subject: str
    is_preview: bool
    load: Callable[[], Rule]


def load_rules(files: Sequence[str] = ()) -> list[Rule]:
    """Every installed rule and those of the listed plugin files, by code. Raises LintError as list_rules does."""
    return [rule.load() for rule in list_rules(files)]


def list_rules(files: Sequence[str] = ()) -> list[ListedRule]:
    """Every installed rule and those of the listed plugin files, by code.

    Raises LintError for a plugin that cannot be loaded, and for two rules with one code.
    """
    found: dict[str, ListedRule] = {}
    for origin, rule in _every(files):
        if rule.code in found:
            raise LintError(f"{origin} brings a second rule {rule.code}")
        found[rule.code] = rule
    return [found[code] for code in sorted(found)]


def _every(files: Sequence[str]) -> Iterator[tuple[str, ListedRule]]:
    for point in plugins.entry_points(plugins.RULES):
        index = getattr(point.load(), "INDEX", None)
        if index is not None:
            yield from ((str(point), _indexed(entry, point)) for entry in index)
        else:
            yield from ((added.origin, listed(added.item)) for added in point.items())
    for file in files:
        yield from ((added.origin, listed(added.item)) for added in plugins.listed_items(plugins.RULES, file))


def _indexed(entry: Sequence[str], point: plugins.EntryPoint) -> ListedRule:
    """A rule of an index. Its name is its module's, with dashes."""
    if len(entry) not in (3, 4) or entry[1] not in SUBJECTS or entry[3:] not in ((), (PREVIEW,)):
        raise LintError(f"{point}: {entry!r} in INDEX is not a (code, subject, module)")
    code, subject, module = entry[:3]
    load = partial(_imported, f"{point.module}.{module}", code, point)
    return ListedRule(code, module.rpartition(".")[2].replace("_", "-"), subject, PREVIEW in entry, load)


@cache
def _imported(module: str, code: str, point: plugins.EntryPoint) -> Rule:
    found = vars(point._replace(value=module).load()).values()
    rule = next((item for item in found if getattr(item, "code", None) == code), None)
    if rule is None:
        raise LintError(f"{point}: {module} has no rule {code}, which INDEX names")
    made: Rule = rule() if isinstance(rule, type) else rule
    return made


def listed(rule: Rule) -> ListedRule:
    """The entry of a rule that is already imported."""
    return ListedRule(rule.code, rule.name, subject_of(rule), is_preview(rule), lambda: rule)


def is_preview(rule: object) -> bool:
    """Whether a rule is not yet stable."""
    return bool(getattr(rule, "preview", False))


def subject_of(rule: Rule) -> str:
    """The subject that a rule's check() asks for. Raises LintError for an unknown one."""
    from inspect import signature

    parameters = [name for name in signature(rule.check).parameters if name != "self"]
    if len(parameters) != 1 or parameters[0] not in SUBJECTS:
        raise LintError(
            f"rule {rule.code}: check() asks for {', '.join(parameters) or 'nothing'}; it can have one of "
            + ", ".join(SUBJECTS)
        )
    return parameters[0]


# -- selection ---------------------------------------------------------------------------------------------------------


class Chosen(NamedTuple):
    """The rules to run, the codes that are not looked for (``idle``), and warnings for the user about these."""

    rules: tuple[ListedRule, ...] = ()
    idle: frozenset[str] = frozenset()
    warnings: tuple[str, ...] = ()


def chosen_rules(config: Config) -> Chosen:
    """The rules that a configuration asks for.

    Raises LintError as list_rules does, and for a prefix that no code begins with: a typo would switch a rule off.
    """
    rules = list_rules(config.plugins)
    codes = (*(rule.code for rule in rules), *(found.code for found in BUILT_IN))
    for selector in (*config.selectors, *(code for ignore in config.file_ignores for code in ignore.codes)):
        if not any(code.startswith(selector.prefix) for code in codes):
            hint = did_you_mean(selector.prefix, codes, otherwise="; `metta-lint rules` lists those that are installed")
            message = f"no rule's code begins with {selector.prefix!r}{hint}"
            raise InputError(message, selector.span) if selector.span is not None else LintError(message)
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
    """Whether a code is selected.

    The longest matching prefix decides; of two equally long ones the command line's; then ignoring beats selecting.
    """
    matching = [selector for selector in selectors if code.startswith(selector.prefix)]
    rank = max(
        ((len(one.prefix), one.from_command_line, not one.selects) for one in matching), default=(0, False, True)
    )
    return not rank[-1]
