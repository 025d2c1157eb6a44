"""Places and identities of findings, as the machines that read a report want them."""

from __future__ import annotations

import posixpath
from collections import Counter
from typing import TYPE_CHECKING

from metta_lint.base.paths import slashed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from metta_lint.rules.finding import Finding, Identity


def repository_path(path: str) -> str:
    """A path as a repository has it: ``./configs/../a.ini`` is ``a.ini``."""
    return posixpath.normpath(slashed(path))


def with_fingerprints(findings: Iterable[Finding]) -> Iterator[tuple[Finding, str]]:
    """Each finding with what stays the same when its line moves: a hash of its identity.

    What is found several times in a file is counted, so that each has a fingerprint of its own.
    """
    from hashlib import sha256

    seen: Counter[Identity] = Counter()
    for finding in findings:
        key = finding.identity._replace(path=repository_path(finding.span.path))
        text = "\0".join((key.code, key.path, key.text, str(seen[key])))
        seen[key] += 1
        yield finding, sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
