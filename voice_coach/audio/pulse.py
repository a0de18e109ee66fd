"""What the Linux sound server (PulseAudio, or PipeWire in its place) says of the microphone we record from.

PortAudio hides that a microphone was muted, suspended, or removed and replaced by another. The watch asks the
server about once a second, in a thread of its own, because its answers can take for ever. Where there is no such
server or no `pulsectl`, the watch is off and knows nothing: recording never depends on it.
"""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    import pulsectl

INTERVAL_SECONDS = 0.5
LEAVE_SECONDS = 0.3


@dataclass(frozen=True, slots=True)
class PulseSource:
    """The source that feeds this process; a `monitor` is what a loudspeaker plays and not a microphone."""

    index: int
    name: str
    muted: bool
    suspended: bool
    monitor: bool


class PulseWatch:
    """Watches while its context is open; `source` is the latest answer, None where nothing is known."""

    def __init__(self) -> None:
        self.source: PulseSource | None = None
        self._known = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="pulse-watch", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(LEAVE_SECONDS)  # a frozen server may hold it for ever

    def first(self, timeout: float) -> PulseSource | None:
        """The first answer, or None if there is none within `timeout` seconds."""
        self._known.wait(timeout)
        return self.source

    def _run(self) -> None:
        try:
            import pulsectl
        except (ImportError, OSError):  # not installed, or installed without libpulse
            self._known.set()
            return
        try:
            with pulsectl.Pulse("voice-coach", connect=False) as pulse:
                pulse.connect(autospawn=False)  # its timeout is a fixed wait
                while not self._stop.is_set():
                    self.source = _our_source(pulse)
                    if self.source:
                        self._known.set()
                    self._stop.wait(INTERVAL_SECONDS if self._known.is_set() else INTERVAL_SECONDS / 5)
        except pulsectl.PulseError:  # no server, or it went away: PortAudio notices that itself
            self._known.set()


def _our_source(pulse: pulsectl.Pulse) -> PulseSource | None:
    """The source of this process's newest recording stream."""
    pid = str(os.getpid())
    ours = [
        output
        for output in pulse.source_output_list()
        if output.proplist.get("application.process.id") == pid
    ]
    if not ours:
        return None
    output = max(ours, key=lambda output: output.index)
    source = next((source for source in pulse.source_list() if source.index == output.source), None)
    if source is None:
        return None
    return PulseSource(
        index=source.index,
        name=source.description,
        muted=bool(source.mute or output.mute or source.volume.value_flat == 0),
        suspended=source.state == "suspended",
        monitor=source.proplist.get("device.class") == "monitor",
    )
