"""Rules: which there are, how they run, what they find."""
