"""The reader's network in PyTorch: MiniLM and one linear layer over each token."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.nn import functional
from transformers import AutoModel

from tests.benchmarks.training.examples import IGNORED, Sample
from voice_coach.check.reader import CONCEPTS, SIZES, STANCES_READ, VERDICTS_READ

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path




class Network(nn.Module):
    """Token ids and segment ids of shape (batch, tokens) to logits of shape (batch, tokens, sum(SIZES))."""

    def __init__(self, base: Path) -> None:
        super().__init__()
        self.encoder = AutoModel.from_pretrained(
            str(base), hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, add_pooling_layer=False
        )
        width = self.encoder.config.hidden_size
        self.tag = nn.Linear(width, sum(SIZES))
        self.dropout = nn.Dropout(0.1)
        with torch.no_grad():  # most tokens say nothing of most concepts
            self.tag.weight.mul_(0.1)
            self.tag.bias.zero_()
            self.tag.bias[: SIZES[0]].view(len(CONCEPTS), -1)[:, 0] = 4.0
            self.tag.bias[SIZES[0] : SIZES[0] + SIZES[1]] = -4.0

    def forward(self, ids: torch.Tensor, mask: torch.Tensor, kinds: torch.Tensor) -> torch.Tensor:
        states = self.encoder(input_ids=ids, attention_mask=mask, token_type_ids=kinds).last_hidden_state
        return self.tag(self.dropout(states))


def loss(logits: torch.Tensor, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    """Mean over tokens of the parts' cross entropies, summed over concepts."""
    verdicts, flags, stance, begins = logits.split(SIZES, dim=-1)
    known = (batch["concepts"] != IGNORED).sum().clamp(min=1)
    by_concept = functional.cross_entropy(
        verdicts.reshape(-1, len(VERDICTS_READ)), batch["concepts"].reshape(-1), ignore_index=IGNORED, reduction="sum"
    ) * len(CONCEPTS) / known
    by_flag = _binary(flags, batch["flags"]) * SIZES[1]
    by_stance = functional.cross_entropy(stance.reshape(-1, len(STANCES_READ)), batch["stance"].reshape(-1), ignore_index=IGNORED)
    return by_concept + by_flag + 0.5 * by_stance + 0.3 * _binary(begins.squeeze(-1), batch["begins"])


def _binary(logits: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    known = truth != IGNORED
    return functional.binary_cross_entropy_with_logits(logits[known], truth[known].float())


def batch_of(samples: Sequence[Sample]) -> dict[str, torch.Tensor]:
    """Samples padded to the longest."""
    longest = max(len(sample.ids) for sample in samples)

    def stacked(name: str, fill: int) -> torch.Tensor:
        parts = [torch.from_numpy(getattr(sample, name)) for sample in samples]
        return torch.stack([
            functional.pad(part, (0, 0) * (part.dim() - 1) + (0, longest - len(part)), value=fill) for part in parts
        ])

    return {
        "ids": stacked("ids", 0),
        "mask": torch.stack([torch.arange(longest) < len(sample.ids) for sample in samples]).long(),
        "kinds": stacked("kinds", 0),
        **{name: stacked(name, IGNORED) for name in ("word", "concepts", "flags", "stance", "begins")},
    }
