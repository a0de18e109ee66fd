"""The reader: two small networks read an answer once and say what any stretch of it does for a core concept.

Nine of the twelve layers of MPNet (Song et al. 2020) and all six of MiniLM (Wang et al. 2020), both as the sentence
encoders of Reimers and Gurevych (2019), fine-tuned for token tagging on the answers of `rubrics/training/`;
`tests/benchmarks/training/` makes the weights from them with one command. What they say is averaged, MPNet counting
twice: they err in different places. They read `[CLS] question [SEP] words [SEP]` in pieces that overlap, each alone and
on one thread, so that the same words always give the same tags; the cost is linear in the words. States of MPNet's
fourth layer serve as embeddings, for concepts that were not trained on.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from voice_coach.check.network import loaded, outcome, tokenizer, verified
from voice_coach.memory import give_back
from voice_coach.records import Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tokenizers import Tokenizer

FOLDER = Path(__file__).parent / "reader_data"
WEIGHTS = {
    "mpnet.onnx": "5995231e61381ccfc4f21f35f7fb546124d8ea775630f98334aae1112c6bcb12",
    "minilm.onnx": "66a595a99b6c82552bfaa3c4edc2399d36f490cc4922157ec8bec2d80ca42806",
}
"""The networks and their SHA-256; the first gives the embeddings."""
SHARES = {"mpnet.onnx": 2, "minilm.onnx": 1}
"""How much what each says counts."""

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

QUESTION, PIECE, OVERLAP = 64, 192, 32
"""Tokens of the question, of the answer in one piece, and how many of those each piece shares with the one before."""

WIDTH = 768
"""Dimensions of an embedding."""
_THREADS = 2
"""Pieces read side by side, whoever asks: each takes twenty megabytes while it is read."""
_PIECES_KEPT = 32
"""Pieces remembered: an answer of twenty minutes has so many, and they take a third of a megabyte each."""

Embeddings = NDArray[np.float32]
"""Of shape (texts, WIDTH), each row of length one."""

Tags = tuple[NDArray[np.float32], NDArray[np.floating]]
"""Logits of shape (tokens, sum(SIZES)), and states of shape (tokens, WIDTH), whose mean over everyday talk is zero with
a spread of one."""

Network = Callable[[NDArray[np.int64], NDArray[np.int64]], Tags]
"""Token ids and segment ids, both of shape (tokens,), to tags."""


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
        states: piece by piece, together of shape (tokens, WIDTH).
        starts: of shape (words + 1,), the first token of each word, and the number of tokens.
    """

    sums: NDArray[np.float64]
    states: tuple[NDArray[np.floating], ...]
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

    def embeddings(self, spans: Sequence[Span]) -> Embeddings:
        """The meaning of each span in its place."""
        ends = [(self.starts[span.first], self.starts[span.stop]) for span in spans]
        states = np.concatenate(self.states)
        return _normed([states[first:stop] for first, stop in ends])


def plain(text: str) -> str:
    """Lower case without punctuation: what was said, however it was written down."""
    return " ".join(re.findall(r"[a-z0-9]+(?:['.,:/][a-z0-9]+)*%?", text.lower().replace("\u2019", "'")))


def read(
    words: Sequence[str],
    question: str,
    words_to_ids: Tokenizer,
    network: Network,
    each: Callable[..., Iterable[Tags]] = map,
) -> Read:
    """Reads the words.

    Args:
        words: of the answer, any number.
        question: the prompt and its constraints, or empty.
        words_to_ids: the tokenizer, without truncation.
        network: the trained network.
        each: applies the network to the pieces, in their order; one after the other or side by side.
    """

    def ids_of(text: str) -> list[int]:
        return list(words_to_ids.encode(text, add_special_tokens=False).ids) if text else []

    begin, end = words_to_ids.token_to_id("[CLS]"), words_to_ids.token_to_id("[SEP]")
    head = [begin, *ids_of(plain(question))[:QUESTION], end]
    by_word = [ids_of(plain(word)) for word in words]
    ids = [token for tokens in by_word for token in tokens]
    pieces = list(pieces_of(len(ids)))

    def tags(piece: tuple[int, int, int]) -> Tags:
        first, stop, _ = piece
        row = np.array([*head, *ids[first:stop], end], np.int64)
        kinds = np.array([0] * len(head) + [1] * (stop - first + 1), np.int64)
        return network(row, kinds)

    # Of twenty minutes these arrays are most of what a judgement takes: added up in place, and states not copied.
    sums, states = np.zeros((len(ids) + 1, sum(SIZES))), []
    ends = [*(believed for *_, believed in pieces[1:]), len(ids)]
    for (first, _, believed), stop, found in zip(pieces, ends, each(tags, pieces), strict=True):
        part = slice(len(head) + believed - first, len(head) + stop - first)
        sums[believed + 1 : stop + 1] = found[0][part]
        states.append(found[1][part])
    np.cumsum(sums, axis=0, out=sums)
    return Read(sums, tuple(states), np.cumsum([0, *map(len, by_word)]))


