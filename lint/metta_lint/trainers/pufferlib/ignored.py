"""Finds keys that a version of PufferLib never reads, among a run's settings and a sweep's parameters."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING

from metta_lint.base.wording import close_names
from metta_lint.plans.plan import IgnoredKey
from metta_lint.sources.ini import DEFAULT_SECTION
from metta_lint.trainers.pufferlib.keys import BESIDES, READS, SECTIONS, is_default

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from metta_lint.plans.run import Run, Setting


def ignored_keys(run: Run, version: str) -> tuple[IgnoredKey, ...]:
    """The keys and sections of a run that its version never reads, each with the reason and the key that may be meant.

    For 2 and 4, a key that the tree's own default.ini sets counts as read: that file belongs to the code, and the code
    of these versions changed from month to month.
    """
    is_3 = version == "3"
    read, sections = _read_keys(version)
    others = (each for key, each in run.settings.items() if key not in read and key.startswith(sections))
    written = (setting for setting in others if setting.span is not None)
    judged = (setting for setting in written if not (_is_section(setting) if is_3 else _in_default(setting)))
    found = (ignored_key(each.key, version, partial(_nearest, run, each, version)) for each in judged)
    return (*filter(None, found), *(_ignored_sections(run) if is_3 else ()))


@cache  # a sweep asks again for every suggestion
def _read_keys(version: str) -> tuple[frozenset[str], tuple[str, ...]]:
    """The keys that a version reads, and the prefixes (``train.``) of keys that it may ignore."""
    reads = READS[version]
    elsewhere = {*reads.moved, *reads.dead}
    read = {f"{section}.{name}" for section, names in reads.sections.items() for name in names}
    judged = {*reads.never, *(key.partition(".")[0] for key in elsewhere)}
    return frozenset(read - elsewhere), tuple(f"{section}." for section in judged)


def ignored_key(
    key: str,
    version: str,
    nearest: Callable[[frozenset[str]], str | None],
    never: Mapping[str, str] | None = None,
) -> IgnoredKey | None:
    """Why a version ignores a key; None where it reads the key.

    ``nearest`` finds, among names, the key that may be meant. ``never`` gives other reasons by section than those for a
    run's keys.
    """
    section, _, name = key.partition(".")
    reads = READS[version]
    because = (reads.never if never is None else never).get(section)
    is_read = because is None or name in reads.sections[section]
    if is_read and key not in reads.moved and key not in reads.dead:
        return None
    others = [other for other, it in READS.items() if name in it.sections.get(section, ())]
    read_by = f"PufferLib {' and '.join(others)}" if others else ""
    if key in reads.moved:
        besides = BESIDES.get(key, "") if version == "3" and never is None else ""
        return IgnoredKey(key, f"PufferLib {version} reads it elsewhere{besides}", reads.moved[key], read_by=read_by)
    if key in reads.dead:
        return IgnoredKey(key, reads.dead[key], read_by=read_by)
    return IgnoredKey(key, because or "", nearest(reads.sections[section]), read_by=read_by)


def _is_section(setting: Setting) -> bool:
    """Whether a key of ``[base]`` has the name of a section, which breaks load_config()."""
    section, _, name = setting.key.partition(".")
    return section == "base" and name in SECTIONS


def _in_default(setting: Setting) -> bool:
    return any(is_default(span.path) for span in setting.spans)


def _nearest(run: Run, setting: Setting, version: str, known: frozenset[str]) -> str | None:
    """The key that may be meant: similar in spelling, and not set in the same file as the misspelt one."""
    section, _, name = setting.key.partition(".")
    if version != "3":
        in_default = (each.key for each in run.settings.values() if _in_default(each))
        known |= {key.removeprefix(f"{section}.") for key in in_default if key.startswith(f"{section}.")}
    for close in close_names(name, known, 0.75, most=3, compared=None):
        other = run.settings.get(f"{section}.{close}")
        if other is None or other.span is None or setting.span is None or other.span.path != setting.span.path:
            return f"{section}.{close}"
    return None


def _ignored_sections(run: Run) -> Iterator[IgnoredKey]:
    """Sections that nothing reads. [DEFAULT] is read: it holds the defaults of all others."""
    for section, span in run.sections.items():
        known = section.partition(".")[0] in SECTIONS or section == DEFAULT_SECTION
        if known or not any(key.startswith(f"{section}.") for key in run.settings):
            continue
        near = close_names(section.lower(), SECTIONS)
        yield IgnoredKey(f"[{section}]", "nothing reads this section", f"[{near[0]}]" if near else None, span)
