"""Which config an item of a defaults list means, and under which keys its values go."""

from __future__ import annotations

from metta_lint.base.records import NamedTuple
from metta_lint.trainers.hydra.includes import GLOBAL, Include


class Member(NamedTuple):
    """An include and the file it stands in: only the two together say which config it means."""

    include: Include
    folder: str  # of the file that it stands in
    package: str  # that this file's values go to
    group: str  # the folder that its option is looked up in
    path: str  # the config's name, as the folder of all configs knows it

    def final_package(self, header: str | None) -> str:
        """Where the values go. A package that is not absolute is under that of the including file."""
        package = self.include.package
        if package is None:
            package = _absolute(header) if header is not None else _written_group(self.include).replace("/", ".")
        elif "_group_" in package:
            package = f"{GLOBAL}.{package.replace('_group_', self.group.replace('/', '.'))}"
        joined = f"{self.package}.{package}" if self.package and package else self.package or package
        # Hydra looks for _global_ anywhere in the text, so that __global__ is the global package too.
        cut = joined.rfind(GLOBAL)
        return joined if cut == -1 else joined[cut + len(GLOBAL) + 1 :]

    def key(self) -> str:
        """The name that overrides know this member by."""
        group, package = self.group, self.final_package(None)
        return group if package == group.replace("/", ".") else f"{group}@{package or GLOBAL}"


def member_of(include: Include, folder: str, package: str) -> Member:
    """An include of a file that stands in a folder and whose values go to a package."""
    group, name = _written_group(include), include.name or ""
    absolute = (include.group or name).startswith("/")
    if not absolute:
        group = f"{folder}/{group}" if folder and group else folder or group
    base = name.rpartition("/")[2] if include.group is None else name
    return Member(include, folder, package, group, f"{group}/{base}" if group else base)


def _written_group(include: Include) -> str:
    group = include.group if include.group is not None else (include.name or "").rpartition("/")[0]
    return group.removeprefix("/")


def _absolute(header: str) -> str:
    return header if header == GLOBAL or header.startswith(f"{GLOBAL}.") else f"{GLOBAL}.{header}"
