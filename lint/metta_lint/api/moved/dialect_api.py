"""The public API for sources and trainers moved."""

raise ImportError("metta_lint.dialect_api is now metta_lint.api.dialects")
