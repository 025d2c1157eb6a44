"""Public modules that moved: importing one by its old name raises ImportError with the new name.

This folder is the last on the path of the package ``metta_lint``, so ``metta_lint.testing`` is found here.
"""
