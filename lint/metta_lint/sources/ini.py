"""INI files, with the values and the errors of Python's ``configparser.ConfigParser()``, and the span of each value."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from metta_lint.base.documents import Document, Entry, Mapping, Scalar, Span
from metta_lint.base.errors import InputError
from metta_lint.base.records import NamedTuple
from metta_lint.sources.text import BOM, LINE_BREAK, decode, file_start

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

DEFAULT_SECTION = "DEFAULT"
MAX_INTERPOLATION_DEPTH = 10  # configparser's
KEY_LIMIT = 3_000  # in one file, and once [DEFAULT] is applied: every suggestion of a sweep is planned with all of them
EXPANSION_LIMIT = 1_000_000  # characters that all references of one run may stand for

_SECTION = re.compile(r"\[(.+)\]")
_DELIMITER = re.compile(r"[=:]")
_REFERENCE = re.compile(r"%\(([^)]+)\)s")
_COMMENTS = ("#", ";")


class IniValue(NamedTuple):
    """A value as ``parser[section][key]`` gives it, where it is written, and what it overrides, the latest first."""

    text: str
    span: Span
    overrides: tuple[Span, ...]
    key_span: Span


def parse(data: bytes, path: str, *, repeats: bool = False) -> Document:
    """Sections of lower-cased keys with their raw, uninterpolated texts; ``[DEFAULT]`` is a section like any other.

    Raises InputError where ``ConfigParser().read`` would raise: text before the first section header (a byte-order mark
    too), a section or key that is written twice (unless ``repeats``: then the second one has a key of its own), lines
    that are neither header, key nor continuation.
    """
    text = decode(data, path)
    if text.startswith(BOM):
        message = (
            "file starts with a byte-order mark, which configparser takes for text before the first section header"
        )
        raise InputError(message, file_start(path))
    scanner = _LineScanner(path, repeats=repeats)
    for number, line in enumerate(LINE_BREAK.split(text), start=1):
        scanner.read_line(number, line)
    return Document(path, scanner.finish())


def values(documents: Iterable[Document]) -> dict[str, dict[str, IniValue]]:
    """What ``parser.read([...])`` of these files in this order makes of every section and key, interpolated.

    Later files win; ``[DEFAULT]`` stands behind every section. Raises InputError where ``parser[section][key]`` would
    raise for one of the keys.
    """
    layers = _layers(documents)
    defaults = layers.pop(DEFAULT_SECTION, {})
    interpolation = _Interpolation()
    result = {}
    count = 0
    for section, own in layers.items():
        candidates = {key: [*own.get(key, ()), *defaults.get(key, ())] for key in {**own, **defaults}}
        count += len(candidates)
        if count > KEY_LIMIT:
            place = next(iter(candidates.values()))[0].key_span
            raise InputError(f"more than {KEY_LIMIT} keys once [{DEFAULT_SECTION}] is applied to each section", place)
        result[section] = _section_values(section, candidates, interpolation)
    return result


def _section_values(
    section: str, candidates: dict[str, list[Entry]], interpolation: _Interpolation
) -> dict[str, IniValue]:
    raw = {key: _text(entries[0]) for key, entries in candidates.items()}
    return {
        key: IniValue(
            interpolation.value(raw, section, key, winner.value.span),
            winner.value.span,
            tuple(entry.value.span for entry in overridden),
            winner.key_span,
        )
        for key, (winner, *overridden) in candidates.items()
    }


def _layers(documents: Iterable[Document]) -> dict[str, dict[str, list[Entry]]]:
    """Section, key, and the entries that were written for it: the winning one first."""
    layers: dict[str, dict[str, list[Entry]]] = {}
    for document in documents:
        if not isinstance(document.root, Mapping):
            continue
        for section, section_entry in document.root.entries.items():
            layer = layers.setdefault(str(section), {})
            if isinstance(section_entry.value, Mapping):
                for key, entry in section_entry.value.entries.items():
                    layer.setdefault(str(key), []).insert(0, entry)
    return layers


def _text(entry: Entry) -> str:
    return str(entry.value.value) if isinstance(entry.value, Scalar) else ""


class _Option:
    """A key whose value is still growing by continuation lines."""

    __slots__ = ("end", "key_span", "start", "texts")

    def __init__(self, key_span: Span, start: tuple[int, int], text: str) -> None:
        self.key_span = key_span
        self.start = start
        self.texts = [text]
        self.end = (start[0], start[1] + len(text))

    def entry(self) -> Entry:
        span = Span(self.key_span.path, *self.start, *self.end)
        return Entry(self.key_span, Scalar("\n".join(self.texts).rstrip(), span))


class _Section:
    __slots__ = ("header", "name_span", "options")

    def __init__(self, header: Span, name_span: Span) -> None:
        self.header = header
        self.name_span = name_span
        self.options: dict[str, _Option] = {}

    def entry(self) -> Entry:
        entries: dict[object, Entry] = {key: option.entry() for key, option in self.options.items()}
        end = max([self.header[3:], *(entry.value.span[3:] for entry in entries.values())])
        return Entry(self.name_span, Mapping(entries, Span(*self.header[:3], *end)))


class _LineScanner:
    """The state between two lines, under configparser's rules for what a line is."""

    __slots__ = ("bad_lines", "count", "first_bad", "indent", "option", "path", "repeats", "section", "sections")

    def __init__(self, path: str, *, repeats: bool) -> None:
        self.path = path
        self.repeats = repeats
        self.sections: dict[str, _Section] = {}
        self.section: _Section | None = None
        self.option: _Option | None = None
        self.indent = 0
        self.count = 0
        self.bad_lines = 0
        self.first_bad: Span | None = None

    def read_line(self, number: int, line: str) -> None:
        content = line.strip()
        if not content:
            if self.option:
                self.option.texts.append("")
        elif not content.startswith(_COMMENTS):
            self._read_content(number, content, len(line) - len(line.lstrip()))

    def _read_content(self, number: int, content: str, indent: int) -> None:
        if self.option and indent > self.indent:
            self.option.texts.append(content)
            self.option.end = (number, indent + 1 + len(content))
            return
        self.indent = indent
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
            if not self.repeats:
                message = f"section [{name}] already exists (line {known.header.line})"
                raise InputError(message, name_span, known.name_span)
            name, known = f"{name} (line {number})", None
        self.section = known or self.sections.setdefault(name, _Section(span, name_span))
        self.option = None
        self._count(span)

    def _open_option(self, section: _Section, number: int, content: str, indent: int) -> None:
        delimiter = _DELIMITER.search(content)
        if delimiter is None:
            self._bad_line(self._span(number, indent, len(content)))
            return
        written = content[: delimiter.start()].rstrip()
        key_span = self._span(number, indent, len(written))
        key = written.lower()
        known = section.options.get(key)
        if known:
            if not self.repeats:
                message = f"option {key!r} already exists in its section (line {known.key_span.line})"
                raise InputError(message, key_span, known.key_span)
            key = f"{key} (line {number})"
        text = content[delimiter.end() :].lstrip()
        option = _Option(key_span, (number, indent + 1 + len(content) - len(text)), text)
        section.options[key] = option
        self.option = option if key else None
        if not key:
            self._bad_line(self._span(number, indent, len(content)))
        self._count(key_span)

    def _bad_line(self, span: Span) -> None:
        """Remembers a line that configparser complains of at the end, unless another error comes first."""
        self.bad_lines += 1
        self.first_bad = self.first_bad or span

    def finish(self) -> Mapping:
        if self.first_bad:
            more = f" (and {self.bad_lines - 1} more such lines)" if self.bad_lines > 1 else ""
            raise InputError(f"line is neither a section header, a key nor a continuation{more}", self.first_bad)
        entries: dict[object, Entry] = {name: section.entry() for name, section in self.sections.items()}
        ends = [entry.value.span[3:] for entry in entries.values()]
        return Mapping(entries, Span(self.path, 1, 1, *max(ends, default=(1, 1))))

    def _span(self, line: int, start: int, length: int) -> Span:
        return Span(self.path, line, start + 1, line, start + 1 + length)

    def _count(self, place: Span) -> None:
        self.count += 1
        if self.count > KEY_LIMIT:
            raise InputError(f"more than {KEY_LIMIT} keys; no config is that large", place)


