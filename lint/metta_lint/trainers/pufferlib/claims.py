"""Finds environments that two INIs name: PufferLib reads whichever comes first in the order of the file system."""

from __future__ import annotations

import re
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import TYPE_CHECKING

from metta_lint.base.documents import Document, Mapping, Scalar
from metta_lint.base.errors import InputError
from metta_lint.base.paths import parent_of
from metta_lint.files.file_system import first_bytes, same_file
from metta_lint.files.folders import Folders
from metta_lint.files.limits import BYTE_LIMIT
from metta_lint.files.memory import recalled, remembers
from metta_lint.sources.syntax import INI
from metta_lint.trainers.pufferlib.keys import is_default

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Mapping as MappingABC

_ENV_NAME = re.compile(rb"^[ \t]*env_name[ \t]*[=:][ \t]*(.*)$", re.MULTILINE)
_looks: ContextVar[dict[str, MappingABC[str, list[str]]] | None] = ContextVar("looks", default=None)


@contextmanager
def one_look() -> Iterator[None]:
    """Within this context, search each folder of INIs only once, however many runs are read from it."""
    looks = _looks.get()
    token = _looks.set({} if looks is None else looks)
    try:
        yield
    finally:
        _looks.reset(token)


def check_claims(entry: str, default: str, document: Document) -> None:
    """Raise InputError if another INI below default.ini's folder names one of this INI's environments."""
    node = document.root.get("base", "env_name") if isinstance(document.root, Mapping) else None
    if not isinstance(node, Scalar):
        return
    claims = _claims(parent_of(default))
    for name in str(node.value).split():
        other = next((path for path in claims.get(name, ()) if not same_file(path, entry)), None)
        if other is not None:
            raise InputError(
                f"two INIs claim the environment {name!r}, this one and {other}: "
                "which of them PufferLib reads depends on the order of the file system",
                node.span,
            )


def _claims(folder: str) -> MappingABC[str, list[str]]:
    """The INIs below a folder that name each environment."""
    looks = _looks.get()
    if looks is None or remembers():
        return recalled(("claims", folder), partial(_claims_below, folder), by_result=True)
    if folder not in looks:
        looks[folder] = _claims_below(folder)
    return looks[folder]


def _claims_below(folder: str) -> dict[str, list[str]]:
    claims: dict[str, list[str]] = {}
    for parent, content in Folders().below(folder):
        for name in content.files:
            if INI.fits(name) and not is_default(name):
                found = _ENV_NAME.search(first_bytes(f"{parent}/{name}", BYTE_LIMIT))
                for environment in found[1].decode("utf-8", "replace").split() if found else ():
                    claims.setdefault(environment, []).append(f"{parent}/{name}")
    return claims
