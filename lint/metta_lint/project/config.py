"""The project's own configuration: ``[tool.metta-lint]`` in pyproject.toml, or ``metta-lint.toml``; nearest upward."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from metta_lint.base import plugins
from metta_lint.base.documents import Entry, Sequence, Span, plain
from metta_lint.base.documents import Mapping as MappingNode
from metta_lint.base.errors import InputError, LintError, PluginFileError
from metta_lint.base.paths import from_folder, parent_of, parents_of, slashed, tidy
from metta_lint.base.records import NamedTuple
from metta_lint.base.wording import did_you_mean
from metta_lint.files.confined import leads_out
from metta_lint.files.file_system import exists, is_file, is_folder, read_bytes, real_path
from metta_lint.plans.run import Machine, split_entry
from metta_lint.trainers.dialects import parse_choice, trainer_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from metta_lint.plans.pair import Side
    from metta_lint.trainers.trainer import TrainerVersion

FILES = ("metta-lint.toml", "pyproject.toml")


class Selector(NamedTuple):
    """A code or a prefix of codes that is selected or ignored, and where that is written."""

    prefix: str
    selects: bool = True
    span: Span | None = None
    from_command_line: bool = False


class FileIgnore(NamedTuple):
    """Codes that are ignored in files whose path, seen from the configuration's folder, matches a pattern."""

    pattern: str
    codes: tuple[Selector, ...]
    span: Span

    def matcher(self) -> Callable[[str], bool]:
        """A function that says whether a path matches. Raises ValueError for a wrong pattern."""
        from metta_lint.files.globs import matcher

        return matcher(self.pattern)


class GivenFile(NamedTuple):
    """The path of a file, and where that is written (None: on the command line)."""

    path: str
    span: Span | None = None


EVERYTHING = Selector("")


class RunSpec(NamedTuple):
    """A declared run: its entry file, the overrides that it is launched with, and its trainer, if that is named.

    ``span`` is where the entry is written, ``override_spans`` where each override is.
    """

    entry: str
    overrides: tuple[str, ...] = ()
    trainer: TrainerVersion | None = None
    span: Span | None = None
    override_spans: tuple[Span, ...] = ()


class Difference(NamedTuple):
    """An intended difference of a pair: the quantity, why, and where that is written.

    ``reason`` is empty where none is given; ``reason_span`` is where it stands, or should. ``left`` and ``right`` are
    the declared values, None where any value is fine.
    """

    quantity: str
    reason: str
    span: Span
    reason_span: Span
    left: object = None
    right: object = None


class PairSpec(NamedTuple):
    """A declared pair: the names of two runs, their intended differences, and which side is right in all others."""

    left: str
    right: str
    differs: tuple[Difference, ...] = ()
    truth: Side | None = None


