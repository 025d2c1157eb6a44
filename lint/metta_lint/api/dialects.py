"""The public API for plugins that add a source or a trainer: all that they may import.

A source turns the bytes of one kind of file into a document, every value with its span. A trainer lists the runs that a
file has, reads one (settings with their places, in its own keys), and derives its plan: quantities by formulas, under
the names that all trainers share, and the conditions under which it would stop. Then ``check``, ``plan``, ``compare``
and every rule about plans and pairs work for it. Rules have an API of their own, ``metta_lint.api``.
"""

from metta_lint.base.documents import Document, Entry, Mapping, Node, Scalar, Sequence, Span, leaves, plain
from metta_lint.base.errors import InputError, LintError, UnknownKeyError
from metta_lint.base.unknown import Unknown
from metta_lint.base.wording import close_names
from metta_lint.loops.requirements import REQUIREMENTS
from metta_lint.plans.derivation import Derivation
from metta_lint.plans.epochs import Backend
from metta_lint.plans.plan import IgnoredKey, Plan, Refusal
from metta_lint.plans.run import Machine, Run, Setting, split_entry
from metta_lint.sources import bytes_of, read
from metta_lint.sources.syntax import Source
from metta_lint.trainers.trainer import Solvable, Trainer

__all__ = [
    "REQUIREMENTS",
    "Backend",
    "Derivation",
    "Document",
    "Entry",
    "IgnoredKey",
    "InputError",
    "LintError",
    "Machine",
    "Mapping",
    "Node",
    "Plan",
    "Refusal",
    "Run",
    "Scalar",
    "Sequence",
    "Setting",
    "Solvable",
    "Source",
    "Span",
    "Trainer",
    "Unknown",
    "UnknownKeyError",
    "bytes_of",
    "close_names",
    "leaves",
    "parse_yaml",
    "plain",
    "read",
    "split_entry",
]


def parse_yaml(data: bytes, path: str) -> Document:
    """A YAML file as ``yaml.safe_load`` reads it, with spans: ``1e-4`` is a text there. Raises InputError."""
    from metta_lint.sources.yaml import parse_1_1

    return parse_1_1(data, path)
