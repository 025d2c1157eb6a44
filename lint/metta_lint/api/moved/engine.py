"""``load_rules``, by which a rule's tests load the installed rules, moved."""

raise ImportError("metta_lint.engine.load_rules is now metta_lint.api.testing.load_rules")
