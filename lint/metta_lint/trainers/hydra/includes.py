"""What one file of a config tree says about other files: its ``# @package`` header and its defaults list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.base.documents import Entry, Mapping, Scalar, Sequence, Span
from metta_lint.base.errors import InputError
from metta_lint.base.records import NamedTuple
from metta_lint.sources.text import file_start
from metta_lint.trainers.hydra.tree import from_document

if TYPE_CHECKING:
    from metta_lint.base.documents import Document, Node
    from metta_lint.trainers.hydra.tree import Tree


SELF = "_self_"
GLOBAL = "_global_"


class Option(NamedTuple):
    """The name of a config, and who says so (no place: the command line)."""

    name: str
    span: Span


class Include(NamedTuple):
    """One item of a defaults list, as written: ``group@package: options``, or a config's name without a group."""

    group: str | None
    options: tuple[Option, ...] | None  # None: null, which includes nothing
    many: bool  # a list of options, even if it has one
    package: str | None
    optional: bool
    override: bool
    span: Span
    external: bool = False  # +group=option on the command line

    @property
    def is_self(self) -> bool:
        """Whether this is the place at which the file's own values are merged."""
        return not self.many and self.options is not None and self.options[0].name == SELF

    @property
    def name(self) -> str | None:
        """The one option."""
        return self.options[0].name if self.options else None


class ConfigFile(NamedTuple):
    """One file of a config tree: its own values, apart from the files that it includes."""

    path: str
    body: Tree
    package: str | None
    includes: tuple[Include, ...]
    span: Span


class Hole(NamedTuple):
    """A file that is included and not there: where its values would go, and what Hydra raises."""

    path: str
    package: str
    problem: InputError


def read_config_file(document: Document) -> ConfigFile:
    """A parsed file as Hydra takes it.

    Raises InputError for a defaults list or header that Hydra refuses.
    """
    root = document.root
    if isinstance(root, Scalar):
        root = _named(root)
    package = _package(document)
    includes: tuple[Include, ...] = ()
    if isinstance(root, Mapping) and "defaults" in root.entries:
        includes = _includes(root.entries["defaults"])
        root = Mapping({key: entry for key, entry in root.entries.items() if key != "defaults"}, root.span)
    return ConfigFile(document.path, from_document(root), package, includes, root.span)


def _named(root: Scalar) -> Mapping:
    """OmegaConf takes a file that is one word for a mapping with that key."""
    if not isinstance(root.value, str):
        raise InputError("a config is a mapping of keys to values, not a single value", root.span)
    return Mapping({root.value: Entry(root.span, Scalar(None, root.span))}, root.span)


def _package(document: Document) -> str | None:
    """The last ``@package`` among the first comment lines; a comment of any other kind ends the search."""
    package = None
    for line in document.header:
        if not line.startswith("@"):
            break
        words = line.split()
        if len(words) != 2:
            raise InputError(f"header is not of the form '# @package NAME': # {line}", file_start(document.path))
        if words[0] == "@package":
            package = words[1]
    return package


# -- defaults lists --------------------------------------------------------------------------------------------------


def _includes(entry: Entry) -> tuple[Include, ...]:
    if not isinstance(entry.value, Sequence):
        raise InputError("a defaults list must be a list", entry.value.span)
    return tuple(_include(item) for item in entry.value.items)


def _include(item: Node) -> Include:
    if isinstance(item, Scalar) and isinstance(item.value, str):
        return _plain_include(item.value, item.span)
    if not isinstance(item, Mapping):
        raise InputError("an item of a defaults list is a name, or a group and its option", item.span)
    if len(item.entries) != 1:
        raise InputError(f"an item of a defaults list has one group, not {len(item.entries)}", item.span)
    ((key, entry),) = item.entries.items()
    if not isinstance(key, str):
        raise InputError("a config group is named by a string", entry.key_span)
    return _group_include(key, entry)


def _plain_include(text: str, span: Span) -> Include:
    path, package = _split_package(text)
    if path == SELF and package is not None:
        raise InputError(f"{SELF} takes no package", span)
    return Include(None, (Option(path, span),), False, package, False, False, span)


def _group_include(key: str, entry: Entry) -> Include:
    words, package = _split_package(key)
    *keywords, group = words.split(" ")
    known = 0
    while known < len(keywords) and keywords[known] in ("optional", "override"):
        known += 1
    if not group:
        raise InputError("a config group is missing its name", entry.key_span)
    return Include(
        group,
        _options(entry.value),
        isinstance(entry.value, Sequence),
        package,
        "optional" in keywords[:known],
        "override" in keywords[:known],
        _item_span(entry),
    )


def _split_package(text: str) -> tuple[str, str | None]:
    """``group@package`` apart; of ``@old:new``, which Hydra has stopped reading, the old one counts."""
    path, at, package = text.partition("@")
    if not at:
        return path, None
    package = package.partition(":")[0]
    return path, "" if package == "_here_" else package


def _options(value: Node) -> tuple[Option, ...] | None:
    if isinstance(value, Scalar) and value.value is None:
        return None
    return tuple(_option(item) for item in (value.items if isinstance(value, Sequence) else (value,)))


def _option(item: Node) -> Option:
    if not isinstance(item, Scalar) or not isinstance(item.value, str):
        kind = type(item.value).__name__ if isinstance(item, Scalar) else type(item).__name__.lower()
        raise InputError(f"the option of a config group is a string, not {_article(kind)}", item.span)
    return Option(item.value, item.span)


def _article(kind: str) -> str:
    names = {"NoneType": "null", "bool": "a boolean (quote on, off, yes, no)", "int": "an integer"}
    return names.get(kind, f"a {kind}")


def _item_span(entry: Entry) -> Span:
    start, end = entry.key_span, entry.value.span
    return Span(start.path, start.line, start.column, end.end_line, end.end_column)


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