def pieces_of(tokens: int) -> Iterator[tuple[int, int, int]]:
    """First token and the one after the last of each piece, and from where on it is believed and not the one before."""
    first = 0
    while True:
        stop = min(first + PIECE, tokens)
        yield first, stop, first + (OVERLAP // 2 if first else 0)
        if stop == tokens:
            return
        first = stop - OVERLAP


def _normed(groups: Sequence[NDArray[np.floating]]) -> Embeddings:
    """The mean of each group of states, scaled to length one; of no states nothing."""
    means = np.zeros((len(groups), WIDTH), np.float32)
    for mean, group in zip(means, groups, strict=True):
        if len(group):
            mean[:] = group.mean(axis=0, dtype=np.float32)
    return np.asarray(means / np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-9), np.float32)


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
    """The trained networks, loaded when first needed; safe to use from several threads.

    Pieces that it has read are remembered, so that a judgement made while somebody talks makes the last one quick.

    Args:
        weights: names of ONNX files in `folder` with their SHA-256.
        folder: the one that ships.
    """

    def __init__(self, weights: Mapping[str, str] = WEIGHTS, folder: Path = FOLDER) -> None:
        self._weights = dict(weights)
        self._folder = folder
        self._loading = threading.Lock()
        self._parts: tuple[list[Any], Tokenizer] | None = None
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="reader")
        self._read_piece = lru_cache(maxsize=_PIECES_KEPT)(self._run)

    @property
    def version(self) -> str:
        """Twelve digits that change with the weights and how much each network counts."""
        parts = (f"{sha256}{SHARES[name]}" for name, sha256 in self._weights.items())
        return hashlib.sha256("".join(parts).encode()).hexdigest()[:12]

    def load(self) -> tuple[list[Any], Tokenizer]:
        """Sessions and tokenizer.

        Raises:
            CheckError: weights or tokenizer are missing, or are not the expected ones.
        """
        with self._loading:
            if self._parts is None:
                files = ((self._folder / name, sha256) for name, sha256 in self._weights.items())
                self._parts = [loaded(verified(*file)) for file in files], tokenizer()
            return self._parts

    def read(self, words: Sequence[str], question: str) -> Read:
        """Reads the words of an answer to the question, which may be empty.

        Raises:
            CheckError: the network cannot be loaded, or failed.
        """
        _, words_to_ids = self.load()
        found = read(
            words,
            question,
            words_to_ids,
            lambda ids, kinds: self._read_piece(ids.tobytes(), kinds.tobytes()),
            self._pool.map,
        )
        give_back()
        return found

    def embed(self, texts: Sequence[str]) -> Embeddings:
        """The meaning of each text by itself.

        Raises:
            CheckError: the network cannot be loaded, or failed.
        """
        if not texts:
            return np.zeros((0, WIDTH), np.float32)
        return np.concatenate(list(self._pool.map(self._embedded, texts)))

    def _embedded(self, text: str) -> Embeddings:
        sessions, words_to_ids = self.load()

        def states(ids: NDArray[np.int64], kinds: NDArray[np.int64]) -> Tags:
            (found,) = outcome(sessions[0], {"ids": ids, "kinds": kinds}, ["states"])
            return np.zeros((len(ids), sum(SIZES)), np.float32), found

        words = text.split()
        span = [Span(first=0, stop=len(words))] if words else []
        return read(words, "", words_to_ids, states).embeddings(span)

    def _run(self, ids: bytes, kinds: bytes) -> Tags:
        (first, *others), _ = self.load()
        shares = [SHARES[name] for name in self._weights]
        inputs = {"ids": np.frombuffer(ids, np.int64), "kinds": np.frombuffer(kinds, np.int64)}
        logits, states = outcome(first, inputs, ["logits", "states"])
        also = [outcome(other, inputs, ["logits"])[0] for other in others]
        return np.average([logits, *also], axis=0, weights=shares), states.astype(np.float16)