class Config(NamedTuple):
    """A project's configuration; ``path`` is None where it has none.

    ``selectors`` say which rules run, ``preview`` whether those that are not yet stable do too. ``baseline`` is the
    file with the findings that were there before. ``trainers`` are the command line's: the versions for which runs are
    read where no file tells. With ``respects_gitignore``, files in folders that git ignores are left out.
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
        """The folder that its paths start from."""
        return os.path.dirname(self.path or "") or "."


def find_config(start: str) -> Config:
    """The nearest configuration upward from a path. Raises InputError for mistakes in it."""
    here = real_path(start)
    for folder in (here, *parents_of(here)) if is_folder(here) else parents_of(here):
        if (config := config_of(folder)) is not None:
            return config
    return Config()


def config_of(folder: str) -> Config | None:
    """The configuration in a folder itself, if it has one. Raises InputError for mistakes in it."""
    paths = (os.path.join(folder, name) for name in FILES)
    shown = (from_folder(path, "") for path in paths if is_file(path))
    return next((config for path in shown if (config := _parsed(path, _bytes(path))) is not None), None)


def load_config(path: str, text: str | None = None) -> Config:
    """The configuration in a file, read from ``text`` where that is given.

    Raises InputError for mistakes in it, LintError for a file without a configuration.
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
    """Reads one section. Its shape is checked first, so values have the right types; every mistake has its place."""

    def __init__(self, path: str, node: MappingNode) -> None:
        from metta_lint.project.schema import check_shape, config_schema

        check_shape(node, config_schema(), "")
        self._path = path
        self._folder = parent_of(path)
        self._node = node
        self._said: Any = plain(node)

    def config(self) -> Config:
        said = self._said
        files = tuple(map(self._relative, said.get("plugins", ())))
        self._use_plugins(files)  # a run's entry may be one of their trainers'
        baseline = GivenFile(self._relative(said["baseline"]), self._span("baseline")) if "baseline" in said else None
        runs = dict(self._runs())
        return Config(
            path=self._path,
            selectors=tuple(self._selectors()),
            file_ignores=tuple(self._file_ignores()),
            preview=said.get("preview", False),
            baseline=baseline,
            plugins=files,
            machine=Machine(**said.get("machine", {})),
            runs=runs,
            pairs=tuple(self._pairs(runs)),
            respects_gitignore=said.get("respect-gitignore", True),
        )

    def _entry(self, *path: str | int) -> Entry:
        """The entry at a path such as ``"pairs", 0, "left"``; of a missing one, the last table or list on the way."""
        found = Entry(self._node.span, self._node)
        for part in path:
            node = found.value
            if isinstance(node, MappingNode) and part in node.entries:
                found = node.entries[part]
            elif isinstance(node, Sequence) and isinstance(part, int):
                found = Entry(node.items[part].span, node.items[part])
            else:
                break
        return found

    def _span(self, *path: str | int) -> Span:
        return self._entry(*path).value.span

    def _use_plugins(self, files: tuple[str, ...]) -> None:
        try:
            plugins.use(files)
        except PluginFileError as error:
            raise InputError(str(error), self._span("plugins", files.index(error.file))) from error

    def _relative(self, path: str) -> str:
        """A path in the configuration, seen from the working directory: absolute only if it was written so."""
        full = os.path.normpath(os.path.join(self._folder, path))
        return slashed(full) if os.path.isabs(full) else from_folder(full, "")

    def _selectors(self) -> Iterator[Selector]:
        if "select" not in self._said:
            yield EVERYTHING
        for key in ("select", "extend-select", "ignore"):
            yield from self._codes(self._said.get(key, ()), key, selects=key != "ignore")

    def _codes(self, codes: Iterable[str], *path: str, selects: bool) -> Iterator[Selector]:
        for place, code in enumerate(codes):
            if not code:  # every code begins with it
                raise InputError("names no rule", self._span(*path, place))
            yield Selector(code, selects, self._span(*path, place))

    def _file_ignores(self) -> Iterator[FileIgnore]:
        for pattern, codes in self._said.get("per-file-ignores", {}).items():
            path = ("per-file-ignores", pattern)
            ignore = FileIgnore(pattern, tuple(self._codes(codes, *path, selects=False)), self._entry(*path).key_span)
            try:
                ignore.matcher()
            except ValueError as error:
                raise InputError(str(error), ignore.span) from error
            yield ignore

    def _runs(self) -> Iterator[tuple[str, RunSpec]]:
        for name, run in self._said.get("runs", {}).items():
            path, span = self._relative(run["entry"]), self._span("runs", name, "entry")
            if not is_file(split_entry(path)[0]):
                wrong = "is not a file" if exists(path) else "does not exist"
                wrong = "is a link that leads out of the tree" if leads_out(split_entry(path)[0]) else wrong
                raise InputError(f"runs.{name}: the entry {path} {wrong}", span)
            overrides = tuple(run.get("set", ()))
            spans = tuple(self._span("runs", name, "set", place) for place in range(len(overrides)))
            trainer = _choice(run["trainer"], path, self._span("runs", name, "trainer")) if "trainer" in run else None
            yield name, RunSpec(path, overrides, trainer, span, spans)

    def _pairs(self, runs: Mapping[str, RunSpec]) -> Iterator[PairSpec]:
        for place, pair in enumerate(self._said.get("pairs", ())):
            left, right, truth = pair["left"], pair["right"], pair.get("truth")
            for side, name in (("left", left), ("right", right)):
                if name not in runs:
                    hint = did_you_mean(name, runs, otherwise=f" (declared: {', '.join(runs) or 'none'})")
                    raise InputError(f"no run is called {name!r}{hint}", self._span("pairs", place, side))
            if left == right:
                raise InputError(f"a pair is of two runs, and both are {left!r}", self._span("pairs", place, "right"))
            sides: dict[str | None, Side] = {"left": "left", "right": "right", left: "left", right: "right"}
            if truth is not None and truth not in sides:
                message = f"truth is {truth!r}, which is not a side of this pair ({', '.join(map(str, sides))})"
                raise InputError(message, self._span("pairs", place, "truth"))
            yield PairSpec(left, right, tuple(self._differences(place)), sides.get(truth))

    def _differences(self, pair: int) -> Iterator[Difference]:
        for place, table in enumerate(self._said["pairs"][pair].get("differs", ())):
            path = ("pairs", pair, "differs", place)
            yield Difference(
                table["quantity"],
                table.get("reason", "").strip(),
                self._span(*path, "quantity"),
                self._span(*path, "reason" if "reason" in table else "quantity"),
                table.get("left"),
                table.get("right"),
            )


def _choice(text: str, entry: str, span: Span) -> TrainerVersion:
    """The trainer and version that a run names, which must be those of its entry."""
    try:
        choice, own = parse_choice(text), trainer_for(entry).name
    except LintError as error:
        raise InputError(str(error), span) from error
    if choice.trainer != own:
        raise InputError(f"{entry} is a run of {own}, not of {choice.trainer}", span)
    return choice
