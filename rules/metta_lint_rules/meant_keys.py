"""The fix of a key of an environment's config that was meant to be another one."""

from metta_lint.api import Fix, Span, renaming
from metta_lint.api.mettagrid import stands_for


def fix_of(span: Span, keys: tuple[str, ...], meant: str, depth: int) -> Fix | None:
    """The fix that writes the right key, if it can stand in the same place.

    ``keys`` are the parts of its path, ``depth`` how many of them are written further out than at the span.
    """
    parts = tuple(meant.split("."))
    if not meant or parts[:depth] != keys[:depth]:
        return None
    is_clear = keys[:-1] == parts[:-1] and stands_for(keys[-1], parts[-1])
    return renaming(span, ".".join(keys[depth:]), ".".join(parts[depth:]), is_safe=is_clear)
