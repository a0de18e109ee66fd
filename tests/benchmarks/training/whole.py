"""The second stage of training: a network learns from answers that readers labelled as wholes.

Nobody said which words decided. So the tags go the program's own way, pieces -> stretches -> features -> head, here in
PyTorch, and the error of a verdict flows back into the stretches that made it: multiple-instance learning (Dietterich
et al. 1997) with the best passage as the instance. The tags of the other network are averaged in, as the program does
it. Lines of the first stage are learnt on beside, so that nothing is forgotten. A network of fewer layers also learns
here what the full one and the other say together of each token (`distil.py`).
"""

from __future__ import annotations

import math
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.nn import functional

from tests.benchmarks.training.distil import divergence
from tests.benchmarks.training.examples import FILLERS, MISHEARD, Varied
from tests.benchmarks.training.network import Network, batch_of, loss
from voice_coach.check import features as numpy_features
from voice_coach.check.features import FLOOR
from voice_coach.check.head import shipped
from voice_coach.check.judge import without_lists
from voice_coach.check.misheard import repaired
from voice_coach.check.network import outcome
from voice_coach.check.reader import CONCEPTS, FLAGS, QUESTION, SIZES, VERDICTS_READ, Read, pieces_of, plain
from voice_coach.check.sentences import sentences, within_sentences
from voice_coach.check.stretches import listing, stretches
from voice_coach.records import VERDICTS, Word

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from tests.benchmarks.labelled import Labelled
    from voice_coach.records import Span

ANSWERS = 4
"""Whole answers a step."""
HIDDEN = 0.05
"""Share of the answer's tokens that are masked."""
WHOLE, LINES, CLAIMS = 3.0, 0.5, 0.3
"""How much verdicts on whole answers count, lines of the first stage, and, beside verdicts, red flags."""
TAGS, HEAD = 5, 20
"""How much faster than the encoder the last layer learns, and the head."""
WARM_UP = 0.1

Inputs = tuple[torch.Tensor, torch.Tensor, torch.Tensor]
"""Token ids, mask and segment ids, each of shape (pieces, tokens)."""


@dataclass(frozen=True, slots=True)
class Stage:
    """How long and how fast; `lines` training answers of the first stage beside the whole ones of each step.

    The word vectors and the `frozen` lowest layers stay as they are.
    """

    epochs: int
    peak: float
    lines: int
    frozen: int


@dataclass(frozen=True, slots=True)
class Prepared:
    """An answer as it is seen once.

    Attributes:
        spans: its stretches. lists: which of them are lists of terms, and sentences: which one completes each one's
            sentence, both of shape (stretches,).
        rows: token ids and segment ids of each piece, of which the first `head` are the question's.
        pieces: as `pieces_of` gives them.
        starts: first token of each word, and the number of tokens.
        others: what the other networks make of each piece, of shape (tokens, labels).
    """

    one: Labelled
    spans: tuple[Span, ...]
    lists: NDArray[np.bool_]
    sentences: NDArray[np.intp]
    rows: list[tuple[NDArray[np.int64], NDArray[np.int64]]]
    head: int
    pieces: list[tuple[int, int, int]]
    starts: NDArray[np.int64]
    others: list[NDArray[np.float32]]


