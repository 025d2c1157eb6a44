"""The language server: what ``check`` says, as one types.

``protocol`` speaks with the editor, ``session`` knows what it holds and what was last found, ``linting`` does the work
on a thread of its own, and the rest answers one kind of question each.
"""
