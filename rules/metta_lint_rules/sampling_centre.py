"""ML701: ``${sampling:low,high,centre}`` whose centre is outside its range."""

import re
from collections.abc import Iterator

from metta_lint.api import Case, Document, Draft, Node, Scalar, Sequence, leaves

NUMBER = r"\s*([+-]?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*"
SAMPLING = rf"\$\{{\s*sampling\s*:{NUMBER},{NUMBER},{NUMBER}\}}"
LONGEST = 10_000
"""Characters of a value that are looked at; a longer one is no config's."""


class SamplingCentre:
    """The centre of a sampled value lies outside its own range.

    ## Why it matters
    Metta's resolver takes lower limit, upper limit, centre. The config's `sampling`, from 0 to 1, says how far from the
    centre towards both limits a value is drawn. At 0, its default, the value is the centre itself,
    and below 1 the draws reach past the limit that the centre lies beyond: the range that is written holds at 1 alone.

    ## Example
    `altar: ${sampling:0,5,10}`: up to 5 altars are meant, and a task without sampling places 10.

    ## How to fix it
    Move the centre between the limits. Where the last number was meant as the upper limit, write it second.
    """

    code, name, severity = "ML701", "sampling-centre", "warning"
    agrees = [
        Case(
            files={
                "configs/env/a.yaml": "defaults:\n  - b\naltar: ${sampling:0,10,5}\nore: ${sampling: 0.005, 0.1, 0.1}\n"
            }
        ),
        Case(files={"configs/env/a.yaml": "defaults:\n  - b\naltar: ${choose:0,5,10}\n# ${sampling:0,5,10}\n"}),
    ]
    drifts = [
        Case(
            files={
                "configs/env/a.yaml": "defaults:\n  - b\naltar: ${sampling:0,5,10}\nw:\n  - ${sampling:15, 50, 10}\n"
            },
            at=("configs/env/a.yaml:3", "configs/env/a.yaml:5"),
        ),
        Case(
            files={"configs/env/a.yaml": "defaults:\n  - b\nhalf: ${div:${sampling:1e1,2_0,.5},2}\n"},
            at=("configs/env/a.yaml:3",),
        ),
    ]

    def check(self, document: Document) -> Iterator[Draft]:
        """One draft for each centre that is outside."""
        for _, node in leaves(document.root):
            for scalar in _scalars(node):
                text = scalar.value
                if isinstance(text, str) and "sampling" in text and len(text) <= LONGEST:
                    for match in re.finditer(SAMPLING, text):
                        yield from _draft(scalar, match)


def _scalars(node: Node) -> Iterator[Scalar]:
    if isinstance(node, Scalar):
        yield node
    for item in node.items if isinstance(node, Sequence) else ():
        for _, leaf in leaves(item):
            yield from _scalars(leaf)


def _draft(scalar: Scalar, match: re.Match[str]) -> Iterator[Draft]:
    low, high, centre = (float(part.replace("_", "")) for part in match.groups())
    if low <= centre <= high:
        return
    written = [part.strip() for part in match.groups()]
    beyond = f"below {written[0]}" if centre < low else f"above {written[1]}"
    yield Draft(
        f"{match.group()}: the centre {written[2]} is {beyond}, a limit of the range [{written[0]}, {written[1]}]; "
        f"without sampling (0, the default) the value is {written[2]}",
        at=scalar.span,
        help="move the centre between the limits: lower, upper, centre",
        values=(match.group(),),
    )