def prepared(one: Labelled, varied: Varied, others: Sequence[Any]) -> Prepared | None:
    """The answer with noise; None where nothing is left to judge. `others` are sessions of the other networks."""
    said = _noisy(one.answer.split(), varied.random)
    question = one.question if varied.random.random() < 0.85 else ""
    words = tuple(Word(text=text) for text in said)
    spans = stretches(words, question)
    if not spans:
        return None

    def ids_of(text: str) -> list[int]:
        return list(varied.tokenizer.encode(text, add_special_tokens=False).ids) if text else []

    begin, end = (varied.tokenizer.token_to_id(mark) for mark in ("[CLS]", "[SEP]"))
    head = [begin, *ids_of(plain(question))[:QUESTION], end]
    by_word = [ids_of(plain(text)) for text in repaired(said)]
    ids = [token for tokens in by_word for token in tokens]
    pieces = list(pieces_of(len(ids)))
    rows = [
        (np.array([*head, *ids[first:stop], end]), np.array([0] * len(head) + [1] * (stop - first + 1)))
        for first, stop, _ in pieces
    ]
    return Prepared(
        one=one,
        spans=spans,
        lists=listing(spans, words),
        sentences=sentences(spans, words),
        rows=rows,
        head=len(head),
        pieces=pieces,
        starts=np.cumsum([0, *map(len, by_word)]),
        others=[
            np.sum([outcome(other, {"ids": a, "kinds": b}, ["logits"])[0] for other in others], axis=0)
            for a, b in rows
        ],
    )


def _noisy(words: Sequence[str], chance: random.Random) -> list[str]:
    """Words dropped, mis-heard and stumbled over, and in a third of the answers no punctuation."""
    rate = 0.0 if chance.random() < 0.4 else 0.1 if chance.random() < 0.25 else 0.03
    bare = chance.random() < 0.3
    heard: list[str] = []
    for word in words:
        low = plain(word)
        if chance.random() < rate / 2:
            continue
        if low in MISHEARD and chance.random() < 3 * rate:
            heard += chance.choice(MISHEARD[low]).split()
        else:
            heard.append(low if bare and low else word)
        if chance.random() < rate / 2:
            heard += chance.choice(FILLERS).split()
    return heard or list(words)


def joined(answer: Prepared, tags: Sequence[torch.Tensor], others: int) -> torch.Tensor:
    """Logits of the answer's tokens from those of its pieces, as `reader.read` joins them, averaged with those of so
    many other networks."""
    ends = [*(believed for *_, believed in answer.pieces[1:]), int(answer.starts[-1])]
    parts = []
    for (first, _, believed), stop, own, other in zip(answer.pieces, ends, tags, answer.others, strict=True):
        part = slice(answer.head + believed - first, answer.head + stop - first)
        parts.append((own[part] + torch.from_numpy(other[part])) / (1 + others) if others else own[part])
    return torch.cat(parts)


