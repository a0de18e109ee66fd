"""Answers from files: sound, text, transcripts and batches, each as a transcript with its id and question."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from mimetypes import guess_type
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ConfigDict, ValidationError
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from voice_coach.afterwards import Listened, hear
from voice_coach.audio.activity import SileroDetector
from voice_coach.audio.file import AudioFile
from voice_coach.cli.screen import complain, messages
from voice_coach.clock import SystemClock
from voice_coach.errors import CheckError, UsageError
from voice_coach.events import Level, Warned
from voice_coach.practice import typed
from voice_coach.records import SAMPLE_RATE, Attempt, Record, Transcript

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from voice_coach.speech.whisper import Recogniser

STANDARD_INPUT = "-"
_TEXTS = {".txt", ".json", ".jsonl"}


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer to judge; `question` is empty where only the command knows it."""

    id: str
    transcript: Transcript
    question: str = ""


class Line(Record):
    """A line of a batch; other keys are somebody else's."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    question: str = ""
    answer: str


def is_audio(name: str) -> bool:
    """Whether an argument is taken for sound."""
    return name != STANDARD_INPUT and Path(name).suffix.lower() not in _TEXTS


def check_paths(names: Sequence[str]) -> None:
    """Refuse arguments that lead nowhere, before any work is done.

    Raises:
        UsageError: names the first that is not a file, or a text under a name that is taken for sound.
    """
    missing = [name for name in names if name != STANDARD_INPUT and not Path(name).is_file()]
    if missing:
        what = "is a folder" if Path(missing[0]).is_dir() else "there is no such file"
        raise UsageError(
            f"{missing[0]}: {what}. Give audio, .txt, .json or .jsonl files, or - for standard input."
        )
    for name in filter(is_audio, names):
        if (guess_type(name)[0] or "").startswith("text/"):
            raise UsageError(
                f"{name}: is a text by its name. Call it .txt, or give it as standard input, with -."
            )


def read(name: str, recogniser: Recogniser) -> Iterator[Answer | CheckError]:
    """The answers that an argument stands for; for a line of a batch that holds none what is wrong with it.

    Raises:
        CoachError: it cannot be read or heard; names file and line.
    """
    path = Path(name)
    if name == STANDARD_INPUT:
        yield Answer("stdin", _typed(sys.stdin.read()))
    elif is_audio(name):
        yield Answer(path.name, _heard(path, recogniser))
    elif path.suffix.lower() == ".txt":
        yield Answer(path.name, _typed(_text(path)))
    elif path.suffix.lower() == ".json":
        yield Answer(path.name, _stored(path))
    else:
        yield from _batch(path)


def _typed(text: str) -> Transcript:
    return Transcript(words=tuple(typed(text)))


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CheckError(f"{path}: is not UTF-8 text ({error.reason}). Save it in that encoding.") from error
    except OSError as error:
        raise CheckError(f"{path}: cannot be read ({error.strerror}).") from error


def _stored(path: Path) -> Transcript:
    """A transcript on its own, or the one inside a stored attempt."""
    text = _text(path)
    try:
        content = json.loads(text)
        if isinstance(content, dict) and "transcript" in content:
            return Attempt.model_validate_json(text).transcript
        return Transcript.model_validate_json(text)
    except json.JSONDecodeError as error:
        raise CheckError(f"{path}:{error.lineno}: is not JSON ({error.msg}).") from error
    except ValidationError as error:
        raise CheckError(f"{path}: is no transcript; {_first(error)}.") from error


def _batch(path: Path) -> Iterator[Answer | CheckError]:
    for number, line in enumerate(_text(path).splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = Line.model_validate_json(line)
        except ValidationError as error:
            yield CheckError(
                f"{path}:{number}: wants an object with id, question and answer; {_first(error)}."
            )
            continue
        yield Answer(row.id, _typed(row.answer), row.question)


def _first(error: ValidationError) -> str:
    fault = error.errors(include_url=False)[0]
    where = ".".join(map(str, fault["loc"]))
    return f"{where}: {fault['msg']}" if where else str(fault["msg"])


def _heard(path: Path, recogniser: Recogniser) -> Transcript:
    """The words of a recording, with a progress bar on a terminal."""
    source = AudioFile(path, SystemClock(), pace=False)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=messages(), transient=True, disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task(f"Hearing {path.name}", total=source.seconds())
        events = hear(source, recogniser, SileroDetector())
        while True:
            try:
                event = next(events)
            except StopIteration as heard:
                listened: Listened = heard.value
                return listened.transcript
            if isinstance(event, Level):
                progress.update(task, completed=event.position / SAMPLE_RATE)
            elif isinstance(event, Warned):
                complain(event.text)
