"""The reference policy: an encoder, an LSTM, an actor and a critic."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from metta_lint.loops.embedded import ACTIONS, CELLS, FEATURES, WINDOW

CELLS_SEEN = WINDOW * WINDOW
ITEMS_FULL = 16.0
"""An item's amount is divided by this, so that the encoder sees numbers near 1."""

CHANCE_OF_NAN = 1e-8
"""Of every action, where the policy's probabilities are NaN: all the same, so any number would do."""

State = tuple[Tensor, Tensor]
"""An LSTM's state (h, c), each float32 [layers, agents, policy size]; without layers it is empty."""


class Acted(NamedTuple):
    """What the policy did with one observation of each of b agents."""

    actions: Tensor  # int32 [b]
    logprobs: Tensor  # float32 [b]
    values: Tensor  # float32 [b]
    state: State


class Evaluated(NamedTuple):
    """What the policy now thinks of stored actions, s segments of h steps."""

    logprobs: Tensor  # [s, h]
    entropy: Tensor  # [s, h]
    values: Tensor  # [s, h]


class Policy(nn.Module):
    """Embedded observations (uint8) to action logits and a value.

    The shape of PufferLib 3.0's Default policy in its LSTMWrapper (models.py), with ReLU for GELU and cells one-hot.
    A rollout carries the LSTM's state from step to step; training starts each segment from a zero state, in both
    trainers, and neither resets it where an episode ends. With 0 layers there is no LSTM, as without an ``rnn_name``.
    """

    def __init__(self, policy_size: int, lstm_layers: int) -> None:
        super().__init__()
        self.encoder = nn.Linear(FEATURES, policy_size)
        self.lstm = nn.LSTM(policy_size, policy_size, lstm_layers) if lstm_layers else None
        self.actor = nn.Linear(policy_size, len(ACTIONS))
        self.critic = nn.Linear(policy_size, 1)
        for name, parameter in self.named_parameters():
            if "bias" in name:
                nn.init.zeros_(parameter)
            else:
                nn.init.orthogonal_(parameter, 0.01 if name == "actor.weight" else 1.0)

    @property
    def parameter_count(self) -> int:
        return sum(parameter.numel() for parameter in self.parameters() if parameter.requires_grad)

    @property
    def lstm_layers(self) -> int:
        return 0 if self.lstm is None else self.lstm.num_layers

    def zero_state(self, agents: int) -> State:
        """The state before anything was seen."""
        weight = self.critic.weight
        shape = (self.lstm_layers, agents, weight.shape[1])
        return weight.new_zeros(shape), weight.new_zeros(shape)

    def act(self, observations: Tensor, state: State, generator: torch.Generator) -> Acted:
        """Sample one action for each of b agents; observations uint8 [b, observation bytes].

        A policy that has run into NaN acts at random, and says nothing (PufferLib 3.0 pytorch.py sample_logits()).
        """
        hidden, state = self._recur(self._encode(observations)[None], state)
        logits = self.actor(hidden[0]).float()
        logprobs = logits.log_softmax(-1)
        chances = logprobs.exp().nan_to_num(CHANCE_OF_NAN)
        actions = torch.multinomial(chances, 1, generator=generator)
        return Acted(
            actions.squeeze(-1).int(),
            logprobs.gather(-1, actions).squeeze(-1),
            self.critic(hidden[0]).squeeze(-1).float(),
            (state[0].float(), state[1].float()),
        )

    def evaluate(self, observations: Tensor, actions: Tensor) -> Evaluated:
        """Log-probabilities, entropies and values of segments; observations [s, h, bytes], actions [s, h]."""
        encoded = self._encode(observations.transpose(0, 1))
        hidden, _ = self._recur(encoded, self.zero_state(len(observations)))
        hidden = hidden.transpose(0, 1)
        logprobs = self.actor(hidden).float().log_softmax(-1)
        return Evaluated(
            logprobs.gather(-1, actions.long()[..., None]).squeeze(-1),
            -(logprobs.exp() * logprobs).sum(-1),
            self.critic(hidden).squeeze(-1).float(),
        )

    def _encode(self, observations: Tensor) -> Tensor:
        cells, items = observations[..., :CELLS_SEEN], observations[..., CELLS_SEEN:]
        kinds = torch.arange(len(CELLS), dtype=torch.uint8, device=observations.device)
        seen = (cells[..., None] == kinds).flatten(-2)
        features = torch.cat([seen, items / ITEMS_FULL], dim=-1).to(self.encoder.weight.dtype)
        encoded: Tensor = self.encoder(features).relu()
        return encoded

    def _recur(self, encoded: Tensor, state: State) -> tuple[Tensor, State]:
        """Run encoded steps [h, s, policy size] through the LSTM."""
        if self.lstm is None:
            return encoded, state
        hidden, state = self.lstm(encoded, state)
        return hidden, state
