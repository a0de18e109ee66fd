"""The microphone as a source of frames, and every way in which one fails as a sentence.

The callback of the sound driver only copies bytes into a queue. Whoever iterates takes them out, watches for the
faults that PortAudio does not report (a server that stands still, lost sound, digital silence, another device put in
place of ours) and gives everything that arrived before a fault raises.
"""

from __future__ import annotations

import queue
import threading
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from voice_coach.audio import portaudio
from voice_coach.audio.dropouts import SILENCE_SECONDS, DeadSilence, LostSound
from voice_coach.audio.file import reblocked
from voice_coach.audio.level import is_digital_silence
from voice_coach.audio.pulse import PulseWatch
from voice_coach.audio.resample import BYTES, Resampler
from voice_coach.errors import MicrophoneLostError, NoMicrophoneError
from voice_coach.records import SAMPLE_RATE, AnswerSource, Frame, Notice

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from voice_coach.audio.portaudio import Device, OpenStream
    from voice_coach.clock import Clock

FIRST_BLOCK_SECONDS = 4.0
"""A Bluetooth headset takes seconds to switch its microphone on."""
STILL_SECONDS = 1.0
STEP_SECONDS = 0.1
"""Waiting is counted in steps, not by a clock: a program that was itself suspended must not see a fault in that."""
WATCH_SECONDS = 0.5
LATENCY_SECONDS = 0.2
KEPT = "The audio so far is kept."


@dataclass(frozen=True, slots=True)
class Block:
    """What one callback brought: the device's interleaved PCM, when, and whether the driver dropped some before."""

    pcm: bytes
    at: float
    overflowed: bool


@dataclass(frozen=True, slots=True)
class Format:
    """Samples a second and channels that a device delivers."""

    rate: int
    channels: int


WANTED = Format(SAMPLE_RATE, 1)


def list_microphones() -> list[Device]:
    """Every device that can record, as the system lists them now (or did when the open stream was opened).

    Raises:
        NoMicrophoneError: PortAudio is not installed, or the sound system does not answer.
    """

    def look() -> list[Device]:
        sounddevice = portaudio.library(NoMicrophoneError)
        portaudio.refresh(sounddevice)
        return portaudio.devices(sounddevice, "input")

    return portaudio.answered(NoMicrophoneError, look)


class Microphone:
    """A `Source` over the default input device, or over `device`: its index, its name or a part of it."""

    kind: AnswerSource = "microphone"

    def __init__(self, device: str | int | None, clock: Clock) -> None:
        self._device = device
        self._clock = clock
        self._name = "the default microphone" if device is None else f"the microphone {device!r}"
        self._lost = False

    @property
    def name(self) -> str:
        """The device's name once it was opened; on Linux the sound server's name of it."""
        return self._name

    @contextmanager
    def open(self) -> Iterator[Iterator[Frame | Notice]]:
        """As in `Source`; returns when the first sound has come, so that no first word is cut.

        Raises:
            NoMicrophoneError: on entering; says what to install, connect or choose.
            MicrophoneLostError: from the iterator, when the device ended, stood still or was replaced.
        """
        with ExitStack() as stack:
            stream, form, inbox = self._connect()
            stack.callback(stream.close)
            stack.callback(inbox.close)  # first, so that our own closing is not taken for a fault
            watch = stack.enter_context(PulseWatch())
            self._await_first(inbox, stream, watch)
            listening = _Listening(inbox, stream, form, watch, self._name)
            try:
                yield reraising(reblocked(listening.pieces()), listening)
            finally:
                self._lost = listening.fault is not None

    def _connect(self) -> tuple[OpenStream, Format, Inbox]:
        """An open stream; where none can be opened, or the last one was lost, on a fresh list of devices."""
        sounddevice = portaudio.answered(NoMicrophoneError, lambda: portaudio.library(NoMicrophoneError))
        problem: NoMicrophoneError | None = None
        if not self._lost:
            try:
                return self._attempt(sounddevice)
            except NoMicrophoneError as error:
                problem = error
        fresh = portaudio.answered(NoMicrophoneError, lambda: portaudio.refresh(sounddevice))
        if problem and not fresh:
            raise problem
        return self._attempt(sounddevice)

    def _attempt(self, sounddevice: ModuleType) -> tuple[OpenStream, Format, Inbox]:
        device = self._find(portaudio.devices(sounddevice, "input"))
        problem: Exception | None = None
        for form in _formats(device):
            inbox = Inbox(self._clock)
            try:
                return _stream(sounddevice, device, form, inbox), form, inbox
            except sounddevice.PortAudioError as error:
                problem = error
        raise NoMicrophoneError(
            f"{device.name} cannot be opened ({problem}). Close other programs that use it, "
            "or choose another microphone."
        )

    def _find(self, present: list[Device]) -> Device:
        if device := portaudio.find(present, self._device):
            self._name = device.name
            return device
        if not present:
            raise NoMicrophoneError(
                "There is no microphone. Connect one, or end the program that holds it, and check that the sound "
                "server runs and that programs may use the microphone."
            )
        if self._device is None:
            raise NoMicrophoneError(
                f"The system has no default microphone. Choose one of these: {portaudio.listed(present)}."
            )
        raise NoMicrophoneError(
            f"There is no microphone {self._device!r}. Choose one of these: {portaudio.listed(present)}."
        )

    def _await_first(self, inbox: Inbox, stream: OpenStream, watch: PulseWatch) -> None:
        came = inbox.await_first(stream)
        source = watch.first(WATCH_SECONDS)
        self._name = source.name if source else self._name
        if not came:
            why = "It is suspended" if source and source.suspended else "It may be suspended or in use"
            raise NoMicrophoneError(
                f"{self._name} was opened and delivers no sound. {why}; check it in the system's sound settings."
            )
        if source and source.monitor and self._device is None:
            raise NoMicrophoneError(
                f"There is no microphone: the system would record its loudspeaker ({source.name}). Connect one, "
                "or choose it in the system's sound settings."
            )


