"""The language server: what ``check`` finds, while one types.

``protocol`` speaks with the editor, ``session`` has what it holds (``state``) and what was last found in that,
``linting`` checks it on a thread of its own. The other modules answer one kind of question each.
"""
