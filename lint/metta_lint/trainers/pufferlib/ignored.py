"""Keys that a version of PufferLib never reads, for the versions whose reader is not PufferLib 3's."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

from metta_lint.plans import IgnoredKey
from metta_lint.trainers.pufferlib import keys, keys_2, keys_4
from metta_lint.trainers.pufferlib.spelling import nearest_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from metta_lint.settings import Run, Setting

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
    return PurePath(path).name == "default.ini"
