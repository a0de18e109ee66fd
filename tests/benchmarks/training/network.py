"""The reader's networks in PyTorch: a sentence encoder and one linear layer over each token."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils import parametrize
from transformers import AutoModel

from tests.benchmarks.training.examples import IGNORED, Sample
from voice_coach.check.reader import CONCEPTS, FLAGS, SIZES, VERDICTS_READ

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from tokenizers import Tokenizer

COMMON = 16_000
"""Word pieces come by frequency; later ones are kept only where the training answers use them."""
MIDDLE = 4
"""Layers below the states that serve as embeddings: higher up they are about verdicts and less about the topic."""
_UNSEEN = -1e9
"""What keeps padding from being attended to."""
BLOCK = 64
"""Weights that share a scale, as `export` rounds them."""
KEPT = (0, 1, 2, 3, 5, 6, 8, 10, 11)
"""Layers of MPNet that ship; the others went one by one, each time that without which the tags moved least."""
# What MPNet calls BERT's marks.
_SPECIAL = {"[CLS]": "<s>", "[SEP]": "</s>", "[PAD]": "<pad>", "[MASK]": "<mask>"}


class Network(nn.Module):
    """Token ids (of BERT's vocabulary) and segment ids, both of shape (batch, tokens), to logits of shape
    (batch, tokens, sum(SIZES)).

    Args:
        base: folder of all-mpnet-base-v2 or all-MiniLM-L6-v2.
        tokenizer: the program's, whose ids come in.
        used: ids that are kept however rare.
    """

    rows: torch.Tensor
    mean: torch.Tensor
    spread: torch.Tensor

    def __init__(self, base: Path, tokenizer: Tokenizer, used: Collection[int], dropout: float = 0.1) -> None:
        super().__init__()
        self.encoder = AutoModel.from_pretrained(
            str(base),
            hidden_dropout_prob=dropout,
            attention_probs_dropout_prob=0.0,
            add_pooling_layer=False,
        )
        width = self.encoder.config.hidden_size
        # MPNet counts places from its padding's id on.
        self.first = 2 if self.encoder.config.model_type == "mpnet" else 0
        kept, rows = _kept(base, tokenizer, used)
        self.register_buffer("rows", rows)
        self.register_buffer("mean", torch.zeros(width))
        self.register_buffer("spread", torch.ones(width))
        full = self.encoder.embeddings.word_embeddings.weight.data
        self.encoder.embeddings.word_embeddings = nn.Embedding.from_pretrained(
            full[kept].clone(), freeze=True
        )
        self.part = nn.Embedding(2, width)
        self.tag = nn.Linear(width, sum(SIZES))
        self.dropout = nn.Dropout(0.1)
        with torch.no_grad():  # most tokens say nothing of most concepts
            self.part.weight.zero_()
            self.tag.weight.mul_(0.1)
            self.tag.bias.zero_()
            self.tag.bias[: SIZES[0]].view(len(CONCEPTS), -1)[:, 0] = 4.0
            self.tag.bias[SIZES[0] : SIZES[0] + SIZES[1]] = -4.0

    def forward(self, ids: torch.Tensor, mask: torch.Tensor, kinds: torch.Tensor) -> torch.Tensor:
        return self.read(ids, mask, kinds)[0]

    def read(
        self, ids: torch.Tensor, mask: torch.Tensor, kinds: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits, and states of shape (batch, tokens, width)."""
        places = torch.arange(ids.shape[1]).unsqueeze(0) + self.first
        vectors = self.encoder.embeddings.word_embeddings(self.rows[ids]) + self.part(kinds)
        layers = self._mpnet if self.first else self._bert
        found = layers(vectors, mask, places)
        return self.tag(self.dropout(found[-1])), (found[MIDDLE] - self.mean) / self.spread

    def _mpnet(self, vectors: torch.Tensor, mask: torch.Tensor, places: torch.Tensor) -> list[torch.Tensor]:
        """What goes into the first layer and what comes out of each.

        Mask and distances are put together once and in the precision of the layers, which add them in place; the
        library converts and adds both in every layer.
        """
        states = [self.encoder.embeddings(inputs_embeds=vectors, position_ids=places)]
        bias = self.encoder.encoder.compute_position_bias(states[0]) + _UNSEEN * (1 - mask[:, None, None])
        if torch.is_autocast_enabled("cpu"):
            bias = bias.bfloat16()
        for layer in self.encoder.encoder.layer:
            states.append(layer(states[-1], position_bias=bias)[0])
        return states

    def _bert(self, vectors: torch.Tensor, mask: torch.Tensor, places: torch.Tensor) -> list[torch.Tensor]:
        found = self.encoder(
            inputs_embeds=vectors, attention_mask=mask, position_ids=places, output_hidden_states=True
        )
        return list(found.hidden_states)


def _kept(base: Path, tokenizer: Tokenizer, used: Collection[int]) -> tuple[torch.Tensor, torch.Tensor]:
    """Rows of the base's vocabulary to keep, and for each id of the tokenizer which of them it is."""
    places = {token: row for row, token in enumerate((base / "vocab.txt").read_text("utf-8").split("\n"))}
    tokens = [tokenizer.id_to_token(id_) or "[UNK]" for id_ in range(tokenizer.get_vocab_size())]
    kept = [places["[UNK]"]]
    rows = torch.zeros(len(tokens), dtype=torch.long)
    for id_, token in enumerate(tokens):
        plain = re.fullmatch(r"(##)?[a-z0-9'.,:/%]+", token)
        if token in _SPECIAL or id_ in used or (plain and id_ < COMMON):
            rows[id_] = len(kept)
            own = _SPECIAL.get(token, token)
            kept.append(places[own if own in places else token])
    return torch.tensor(kept), rows


class Rounded(nn.Module):
    """A weight matrix as it will be once `export` has rounded it; gradients pass as if it were not."""

    def forward(self, weight: torch.Tensor) -> torch.Tensor:
        blocks = weight.detach().view(-1, BLOCK)
        low = blocks.amin(dim=1, keepdim=True).clamp(max=0)
        high = blocks.amax(dim=1, keepdim=True).clamp(min=0)
        step = ((high - low) / 15).clamp(min=1e-8)
        zero = (-low / step).round().clamp(0, 15)
        rounded = ((blocks / step).round() + zero).clamp(0, 15).sub(zero).mul(step).view_as(weight)
        return weight + (rounded - weight).detach()


def keep_layers(network: Network, kept: Sequence[int]) -> None:
    """Leaves the others out, in place."""
    encoder = network.encoder
    encoder.encoder.layer = nn.ModuleList([encoder.encoder.layer[index] for index in kept])
    encoder.config.num_hidden_layers = len(kept)


def round_weights(network: Network) -> None:
    """From now on it learns with rounded weights."""
    for module in network.encoder.modules():
        if isinstance(module, nn.Linear):
            parametrize.register_parametrization(module, "weight", Rounded())


def plain_weights(network: Network) -> bool:
    """Undoes `round_weights`, and says whether there was something to undo; the weights are those before rounding."""
    rounded = False
    for module in network.encoder.modules():
        if parametrize.is_parametrized(module, "weight"):
            original = module.parametrizations.weight.original.data.clone()
            parametrize.remove_parametrizations(module, "weight", leave_parametrized=False)
            module.weight.data = original
            rounded = True
    return rounded


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
