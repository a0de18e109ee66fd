"""The real parts, put together from what the person chose."""

from __future__ import annotations

import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from voice_coach.audio.activity import SileroDetector
from voice_coach.audio.endpoint import Endpointing
from voice_coach.audio.loudspeaker import Loudspeaker
from voice_coach.check.judge import Judge
from voice_coach.check.reader import Reader
from voice_coach.clock import SystemClock
from voice_coach.errors import CoachError, WeightsError
from voice_coach.history.archive import Archive
from voice_coach.practice import Desk
from voice_coach.records import SAMPLE_RATE
from voice_coach.speech import catalog, weights
from voice_coach.speech.remote import RemoteRecogniser
from voice_coach.speech.voice import Voice
from voice_coach.speech.whisper import Whisper

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from voice_coach.audio.loudspeaker import Playback
    from voice_coach.content.load import Library
    from voice_coach.content.models import Rubric
    from voice_coach.records import Judgement, Transcript
    from voice_coach.speech.whisper import Recogniser

CACHE = "cache"
MODELS = "models"


@dataclass(frozen=True, slots=True)
class Choices:
    """What the person chose for voice, devices and ending. `voice`: a name, empty for the system's, None for off.

    `silence` in seconds, `longest` in minutes, `engine` the address of a server that recognises instead of this
    machine.
    """

    home: Path
    microphone: str | None = None
    loudspeaker: str | None = None
    voice: str | None = ""
    rate: int = 170
    model: str = catalog.DEFAULT
    silence: float = 6
    longest: float = 30
    engine: str | None = None


class CoachVoice:
    """A `practice.Speaker`: the system's voice on a loudspeaker."""

    def __init__(self, voice: Voice, loudspeaker: Loudspeaker) -> None:
        self._voice = voice
        self._loudspeaker = loudspeaker

    def say(self, text: str) -> Playback:
        """As in `practice.Speaker`."""
        speech = self._voice.speech(text)
        return self._loudspeaker.play(speech.pcm, speech.sample_rate)

    def try_out(self, text: str) -> None:
        """Make sure that `text` can be said.

        Raises:
            VoiceError, NoLoudspeakerError: it cannot.
        """
        self._voice.speech(text)
        self._loudspeaker.name()


class JudgeLater:
    """A judge that is loaded in a thread while the question is asked; what fails is told where it is used."""

    def __init__(self, home: Path, core: Rubric) -> None:
        self._home = home
        self._core = core
        self._judge: Judge | None = None
        self._loading = threading.Lock()

    def load(self) -> Judge:
        """The judge itself.

        Raises:
            CheckError: the reader cannot be loaded.
        """
        with self._loading:
            if self._judge is None:
                self._judge = judge(self._home, self._core)
            return self._judge

    def judge(self, transcript: Transcript, rubric: Rubric, *, question: str = "") -> Judgement:
        """As `Judge.judge`."""
        return self.load().judge(transcript, rubric, question=question)


def judge(home: Path, core: Rubric) -> Judge:
    """The judge, with what it computed for rubrics kept in the data folder.

    Raises:
        CheckError: the reader cannot be loaded.
    """
    reader = Reader()
    reader.load()
    return Judge(reader, core, cache=home / CACHE / "rubrics")


def voice(choices: Choices) -> CoachVoice | None:
    """The coach's voice, or None where it is off.

    Raises:
        UsageError: a rate that no voice speaks.
    """
    if choices.voice is None:
        return None
    speech = Voice(choices.home / CACHE / "voice", voice=choices.voice or None, rate=choices.rate)
    return CoachVoice(speech, Loudspeaker(choices.loudspeaker))


def recogniser(choices: Choices, *, needed: bool, threads: int | None = None) -> Recogniser:
    """The recogniser, not yet loaded.

    Args:
        choices: names the model and, if any, the server that holds it.
        needed: whether sound will be heard.
        threads: cores that one decode may use; by default what suits one answer on this machine.

    Raises:
        WeightsError: its weights are not there and it is `needed`.
        UsageError: `choices.engine` is no address.
    """
    if choices.engine:
        return RemoteRecogniser(choices.engine, model=choices.model)
    models = choices.home / MODELS
    try:
        folder = weights.locate(choices.model, models)
    except WeightsError:
        if needed:
            raise
        folder = models / catalog.folder_name(choices.model)
    return Whisper(folder, name=choices.model, threads=threads)


def without_password(url: str) -> str:
    """The address as it may stand on a screen."""
    scheme, slashes, rest = url.partition("://")
    return scheme + slashes + rest.rpartition("@")[2]


def announced(choices: Choices) -> str | None:
    """The sentence that has to be said when sound leaves this machine, None where it does not."""
    if not choices.engine:
        return None
    return (
        f"--engine: what you say is sent to {without_password(choices.engine)} to be recognised. "
        "Nothing else leaves this machine."
    )


@contextmanager
def open_desk(choices: Choices, library: Library, *, hears: bool, coach: bool = False) -> Iterator[Desk]:
    """A desk to practise at; what takes time to load is loaded meanwhile, in a thread.

    Args:
        choices: what the person wants.
        library: for the core rubric.
        hears: whether answers are spoken, so that the recogniser must be there.
        coach: whether to judge along while the person talks.

    Raises:
        ArchiveError, WeightsError, UsageError: something is missing or cannot be used.
    """
    ears = recogniser(choices, needed=hears)
    judging = JudgeLater(choices.home, library.core())
    with Archive(choices.home) as archive:
        desk = Desk(
            home=choices.home,
            speaker=voice(choices),
            recogniser=ears,
            detector=SileroDetector,
            judge=judging,
            archive=archive,
            clock=SystemClock(),
            endpointing=Endpointing(
                silence=round(choices.silence * SAMPLE_RATE), limit=round(choices.longest * 60 * SAMPLE_RATE)
            ),
            coach=coach,
        )

        def warm_up() -> None:
            with suppress(CoachError):  # told again, and to somebody, where it is used
                if hears:
                    ears.load()
                judging.load()

        warming = threading.Thread(target=warm_up, name="warm-up", daemon=True)
        warming.start()
        try:
            yield desk
        finally:
            warming.join()  # a program that ends while their C++ libraries load is aborted
