"""The project's own configuration: ``[tool.metta-lint]`` in pyproject.toml, or ``metta-lint.toml``; nearest upward."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from metta_lint import plugins
from metta_lint.documents import Document, Node, Scalar, Sequence, Span, plain
from metta_lint.documents import Mapping as MappingNode
from metta_lint.entries import split_entry
from metta_lint.errors import InputError, LintError
from metta_lint.settings import Machine
from metta_lint.sources.files import first_bytes
from metta_lint.sources.text import BYTE_LIMIT
from metta_lint.trainers import Choice, parse_choice, trainer_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from metta_lint.pairs import Side

FILES = ("metta-lint.toml", "pyproject.toml")
INFINITY = float("inf")
ALL = ("",)
GITIGNORE = "respect-gitignore"


class RunSpec(NamedTuple):
    """A declared run: its entry file, the overrides it is launched with, and whose run it is, if that was named."""

    entry: str
    overrides: tuple[str, ...] = ()
    trainer: Choice | None = None


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

    ``trainers`` are those of the command line: for which versions runs are read that no file tells. In folders, what
    git ignores is not looked at if ``respects_gitignore``.
    """

    path: str | None = None
    select: tuple[str, ...] = ALL
    ignore: tuple[str, ...] = ()
    plugins: tuple[str, ...] = ()
    machine: Machine = Machine()
    runs: Mapping[str, RunSpec] = {}
    pairs: tuple[PairSpec, ...] = ()
    trainers: tuple[Choice, ...] = ()
    respects_gitignore: bool = True


def find_config(start: str) -> Config:
    """The nearest configuration upward from a path. Raises InputError where it is not what it should be."""
    here = Path(start).resolve()
    for folder in (here, *here.parents) if here.is_dir() else here.parents:
        for name in FILES:
            candidate = folder / name
            if candidate.is_file() and (config := _load_if_ours(candidate)) is not None:
                return config
    return Config()


def load_config(path: str) -> Config:
    """The configuration in a file. Raises InputError, LintError for a file without one."""
    config = _load_if_ours(Path(path), given=True)
    if config is None:
        raise LintError(f"{path} has no [tool.metta-lint]")
    return config


def _load_if_ours(path: Path, *, given: bool = False) -> Config | None:
    shown = path.as_posix() if given else Path(os.path.relpath(path)).as_posix()
    try:
        if path.exists() and not path.is_file():
            raise LintError(f"{shown}: is no regular file")
        data = first_bytes(shown, BYTE_LIMIT + 1)
    except OSError as error:
        raise LintError(f"{shown}: cannot be read: {error.strerror}") from error
    if path.name == "pyproject.toml" and b"[tool.metta-lint" not in data:
        return None
    from metta_lint.sources import read

    document = read(shown, data)
    node = _section(document)
    return None if node is None else _Reader(shown, node).config()


def _section(document: Document) -> MappingNode | None:
    root = document.root
    section = root.get("tool", "metta-lint") if isinstance(root, MappingNode) else None
    if section is None and not document.path.endswith("pyproject.toml"):
        section = root
    return section if isinstance(section, MappingNode) else None


