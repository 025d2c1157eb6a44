"""Public modules that moved: importing one by its old name ends in a line that says the new name.

This folder is the last on the path of the package ``metta_lint``, so that ``metta_lint.testing`` is found here.
"""
