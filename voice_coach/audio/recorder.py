"""From a source to disk in a thread of its own, and from disk to whoever listens.

The thread does nothing but read the source and append to the recording, so that a slow screen or a busy
recogniser never delays the recording. Listeners take frames from the `Tape`, which reads the file: there
is no queue that could grow and nothing that is heard without being on disk.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Self

from voice_coach.errors import CoachError, DeviceError
from voice_coach.records import FRAME_SAMPLES, Frame, Notice

if TYPE_CHECKING:
    from types import TracebackType

    from voice_coach.audio.journal import Recording
    from voice_coach.audio.source import Source


class Tape:
    """A recording read frame by frame while it may still be growing."""

    def __init__(self, recording: Recording, *, finished: bool = False) -> None:
        self.recording = recording
        self.finished = finished
        self.fault: CoachError | None = None
        self._notices: deque[Notice] = deque()
        self._position = 0
        self._grown = threading.Condition()

    @property
    def position(self) -> int:
        """First sample that has not been read."""
        return self._position

    def read(self, timeout: float) -> Frame | Notice | None:
        """The next notice or whole frame, or None if none came within `timeout` seconds.

        Once `finished`, the last frame may be shorter, and None means that all has been read.
        """
        with self._grown:
            self._grown.wait_for(lambda: self._notices or self._ready or self.finished, timeout)
            if self._notices:
                return self._notices.popleft()
            ready = self._ready
        if not ready:
            return None
        frame = Frame(self._position, self.recording.read(self._position, self._position + FRAME_SAMPLES))
        self._position = frame.stop
        return frame

    @property
    def _ready(self) -> bool:
        waiting = self.recording.samples - self._position
        return waiting >= FRAME_SAMPLES or (self.finished and waiting > 0)

    def grown(self, notice: Notice | None = None) -> None:
        """Wake the reader: the recording grew, or there is something to tell."""
        with self._grown:
            if notice:
                self._notices.append(notice)
            self._grown.notify_all()

    def finish(self, fault: CoachError | None) -> None:
        """Nothing more will be written, because of `fault` if there was one."""
        with self._grown:
            self.finished, self.fault = True, fault
            self._grown.notify_all()


class Recorder:
    """Records a source while its context is open; `tape` is what a listener reads.

    Entering opens the source and raises its errors. A fault on the way ends the tape and is kept in
    `tape.fault`; everything that arrived before it is on disk.
    """

    OPEN_SECONDS = 10.0
    STOP_SECONDS = 3.0
    """How long a stuck device may delay the end; its thread is then left behind (it is a daemon)."""

    def __init__(self, source: Source, recording: Recording) -> None:
        self.tape = Tape(recording)
        self._source = source
        self._stop = threading.Event()
        self._keep = threading.Event()
        self._keep.set()
        self._opened = threading.Event()
        self._refused: CoachError | None = None
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._opened.wait(self.OPEN_SECONDS):
            self._stop.set()
            raise DeviceError(
                f"{self._source.name} did not open within {self.OPEN_SECONDS:.0f} s. "
                "Unplug it or restart the sound server, then try again."
            )
        if self._refused:
            raise self._refused
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def name(self) -> str:
        """What is recorded: the device or file."""
        return self._source.name

    def stop(self) -> None:
        """End the recording; returns when the device is released or stuck."""
        self._stop.set()
        self._keep.set()
        self._thread.join(self.STOP_SECONDS)
        if self._thread.is_alive():
            self.tape.finish(self.tape.fault)

    def pause(self) -> None:
        """Keep nothing of what the source yields until `resume`."""
        self._keep.clear()

    def resume(self) -> None:
        """Keep what the source yields again."""
        self._keep.set()

    def _run(self) -> None:
        fault: CoachError | None = None
        try:
            with self._source.open() as items:
                self._opened.set()
                for item in items:
                    if self._stop.is_set():
                        break
                    self._take(item)
        except CoachError as error:
            if self._opened.is_set():
                fault = error
            else:
                self._refused = error
        except Exception as error:  # noqa: BLE001 - a bug in a driver must not look like the end of the answer
            fault = DeviceError(f"{self._source.name} failed ({error!r}). The audio so far is kept.")
            self._refused = None if self._opened.is_set() else fault
        finally:
            self._opened.set()
            self.tape.finish(fault)

    def _take(self, item: Frame | Notice) -> None:
        if isinstance(item, Notice):
            self.tape.grown(item)
            return
        if self._source.kind == "file":
            self._keep.wait()  # a file can wait; what a microphone hears meanwhile is not wanted
        if self._keep.is_set():
            self.tape.recording.append(item.pcm)
            self.tape.grown()
