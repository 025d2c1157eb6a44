"""The ``config.yml`` that the zoo saves beside a trained agent: an OrderedDict, which PyYAML writes as a tagged list.

The tag names Python code that ``yaml.load`` would run. Here it is blanked out, and its pairs become a mapping.
"""

from __future__ import annotations

from metta_lint.api.dialects import Document, Entry, InputError, Mapping, Node, Scalar, Sequence, Source, parse_yaml

TAG = b"!!python/object/apply:collections.OrderedDict"


def claims(_path: str, data: bytes) -> bool:
    """Whether a file is such a dump."""
    return data.lstrip().startswith(TAG)


def parse(data: bytes, path: str) -> Document:
    """The pairs of the OrderedDict as a mapping, every value with its place. Raises InputError for anything else."""
    document = parse_yaml(data.replace(TAG, b" " * len(TAG), 1), path)
    match document.root:
        case Sequence(items=(Sequence(items=pairs),)):
            return document._replace(root=Mapping(dict(map(_entry, pairs)), document.root.span))
    raise InputError("no OrderedDict: it has no list of pairs", document.root.span)


def _entry(pair: Node) -> tuple[object, Entry]:
    match pair:
        case Sequence(items=(Scalar(value=key, span=span), value)):
            return key, Entry(span, value)
    raise InputError("no pair of a key and its value", pair.span)


TRAINED = Source("sb3-trained", (".yml", ".yaml"), claims, parse)
