"""The reader's network in PyTorch: MiniLM and one linear layer over each token."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn
from torch.nn import functional
from transformers import AutoModel

from tests.benchmarks.training.examples import IGNORED, Sample
from voice_coach.check.reader import CONCEPTS, FLAGS, SIZES, VERDICTS_READ

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class Network(nn.Module):
    """Token ids and segment ids of shape (batch, tokens) to logits of shape (batch, tokens, sum(SIZES))."""

    def __init__(self, base: Path, dropout: float = 0.0) -> None:
        super().__init__()
        self.encoder = AutoModel.from_pretrained(
            str(base), hidden_dropout_prob=dropout, attention_probs_dropout_prob=0.0, add_pooling_layer=False
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


def loss(
    logits: torch.Tensor, batch: dict[str, torch.Tensor], tokens: float, stretches: float
) -> torch.Tensor:
    """Cross entropies, summed over concepts and flags: of each token, and of the mean logits of each stretch.

    Args:
        logits: of shape (batch, tokens, labels).
        batch: as `batch_of` makes it.
        tokens, stretches: how much either counts. Means are what sentence encoders carry meaning in; tokens held to the
            label of their line keep a stretch judged rightly wherever it begins.
    """
    total = logits.new_zeros(())
    if stretches:
        pooled = torch.bmm(batch["pooling"], logits)[batch["there"]]
        total = total + stretches * _loss(pooled, batch["concepts"], batch["flags"], batch["stance"])
    if tokens:
        inside = batch["line"] >= 0
        line = batch["line"][inside]
        labels = (batch[name][line] for name in ("concepts", "flags", "stance"))
        total = total + tokens * _loss(logits[inside], *labels)
    return total


def _loss(
    logits: torch.Tensor, concepts: torch.Tensor, flags: torch.Tensor, stance: torch.Tensor
) -> torch.Tensor:
    verdicts, claims, stances = logits.split(SIZES, dim=-1)
    by_concept = functional.cross_entropy(
        verdicts.reshape(-1, len(VERDICTS_READ)), concepts.reshape(-1), ignore_index=IGNORED, reduction="sum"
    )
    by_stance = functional.cross_entropy(stances, stance, ignore_index=IGNORED, reduction="sum")
    sure = flags != IGNORED
    by_flag = functional.binary_cross_entropy_with_logits(claims[sure], flags[sure].float())
    return (
        by_concept * len(CONCEPTS) / (concepts != IGNORED).sum().clamp(min=1)
        + by_flag * len(FLAGS)
        + 0.5 * by_stance / (stance != IGNORED).sum().clamp(min=1)
    )


def batch_of(samples: Sequence[Sample]) -> dict[str, torch.Tensor]:
    """Samples padded to the longest, with their stretches one after the other.

    `pooling` of shape (batch, most stretches, tokens) takes means, `there` tells real stretches from padding.
    """
    longest = max(len(sample.ids) for sample in samples)
    most = max(len(sample.spans) for sample in samples)
    pooling = torch.zeros(len(samples), most, longest)
    there = torch.zeros(len(samples), most, dtype=torch.bool)
    for row, sample in enumerate(samples):
        there[row, : len(sample.spans)] = True
        for index, (first, stop) in enumerate(sample.spans.tolist()):
            pooling[row, index, first:stop] = 1 / (stop - first)

    offsets = np.cumsum([0, *(len(sample.spans) for sample in samples)])
    line = torch.full((len(samples), longest), -1)
    for row, sample in enumerate(samples):
        own = torch.from_numpy(sample.line)
        line[row, : len(own)] = torch.where(own >= 0, own + int(offsets[row]), -1)

    def stacked(name: str) -> torch.Tensor:
        parts = [torch.from_numpy(getattr(sample, name)) for sample in samples]
        return torch.stack([functional.pad(part, (0, longest - len(part))) for part in parts])

    return {
        "ids": stacked("ids"),
        "mask": torch.stack([torch.arange(longest) < len(sample.ids) for sample in samples]).long(),
        "kinds": stacked("kinds"),
        "shown": stacked("shown"),
        "line": line,
        "pooling": pooling,
        "there": there,
        **{
            name: torch.from_numpy(np.concatenate([getattr(sample, name) for sample in samples]))
            for name in ("concepts", "flags", "stance")
        },
    }
