"""The loudspeaker: plays 16-bit PCM at once, can be silenced within a key press, and never waits for a stuck device."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Self

from voice_coach.audio import portaudio
from voice_coach.errors import NoLoudspeakerError

if TYPE_CHECKING:
    from types import ModuleType

    from voice_coach.audio.portaudio import Device

BYTES = 2
"""Bytes a sample."""
LATENCY_SECONDS = 0.2
"""Less underruns on a busy machine."""
TRAILING_SECONDS = 0.4
"""Silence after the last sample, so that none of it is lost when the stream ends."""
STILL_SECONDS = 1.0
STEP_SECONDS = 0.1
STOP_SECONDS = 2.0
STEREO = 2


class Loudspeaker:
    """The default output device, or `device`: its index, its name or a part of it."""

    def __init__(self, device: str | int | None = None) -> None:
        self._device = device

    def play(self, pcm: bytes, sample_rate: int, *, start_seconds: float = 0) -> Playback:
        """Begin to play 16-bit mono `pcm` from `start_seconds` on; returns at once.

        Raises:
            NoLoudspeakerError: nothing can play it; says what to install, connect or choose.
        """
        sounddevice = portaudio.answered(NoLoudspeakerError, lambda: portaudio.library(NoLoudspeakerError))
        rest = pcm[round(start_seconds * sample_rate) * BYTES :]
        try:
            return self._attempt(sounddevice, rest, sample_rate, start_seconds)
        except NoLoudspeakerError:
            if not portaudio.answered(NoLoudspeakerError, lambda: portaudio.refresh(sounddevice)):
                raise
        return self._attempt(sounddevice, rest, sample_rate, start_seconds)

    def name(self) -> str:
        """The name of the device that `play` would use.

        Raises:
            NoLoudspeakerError: there is none.
        """
        sounddevice = portaudio.answered(NoLoudspeakerError, lambda: portaudio.library(NoLoudspeakerError))
        return self._find(portaudio.devices(sounddevice, "output")).name

    def _attempt(self, sounddevice: ModuleType, pcm: bytes, rate: int, start: float) -> Playback:
        device = self._find(portaudio.devices(sounddevice, "output"))
        try:
            return Playback(device, pcm, rate, start)
        except sounddevice.PortAudioError:
            pass  # most often the rate; a second refusal is told
        try:
            resampled = _resampled(pcm, rate, device.rate)
            return Playback(device, resampled, device.rate, start)
        except sounddevice.PortAudioError as error:
            raise NoLoudspeakerError(
                f"{device.name} cannot be opened ({error}). Close other programs that use it, "
                "or choose another loudspeaker."
            ) from error

    def _find(self, present: list[Device]) -> Device:
        if device := portaudio.find(present, self._device):
            return device
        if not present:
            raise NoLoudspeakerError(
                "There is no loudspeaker. Connect one or headphones, and check that the sound server runs."
            )
        if self._device is None:
            raise NoLoudspeakerError(
                f"The system has no default loudspeaker. Choose one of these: {portaudio.listed(present)}."
            )
        raise NoLoudspeakerError(
            f"There is no loudspeaker {self._device!r}. Choose one of these: {portaudio.listed(present)}."
        )


class Playback:
    """Sound that is being played; `Loudspeaker.play` makes it. Leaving its context stops it."""

    def __init__(self, device: Device, pcm: bytes, rate: int, start: float) -> None:
        sounddevice = portaudio.library(NoLoudspeakerError)
        channels = min(STEREO, device.channels)  # mono comes from the left only on some devices
        self.failed: str | None = None
        self._pcm, self._rate, self._channels, self._start = memoryview(pcm), rate, channels, start
        self._device = device.name
        self._end_of_stream = sounddevice.CallbackStop
        self._written = 0  # samples given to the driver, silence after the end included
        self._callbacks = 0
        self._wake = threading.Event()
        self._stopped = False
        self._stream = portaudio.OpenStream(
            lambda: sounddevice.RawOutputStream(
                samplerate=rate,
                channels=channels,
                device=device.index,
                dtype="int16",
                latency=LATENCY_SECONDS,
                callback=self._fill,
                finished_callback=self._wake.set,
            ),
            NoLoudspeakerError,
        )
        self._latency = self._stream.latency
        self._closer = threading.Thread(target=self._watch, name="playback", daemon=True)
        self._closer.start()

    @property
    def position(self) -> float:
        """Seconds from the beginning of the sound to what is heard now, as near as the driver's latency is known."""
        heard = self._written / self._rate - self._latency
        return self._start + min(max(heard, 0.0), self._length / self._rate)

    @property
    def done(self) -> bool:
        """Whether it is over: played, stopped or failed (then `failed` says why)."""
        return not self._closer.is_alive()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it is over, at most `timeout` seconds; gives `done`."""
        self._closer.join(timeout)
        return self.done

    def stop(self) -> None:
        """Be silent now; what the driver holds is thrown away."""
        self._stopped = True
        self._wake.set()
        self._closer.join(STOP_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def _length(self) -> int:
        return len(self._pcm) // BYTES

    def _fill(self, out: Any, frames: int, _time: Any, _status: Any) -> None:
        """Called by the driver: the next `frames` samples, on every channel."""
        import numpy as np

        self._callbacks += 1
        piece = self._pcm[self._written * BYTES : (self._written + frames) * BYTES]
        samples = np.zeros(frames, dtype=np.int16)
        if not self._stopped:
            samples[: len(piece) // BYTES] = np.frombuffer(piece, dtype=np.int16)
        out[:] = np.repeat(samples, self._channels).tobytes()
        self._written += frames
        if self._written >= self._length + TRAILING_SECONDS * self._rate:
            raise self._end_of_stream

    def _watch(self) -> None:
        """Release the device when it is over, also where the driver never says so."""
        still, seen = 0, 0
        while not self._wake.wait(STEP_SECONDS) and still < STILL_SECONDS / STEP_SECONDS:
            still = still + 1 if self._callbacks == seen else 0
            seen = self._callbacks
        if not self._stopped and self._written < self._length:
            what = "it was unplugged or the sound server ended" if self._wake.is_set() else "it may be stuck"
            self.failed = (
                f"{self._device} stopped playing: {what}. Check the sound settings, then play it again."
            )
        self._stream.close()


def _resampled(pcm: bytes, rate: int, target: int) -> bytes:
    """Mono 16-bit PCM at another rate."""
    import av
    import numpy as np

    resampler = av.AudioResampler(format="s16", layout="mono", rate=target)
    frame = av.AudioFrame.from_ndarray(
        np.frombuffer(pcm, dtype=np.int16).reshape(1, -1), format="s16", layout="mono"
    )
    frame.sample_rate = rate
    pieces = [*resampler.resample(frame), *resampler.resample(None)]
    return b"".join(piece.to_ndarray().tobytes() for piece in pieces)