class Inbox:
    """Where the driver's thread leaves its blocks. Methods named `on_...` are called by the driver."""

    def __init__(self, clock: Clock) -> None:
        self.failed: Exception | None = None
        self._clock = clock
        self._blocks: queue.SimpleQueue[Block | None] = queue.SimpleQueue()
        self._first = threading.Event()
        self._closed = threading.Event()

    def on_block(self, data: Any, _frames: int, _time: Any, status: Any) -> None:
        """Keep a copy of the driver's buffer."""
        try:
            self._blocks.put(Block(bytes(data), self._clock.monotonic(), bool(status.input_overflow)))
        except Exception as error:
            from sounddevice import CallbackAbort

            self.failed = error  # left alone, it would be printed and forgotten
            raise CallbackAbort from error
        self._first.set()

    def on_finished(self) -> None:
        """No more blocks come."""
        self._blocks.put(None)

    def close(self) -> None:
        """End `blocks`, which may be waiting in another thread."""
        self._closed.set()
        self._blocks.put(None)

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed.is_set()

    def await_first(self, stream: OpenStream) -> bool:
        """Whether a block came within `FIRST_BLOCK_SECONDS`; it stays in the queue."""
        for _ in range(round(FIRST_BLOCK_SECONDS / STEP_SECONDS)):
            if self._first.wait(STEP_SECONDS) or not stream.active:
                break
        return self._first.is_set()

    def blocks(self, stream: OpenStream) -> Iterator[Block]:
        """The blocks in order, until `close`, the end of the stream, or `STILL_SECONDS` without any."""
        still = 0
        while not self.closed and still < STILL_SECONDS / STEP_SECONDS:
            try:
                block = self._blocks.get(timeout=STEP_SECONDS)
            except queue.Empty:
                still += 1
                if not stream.active:
                    return
                continue
            if block is None:
                return
            still = 0
            yield block


class _Listening:
    """One opening of a microphone: 16 kHz mono PCM and remarks, and the fault that ended it."""

    def __init__(self, inbox: Inbox, stream: OpenStream, form: Format, watch: PulseWatch, name: str) -> None:
        self.fault: MicrophoneLostError | None = None
        self._inbox, self._stream, self._form, self._watch, self._name = inbox, stream, form, watch, name
        self._source = watch.source
        self._position = 0.0

    def pieces(self) -> Iterator[bytes | Notice]:
        """PCM as it comes, with notices between; ends with the context or with a `fault`."""
        resampler = None if self._form == WANTED else Resampler(self._form.rate, self._form.channels)
        lost, silence = LostSound(), DeadSilence()
        for block in self._inbox.blocks(self._stream):
            yield resampler(block.pcm) if resampler else block.pcm
            length = len(block.pcm) / (BYTES * self._form.channels * self._form.rate)
            if missing := lost(length, block.at, block.overflowed):
                yield Notice(
                    f"About {missing:.1f} s of sound was lost around {_clock_text(self._position)}. "
                    "Close other programs if this happens again."
                )
            self._position += length
            if silence(is_digital_silence(block.pcm), length):
                yield Notice(self._silence_text())
            if text := self._rerouted():
                self.fault = MicrophoneLostError(text)
                break
        if resampler:
            yield resampler.flush()
        if not self.fault and not self._inbox.closed:
            self.fault = MicrophoneLostError(self._end_text())

    def _rerouted(self) -> str | None:
        source = self._watch.source
        self._source = self._source or source
        if not source or not self._source or source.index == self._source.index:
            return None
        return (
            f"{self._name} is gone, and the system put {source.name} in its place. Connect it again or choose "
            f"another microphone. {KEPT}"
        )

    def _silence_text(self) -> str:
        source = self._watch.source
        if source and source.muted:
            return f"{self._name} is muted in the system's sound settings. Unmute it there."
        return (
            f"{self._name} delivers no sound at all since {_clock_text(self._position - SILENCE_SECONDS)}. "
            "If you are speaking, check whether it is muted."
        )

    def _end_text(self) -> str:
        source = self._watch.source
        if self._inbox.failed:
            return (
                f"Recording from {self._name} failed ({self._inbox.failed!r}). Start the answer again. {KEPT}"
            )
        if not self._stream.active:
            return f"{self._name} stopped: it was unplugged or the sound server ended. Connect it, then go on. {KEPT}"
        if source and source.suspended:
            return (
                f"{self._name} was suspended by the system. Wake it in the sound settings, then go on. {KEPT}"
            )
        return f"{self._name} delivers nothing any more; the sound server may be stuck. Restart it, then go on. {KEPT}"


def reraising(items: Iterator[Frame | Notice], listening: _Listening) -> Iterator[Frame | Notice]:
    """Every item, the last short frame too, and only then the fault."""
    yield from items
    if listening.fault:
        raise listening.fault


def _formats(device: Device) -> Iterator[Format]:
    """What to try in turn: what we want, then the device's own rate with ever more channels."""
    yield WANTED
    for channels in sorted({1, min(2, device.channels), device.channels}):
        yield Format(device.rate, channels)


def _stream(sounddevice: ModuleType, device: Device, form: Format, inbox: Inbox) -> OpenStream:
    return portaudio.OpenStream(
        lambda: sounddevice.RawInputStream(
            samplerate=form.rate,
            channels=form.channels,
            device=device.index,
            dtype="int16",
            latency=LATENCY_SECONDS,
            callback=inbox.on_block,
            finished_callback=inbox.on_finished,
        ),
        NoMicrophoneError,
    )


def _clock_text(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
