"""INI files: the values and errors of Python's ``configparser.ConfigParser()``, with spans."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from metta_lint.base.documents import Document, Entry, Mapping, Scalar, Span, mappings, plain
from metta_lint.base.errors import InputError
from metta_lint.base.records import NamedTuple
from metta_lint.sources.syntax import INI
from metta_lint.sources.text import BOM, LINE_BREAK, decode, file_start

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

DEFAULT_SECTION = "DEFAULT"
MAX_INTERPOLATION_DEPTH = 10  # configparser's
KEY_LIMIT = 3_000  # in one file, and once [DEFAULT] is applied: every suggestion of a sweep is planned with all of them
EXPANSION_LIMIT = 1_000_000  # characters that all references of one run may stand for

_SECTION = re.compile(r"\[(.+)\]")
_DELIMITER = re.compile(r"[=:]")
_PART = re.compile(r"(?P<text>[^%]++)|%%|%\((?P<key>[^)]+)\)s")


class IniValue(NamedTuple):
    """A value as ``parser[section][key]`` returns it, its places, and those of values it overrides, latest first."""

    text: str
    span: Span
    overrides: tuple[Span, ...]
    key_span: Span


def parse(data: bytes, path: str, *, repeats: bool = False) -> Document:
    """Parse an INI into sections of lower-cased keys with raw texts; ``[DEFAULT]`` is a section like any other.

    Raises InputError where ``ConfigParser().read`` would raise: for text before the first section header (a byte-order
    mark too), for lines that are neither header, key nor continuation, and for a duplicate section or key. With
    ``repeats``, a duplicate gets a different name instead.
    """
    text = decode(data, path)
    if text.startswith(BOM):
        message = "file starts with a byte-order mark, which configparser takes for text before the first section"
        raise InputError(f"{message} header", file_start(path))
    scanner = _LineScanner(path, repeats=repeats)
    for number, line in enumerate(LINE_BREAK.split(text), start=1):
        scanner.read_line(number, line)
    return Document(path, scanner.finish())


def values(documents: Iterable[Document]) -> dict[str, dict[str, IniValue]]:
    """The interpolated value of every section and key after ``parser.read([...])`` of these files in this order.

    Later files win; ``[DEFAULT]`` applies to every section. Raises InputError where ``parser[section][key]`` would.
    """
    layers = _layers(documents)
    defaults = layers.pop(DEFAULT_SECTION, {})
    interpolation = _Interpolation()
    result: dict[str, dict[str, IniValue]] = {}
    count = 0
    for section, own in layers.items():
        written = {key: [*own.get(key, ()), *defaults.get(key, ())] for key in {**own, **defaults}}
        count += len(written)
        if count > KEY_LIMIT:
            place = next(iter(written.values()))[0].key_span
            raise InputError(f"more than {KEY_LIMIT} keys once [{DEFAULT_SECTION}] is applied to each section", place)
        raw = {key: str(plain(entries[0].value)) for key, entries in written.items()}
        result[section] = {
            key: IniValue(
                interpolation.value(raw, section, key, winner.value.span),
                winner.value.span,
                tuple(entry.value.span for entry in overridden),
                winner.key_span,
            )
            for key, (winner, *overridden) in written.items()
        }
    return result


def _layers(documents: Iterable[Document]) -> dict[str, dict[str, list[Entry]]]:
    """The entries for each section and key, the winning one first."""
    layers: dict[str, dict[str, list[Entry]]] = {}
    for document in documents:
        for section, mapping in mappings(document.root):
            if mapping is not document.root:
                layer = layers.setdefault(str(section), {})
                for key, entry in mapping.entries.items():
                    layer.setdefault(str(key), []).insert(0, entry)
    return layers


class _Option(NamedTuple):
    """A key with the lines of its value so far, each with the line and column at which it ends."""

    key_span: Span
    start: tuple[int, int]
    lines: list[tuple[str, tuple[int, int]]]

    def entry(self) -> Entry:
        text = "\n".join(text for text, _ in self.lines).rstrip()
        return Entry(self.key_span, Scalar(text, Span(self.key_span.path, *self.start, *self.lines[-1][1])))


class _Section(NamedTuple):
    header: Span
    name_span: Span
    options: dict[str, _Option]

    def entry(self) -> Entry:
        entries: dict[object, Entry] = {key: option.entry() for key, option in self.options.items()}
        end = max([self.header[3:], *(entry.value.span[3:] for entry in entries.values())])
        return Entry(self.name_span, Mapping(entries, Span(*self.header[:3], *end)))


class _LineScanner:
    """The parser's state between two lines, with configparser's rules for what a line is."""

    def __init__(self, path: str, *, repeats: bool) -> None:
        self.path = path
        self.repeats = repeats
        self.sections: dict[str, _Section] = {}
        self.section: _Section | None = None
        self.option: _Option | None = None
        self.indent = 0
        self.count = 0
        self.bad_lines: list[Span] = []
        """Lines that configparser complains of at the end, unless another error comes first."""

    def read_line(self, number: int, line: str) -> None:
        content = line.strip()
        indent = len(line) - len(line.lstrip())
        if content.startswith(INI.comment_signs):
            return
        if self.option and (not content or indent > self.indent):
            end = (number, indent + 1 + len(content)) if content else self.option.lines[-1][1]
            self.option.lines.append((content, end))
        elif content:
            self.indent = indent
            self._open(number, content, indent)

    def _open(self, number: int, content: str, indent: int) -> None:
        if header := _SECTION.match(content):
            self._open_section(header, number, indent)
        elif self.section is None:
            message = f"file contains no section header before this line: {content[:60]!r}"
            raise InputError(message, self._span(number, indent, len(content)))
        else:
            self._open_option(self.section, number, content, indent)

    def _open_section(self, header: re.Match[str], number: int, indent: int) -> None:
        name = header[1]
        span = self._span(number, indent, header.end())
        name_span = self._span(number, indent + 1, len(name))
        known = self.sections.get(name)
        if known and name != DEFAULT_SECTION:
            name = self._other_name(name, name_span, known.name_span, f"section [{name}] already exists")
        self.section = self.sections.setdefault(name, _Section(span, name_span, {}))
        self.option = None
        self._count(span)

    def _open_option(self, section: _Section, number: int, content: str, indent: int) -> None:
        delimiter = _DELIMITER.search(content)
        if delimiter is None:
            self.bad_lines.append(self._span(number, indent, len(content)))
            return
        written = content[: delimiter.start()].rstrip()
        key_span = self._span(number, indent, len(written))
        key = written.lower()
        known = section.options.get(key)
        if known:
            key = self._other_name(key, key_span, known.key_span, f"option {key!r} already exists in its section")
        text = content[delimiter.end() :].lstrip()
        end = indent + 1 + len(content)
        option = section.options[key] = _Option(key_span, (number, end - len(text)), [(text, (number, end))])
        self.option = option if key else None
        if not key:
            self.bad_lines.append(self._span(number, indent, len(content)))
        self._count(key_span)

    def finish(self) -> Mapping:
        if self.bad_lines:
            more = f" (and {len(self.bad_lines) - 1} more such lines)" if len(self.bad_lines) > 1 else ""
            raise InputError(f"line is neither a section header, a key nor a continuation{more}", self.bad_lines[0])
        entries: dict[object, Entry] = {name: section.entry() for name, section in self.sections.items()}
        ends = [entry.value.span[3:] for entry in entries.values()]
        return Mapping(entries, Span(self.path, 1, 1, *max(ends, default=(1, 1))))

    def _other_name(self, name: str, here: Span, first: Span, message: str) -> str:
        """The name of a section or key that repeats another one. Raises InputError where that is an error."""
        if not self.repeats:
            raise InputError(f"{message} (line {first.line})", here, first)
        return f"{name} (line {here.line})"

    def _span(self, line: int, start: int, length: int) -> Span:
        return Span(self.path, line, start + 1, line, start + 1 + length)

    def _count(self, place: Span) -> None:
        self.count += 1
        if self.count > KEY_LIMIT:
            raise InputError(f"more than {KEY_LIMIT} keys; no config is that large", place)


class _Interpolation:
    """configparser's BasicInterpolation, with a limit on the total length of all values."""

    def __init__(self) -> None:
        self.budget = EXPANSION_LIMIT

    def value(self, raw: dict[str, str], section: str, key: str, span: Span) -> str:
        text = raw[key]
        try:
            return "".join(self._parts(text, raw, 1)) if "%" in text else text
        except ValueError as error:
            raise InputError(f"interpolation of [{section}] {key}: {error}", span) from None

    def _parts(self, text: str, raw: dict[str, str], depth: int) -> Iterator[str]:
        if depth > MAX_INTERPOLATION_DEPTH:
            raise ValueError(f"deeper than {MAX_INTERPOLATION_DEPTH} levels; does a key refer to itself?")
        position = 0
        while position < len(text):
            part = _PART.match(text, position)
            if part is None:
                found = text[position : position + 40]
                if found.startswith("%("):
                    raise ValueError(f"bad variable reference {found!r}; it is written %(key)s")
                raise ValueError(f"'%' must be followed by '%' or '(', found: {found!r}")
            position = part.end()
            if part["key"]:
                yield from self._referred(part["key"].lower(), raw, depth)
            else:
                yield part["text"] or "%"

    def _referred(self, key: str, raw: dict[str, str], depth: int) -> Iterator[str]:
        if key not in raw:
            raise ValueError(f"there is no key {key!r} in this section or in [{DEFAULT_SECTION}]")
        text = raw[key]
        self.budget -= len(text) + 1
        if self.budget < 0:
            raise ValueError(f"values grow to more than {EXPANSION_LIMIT} characters")
        yield from self._parts(text, raw, depth + 1) if "%" in text else (text,)