class _Interpolation:
    """configparser's BasicInterpolation, with a bound on what all values together may grow to."""

    __slots__ = ("budget",)

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
        while (percent := text.find("%", position)) >= 0:
            yield text[position:percent]
            if text.startswith("%%", percent):
                yield "%"
                position = percent + 2
                continue
            reference = _REFERENCE.match(text, percent)
            if reference is None:
                raise ValueError(_syntax_error(text, percent))
            yield from self._referred(reference[1].lower(), raw, depth)
            position = reference.end()
        yield text[position:]

    def _referred(self, key: str, raw: dict[str, str], depth: int) -> Iterator[str]:
        if key not in raw:
            raise ValueError(f"there is no key {key!r} in this section or in [{DEFAULT_SECTION}]")
        text = raw[key]
        self.budget -= len(text) + 1
        if self.budget < 0:
            raise ValueError(f"values grow to more than {EXPANSION_LIMIT} characters")
        if "%" in text:
            yield from self._parts(text, raw, depth + 1)
        else:
            yield text


def _syntax_error(text: str, percent: int) -> str:
    found = text[percent : percent + 40]
    if found.startswith("%("):
        return f"bad variable reference {found!r}; it is written %(key)s"
    return f"'%' must be followed by '%' or '(', found: {found!r}"
