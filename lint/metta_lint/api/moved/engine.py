"""What a rule's tests load the installed rules with moved."""

raise ImportError("metta_lint.engine.load_rules is now metta_lint.api.testing.load_rules")
