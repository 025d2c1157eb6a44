"""The project's own configuration: ``[tool.metta-lint]`` in pyproject.toml, or ``metta-lint.toml``; nearest upward."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from metta_lint.base import plugins
from metta_lint.base.documents import Entry, Node, Sequence, Span, plain
from metta_lint.base.documents import Mapping as MappingNode
from metta_lint.base.errors import InputError, LintError, PluginFileError
from metta_lint.base.paths import from_folder, parent_of, parents_of, slashed, tidy
from metta_lint.base.records import NamedTuple
from metta_lint.base.wording import did_you_mean
from metta_lint.files.file_system import exists, is_file, is_folder, read_bytes, real_path
from metta_lint.plans.run import Machine, split_entry
from metta_lint.trainers.dialects import parse_choice, trainer_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from metta_lint.plans.pair import Side
    from metta_lint.trainers.trainer import TrainerVersion

FILES = ("metta-lint.toml", "pyproject.toml")


class Selector(NamedTuple):
    """A code, or what several codes begin with, that is selected or ignored, and where that is written."""

    prefix: str
    selects: bool = True
    span: Span | None = None
    from_command_line: bool = False


class FileIgnore(NamedTuple):
    """Codes that are ignored in the files that a pattern matches, relative to the configuration's folder."""

    pattern: str
    codes: tuple[Selector, ...]
    span: Span


class GivenFile(NamedTuple):
    """A file that is named somewhere, and where (None: on the command line)."""

    path: str
    span: Span | None = None


EVERYTHING = Selector("")


class RunSpec(NamedTuple):
    """A declared run: its entry file, the overrides it is launched with, and whose run it is, if that was named.

    ``span`` is where the entry is written, ``override_spans`` where each of the overrides is.
    """

    entry: str
    overrides: tuple[str, ...] = ()
    trainer: TrainerVersion | None = None
    span: Span | None = None
    override_spans: tuple[Span, ...] = ()


class Difference(NamedTuple):
    """An intended difference of a pair: the quantity, why, and where that is written.

    ``reason`` is empty where none is given; ``reason_span`` is where it stands, or should. ``left`` and ``right`` are
    the values that were declared, None where any is meant.
    """

    quantity: str
    reason: str
    span: Span
    reason_span: Span
    left: object = None
    right: object = None


class PairSpec(NamedTuple):
    """A declared pair: the names of two runs, how they are meant to differ, and which is right where they are not."""

    left: str
    right: str
    differs: tuple[Difference, ...] = ()
    truth: Side | None = None


class Config(NamedTuple):
    """What a project says about itself. ``path`` is None where it says nothing.

    ``selectors`` say which rules run, ``preview`` whether those that are not yet stable do too. ``baseline`` is the
    file with what was found before. ``trainers`` are those of the command line: for which versions runs are read that
    no file tells. In folders, what git ignores is not looked at if ``respects_gitignore``.
    """

    path: str | None = None
    selectors: tuple[Selector, ...] = (EVERYTHING,)
    file_ignores: tuple[FileIgnore, ...] = ()
    preview: bool = False
    baseline: GivenFile | None = None
    plugins: tuple[str, ...] = ()
    machine: Machine = Machine()
    runs: Mapping[str, RunSpec] = {}
    pairs: tuple[PairSpec, ...] = ()
    trainers: tuple[TrainerVersion, ...] = ()
    respects_gitignore: bool = True

    @property
    def folder(self) -> str:
        """The folder that it speaks of."""
        return os.path.dirname(self.path or "") or "."


def find_config(start: str) -> Config:
    """The nearest configuration upward from a path. Raises InputError where it is not what it should be."""
    here = real_path(start)
    for folder in (here, *parents_of(here)) if is_folder(here) else parents_of(here):
        if (config := config_of(folder)) is not None:
            return config
    return Config()


def config_of(folder: str) -> Config | None:
    """The configuration that lies in a folder itself, if one does. Raises InputError as above."""
    paths = (os.path.join(folder, name) for name in FILES)
    shown = (from_folder(path, "") for path in paths if is_file(path))
    return next((config for path in shown if (config := _parsed(path, _bytes(path))) is not None), None)


def load_config(path: str, text: str | None = None) -> Config:
    """The configuration in a file, or the one that it would be with this text.

    Raises InputError, LintError for a file without one.
    """
    shown = tidy(path)
    config = _parsed(shown, _bytes(shown) if text is None else text.encode())
    if config is None:
        raise LintError(f"{path} has no [tool.metta-lint]")
    return config


def _bytes(path: str) -> bytes:
    if exists(path) and not is_file(path):
        raise LintError(f"{path}: is no regular file")
    try:
        return read_bytes(path)
    except OSError as error:
        raise LintError(f"{path}: cannot be read: {error.strerror}") from error


def _parsed(path: str, data: bytes) -> Config | None:
    is_shared = path.endswith("pyproject.toml")
    if is_shared and b"[tool.metta-lint" not in data:
        return None
    from metta_lint.sources import read

    root = read(path, data).root
    section = root.get("tool", "metta-lint") if isinstance(root, MappingNode) else None
    if section is None and not is_shared:
        section = root
    return _SectionReader(path, section).config() if isinstance(section, MappingNode) else None