def stretch_means(answer: Prepared, logits: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean logits of each stretch, and which stretches have a token at all."""
    sums = torch.cat([logits.new_zeros(1, logits.shape[1]), logits.double().cumsum(0).float()])
    low, high = (
        torch.from_numpy(answer.starts[[getattr(span, end) for span in answer.spans]])
        for end in ("first", "stop")
    )
    return (sums[high] - sums[low]) / (high - low).clamp(min=1)[:, None], high > low


def features(answer: Prepared, logits: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """What `voice_coach.check.features` makes of each concept, of shape (concepts, features), and how surely the answer
    raises each red flag as a logit, of shape (flags,)."""
    means, spoken = stretch_means(answer, logits)
    first, stop = (torch.tensor([getattr(span, end) for span in answer.spans]) for end in ("first", "stop"))
    listed = torch.from_numpy(answer.lists)[:, None].float()
    verdicts, claims, _ = means.split(SIZES, dim=1)
    read = verdicts.view(-1, len(CONCEPTS), len(VERDICTS_READ)).softmax(-1)
    nothing, said, named, dismissed, taken_back = read.unbind(-1)
    unlisted = torch.stack((nothing, said * (1 - listed), named + said * listed, dismissed, taken_back), -1)
    whole = unlisted[torch.from_numpy(answer.sentences)]
    own = torch.where(unlisted[..., 1:2] > whole[..., 1:2], whole, unlisted)[spoken]
    nothing, explained, named, dismissed, taken_back = own.unbind(-1)
    first, stop, claims, said = first[spoken], stop[spoken], claims[spoken], said[spoken]
    words = (stop - first).float()
    best, against = explained.argmax(0), torch.maximum(dismissed, taken_back).argmax(0)
    after = first[:, None] >= stop[best]

    def most(values: torch.Tensor, where: torch.Tensor) -> torch.Tensor:
        return _log_odds((values * where).amax(0))

    found = [
        _log_odds(explained.amax(0)),
        _log_odds(named.amax(0)),
        _log_odds(dismissed.amax(0)),
        most(taken_back, after),
        most(dismissed, after),
        _log_odds((1 - nothing).amax(0)),
        *(torch.log(words @ (doing * (doing >= FLOOR)) + 1) for doing in (explained, named, dismissed)),
        most(explained, first[:, None] >= stop[against]),
        words @ _log_odds(explained) / words.sum(),
        _log_odds(said.amax(0)).mean().expand(len(CONCEPTS)),
    ]
    return torch.stack(found, dim=1), claims.amax(0)


def _log_odds(probability: torch.Tensor) -> torch.Tensor:
    return torch.log((probability + 1e-3) / (1 - probability + 1e-3))


def compare(answer: Prepared, logits: torch.Tensor) -> None:
    """Makes sure that the features here are the program's.

    Raises:
        ValueError: they are not.
    """
    sums = np.concatenate((np.zeros((1, logits.shape[1])), np.cumsum(logits.double().numpy(), axis=0)))
    read = Read(sums, (), answer.starts).over(answer.spans)
    own = [
        within_sentences(without_lists(read.verdicts[:, concept], answer.lists), answer.sentences)
        for concept in range(len(CONCEPTS))
    ]
    wanted = np.array([numpy_features.features(one, read) for one in own])
    off = np.abs(features(answer, logits)[0].numpy() - wanted).max()
    if off > 0.01:
        raise ValueError(
            f"whole.features and voice_coach.check.features differ by {off:.3f}; make them alike"
        )


def error(answer: Prepared, logits: torch.Tensor, head: Sequence[torch.Tensor]) -> torch.Tensor:
    """How far the verdicts and the red flags are from the readers'; `head` is its weights and its bias."""
    weights, bias = head
    found, claims = features(answer, logits)
    verdicts = [answer.one.verdict(concept) for concept in CONCEPTS]
    truth = torch.tensor([VERDICTS.index(verdict) if verdict else -100 for verdict in verdicts])
    raises = [answer.one.raises(flag) for flag in FLAGS]
    known = torch.tensor([raised is not None for raised in raises])
    flags = functional.binary_cross_entropy_with_logits(
        claims[known], torch.tensor([float(bool(raised)) for raised in raises])[known]
    )
    return functional.cross_entropy(found @ weights.T + bias, truth) + CLAIMS * flags


def learn(
    network: Network,
    varied: Varied,
    answers: Sequence[Labelled],
    others: Sequence[Any],
    stage: Stage,
    teacher: Network | None = None,
) -> None:
    """In place; the head learns along and is thrown away, since `fit` makes the one that ships.

    Args:
        network: learns all but its word vectors and its lowest layers.
        varied: the answers of the first stage, and chance.
        answers: labelled as wholes.
        others: sessions of other networks, whose tags are averaged with this one's.
        stage: how long and how fast.
        teacher: a larger network; then it is that one's tags which are averaged with the others', and this one learns
            them beside the verdicts.
    """
    network.train()
    if teacher:
        teacher.eval()
    network.encoder.embeddings.requires_grad_(requires_grad=False)
    for layer in network.encoder.encoder.layer[: stage.frozen]:
        layer.requires_grad_(requires_grad=False)
    head = [
        torch.tensor(values, dtype=torch.float32, requires_grad=True)
        for values in (shipped().weights, shipped().bias)
    ]
    learning = [one for one in network.encoder.parameters() if one.requires_grad]
    optimizer = torch.optim.AdamW(
        [
            {"params": learning, "lr": stage.peak, "weight_decay": 0.01},
            {"params": [*network.part.parameters(), *network.tag.parameters()], "lr": TAGS * stage.peak},
            {"params": head, "lr": HEAD * stage.peak},
        ],
        fused=True,
    )
    total = stage.epochs * math.ceil(len(answers) / ANSWERS)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer,
        lambda step: min(
            (step + 1) / (WARM_UP * total), 0.5 * (1 + math.cos(math.pi * min(1, step / total)))
        ),
    )
    lines = _lines(varied)
    compared = False
    for epoch in range(stage.epochs):
        start, errors = time.monotonic(), []
        order = list(answers)
        varied.random.shuffle(order)
        for at in range(0, len(order), ANSWERS):
            found = [prepared(one, varied, others) for one in order[at : at + ANSWERS]]
            seen = [one for one in found if one]
            inputs = _masked(seen, varied)
            logits = _tags(network, seen, inputs, 0 if teacher else len(others))
            if not compared:
                compare(seen[0], logits[0].detach())
                compared = True
            value = torch.stack(
                [error(one, tags, head) for one, tags in zip(seen, logits, strict=True)]
            ).mean()
            total_error = WHOLE * value
            if teacher:
                with torch.no_grad():
                    wanted = _tags(teacher, seen, inputs, len(others))
                total_error = total_error + apart(seen, logits, wanted)
            optimizer.zero_grad()
            total_error.backward()
            _first_stage(network, [next(lines) for _ in range(stage.lines)], varied)
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            errors.append(value.item())
        sys.stderr.write(
            f"whole answers, epoch {epoch}: {sum(errors) / len(errors):.3f}, {time.monotonic() - start:.0f} s\n"
        )


