"""A composed tree as rules see it: the nodes of a document."""

from __future__ import annotations

from metta_lint.base.documents import Entry, Mapping, Node, Scalar, Sequence, Span
from metta_lint.trainers.hydra.tree import Branch, Items, Leaf, Tree


def as_node(tree: Tree, around: Span) -> Node:
    """The same values as nodes; what has no place of its own is at that of what it stands in, ``around`` at the top.

    Where the keys stand is not kept: each is said to stand where its value does. A tree that no longer changes is asked
    for; configs share parts of theirs, whose nodes are made once.
    """
    span = tree.span or around
    if isinstance(tree, Leaf):
        return Scalar(tree.value, span)
    if tree.node is not None and tree.span is not None:
        return tree.node
    tree.node = _collection(tree, span)
    return tree.node


def _collection(tree: Branch | Items, span: Span) -> Node:
    if isinstance(tree, Items):
        return Sequence(tuple([as_node(item, span) for item in tree.parts]), span)
    nodes = {
        key: Scalar(item.value, item.span or span) if isinstance(item, Leaf) else as_node(item, span)
        for key, item in tree.parts.items()
    }
    return Mapping({key: Entry(node.span, node) for key, node in nodes.items()}, span)


def open_texts(tree: Tree) -> list[str]:
    """The strings of a tree as they are written; not those of parts that are known to have nothing to resolve."""
    found = []
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Leaf):
            if isinstance(node.value, str):
                found.append(node.value)
        elif not node.is_resolved:
            waiting += reversed(node.parts if isinstance(node, Items) else node.parts.values())
    return found
