"""Keys and sections that PufferLib 3 reads nowhere, and what was perhaps meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.plans import IgnoredKey
from metta_lint.sources.ini import DEFAULT_SECTION
from metta_lint.spelling import close_names
from metta_lint.trainers.pufferlib.keys import BASE, BESIDES, DEAD, MOVED, SECTIONS, TRAIN
from metta_lint.trainers.pufferlib.spelling import nearest_key

if TYPE_CHECKING:
    from metta_lint.settings import Run


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
