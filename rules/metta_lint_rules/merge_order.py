"""ML503: a merged key whose value depends on the version of PyYAML."""

from collections.abc import Iterator

from metta_lint.api import Case, Document, Draft, Mapping, Node, Sequence, Span, plain, show

FAST = "fast: &fast {lr: 0.01, x: 1}\n"
SAFE = "safe: &safe {lr: 0.001, x: 2}\n"


class MergeOrder:
    """A merged key has one value with PyYAML up to 6.0.3, and another one from 6.0.4 on.

    ## Why it matters
    The same config trains with other values after an upgrade of PyYAML, through which OmegaConf and Hydra read it.
    Where several merged mappings have the same key, PyYAML 6.0.4 takes another one than the versions before it. Of a
    list, `<<: [*a, *b]`, that is the last one instead of the first. Of several `<<` it is the first one instead of the
    last where the key has one character, and the earlier place counts where one of the mappings is merged twice.

    ## Example
    `fast` has `lr: 0.01`, `safe` has `lr: 0.001`. With `<<: [*fast, *safe]` the learning rate is 0.01 up to PyYAML
    6.0.3, and 0.001 from 6.0.4 on.

    ## How to fix it
    Write the key beside the `<<`: what a mapping says itself holds in every version. Or merge one mapping alone that
    has the key.
    """

    code, name, severity = "ML503", "merge-order", "warning"
    agrees = [
        Case(files={"configs/a.yaml": f"defaults:\n  - b\n{FAST}{SAFE}run:\n  <<: [*fast, *safe]\n  lr: 0.1\n"}),
        Case(
            files={"configs/a.yaml": f"defaults:\n  - b\n{FAST}safe: &safe {{lr: 0.01}}\nrun: {{<<: [*fast, *safe]}}\n"}
        ),
        Case(
            files={"configs/a.yaml": f"defaults:\n  - b\n{FAST}rest: &rest {{seed: 1}}\nrun: {{<<: [*fast, *rest]}}\n"}
        ),
        Case(files={"configs/a.yaml": "defaults:\n  - b\na: &a {lr: 1}\nb: &b {lr: 2}\nrun: {<<: *a, <<: *b}\n"}),
    ]
    drifts = [
        Case(
            files={"configs/a.yaml": f"defaults:\n  - b\n{FAST}{SAFE}run:\n  seed: 1\n  <<: [*fast, *safe]\n"},
            at=("configs/a.yaml:7",),
        ),
        Case(
            files={"configs/a.yaml": f"defaults:\n  - b\n{FAST}{SAFE}runs: [{{<<: *fast, <<: *safe}}]\n"},
            at=("configs/a.yaml:5",),
        ),
    ]

    def check(self, document: Document) -> Iterator[Draft]:
        """One draft for each key that has two values."""
        if not document.merges:
            return
        names: dict[Span, str] = {}
        _name(document.root, "", names)
        nodes = [node for drift in document.merges for node in (drift.before.value, drift.since.value)]
        values = {key: plain(node) for key, node in {id(node): node for node in nodes}.items()}
        texts = {key: repr(value) for key, value in values.items()}
        for drift in document.merges:
            before, since = id(drift.before.value), id(drift.since.value)
            if texts[before] == texts[since] or drift.mapping not in names:
                continue
            name = f"{names[drift.mapping]}.{drift.key}".removeprefix(".")
            was, becomes = show(values[before]), show(values[since])
            if was == becomes:  # 1 and "1"
                was, becomes = show(texts[before]), show(texts[since])
            yield Draft(
                f"{name} is {was} with PyYAML up to 6.0.3 and {becomes} from 6.0.4 on",
                at=drift.span,
                related=((f"{was} up to 6.0.3", drift.before.key_span), (f"{becomes} since", drift.since.key_span)),
                help=f"write {drift.key} beside the <<, or merge one mapping alone that has it",
                subject=name,
                values=(values[before], values[since]),
            )


def _name(node: Node, name: str, names: dict[Span, str]) -> None:
    """The path of keys to each mapping and list; aliases of one mapping share a single path."""
    if node.span in names:
        return
    if isinstance(node, Mapping):
        names[node.span] = name
        for key, entry in node.entries.items():
            _name(entry.value, f"{name}.{key}".removeprefix("."), names)
    elif isinstance(node, Sequence):
        names[node.span] = name
        for number, item in enumerate(node.items):
            _name(item, f"{name}[{number}]", names)
