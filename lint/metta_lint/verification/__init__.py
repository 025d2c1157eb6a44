"""Verification: both runs of a pair, run by the reference trainer and compared with their plans."""
