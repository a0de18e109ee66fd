"""The real detector and recogniser on spoken sentences, noise and silence; and what becomes of Whisper's pieces."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pytest
from faster_whisper import WhisperModel
from faster_whisper.feature_extractor import FeatureExtractor
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes import silence
from voice_coach.audio.activity import HighPass, SileroDetector
from voice_coach.audio.file import AudioFile, reblocked
from voice_coach.clock import SystemClock
from voice_coach.errors import HearingError
from voice_coach.records import FRAME_SAMPLES, SAMPLE_RATE, Frame, Transcript, Word
from voice_coach.speech import weights
from voice_coach.speech.hearing import Hearing
from voice_coach.speech.mel import PiecewiseMel
from voice_coach.speech.voice import Voice
from voice_coach.speech.whisper import Whisper, begun, compression_ratio, joined

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray

SENTENCES = (
    (
        "Every sentence carries the number of the paragraph that it comes from, and when nothing is found "
        "the assistant says so and offers a person."
    ),
    "When a person asks for a refund, the assistant reads the policy and never invents one.",
    "We measure how often an answer is wrong on two hundred questions before every release.",
)


def speak(folder: Path, text: str) -> bytes:
    """A text by the system's voice, with a second of silence before and after it."""
    Voice(folder / "cache", rate=150).speech(text).write(folder / "spoken.wav")
    with AudioFile(folder / "spoken.wav", SystemClock(), pace=False).open() as items:
        return silence(1) + b"".join(item.pcm for item in items if isinstance(item, Frame)) + silence(1)


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return speak(tmp_path_factory.mktemp("spoken"), SENTENCES[0])


def noise(seconds: float, level: int = 3000) -> bytes:
    samples = np.random.default_rng(11).normal(scale=level, size=round(seconds * SAMPLE_RATE))
    return samples.clip(-32768, 32767).astype(np.int16).tobytes()


def rumble(seconds: float) -> bytes:
    wave = 9000 * np.sin(2 * np.pi * 45 * np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE)
    return wave.astype(np.int16).tobytes()


def mixed(*sounds: bytes) -> bytes:
    """Sounds at once, as long as the shortest."""
    shortest = min(map(len, sounds))
    total = sum(np.frombuffer(sound[:shortest], np.int16).astype(np.int32) for sound in sounds)
    return np.clip(total, -32768, 32767).astype(np.int16).tobytes()


def frames(sound: bytes) -> list[Frame]:
    return [item for item in reblocked(iter([sound])) if isinstance(item, Frame)]


def share_of_speech(sound: bytes) -> float:
    detector = SileroDetector()
    probabilities = [detector(frame.pcm) for frame in frames(sound)]
    return sum(probability >= 0.5 for probability in probabilities) / len(probabilities)


def heard(sound: bytes, whisper: Whisper) -> Transcript:
    """By the path that answers take."""
    hearing = Hearing(whisper, lambda start, stop: sound[2 * start : 2 * stop])
    detector = SileroDetector()
    for frame in frames(sound):
        hearing.feed(frame, detector(frame.pcm))
    return hearing.finish()


def share_right(words: Iterable[Word], sentence: str = SENTENCES[0]) -> float:
    """How many of the sentence's words are among those heard; the system's voice is hard for a recogniser."""
    found = re.findall(r"[a-z]+", " ".join(word.text for word in words).lower())
    wanted = re.findall(r"[a-z]+", sentence.lower())
    return sum(word in found for word in wanted) / len(wanted)


# The detector


@settings(max_examples=30)
@given(st.lists(st.integers(1, FRAME_SAMPLES), min_size=1, max_size=12))
def test_the_high_pass_gives_as_many_samples_as_it_gets(sizes: list[int]) -> None:
    high_pass = HighPass(100)
    assert [len(high_pass(bytes(2 * size))) for size in sizes] == [2 * size for size in sizes]


def test_the_detector_tells_a_voice_from_silence_and_noise(spoken: bytes) -> None:
    assert share_of_speech(spoken) > 0.5
    assert share_of_speech(silence(3)) == 0
    assert share_of_speech(noise(3)) < 0.05