class _Reader:
    """Reads one section, every mistake with its line."""

    def __init__(self, path: str, node: MappingNode) -> None:
        self._path = path
        self._folder = Path(path).parent
        self._node = node

    def config(self) -> Config:
        self._known(
            self._node, "[tool.metta-lint]", "select", "ignore", "plugins", "machine", "runs", "pairs", GITIGNORE
        )
        files = tuple(self._relative(plugin) for plugin in self._strings(self._node, "plugins"))
        plugins.use(files)  # a run's entry may be one of their trainers'
        runs = dict(self._runs())
        return Config(
            path=self._path,
            select=self._strings(self._node, "select", ALL),
            ignore=self._strings(self._node, "ignore"),
            plugins=files,
            machine=self._machine(),
            runs=runs,
            pairs=tuple(self._pairs(runs)),
            respects_gitignore=self._flag(self._node, GITIGNORE, default=True),
        )

    def _relative(self, path: str) -> str:
        return Path(os.path.normpath(self._folder / path)).as_posix()

    def _machine(self) -> Machine:
        node = self._node.get("machine")
        if node is None:
            return Machine()
        table = self._table(node, "machine")
        self._known(table, "machine", *Machine._fields)
        values: dict[str, Any] = {}
        for key, entry in table.entries.items():
            value = plain(entry.value)
            whole = key == "steps_per_second" or isinstance(value, int)
            if isinstance(value, bool) or not isinstance(value, int | float) or not (whole and 0 < value < INFINITY):
                raise InputError(f"machine.{key} must be a positive number", entry.value.span)
            values[str(key)] = value
        return Machine(**values)

    def _runs(self) -> Iterator[tuple[str, RunSpec]]:
        node = self._node.get("runs")
        if node is None:
            return
        for name, entry in self._table(node, "runs").entries.items():
            run = self._table(entry.value, f"runs.{name}")
            self._known(run, f"runs.{name}", "entry", "set", "trainer")
            if run.get("entry") is None:
                raise InputError(f"runs.{name}: entry is missing", entry.key_span)
            path = self._relative(self._string(run, "entry"))
            if not os.path.isfile(split_entry(path)[0]):
                raise InputError(f"runs.{name}: the entry {path} does not exist", run.entries["entry"].value.span)
            yield str(name), RunSpec(path, self._strings(run, "set"), self._choice(run, path))

    def _choice(self, run: MappingNode, entry: str) -> Choice | None:
        if run.get("trainer") is None:
            return None
        text, span = self._string(run, "trainer"), run.entries["trainer"].value.span
        try:
            choice, own = parse_choice(text), trainer_for(entry).name
        except LintError as error:
            raise InputError(str(error), span) from error
        if choice.trainer != own:
            raise InputError(f"{entry} is a run of {own}, not of {choice.trainer}", span)
        return choice

    def _pairs(self, runs: Mapping[str, RunSpec]) -> Iterator[PairSpec]:
        node = self._node.get("pairs")
        if node is None:
            return
        if not isinstance(node, Sequence):
            raise InputError("pairs must be an array of tables: [[tool.metta-lint.pairs]]", node.span)
        for item in node.items:
            pair = self._table(item, "pairs")
            self._known(pair, "pairs", "left", "right", "differs", "truth")
            for side in ("left", "right"):
                if self._string(pair, side) not in runs:
                    known = ", ".join(runs) or "none"
                    found = pair.entries[side].value.span
                    raise InputError(f"no run is called {self._string(pair, side)!r} (declared: {known})", found)
            left, right = self._string(pair, "left"), self._string(pair, "right")
            yield PairSpec(
                left, right, tuple(self._differences(pair)), self._truth(pair, {left: "left", right: "right"})
            )

    def _truth(self, pair: MappingNode, runs: Mapping[str, Side]) -> Side | None:
        """The side that is right: by the name of its run, or as left or right."""
        if pair.get("truth") is None:
            return None
        sides: dict[str, Side] = {"left": "left", "right": "right", **runs}
        name = self._string(pair, "truth")
        if name not in sides:
            known = ", ".join(sides)
            raise InputError(
                f"truth is {name!r}, which is no side of this pair ({known})", pair.entries["truth"].value.span
            )
        return sides[name]

    def _differences(self, pair: MappingNode) -> Iterator[Difference]:
        node = pair.get("differs")
        if node is None:
            return
        if not isinstance(node, Sequence):
            raise InputError("differs must be an array of tables", node.span)
        for item in node.items:
            table = self._table(item, "differs")
            self._known(table, "differs", "quantity", "reason", "left", "right")
            quantity, span = self._string(table, "quantity"), table.entries["quantity"].value.span
            has_reason = "reason" in table.entries
            yield Difference(
                quantity,
                self._string(table, "reason").strip() if has_reason else "",
                span,
                table.entries["reason"].value.span if has_reason else span,
                self._expected(table, "left"),
                self._expected(table, "right"),
            )

    def _expected(self, table: MappingNode, side: str) -> object:
        node = table.get(side)
        if node is None:
            return None
        if not isinstance(node, Scalar) or not isinstance(node.value, int | float | str):
            raise InputError(f"{side} must be the value that this side is to have: a number or a string", node.span)
        return node.value

    def _known(self, node: MappingNode, where: str, *keys: str) -> None:
        for key, entry in node.entries.items():
            if key not in keys:
                raise InputError(f"{where} has no key {key!r} (it has {', '.join(keys)})", entry.key_span)

    def _table(self, node: Node, where: str) -> MappingNode:
        if not isinstance(node, MappingNode):
            raise InputError(f"{where} must be a table", node.span)
        return node

    def _string(self, node: MappingNode, key: str) -> str:
        value = node.get(key)
        if value is None:
            raise InputError(f"{key} is missing", node.span)
        if not isinstance(value, Scalar) or not isinstance(value.value, str):
            raise InputError(f"{key} must be a string", value.span)
        return value.value

    def _flag(self, node: MappingNode, key: str, *, default: bool) -> bool:
        value = node.get(key)
        if value is None:
            return default
        if not isinstance(value, Scalar) or not isinstance(value.value, bool):
            raise InputError(f"{key} must be true or false", value.span)
        return value.value

    def _strings(self, node: MappingNode, key: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        value = node.get(key)
        if value is None:
            return default
        items = plain(value)
        if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
            raise InputError(f"{key} must be a list of strings", value.span)
        return tuple(items)