def apart(
    answers: Sequence[Prepared], logits: Sequence[torch.Tensor], wanted: Sequence[torch.Tensor]
) -> torch.Tensor:
    """How far logits are from those wanted, token by token and over the stretches that the program judges."""
    each = []
    for answer, own, aim in zip(answers, logits, wanted, strict=True):
        (means, spoken), (aims, _) = stretch_means(answer, own), stretch_means(answer, aim)
        each.append(divergence(own, aim) + divergence(means[spoken], aims[spoken]))
    return torch.stack(each).mean()


def _masked(answers: Sequence[Prepared], varied: Varied) -> Inputs:
    """The pieces of the answers, padded to the longest, some of their tokens masked."""
    rows = [row for answer in answers for row in answer.rows]
    longest = max(len(ids) for ids, _ in rows)
    ids, kinds, mask = (torch.zeros(len(rows), longest, dtype=torch.long) for _ in range(3))
    for at, (tokens, segments) in enumerate(rows):
        ids[at, : len(tokens)], kinds[at, : len(tokens)] = map(torch.from_numpy, (tokens, segments))
        mask[at, : len(tokens)] = 1
    hidden = (torch.rand(ids.shape) < HIDDEN) & (kinds > 0)
    return ids.masked_fill(hidden, varied.tokenizer.token_to_id("[MASK]")), mask, kinds


def _tags(network: Network, answers: Sequence[Prepared], inputs: Inputs, others: int) -> list[torch.Tensor]:
    """The logits of each answer's tokens, averaged with those of so many other networks."""
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = network(*inputs)
    pieces = iter(logits.float())
    return [joined(answer, [next(pieces) for _ in answer.rows], others) for answer in answers]


def _lines(varied: Varied) -> Iterator[Any]:
    """Training answers of the first stage without end."""
    while True:
        yield from varied.epoch(0.1)


def _first_stage(network: Network, samples: Sequence[Any], varied: Varied) -> None:
    """Adds the gradients of the first stage's loss on the samples."""
    batch = batch_of(samples)
    hidden = (torch.rand(batch["ids"].shape) < 0.08) & batch["shown"]
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = network(
            batch["ids"].masked_fill(hidden, varied.tokenizer.token_to_id("[MASK]")),
            batch["mask"],
            batch["kinds"],
        )
    (LINES * loss(logits.float(), batch, 1, 1)).backward()