def test_rumble_does_not_hide_a_voice(spoken: bytes) -> None:
    half_as_loud = (np.frombuffer(spoken, np.int16) // 2).tobytes()
    clean = share_of_speech(half_as_loud)
    assert share_of_speech(mixed(half_as_loud, rumble(len(spoken) / 2 / SAMPLE_RATE))) > 0.8 * clean


def test_each_answer_begins_with_a_fresh_detector(spoken: bytes) -> None:
    assert share_of_speech(spoken) == share_of_speech(spoken)


# Whisper


def test_the_first_word_begins_with_the_sound_and_not_with_the_quiet_before() -> None:
    quiet, sound = np.full(SAMPLE_RATE, 0.001, np.float32), np.full(SAMPLE_RATE, 0.5, np.float32)
    word = Word(text="So", start=0, stop=SAMPLE_RATE + 4000)
    after = Word(text="then", start=SAMPLE_RATE + 4000, stop=2 * SAMPLE_RATE)
    samples = np.concatenate((quiet, sound))
    assert begun([word, after], samples) == [word.model_copy(update={"start": SAMPLE_RATE}), after]
    assert begun([word, after], sound) == [word, after]
    assert begun([word.model_copy(update={"stop": 4000})], samples)[0].start == 4000
    assert begun([], samples) == []


@pytest.mark.model
def test_a_spoken_sentence_is_heard_with_times_inside_it(spoken: bytes, whisper: Whisper) -> None:
    words = whisper.words(spoken)
    assert share_right(words) > 0.7
    starts = [word.start or 0 for word in words]
    assert starts == sorted(starts)
    assert all(0 <= (word.start or 0) <= (word.stop or 0) <= len(spoken) // 2 for word in words)
    assert all(0 < (word.probability or 0) <= 1 for word in words)
    assert starts[0] == pytest.approx(SAMPLE_RATE, abs=SAMPLE_RATE // 2)


class Counted(WhisperModel):  # type: ignore[misc]  # faster-whisper has no types
    """Remembers how often it encoded."""

    encoded = 0

    def encode(self, features: NDArray[np.float32]) -> object:
        self.encoded += 1
        return super().encode(features)


@pytest.mark.model
def test_an_utterance_is_decoded_once_whatever_silence_follows_it(
    spoken: bytes, whisper: Whisper, tmp_path: Path
) -> None:
    folder = weights.locate("base", tmp_path)
    model = Counted(str(folder), device="cpu", compute_type="int8", cpu_threads=1)
    fresh = Whisper(folder, name="base", model=lambda *_: model)
    assert fresh.words(spoken) == whisper.words(spoken)
    assert model.encoded == 1


@pytest.mark.model
def test_the_same_sound_gives_the_same_words(spoken: bytes, whisper: Whisper) -> None:
    assert heard(spoken, whisper) == heard(spoken, whisper)


@pytest.mark.model
def test_an_answer_is_heard_in_utterances_and_none_is_lost(tmp_path: Path, whisper: Whisper) -> None:
    parts = [speak(tmp_path, sentence) for sentence in SENTENCES]
    answer = heard(b"".join(parts), whisper)
    stop = 0
    for sentence, part in zip(SENTENCES, parts, strict=True):
        start, stop = stop, stop + len(part) // 2
        assert (
            share_right((word for word in answer.words if start <= (word.start or 0) < stop), sentence) > 0.6
        )
    assert answer.model == "base"


@pytest.mark.model
def test_a_sentence_that_is_repeated_is_heard_as_often_as_it_was_said(
    spoken: bytes, whisper: Whisper
) -> None:
    texts = [word.text.lower().strip(",.") for word in heard(spoken * 3, whisper).words]
    assert texts.count("carries") == 3


@pytest.mark.model
@pytest.mark.parametrize("sound", [silence(8), noise(8), rumble(8)], ids=["silence", "noise", "rumble"])
def test_nobody_is_heard_where_nobody_spoke(sound: bytes, whisper: Whisper) -> None:
    assert heard(sound, whisper).words == ()


@pytest.mark.model
def test_a_sentence_in_noise_is_heard(spoken: bytes, whisper: Whisper) -> None:
    words = heard(mixed(spoken, noise(len(spoken) / 2 / SAMPLE_RATE, level=300)), whisper).words
    assert share_right(words) > 0.6


@given(seconds=st.floats(0.01, 65), seed=st.integers(0, 9))
@settings(max_examples=20, deadline=None)
def test_features_made_piece_by_piece_are_those_of_the_whole(seconds: float, seed: int) -> None:
    chance = np.random.default_rng(seed)
    samples = chance.normal(size=round(seconds * SAMPLE_RATE)).astype(np.float32)
    samples *= np.repeat(10 ** chance.uniform(-6, 0, 66), SAMPLE_RATE)[: len(samples)].astype(np.float32)
    whole, pieces = FeatureExtractor()(samples), PiecewiseMel(FeatureExtractor())(samples)
    assert whole.shape == pieces.shape
    assert np.abs(whole - pieces).max() < 1e-5


def test_a_folder_without_a_model_is_an_error_that_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(HearingError, match=r"cannot be loaded .* `voice-coach models get`"):
        Whisper(tmp_path, name="base").load()


# Its pieces


@dataclass
class Piece:
    """As faster-whisper gives them."""

    word: str
    start: float
    end: float
    probability: float = 0.9


def test_pieces_without_a_space_before_them_belong_to_the_word_before() -> None:
    pieces = [
        Piece(" re", 0, 0.2),
        Piece("-rank", 0.2, 0.5, 0.4),
        Piece("ing", 0.5, 0.8),
        Piece(" it", 0.8, 1),
    ]
    assert joined(pieces, 2 * SAMPLE_RATE) == [
        Word(text="re-ranking", start=0, stop=int(0.8 * SAMPLE_RATE), probability=0.4),
        Word(text="it", start=int(0.8 * SAMPLE_RATE), stop=SAMPLE_RATE, probability=0.9),
    ]


def test_pieces_beyond_the_end_end_with_the_sound_and_empty_ones_are_none() -> None:
    pieces = [Piece(" ", 0, 0.1), Piece("first", 0.1, 0.5), Piece(" last", 0.5, 7)]
    assert [(word.text, word.stop) for word in joined(pieces, SAMPLE_RATE)] == [
        ("first", SAMPLE_RATE // 2),
        ("last", SAMPLE_RATE),
    ]


def test_repetition_shows_in_the_compression() -> None:
    assert compression_ratio("thank you " * 40) > 2.4 > compression_ratio(SENTENCES[0])
    assert compression_ratio("") == 0
