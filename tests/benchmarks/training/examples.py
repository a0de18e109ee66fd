"""Training answers as tokens with labels, and the ways they are varied so that the reader learns meaning.

An answer is a list of labelled lines. Each epoch sees it differently: lines left out, lines of other answers mixed in,
words dropped, fillers, mis-hearings, digits for number words. What the program itself does to words before reading
(`voice_coach.check.reader.plain`) is done here too, by the same function.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from tests.benchmarks.corpus import STANCES, Answer, Thought
from voice_coach.check.reader import CONCEPTS, FLAGS, QUESTION, STANCES_READ, VERDICTS_READ, plain

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from tokenizers import Tokenizer

IGNORED = -100
"""A label that is not known: the line came labelled for one concept only."""

_CODES = {code: index for index, code in enumerate(("", "e", "n", "d", "r"))}
FILLERS = ("um", "uh", "like", "you know", "so", "well", "right", "i mean", "okay", "basically", "and")
MISHEARD = {
    "rag": ("rack", "rags"), "json": ("jason", "jay son"), "eval": ("evil", "e val"), "evals": ("evils",), "llm": ("l l m", "lm", "ellem"),
    "guardrails": ("guard rails", "guard reels"), "canary": ("cannery", "canari"), "p95": ("p ninety five", "p 95", "pea 95"),
    "latency": ("late and see", "latent sea"), "cache": ("cash",), "cached": ("cashed",), "caching": ("cashing",), "token": ("tokin",),
    "tokens": ("talk ins", "tokens"), "schema": ("skima",), "embedding": ("in bedding",), "embeddings": ("in bettings",), "pii": ("p i i", "pi"),
    "prompt": ("prompted", "prom"), "prompts": ("prompt",), "hallucination": ("hall of nation",), "hallucinates": ("hallucinate",), "retry": ("re try",),
    "retries": ("re tries",), "rollback": ("roll back",), "rollout": ("roll out",), "fallback": ("fall back",), "sql": ("sequel", "s q l"),
    "api": ("a p i",), "regex": ("reg ex",), "golden": ("gold in",), "drift": ("draft",), "trace": ("trays",), "traces": ("traces",), "tenant": ("tenet",),
    "redact": ("re act",), "audit": ("auto",), "cite": ("sight",), "citation": ("sitation",), "shadow": ("shallow",), "cost": ("costs",),
}  # fmt: skip
_NUMBERS = {
    "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9", "ten": "10", "twenty": "20",
    "thirty": "30", "forty": "40", "fifty": "50", "sixty": "60", "eighty": "80", "ninety": "90",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Labelled:
    """A line with its labels as indices; `IGNORED` where it was labelled for other concepts only."""

    words: tuple[str, ...]
    concepts: tuple[int, ...]
    flags: tuple[int, ...]
    stance: int


@dataclass(frozen=True, slots=True)
class Sample:
    """What the network sees once.

    Attributes:
        ids, kinds: token ids and segment ids, of shape (tokens,).
        shown: which tokens are the answer's, of shape (tokens,).
        line: index into `spans` of the whole line that each token belongs to, -1 outside, of shape (tokens,).
        spans: first token and the one after the last of every labelled stretch, of shape (spans, 2): each line, most of
            it, and it together with the next, since what is judged later need not begin where a thought does.
        concepts: of shape (spans, concepts), flags: (spans, flags), stance: (spans,); `IGNORED` where not known.
    """

    ids: NDArray[np.int64]
    kinds: NDArray[np.int64]
    shown: NDArray[np.bool_]
    line: NDArray[np.int64]
    spans: NDArray[np.int64]
    concepts: NDArray[np.int64]
    flags: NDArray[np.int64]
    stance: NDArray[np.int64]


@dataclass
class Varied:
    """Answers as they are varied from epoch to epoch."""

    answers: Sequence[Answer]
    snippets: Sequence[Labelled]
    tokenizer: Tokenizer
    random: random.Random
    longest: int = 320
    _pool: list[Labelled] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._pool = [
            line
            for answer in self.answers
            for thought, line in zip(answer.thoughts, labelled(answer), strict=True)
            if thought.stance != "restate" and "r" not in thought.verdicts.values()
        ]

    def used(self) -> set[int]:
        """Ids of all word pieces that occur."""
        lines = [*self._pool, *self.snippets]
        return {id_ for line in lines for word in line.words for id_ in _pieces(self.tokenizer, plain(word))}

    def some(self, number: int) -> list[list[int]]:
        """Ids of so many thoughts, taken at random."""
        lines = self.random.sample(self._pool, number)
        return [
            [id_ for word in line.words for id_ in _pieces(self.tokenizer, plain(word))] for line in lines
        ]

    def epoch(self, composites: float = 0.3) -> list[Sample]:
        """One varied sample per answer and, beside them, a share of composites of lines from everywhere."""
        samples = [self._varied(answer) for answer in self.answers]
        samples += [self._composite() for _ in range(int(composites * len(self.answers)))]
        self.random.shuffle(samples)
        return samples

    def _varied(self, answer: Answer) -> Sample:
        lines = labelled(answer)
        if self.random.random() < 0.5:
            lines = [line for line in lines if self.random.random() > 0.15] or lines
        if (
            self.random.random() < 0.3
        ):  # a line out of another answer, so that the company of a line proves nothing
            for _ in range(self.random.randint(1, 3)):
                lines.insert(self.random.randint(0, len(lines)), self._any())
        lines = lines[self._start(lines) :]
        question = answer.question if self.random.random() < 0.8 else ""
        return sample(
            question, [self._noisy(line) for line in lines], self.tokenizer, self.longest, self.random
        )

    def _start(self, lines: Sequence[Labelled]) -> int:
        """Where to begin, so that of an answer too long for one sample the end is seen as often as the beginning."""
        sizes = [sum(len(_pieces(self.tokenizer, plain(word))) for word in line.words) for line in lines]
        spare = sum(sizes) + QUESTION - self.longest
        latest = sum(before < spare for before in itertools.accumulate(sizes))
        return self.random.randint(0, latest) if spare > 0 else 0

    def _composite(self) -> Sample:
        lines = [self._noisy(self._any()) for _ in range(self.random.randint(3, 14))]
        question = self.random.choice(self.answers).question if self.random.random() < 0.5 else ""
        return sample(question, lines, self.tokenizer, self.longest, self.random)

    def _any(self) -> Labelled:
        if self.snippets and self.random.random() < 0.35:
            return self.random.choice(self.snippets)
        return self.random.choice(self._pool)

    def _noisy(self, line: Labelled) -> Labelled:
        chance = self.random.random
        rate = 0.0 if chance() < 0.3 else 0.12 if chance() < 0.25 else 0.04
        words: list[str] = []
        for word in line.words:
            low = plain(word)
            if chance() < rate / 2:
                continue
            if low in MISHEARD and chance() < 3 * rate:
                words += self.random.choice(MISHEARD[low]).split()
            elif low in _NUMBERS and chance() < 0.4:
                words.append(_NUMBERS[low])
            else:
                words.append(word)
            if chance() < rate / 2:
                words += self.random.choice(FILLERS).split()
        return Labelled(tuple(words or line.words), line.concepts, line.flags, line.stance)


def labelled(answer: Answer) -> list[Labelled]:
    """The lines of an answer with labels as indices."""
    return [_labelled(thought) for thought in answer.thoughts]


def snippet(text: str, concept: str, verdict: str) -> Labelled:
    """A line of which only one concept's verdict is known (`e`, `n`, `d` or nothing)."""
    concepts = tuple(_CODES[verdict] if name == concept else IGNORED for name in CONCEPTS)
    return Labelled(tuple(text.split()), concepts, (IGNORED,) * len(FLAGS), IGNORED)


