"""The reader: a small network that reads an answer once and says of every word what it does for every core concept.

MiniLM (Wang et al. 2020, as the sentence encoder of Reimers and Gurevych 2019) fine-tuned for token tagging on the
answers of `rubrics/training/`; `tests/benchmarks/training/` makes the weights from them with one command. It reads
`[CLS] question [SEP] words [SEP]` in pieces that overlap, each alone and on one thread, so that the same words always
give the same tags; the cost is linear in the words.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tokenizers import Tokenizer

CONCEPTS = (
    "problem-framing", "system-boundaries", "grounding", "trade-offs", "cost", "latency", "failure-modes",
    "graceful-degradation", "guardrails", "evaluation", "monitoring", "nondeterminism", "privacy-security",
    "human-in-the-loop", "rollout",
)  # fmt: skip
FLAGS = (
    "deterministic-llm", "prompt-only", "no-evaluation", "name-dropping", "demo-not-product",
    "unbounded-autonomy", "ignores-cost-latency",
)  # fmt: skip
VERDICTS_READ = ("nothing", "explained", "named", "dismissed", "taken-back")
STANCES_READ = (*VERDICTS_READ, "others", "homonym", "restate", "off")

SIZES = (len(CONCEPTS) * len(VERDICTS_READ), len(FLAGS), len(STANCES_READ), 1)
"""Of the parts of the network's output: verdicts by concept, flags, stance, whether a thought begins."""

QUESTION, PIECE, OVERLAP = 64, 240, 48
"""Tokens of the question, of the answer in one piece, and how many of those each piece shares with the one before."""

Network = Callable[[NDArray[np.int64], NDArray[np.int64]], NDArray[np.float32]]
"""Token ids and segment ids, both of shape (tokens,), to logits of shape (tokens, sum(SIZES))."""


@dataclass(frozen=True, slots=True)
class Tags:
    """What the reader makes of each word, as probabilities.

    Attributes:
        verdicts: of shape (words, CONCEPTS, VERDICTS_READ); over the last axis they sum to one.
        flags: of shape (words, FLAGS).
        stance: of shape (words, STANCES_READ), whatever the topic.
        begins: of shape (words,), whether a thought begins with the word.
    """

    verdicts: NDArray[np.float32]
    flags: NDArray[np.float32]
    stance: NDArray[np.float32]
    begins: NDArray[np.float32]


def plain(text: str) -> str:
    """Lower case without punctuation: what was said, however it was written down."""
    return " ".join(re.findall(r"[a-z0-9]+(?:['.,:/][a-z0-9]+)*%?", text.lower().replace("\u2019", "'")))


def tags(words: Sequence[str], question: str, tokenizer: Tokenizer, network: Network) -> Tags:
    """Reads the words.

    Args:
        words: of the answer, any number.
        question: the prompt and its constraints, or empty.
        tokenizer: MiniLM's, without truncation.
        network: the trained network.
    """

    def ids_of(text: str) -> list[int]:
        return list(tokenizer.encode(text, add_special_tokens=False).ids) if text else []

    begin, end = tokenizer.token_to_id("[CLS]"), tokenizer.token_to_id("[SEP]")
    head = [begin, *ids_of(plain(question))[:QUESTION], end]
    by_word = [ids_of(plain(word)) for word in words]
    ids = [piece for pieces in by_word for piece in pieces]
    word = np.repeat(np.arange(len(words)), [len(pieces) for pieces in by_word])
    logits = np.zeros((len(ids), sum(SIZES)), np.float32)
    for first, stop, keep_from in pieces_of(len(ids)):
        row = np.array([*head, *ids[first:stop], end], np.int64)
        kinds = np.array([0] * len(head) + [1] * (stop - first + 1), np.int64)
        read = network(row, kinds)
        logits[keep_from:stop] = read[len(head) + keep_from - first : len(head) + stop - first]
    return _by_word(logits, word, len(words))


def pieces_of(tokens: int) -> Iterator[tuple[int, int, int]]:
    """Where pieces begin and end, and from where on each is believed: both see the middle of their overlap's halves."""
    first = 0
    while True:
        stop = min(first + PIECE, tokens)
        yield first, stop, first + (OVERLAP // 2 if first else 0)
        if stop == tokens:
            return
        first = stop - OVERLAP


def _by_word(logits: NDArray[np.float32], word: NDArray[np.int64], words: int) -> Tags:
    """Probabilities of tokens averaged over each word; a word without tokens says nothing."""
    verdicts, flags, stance, begins = np.split(logits, np.cumsum(SIZES)[:-1], axis=1)
    verdicts = verdicts.reshape(-1, len(CONCEPTS), len(VERDICTS_READ))
    count = np.bincount(word, minlength=words).astype(np.float32)

    def mean(values: NDArray[np.float32], empty: NDArray[np.float32]) -> NDArray[np.float32]:
        sums = np.zeros((words, *values.shape[1:]), np.float32)
        np.add.at(sums, word, values)
        shape = (-1, *(1,) * (values.ndim - 1))
        return np.where(count.reshape(shape) > 0, sums / np.maximum(count, 1).reshape(shape), empty)

    nothing = np.eye(len(STANCES_READ), dtype=np.float32)[0]
    opening = np.ones(len(word), bool)
    opening[1:] = word[1:] != word[:-1]
    begin = np.zeros(words, np.float32)
    begin[word[opening]] = _sigmoid(begins[opening, 0])
    return Tags(
        verdicts=mean(_softmax(verdicts), nothing[: len(VERDICTS_READ)]),
        flags=mean(_sigmoid(flags), np.zeros(len(FLAGS), np.float32)),
        stance=mean(_softmax(stance), nothing),
        begins=begin,
    )


def _softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    out: NDArray[np.float32] = powers / powers.sum(axis=-1, keepdims=True)
    return out


def _sigmoid(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    out: NDArray[np.float32] = 1 / (1 + np.exp(-logits))
    return out
