"""The reader: a small network that reads an answer once and says what any stretch of it does for a core concept.

MiniLM (Wang et al. 2020, as the sentence encoder of Reimers and Gurevych 2019) fine-tuned for token tagging on the
answers of `rubrics/training/`; `tests/benchmarks/training/` makes the weights from them with one command. It reads
`[CLS] question [SEP] words [SEP]` in pieces that overlap, each alone and on one thread, so that the same words always
give the same tags; the cost is linear in the words.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from voice_coach.check.encoder import loaded, tokenizer, verified
from voice_coach.errors import CheckError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tokenizers import Tokenizer

    from voice_coach.records import Span

WEIGHTS = Path(__file__).parent / "reader_data" / "reader.onnx"
WEIGHTS_SHA256 = "7b89242131a4e36d8463692f90cf402db65fabf7805f277d69321d02ffcb3133"

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

SIZES = (len(CONCEPTS) * len(VERDICTS_READ), len(FLAGS), len(STANCES_READ))
"""Of the parts of the network's output: verdicts by concept, flags, stance."""

QUESTION, PIECE, OVERLAP = 64, 240, 48
"""Tokens of the question, of the answer in one piece, and how many of those each piece shares with the one before."""

_PIECES_KEPT = 64
"""Pieces remembered: an answer of an hour has so many."""

Network = Callable[[NDArray[np.int64], NDArray[np.int64]], NDArray[np.float32]]
"""Token ids and segment ids, both of shape (tokens,), to logits of shape (tokens, sum(SIZES))."""


@dataclass(frozen=True, slots=True)
class Stretches:
    """What the reader makes of stretches of words, as probabilities.

    Attributes:
        spans: the words of each stretch.
        verdicts: of shape (stretches, CONCEPTS, VERDICTS_READ); over the last axis they sum to one.
        flags: of shape (stretches, FLAGS).
        stance: of shape (stretches, STANCES_READ), whatever the topic; over the last axis they sum to one.
    """

    spans: tuple[Span, ...]
    verdicts: NDArray[np.float64]
    flags: NDArray[np.float64]
    stance: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Read:
    """An answer as the network read it.

    Attributes:
        sums: of shape (tokens + 1, labels), the network's logits added up, so that any stretch has its mean at once.
        starts: of shape (words + 1,), the first token of each word, and the number of tokens.
    """

    sums: NDArray[np.float64]
    starts: NDArray[np.int64]

    def over(self, spans: Sequence[Span]) -> Stretches:
        """The stretches; one without a single letter or digit says nothing."""
        first = self.starts[[span.first for span in spans]]
        stop = self.starts[[span.stop for span in spans]]
        length = (stop - first)[:, None]
        means = np.where(length > 0, self.sums[stop] - self.sums[first], _SILENT) / np.maximum(length, 1)
        verdicts, flags, stance = np.split(means, np.cumsum(SIZES)[:-1], axis=1)
        return Stretches(
            spans=tuple(spans),
            verdicts=_softmax(verdicts.reshape(-1, len(CONCEPTS), len(VERDICTS_READ))),
            flags=1 / (1 + np.exp(-flags)),
            stance=_softmax(stance),
        )


def plain(text: str) -> str:
    """Lower case without punctuation: what was said, however it was written down."""
    return " ".join(re.findall(r"[a-z0-9]+(?:['.,:/][a-z0-9]+)*%?", text.lower().replace("\u2019", "'")))


def read(words: Sequence[str], question: str, words_to_ids: Tokenizer, network: Network) -> Read:
    """Reads the words.

    Args:
        words: of the answer, any number.
        question: the prompt and its constraints, or empty.
        words_to_ids: MiniLM's tokenizer, without truncation.
        network: the trained network.
    """

    def ids_of(text: str) -> list[int]:
        return list(words_to_ids.encode(text, add_special_tokens=False).ids) if text else []

    begin, end = words_to_ids.token_to_id("[CLS]"), words_to_ids.token_to_id("[SEP]")
    head = [begin, *ids_of(plain(question))[:QUESTION], end]
    by_word = [ids_of(plain(word)) for word in words]
    ids = [token for tokens in by_word for token in tokens]
    logits = np.zeros((len(ids), sum(SIZES)))
    for first, stop, believed in pieces_of(len(ids)):
        row = np.array([*head, *ids[first:stop], end], np.int64)
        kinds = np.array([0] * len(head) + [1] * (stop - first + 1), np.int64)
        logits[believed:stop] = network(row, kinds)[len(head) + believed - first : len(head) + stop - first]
    sums = np.concatenate((np.zeros((1, sum(SIZES))), np.cumsum(logits, axis=0)))
    return Read(sums, np.cumsum([0, *map(len, by_word)]))


def pieces_of(tokens: int) -> Iterator[tuple[int, int, int]]:
    """First token and the one after the last of each piece, and from where on it is believed and not the one before."""
    first = 0
    while True:
        stop = min(first + PIECE, tokens)
        yield first, stop, first + (OVERLAP // 2 if first else 0)
        if stop == tokens:
            return
        first = stop - OVERLAP


def _silent() -> NDArray[np.float64]:
    """Logits of saying nothing, of shape (labels,)."""
    parts = [np.full(size, -9.0) for size in SIZES]
    parts[0].reshape(len(CONCEPTS), -1)[:, 0] = parts[2][0] = 9.0
    return np.concatenate(parts)


_SILENT = _silent()


def _softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


class Reader:
    """The trained network, loaded when first needed; safe to use from several threads.

    Pieces that it has read are remembered, so that a judgement made while somebody talks makes the last one quick.

    Args:
        weights: the ONNX file, or None for the one that ships.
        digest: its SHA-256.
    """

    def __init__(self, weights: Path = WEIGHTS, digest: str = WEIGHTS_SHA256) -> None:
        self._weights = weights
        self._digest = digest
        self._loading = threading.Lock()
        self._parts: tuple[Any, Tokenizer] | None = None
        self._read_piece = lru_cache(maxsize=_PIECES_KEPT)(self._run)

    @property
    def version(self) -> str:
        """The first twelve digits of the weights' SHA-256."""
        return self._digest[:12]

    def load(self) -> tuple[Any, Tokenizer]:
        """Session and tokenizer.

        Raises:
            CheckError: weights or tokenizer are missing, or are not the expected ones.
        """
        with self._loading:
            if self._parts is None:
                self._parts = loaded(verified(self._weights, self._digest)), tokenizer()
            return self._parts

    def read(self, words: Sequence[str], question: str) -> Read:
        """Reads the words of an answer to the question, which may be empty.

        Raises:
            CheckError: the network cannot be loaded, or failed.
        """
        _, words_to_ids = self.load()
        return read(
            words, question, words_to_ids, lambda ids, kinds: self._read_piece(ids.tobytes(), kinds.tobytes())
        )

    def _run(self, ids: bytes, kinds: bytes) -> NDArray[np.float32]:
        session, _ = self.load()
        inputs = {"ids": np.frombuffer(ids, np.int64), "kinds": np.frombuffer(kinds, np.int64)}
        try:
            logits: NDArray[np.float32] = session.run(["logits"], inputs)[0]
        except Exception as error:  # the runtime raises types of its own
            raise CheckError(f"The reader failed: {error}.") from error
        return logits
