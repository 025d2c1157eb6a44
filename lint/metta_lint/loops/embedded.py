"""The sizes of the embedded environment and the reference policy, without importing torch.

The reference trainer builds its environment, experience buffer and policy from these constants. A plan reads them too,
so it predicts the sizes that are measured.
"""

from __future__ import annotations

ITEMS = ("ore", "battery", "heart")
"""What an agent can hold, in the order of the last bytes of an observation."""

CELLS = ("empty", "wall", "agent", "mine", "generator", "altar")
"""What a cell can hold; a cell's code is the index in this tuple."""

ACTIONS = ("noop", "north", "south", "west", "east")
"""What an agent can do in a tick. Moving into a mine, generator or altar uses it."""

WINDOW = 5
"""An agent sees a square of this many cells on each side, with itself in the middle."""

OBSERVATION_BYTES = WINDOW * WINDOW + len(ITEMS)
"""One uint8 for each cell of the window, then one for each item held."""

STORED_BYTES = 4 + 6 * 4
"""Bytes of one stored agent step besides its observation: the action (int32), then log-probability, value, reward,
terminal, truncation and ratio (float32 each)."""

FEATURES = WINDOW * WINDOW * len(CELLS) + len(ITEMS)
"""Inputs of the encoder: the window's cells one-hot, then the items."""

MODEL_PARAMETERS = (
    f"{FEATURES} * policy_size + policy_size"  # encoder
    " + lstm_layers * (8 * policy_size * policy_size + 8 * policy_size)"  # LSTM: four gates, two weights, two biases
    f" + {len(ACTIONS)} * policy_size + {len(ACTIONS)}"  # actor
    " + policy_size + 1"  # critic
)
"""Trainable parameters of the reference policy, as a formula over ``policy_size`` and ``lstm_layers``."""

POLICY_SIZE = 128
"""The reference policy's default hidden size."""