def sample(
    question: str, lines: Sequence[Labelled], tokenizer: Tokenizer, longest: int, chance: random.Random
) -> Sample:
    """Tokens `[CLS] question [SEP] answer [SEP]`, the answer cut at `longest` tokens in all."""
    asked = _pieces(tokenizer, plain(question))[:QUESTION] if question else []
    head = [_special(tokenizer, "[CLS]"), *asked, _special(tokenizer, "[SEP]")]
    ids = list(head)
    whole: list[tuple[int, int, Labelled]] = []
    for line in lines:
        pieces = [piece for text in line.words for piece in _pieces(tokenizer, plain(text))]
        if len(ids) + len(pieces) >= longest:
            break
        if pieces:
            whole.append((len(ids), len(ids) + len(pieces), line))
        ids += pieces
    ids.append(_special(tokenizer, "[SEP]"))
    spans = [(first, stop, line) for first, stop, line in whole]
    for first, stop, line in whole:
        length = stop - first
        if length >= 10:
            part = round(length * chance.uniform(0.5, 0.9))
            start = first + chance.randint(0, length - part)
            spans.append((start, start + part, line))
    for (first, _, line), (_, stop, after) in itertools.pairwise(whole):
        if stop - first <= 50:
            spans.append((first, stop, _joined(line, after)))
    of_line = np.full(len(ids), -1)
    for index, (first, stop, _) in enumerate(whole):
        of_line[first:stop] = index
    return Sample(
        line=of_line,
        ids=np.array(ids, np.int64),
        kinds=np.array([0] * len(head) + [1] * (len(ids) - len(head)), np.int64),
        shown=np.array([False] * len(head) + [True] * (len(ids) - len(head) - 1) + [False]),
        spans=np.array([span[:2] for span in spans], np.int64).reshape(-1, 2),
        concepts=np.array([line.concepts for *_, line in spans], np.int64).reshape(-1, len(CONCEPTS)),
        flags=np.array([line.flags for *_, line in spans], np.int64).reshape(-1, len(FLAGS)),
        stance=np.array([line.stance for *_, line in spans], np.int64),
    )


