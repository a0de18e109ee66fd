"""What plays the part of the microphone: anything that can be opened and yields frames.

One stream of `Frame`s serves microphone, audio file, tests and benchmarks, so that what is tested is what runs.
Between frames a source may yield a `Notice`: something worth telling that does not end the recording.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Protocol

from voice_coach.records import AnswerSource, Frame, Notice


class Source(Protocol):
    """A stream of 16 kHz mono frames in the order recorded, their `start` counting from 0 without gaps."""

    @property
    def kind(self) -> AnswerSource:
        """What an attempt remembers of where its answer came from."""

    @property
    def name(self) -> str:
        """What a person calls it: the device or the file name."""

    def open(self) -> AbstractContextManager[Iterator[Frame | Notice]]:
        """Open the device or file; the iterator ends with the file, or when the context is left.

        Raises:
            NoMicrophoneError: on entering, no usable microphone.
            AudioFileError: on entering, not readable as audio.
            MicrophoneLostError: from the iterator; every frame that arrived before was yielded.
        """