class _SectionReader:
    """Reads one section, every mistake with its place. Its shape is checked first, so that types are known here."""

    def __init__(self, path: str, node: MappingNode) -> None:
        self._path = path
        self._folder = parent_of(path)
        self._node = node

    def config(self) -> Config:
        from metta_lint.project.schema import check_shape, config_schema

        check_shape(self._node, config_schema(), "")
        files = tuple(self._relative(plugin) for plugin in _value(self._node, "plugins", ()))
        self._use_plugins(files)  # a run's entry may be one of their trainers'
        runs = dict(self._runs())
        baseline = self._node.get("baseline")
        return Config(
            path=self._path,
            selectors=tuple(self._selectors()),
            file_ignores=tuple(self._file_ignores()),
            preview=_value(self._node, "preview", default=False),
            baseline=GivenFile(self._relative(_value(self._node, "baseline")), baseline.span) if baseline else None,
            plugins=files,
            machine=Machine(**_value(self._node, "machine", default={})),
            runs=runs,
            pairs=tuple(self._pairs(runs)),
            respects_gitignore=_value(self._node, "respect-gitignore", default=True),
        )

    def _use_plugins(self, files: tuple[str, ...]) -> None:
        try:
            plugins.use(files)
        except PluginFileError as error:
            item = _items(self._node.get("plugins"))[files.index(error.file)]
            raise InputError(str(error), item.span) from error

    def _relative(self, path: str) -> str:
        """A path of the configuration, as the working directory has it: absolute only if the configuration's is."""
        full = os.path.normpath(os.path.join(self._folder, path))
        return slashed(full) if os.path.isabs(full) else from_folder(full, "")

    def _selectors(self) -> Iterator[Selector]:
        if self._node.get("select") is None:
            yield EVERYTHING
        for key, selects in (("select", True), ("extend-select", True), ("ignore", False)):
            yield from _codes(_items(self._node.get(key)), selects=selects)

    def _file_ignores(self) -> Iterator[FileIgnore]:
        for pattern, entry in _table(self._node, "per-file-ignores").items():
            from metta_lint.files.globs import matcher

            try:
                matcher(str(pattern))
            except ValueError as error:
                raise InputError(str(error), entry.key_span) from error
            yield FileIgnore(str(pattern), tuple(_codes(_items(entry.value), selects=False)), entry.key_span)

    def _runs(self) -> Iterator[tuple[str, RunSpec]]:
        for name, entry in _table(self._node, "runs").items():
            run = entry.value
            path = self._relative(_value(run, "entry"))
            if not is_file(split_entry(path)[0]):
                wrong = "is no file" if exists(path) else "does not exist"
                raise InputError(f"runs.{name}: the entry {path} {wrong}", _span(run, "entry"))
            spans = tuple(item.span for item in _items(_at(run, "set")))
            yield (
                str(name),
                RunSpec(path, tuple(_value(run, "set", ())), self._choice(run, path), _span(run, "entry"), spans),
            )

    def _choice(self, run: Node, entry: str) -> TrainerVersion | None:
        text = _value(run, "trainer")
        if text is None:
            return None
        try:
            choice, own = parse_choice(text), trainer_for(entry).name
        except LintError as error:
            raise InputError(str(error), _span(run, "trainer")) from error
        if choice.trainer != own:
            raise InputError(f"{entry} is a run of {own}, not of {choice.trainer}", _span(run, "trainer"))
        return choice

    def _pairs(self, runs: Mapping[str, RunSpec]) -> Iterator[PairSpec]:
        for pair in _items(self._node.get("pairs")):
            for side in ("left", "right"):
                self._declared(pair, side, runs)
            left, right = _value(pair, "left"), _value(pair, "right")
            if left == right:
                raise InputError(f"a pair is of two runs, and both are {left!r}", _span(pair, "right"))
            yield PairSpec(left, right, tuple(_differences(pair)), _truth(pair, {left: "left", right: "right"}))

    def _declared(self, pair: Node, key: str, runs: Mapping[str, RunSpec]) -> None:
        name = _value(pair, key)
        if name in runs:
            return
        hint = did_you_mean(name, runs, otherwise=f" (declared: {', '.join(runs) or 'none'})")
        raise InputError(f"no run is called {name!r}{hint}", _span(pair, key))


def _truth(pair: Node, runs: Mapping[str, Side]) -> Side | None:
    """The side that is right: by the name of its run, or as left or right."""
    name = _value(pair, "truth")
    sides: dict[str, Side] = {"left": "left", "right": "right", **runs}
    if name is not None and name not in sides:
        raise InputError(f"truth is {name!r}, which is no side of this pair ({', '.join(sides)})", _span(pair, "truth"))
    return None if name is None else sides[name]


def _differences(pair: Node) -> Iterator[Difference]:
    for table in _items(_at(pair, "differs")):
        has_reason = _value(table, "reason") is not None
        yield Difference(
            _value(table, "quantity"),
            _value(table, "reason", default="").strip(),
            _span(table, "quantity"),
            _span(table, "reason" if has_reason else "quantity"),
            _value(table, "left"),
            _value(table, "right"),
        )


def _codes(items: Iterable[Node], *, selects: bool) -> Iterator[Selector]:
    for item in items:
        code = plain(item)
        if not code:  # every code begins with it
            raise InputError("names no rule", item.span)
        yield Selector(str(code), selects, item.span)


def _at(node: Node, key: str) -> Node | None:
    return node.get(key) if isinstance(node, MappingNode) else None


def _table(node: Node, key: str) -> Mapping[object, Entry]:
    found = _at(node, key)
    return found.entries if isinstance(found, MappingNode) else {}


def _items(node: Node | None) -> tuple[Node, ...]:
    return node.items if isinstance(node, Sequence) else ()


def _value(node: Node, key: str, default: Any = None) -> Any:
    found = _at(node, key)
    return default if found is None else plain(found)


def _span(node: Node, key: str) -> Span:
    return (_at(node, key) or node).span