def _joined(one: Labelled, after: Labelled) -> Labelled:
    """Two lines as one stretch: the best passage counts, taking back what went before is not known."""

    def verdict(first: int, second: int) -> int:
        codes = {first, second}
        if IGNORED in codes or codes >= {_CODES["e"], _CODES["r"]}:
            return IGNORED
        return next((_CODES[code] for code in "endr" if _CODES[code] in codes), 0)

    return Labelled(
        words=one.words + after.words,
        concepts=tuple(map(verdict, one.concepts, after.concepts)),
        flags=tuple(
            IGNORED if IGNORED in pair else max(pair) for pair in zip(one.flags, after.flags, strict=True)
        ),
        stance=one.stance if one.stance == after.stance else IGNORED,
    )


def _labelled(thought: Thought) -> Labelled:
    verdicts = set(thought.verdicts.values())
    stance = thought.stance or next(
        (VERDICTS_READ[_CODES[code]] for code in "erdn" if code in verdicts), "nothing"
    )
    return Labelled(
        words=tuple(thought.text.split()),
        concepts=tuple(_CODES[thought.verdicts.get(concept, "")] for concept in CONCEPTS),
        flags=tuple(int(flag in thought.flags) for flag in FLAGS),
        stance=STANCES_READ.index(stance),
    )


@cache
def _special(tokenizer: Tokenizer, text: str) -> int:
    return int(tokenizer.token_to_id(text) or 0)


_memory: dict[str, list[int]] = {}


def _pieces(tokenizer: Tokenizer, text: str) -> list[int]:
    if text not in _memory:
        _memory[text] = tokenizer.encode(text, add_special_tokens=False).ids if text else []
    return _memory[text]


def shared_run(one: str, other: set[tuple[str, ...]], length: int = 8) -> str:
    """The first run of `length` words that `one` shares with `other` (see `runs`), or nothing."""
    for run in _runs(one, length):
        if run in other:
            return " ".join(run)
    return ""


def runs(texts: Sequence[str], length: int = 8) -> set[tuple[str, ...]]:
    """All runs of `length` words of the texts."""
    return {run for text in texts for run in _runs(text, length)}


def _runs(text: str, length: int) -> list[tuple[str, ...]]:
    words = re.findall(r"[a-z0-9']+", text.lower())
    return [tuple(words[i : i + length]) for i in range(len(words) - length + 1)]


assert set(STANCES) <= set(STANCES_READ)
