"""The tests for rules moved."""

raise ImportError("metta_lint.testing is now metta_lint.api.testing")
