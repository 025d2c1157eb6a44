"""One file of a config tree: its values, its defaults list, and the package that its ``# @package`` header names."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

from metta_lint.base.documents import Entry, Mapping, Scalar, Sequence, Span
from metta_lint.base.errors import InputError
from metta_lint.base.records import NamedTuple
from metta_lint.sources.text import file_start
from metta_lint.trainers.hydra.tree import from_document

if TYPE_CHECKING:
    from metta_lint.base.documents import Document, Node
    from metta_lint.trainers.hydra.tree import ConfigNode

SELF = "_self_"
GLOBAL = "_global_"


class Option(NamedTuple):
    """The name of a config, and where it is written."""

    name: str
    span: Span


class Include(NamedTuple):
    """One item of a defaults list, as written: ``group@package: options``, or a config's name without a group.

    An override of a group on the command line is one too; it is ``external``.
    """

    group: str | None
    options: tuple[Option, ...] | None  # None: null, which includes nothing
    span: Span
    package: str | None = None
    many: bool = False  # a list of options, even if it has one
    optional: bool = False
    override: bool = False
    external: bool = False

    @property
    def is_self(self) -> bool:
        """Whether this is the place at which the file's own values are merged."""
        return not self.many and self.options is not None and self.options[0].name == SELF

    @property
    def name(self) -> str | None:
        """The one option."""
        return self.options[0].name if self.options else None

    @property
    def written_group(self) -> str:
        """The group as it is written, without the slash of an absolute one; of ``a/b/name``, ``a/b``."""
        group = self.group if self.group is not None else (self.name or "").rpartition("/")[0]
        return group.removeprefix("/")


def include_of(name: str, span: Span, package: str | None = None) -> Include:
    """An include of one config by its name."""
    return Include(None, (Option(name, span),), span, package)


class DefaultsNode:
    """An include and the file that it is in: only the two together say which config it means.

    ``folder`` is the including file's, ``parent_package`` where its values go. ``above`` are the includes that led to
    it, outermost first, and ``by_interpolation`` says whether one of them is named by an interpolation. ``group`` is
    the folder that the option is looked up in, ``path`` the config's name, as the root of the tree knows it.
    """

    def __init__(
        self,
        include: Include,
        folder: str = "",
        parent_package: str = "",
        above: tuple[DefaultsNode, ...] = (),
        *,
        by_interpolation: bool = False,
    ) -> None:
        self.include = include
        self.folder = folder
        self.parent_package = parent_package
        self.above = above
        self.by_interpolation = by_interpolation
        self.written_group = include.written_group
        group, name = self.written_group, include.name or ""
        if not (include.group or name).startswith("/"):
            group = f"{folder}/{group}" if folder and group else folder or group
        self.group = group
        base = name.rpartition("/")[2] if include.group is None else name
        self.path = f"{group}/{base}" if group else base

    def with_include(self, include: Include, *, by_interpolation: bool = False) -> DefaultsNode:
        """Another include in the same file."""
        by_interpolation = by_interpolation or self.by_interpolation
        return DefaultsNode(include, self.folder, self.parent_package, self.above, by_interpolation=by_interpolation)

    def final_package(self, header: str | None) -> str:
        """Where the config's values go, if its own file has this header.

        A package that is not absolute is under that of the including file.
        """
        package = self.include.package
        if package is None:
            package = self.written_group.replace("/", ".") if header is None else f"{GLOBAL}.{header}"
        elif "_group_" in package:
            package = f"{GLOBAL}.{package.replace('_group_', self.group.replace('/', '.'))}"
        parent = self.parent_package
        joined = f"{parent}.{package}" if parent and package else parent or package
        # Hydra looks for _global_ anywhere in the text, so that __global__ is the global package too.
        cut = joined.rfind(GLOBAL)
        return joined if cut == -1 else joined[cut + len(GLOBAL) + 1 :]

    def override_key(self) -> str:
        """The name of this include in overrides: ``group``, or ``group@package``."""
        package = self.final_package(None)
        return self.group if package == self.group.replace("/", ".") else f"{self.group}@{package or GLOBAL}"


class LoadedConfig(NamedTuple):
    """One file of a config tree: its own values, apart from the files that it includes."""

    path: str
    body: ConfigNode
    package: str | None  # of its header
    includes: tuple[Include, ...]
    span: Span


class Hole(NamedTuple):
    """A file that is included and missing: where its values would go, and what Hydra raises."""

    path: str
    package: str
    problem: InputError


def read_config_file(document: Document) -> LoadedConfig:
    """A parsed file as Hydra reads it.

    Raises InputError for a defaults list or header that Hydra refuses.
    """
    root = document.root
    if isinstance(root, Scalar):
        if not isinstance(root.value, str):
            raise InputError("a config is a mapping of keys to values, not a single value", root.span)
        # OmegaConf takes a file that is one word for a mapping with that key.
        root = Mapping({root.value: Entry(root.span, Scalar(None, root.span))}, root.span)
    package = _package(document)
    includes: tuple[Include, ...] = ()
    if isinstance(root, Mapping) and "defaults" in root.entries:
        items = root.entries["defaults"].value
        if not isinstance(items, Sequence):
            raise InputError("a defaults list must be a list", items.span)
        includes = tuple(map(_include, items.items))
        root = Mapping({key: entry for key, entry in root.entries.items() if key != "defaults"}, root.span)
    return LoadedConfig(document.path, from_document(root), package, includes, root.span)


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


def _include(item: Node) -> Include:
    if isinstance(item, Scalar) and isinstance(item.value, str):
        path, package = _split_package(item.value)
        if path == SELF and package is not None:
            raise InputError(f"{SELF} takes no package", item.span)
        return include_of(path, item.span, package)
    if not isinstance(item, Mapping):
        raise InputError("an item of a defaults list is a name, or a group and its option", item.span)
    if len(item.entries) != 1:
        raise InputError(f"an item of a defaults list has one group, not {len(item.entries)}", item.span)
    ((key, entry),) = item.entries.items()
    if not isinstance(key, str):
        raise InputError("a config group is named by a string", entry.key_span)
    return _group_include(key, entry)


def _group_include(key: str, entry: Entry) -> Include:
    words, package = _split_package(key)
    *keywords, group = words.split(" ")
    known = list(takewhile(("optional", "override").__contains__, keywords))
    if not group:
        raise InputError("a config group is missing its name", entry.key_span)
    start, end = entry.key_span, entry.value.span
    return Include(
        group,
        _options(entry.value),
        Span(start.path, start.line, start.column, end.end_line, end.end_column),
        package,
        many=isinstance(entry.value, Sequence),
        optional="optional" in known,
        override="override" in known,
    )


def _split_package(text: str) -> tuple[str, str | None]:
    """Split ``group@package``. Of ``@old:new``, which Hydra no longer reads, the old one counts."""
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
        raise InputError(f"the option of a config group is a string, not {_KINDS.get(kind, f'a {kind}')}", item.span)
    return Option(item.value, item.span)


_KINDS = {"NoneType": "null", "bool": "a boolean (quote on, off, yes, no)", "int": "an integer"}
