"""The training answers of `rubrics/training/`: their format (README.md beside them), read and checked.

python tests/benchmarks/corpus.py [FILE...]     check files, count what they hold
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from voice_coach.check.reader import CONCEPTS, FLAGS

FOLDER = Path(__file__).parents[2] / "rubrics" / "training"
WHOLE = FOLDER / "whole"
"""Answers labelled as wholes by readers, for fitting what stands between the networks and a verdict."""
KINDS = (
    "strong", "mid", "weak", "dismissive", "paraphrase", "keyword-salad", "tangled", "off-topic",
)  # fmt: skip
STANCES = ("others", "homonym", "restate", "off")
LONGEST = 45
_EARNS = re.compile(r"(?P<concept>[a-z-]+)=(?P<verdict>[endr])|!(?P<flag>[a-z-]+)|~(?P<stance>[a-z]+)")


@dataclass(frozen=True, slots=True)
class Thought:
    """One labelled line: `verdicts` by concept (`e`, `n`, `d`, `r`), `flags` raised, and a stance or None."""

    text: str
    verdicts: dict[str, str]
    flags: frozenset[str]
    stance: str | None


@dataclass(frozen=True, slots=True)
class Answer:
    """One training answer."""

    question: str
    kind: str
    thoughts: tuple[Thought, ...]


def read(path: Path) -> list[Answer]:
    """The answers in a file.

    Raises:
        ValueError: the file is not in the format; one line per fault.
    """
    question = ""
    answers: list[tuple[str, list[Thought]]] = []
    faults: list[str] = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        try:
            if line.startswith("## "):
                answers.append((_known(line[3:].strip(), KINDS, "kind"), []))
            elif line.startswith("# "):
                question = line[2:].strip()
            elif line.strip():
                answers[-1][1].append(_thought(line))
        except (ValueError, IndexError) as fault:
            faults.append(f"{path}:{number}: {fault}")
    if not question:
        faults.append(f"{path}:1: begin with `# ` and the question")
    if faults:
        raise ValueError("\n".join(faults))
    return [Answer(question, kind, tuple(thoughts)) for kind, thoughts in answers]


def read_all(folder: Path = FOLDER) -> list[Answer]:
    """All answers of a folder, by file name."""
    return [answer for path in sorted(folder.glob("*.txt")) for answer in read(path)]


def _thought(line: str) -> Thought:
    text, _, earned = line.partition("|")
    if not text.strip() or len(text.split()) > LONGEST:
        raise ValueError(f"a thought has 1 to {LONGEST} words, this line {len(text.split())}")
    verdicts, flags, stance = {}, set(), None
    for word in earned.split():
        match = _EARNS.fullmatch(word)
        if not match:
            raise ValueError(f"`{word}` is no label; write concept=e, !flag or ~stance")
        if match["concept"]:
            verdicts[_known(match["concept"], CONCEPTS, "concept")] = match["verdict"]
        elif match["flag"]:
            flags.add(_known(match["flag"], FLAGS, "flag"))
        else:
            stance = _known(match["stance"], STANCES, "stance")
    return Thought(text.strip(), verdicts, frozenset(flags), stance)


def _known(name: str, names: tuple[str, ...], what: str) -> str:
    if name not in names:
        raise ValueError(f"`{name}` is no {what}; there are {', '.join(names)}")
    return name


def main(paths: list[Path]) -> None:
    """Check files and print what they hold."""
    answers = []
    for path in paths or sorted(FOLDER.glob("*.txt")):
        try:
            answers += read(path)
        except ValueError as faults:
            sys.exit(str(faults))
    thoughts = [thought for answer in answers for thought in answer.thoughts]
    words = sum(len(thought.text.split()) for thought in thoughts)
    sys.stdout.write(f"{len(answers)} answers, {len(thoughts)} thoughts, {words} words\n")
    sys.stdout.write(f"{Counter(answer.kind for answer in answers)}\n")
    for concept in CONCEPTS:
        counts = Counter(thought.verdicts[concept] for thought in thoughts if concept in thought.verdicts)
        sys.stdout.write(f"  {concept:22}{' '.join(f'{v}={counts[v]:4}' for v in 'endr')}\n")
    sys.stdout.write(f"{Counter(flag for thought in thoughts for flag in thought.flags)}\n")
    sys.stdout.write(f"{Counter(thought.stance for thought in thoughts if thought.stance)}\n")


if __name__ == "__main__":
    main([Path(name) for name in sys.argv[1:]])
