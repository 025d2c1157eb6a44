"""Keys that a version of PufferLib never reads, for the versions whose reader is not PufferLib 3's."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from metta_lint.base.wording import close_names
from metta_lint.plans.plan import IgnoredKey
from metta_lint.sources.ini import DEFAULT_SECTION
from metta_lint.trainers.pufferlib import keys, keys_2, keys_4
from metta_lint.trainers.pufferlib.keys import BASE, BESIDES, DEAD, MOVED, SECTIONS, TRAIN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from metta_lint.plans.run import Run, Setting


READERS: Mapping[str, Mapping[str, frozenset[str]]] = {
    "2": {"train": keys_2.TRAIN, "base": keys_2.BASE},
    "3": {"train": keys.TRAIN, "base": keys.BASE, "vec": keys.VEC},
    "4": {"train": keys_4.TRAIN},
}
"""What each version reads."""


def with_readers(ignored: Iterable[IgnoredKey]) -> tuple[IgnoredKey, ...]:
    """Ignored keys with the versions that do read them."""
    return tuple(key._replace(read_by=_readers(key.key)) for key in ignored)


def _readers(key: str) -> str:
    section, _, name = key.partition(".")
    versions = [version for version, sections in READERS.items() if name in sections.get(section, ())]
    return f"PufferLib {' and '.join(versions)}" if versions else ""


def ignored_keys(
    run: Run,
    known: Mapping[str, frozenset[str]],
    *,
    version: str,
    moved: Mapping[str, str],
    dead: Mapping[str, str] | None = None,
) -> Iterator[IgnoredKey]:
    """The keys of an entry that its trainer never reads, each with why and what was perhaps meant.

    ``known`` names the keys of each section that is judged. What the tree's own default.ini sets is known to its
    trainer: a version's months differ, and that file goes with the code.
    """
    for key, setting in run.settings.items():
        section, _, name = key.partition(".")
        if setting.span is None or _in_default(setting):
            continue
        if dead is not None and key in dead:
            yield IgnoredKey(key, dead[key])
        elif key in moved:
            yield IgnoredKey(key, f"PufferLib {version} reads it elsewhere", moved[key])
        elif section in known and name not in known[section]:
            names = known[section] | _names_in_default(run, section)
            yield IgnoredKey(key, f"PufferLib {version} never reads it", nearest_key(run, setting, names))


def _in_default(setting: Setting) -> bool:
    return any(span is not None and _is_default(span.path) for span in (setting.span, *setting.overrides))


def _names_in_default(run: Run, section: str) -> frozenset[str]:
    return frozenset(
        key.partition(".")[2]
        for key, setting in run.settings.items()
        if key.startswith(f"{section}.") and _in_default(setting)
    )


def _is_default(path: str) -> bool:
    return os.path.basename(path) == "default.ini"


def nearest_key(run: Run, setting: Setting, known: frozenset[str]) -> str | None:
    """The key that was perhaps meant: close in spelling, and not written in the same file beside the wrong one."""
    section, _, name = setting.key.partition(".")
    for close in close_names(name, known, 0.75, most=3, compared=None):
        other = run.settings.get(f"{section}.{close}")
        if other is None or other.span is None or setting.span is None or other.span.path != setting.span.path:
            return f"{section}.{close}"
    return None


def unread_keys(run: Run) -> list[IgnoredKey]:
    """The keys of ``[base]``, ``[train]`` and ``[vec]`` that PufferLib 3 reads nowhere."""
    found = []
    for key, setting in run.settings.items():
        section, _, name = key.partition(".")
        if setting.span is None or (section == "base" and name in SECTIONS):
            continue
        if key in MOVED:
            found.append(IgnoredKey(key, f"PufferLib 3 reads it elsewhere{BESIDES.get(key, '')}", MOVED[key]))
        elif key in DEAD:
            found.append(IgnoredKey(key, DEAD[key]))
        elif section == "train" and name not in TRAIN:
            found.append(IgnoredKey(key, "PuffeRL never reads it", nearest_key(run, setting, TRAIN)))
        elif section == "base" and name not in BASE:
            found.append(IgnoredKey(key, "nothing reads it", nearest_key(run, setting, BASE)))
    return [*found, *_ignored_sections(run)]


def _ignored_sections(run: Run) -> list[IgnoredKey]:
    """Sections that nothing reads, each once; [DEFAULT] stands behind all others."""
    found = []
    for section, span in run.sections.items():
        known = section.partition(".")[0] in SECTIONS or section == DEFAULT_SECTION
        if known or not any(key.startswith(f"{section}.") for key in run.settings):
            continue
        near = close_names(section.lower(), SECTIONS)
        found.append(IgnoredKey(f"[{section}]", "nothing reads this section", f"[{near[0]}]" if near else None, span))
    return found
