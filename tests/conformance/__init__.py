"""What a plan says of PufferLib 3 against what the real PufferLib does, on thousands of configs: `make conformance`."""
