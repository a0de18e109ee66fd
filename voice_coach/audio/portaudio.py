"""PortAudio as microphone and loudspeaker need it: loading it, naming devices, and never waiting for a stuck one.

A call into PortAudio hangs for ever when the sound server stands still, so streams are opened and closed in
threads that may be left behind. PortAudio lists devices once, when it is initialised, and cannot be initialised
again while a stream is open: `refresh` looks anew if it may.
"""

from __future__ import annotations

import atexit
import platform
import threading
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Self, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from voice_coach.errors import DeviceError

Direction = Literal["input", "output"]
Result = TypeVar("Result")

OPEN_SECONDS = 5.0
"""Listing and opening devices takes up to seconds on some systems; longer means stuck."""
CLOSE_SECONDS = 1.0

_loading = threading.Lock()
_loaded = False
_busy: set[OpenStream] = set()
"""Streams that are open, being opened, or stuck."""


@dataclass(frozen=True, slots=True)
class Device:
    """A sound device as PortAudio lists it; `rate` (Hz) and `channels` are its own, `default` the system's choice."""

    index: int
    name: str
    rate: int
    channels: int
    default: bool


def library(error: type[DeviceError]) -> ModuleType:
    """The `sounddevice` module.

    Raises:
        DeviceError: as `error`, PortAudio is not installed or does not start.
    """
    global _loaded  # noqa: PLW0603 - one library, one exit handler
    with _loading:
        try:
            import sounddevice
        except Exception as problem:  # PortAudio's own error class would come with the module
            raise error(
                f"Sound needs the PortAudio library, which cannot be loaded ({problem}). {_remedy()}"
            ) from problem
        if not _loaded:
            _loaded = True
            # At exit sounddevice would close every open stream, which hangs on a stuck one.
            atexit.unregister(sounddevice._exit_handler)  # noqa: SLF001 - there is no public way
            atexit.register(_leave, sounddevice)
    return sounddevice  # type: ignore[no-any-return]


def _leave(sounddevice: ModuleType) -> None:
    """End PortAudio with the program, unless a stream is open or stuck: the system takes it back anyway."""
    if not _busy and not _loading.locked():
        sounddevice._exit_handler()  # noqa: SLF001


def _remedy() -> str:
    if platform.system() not in {"Darwin", "Windows"}:
        return (
            "Install it (Debian, Ubuntu: sudo apt install libportaudio2; Fedora: sudo dnf install portaudio) "
            "and try again."
        )
    return "It comes with a Python package: pip install --force-reinstall sounddevice."


def refresh(sounddevice: ModuleType) -> bool:
    """Have PortAudio look for devices again; False where it fails, or an open or stuck stream forbids it."""
    with _loading:
        if _busy:
            return False
        try:  # PortAudio has no other way to see new devices
            if sounddevice._initialized:  # noqa: SLF001
                sounddevice._terminate()  # noqa: SLF001
            sounddevice._initialize()  # noqa: SLF001
        except sounddevice.PortAudioError:
            return False
        return True


def devices(sounddevice: ModuleType, direction: Direction) -> list[Device]:
    """Every device of that direction, in PortAudio's order."""
    try:
        present = sounddevice.query_devices()
    except sounddevice.PortAudioError:  # it did not start again after a `refresh`
        return []
    try:
        default = sounddevice.query_devices(kind=direction)["index"]
    except sounddevice.PortAudioError:
        default = -1
    return [
        Device(
            index=device["index"],
            name=device["name"],
            rate=round(device["default_samplerate"]),
            channels=device[f"max_{direction}_channels"],
            default=device["index"] == default,
        )
        for device in present
        if device[f"max_{direction}_channels"] > 0
    ]


def find(present: list[Device], wanted: str | int | None) -> Device | None:
    """The device meant by an index, a name or a part of one (whole names first), or None for the default."""
    if wanted is None:
        return next((device for device in present if device.default), None)
    if isinstance(wanted, int) or wanted.isdecimal():
        return next((device for device in present if device.index == int(wanted)), None)
    name = wanted.casefold()
    whole = (device for device in present if device.name.casefold() == name)
    part = (device for device in present if name in device.name.casefold())
    return next(whole, None) or next(part, None)


def listed(present: list[Device]) -> str:
    """The devices for an error message."""
    return ", ".join(f"{device.index} {device.name!r}" for device in present)


def within(limit: float, work: Callable[[], Result]) -> Result:
    """The result of `work`, done in a thread that is left behind after `limit` seconds.

    Raises:
        TimeoutError: it took longer.
    """
    outcome: Future[Result] = Future()

    def run() -> None:
        try:
            outcome.set_result(work())
        except BaseException as error:  # noqa: BLE001 - raised again where the result is awaited
            outcome.set_exception(error)

    threading.Thread(target=run, name="portaudio", daemon=True).start()
    return outcome.result(limit)


def answered(error: type[DeviceError], work: Callable[[], Result]) -> Result:
    """The result of `work` within `OPEN_SECONDS`.

    Raises:
        DeviceError: as `error`, the sound system stands still.
    """
    try:
        return within(OPEN_SECONDS, work)
    except TimeoutError as stuck:
        raise error(
            "The sound system does not answer. Restart the sound server (or the computer), then try again."
        ) from stuck


class OpenStream:
    """A started stream; `make` builds it from the `sounddevice` module.

    Raises:
        DeviceError: as `error`, the device did not open within `OPEN_SECONDS`.
        sounddevice.PortAudioError: PortAudio refused.
    """

    def __init__(self, make: Callable[[], Any], error: type[DeviceError]) -> None:
        self._make = make
        self._abandoned = False
        self._stream: Any = None
        _busy.add(self)
        try:
            answered(error, self._start)
        finally:
            self._abandoned = self._stream is None

    def _start(self) -> None:
        try:
            stream = self._make()
            try:
                stream.start()
            except BaseException:
                stream.close(ignore_errors=True)
                raise
        except BaseException:
            _busy.discard(self)
            raise
        self._stream = stream
        if self._abandoned:  # nobody waits for it any more
            self._release()

    def _release(self) -> None:
        self._stream.abort(ignore_errors=True)
        self._stream.close(ignore_errors=True)
        _busy.discard(self)

    @property
    def active(self) -> bool:
        """Whether PortAudio still calls back; a frozen server leaves it True."""
        return bool(self._stream.active)

    @property
    def latency(self) -> float:
        """Seconds between callback and ear, or mouth and callback, as PortAudio estimates it."""
        return float(self._stream.latency)

    def close(self) -> None:
        """Be silent and release the device; after `CLOSE_SECONDS` it counts as stuck and is left behind."""
        if self in _busy:
            try:
                within(CLOSE_SECONDS, self._release)
            except TimeoutError:
                return

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
