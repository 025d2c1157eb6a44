"""ML709: ASCII maps that cannot be read."""

from collections import Counter
from collections.abc import Iterator

from metta_lint.api import MAP, Case, Document, Draft, Scalar, Sequence, Span
from metta_lint.api.mettagrid import CHARACTERS


class MapShape:
    """The rows of an ASCII map differ in length, or hold a character that stands for nothing.

    ## Why it matters
    A map is read as a rectangle of known characters. One row that is a character short, or one unknown character, and
    no environment with this map can be built.

    ## Example
    Row 8 of a map has 22 characters, the other 11 have 23.

    ## How to fix it
    Fill the row with walls (`#`) or empty cells (`.`), rather than with blanks that editors strip. Letters are not
    judged: each revision knows others.
    """

    code, name, severity = "ML709", "map-shape", "error"
    agrees = [
        Case(files={"configs/maps/a.map": "####\n#@.#\n####\n", "configs/a.yaml": "_target_: a.B\n"}),
        Case(files={"configs/maps/a.map": "\nWWW\nW A\nWWW"}),
    ]
    drifts = [
        Case(files={"configs/maps/a.map": "####\n#@#\n####\n####\n"}, at=("configs/maps/a.map:2",)),
        Case(files={"configs/maps/a.map": "####\n#@!#\n####\n"}, at=("configs/maps/a.map:2",)),
    ]

    def check(self, document: Document) -> Iterator[Draft]:
        """One draft for each row of another length than most, and for each unknown character."""
        if not MAP.fits(document.path) or not isinstance(document.root, Sequence):
            return
        rows = [(str(row.value), row.span) for row in document.root.items if isinstance(row, Scalar)]
        lengths = Counter(len(row.strip()) for row, _ in rows)
        if not rows or ":" in rows[0][0]:
            return  # a later form, which is YAML, or no map at all
        usual, how_many = lengths.most_common(1)[0]
        for row, span in rows:
            if len(row.strip()) != usual:
                yield Draft(
                    f"this row has {len(row.strip())} characters, {how_many} of {len(rows)} rows have {usual}: "
                    "the map cannot be read",
                    at=span,
                    help="fill the row up with # or .",
                    values=(len(row.strip()), usual),
                )
        yield from self._unknown(rows)

    def _unknown(self, rows: list[tuple[str, Span]]) -> Iterator[Draft]:
        seen: set[str] = set()
        for row, span in rows:
            for column, character in enumerate(row, start=1):
                known = character in CHARACTERS or character.isalnum() or not character.isascii()
                if not known and character not in seen:
                    seen.add(character)
                    yield Draft(
                        f"the character {character!r} stands for no object: the map cannot be read",
                        at=Span(span.path, span.line, column, span.line, column + 1),
                        help="the characters are " + " ".join(sorted(CHARACTERS)).strip(),
                        values=(character,),
                    )
