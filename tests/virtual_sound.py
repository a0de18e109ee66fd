"""A sound card made of software: a private PulseAudio server with one microphone and one loudspeaker.

What is played into the sink `mic_feed` is what the microphone hears; what a program plays is on `speaker.monitor`.
Nothing of the machine's own sound is touched: socket, cookie and settings lie in a folder of the server's own.

Programs under test find it through `env()`. libpulse and libasound read these variables when PortAudio is
initialised, so tests in this process need them before `sounddevice` is first imported: `tests/conftest.py`
sets them once for the session, and every server of the session listens on the same socket (`folder`).

Every class of fault that a recorder must survive has a method here.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

START_SECONDS = 10.0
SPEAKER_RATE = 48_000

SERVER = """\
.fail
load-module module-native-protocol-unix socket={folder}/native auth-anonymous=1
load-module module-null-sink sink_name=speaker norewinds=1 rate={speaker_rate} channels=2 \
sink_properties=device.description=Virtual_Speaker
load-module module-null-sink sink_name=mic_feed norewinds=1 rate={microphone_rate} channels=1 channel_map=mono \
sink_properties=device.description=Microphone_Feed
load-module module-remap-source source_name=mic master=mic_feed.monitor channels=1 channel_map=mono \
source_properties=device.description=Virtual_Microphone
set-default-sink speaker
set-default-source mic
"""  # norewinds: without it the first sound arrives more than a second late

CLIENT = """\
autospawn = no
default-server = unix:{folder}/native
enable-shm = no
"""

ALSA = """\
</usr/share/alsa/alsa.conf>
pcm.!default { type pulse hint { show on description "Default (virtual)" } }
ctl.!default { type pulse }
"""


def sound_env(folder: Path) -> dict[str, str]:
    """The variables that lead libpulse and libasound to the server in `folder`."""
    return {
        "PULSE_SERVER": f"unix:{folder}/native",
        "PULSE_CLIENTCONFIG": f"{folder}/client.conf",
        "PULSE_COOKIE": f"{folder}/cookie",
        "PULSE_RUNTIME_PATH": f"{folder}/run",
        "PULSE_STATE_PATH": f"{folder}/state",
        "ALSA_CONFIG_PATH": f"{folder}/alsa.conf",
        "JACK_NO_START_SERVER": "1",
    }


@contextmanager
def sound_card_of(rate: int, folder: Path) -> Iterator[dict[str, str]]:
    """A JACK server without hardware, stereo, which refuses every other rate; gives the environment to find it."""
    if not shutil.which("jackd"):
        raise RuntimeError("This test needs jackd2: apt-get install jackd2 (tests/run does it).")
    env = {name: value for name, value in os.environ.items() if name != "ALSA_CONFIG_PATH"} | {
        "JACK_DEFAULT_SERVER": f"voice-coach-{os.getpid()}",
        "JACK_NO_AUDIO_RESERVATION": "1",
        "JACK_NO_START_SERVER": "1",
        "PULSE_SERVER": f"unix:{folder}/none",
    }
    command = ["jackd", "--no-realtime", "-d", "dummy", "-r", str(rate), "-p", "1024"]
    with (folder / "jack.log").open("wb") as log:
        server = subprocess.Popen(command, env=env, stdout=log, stderr=log)
        try:
            subprocess.run(["jack_wait", "-w", "-t", "10"], env=env, check=True, stdout=log, stderr=log)
            yield env
        finally:
            server.terminate()
            server.wait(10)


class VirtualSound:
    """The server as a context manager; `folder` needs a short path (it holds a socket)."""

    def __init__(self, folder: Path, *, microphone_rate: int = 16_000) -> None:
        self.folder = folder
        self._microphone_rate = microphone_rate
        self._server: subprocess.Popen[bytes] | None = None
        self._clients: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def env(self) -> dict[str, str]:
        """The environment for a program that is to use this sound card."""
        return os.environ | sound_env(self.folder)

    def start(self) -> None:
        """Start the server and wait until its microphone is there."""
        if not shutil.which("pulseaudio") or not shutil.which("pactl"):
            raise RuntimeError(
                "These tests need PulseAudio: apt-get install pulseaudio pulseaudio-utils libasound2-plugins "
                "libportaudio2 (tests/run does it)."
            )
        for name in ("run", "state"):
            (self.folder / name).mkdir(mode=0o700, parents=True, exist_ok=True)
        (self.folder / "native").unlink(missing_ok=True)
        settings = SERVER.format(
            folder=self.folder, speaker_rate=SPEAKER_RATE, microphone_rate=self._microphone_rate
        )
        (self.folder / "server.pa").write_text(settings)
        (self.folder / "client.conf").write_text(CLIENT.format(folder=self.folder))
        (self.folder / "alsa.conf").write_text(ALSA)
        with (self.folder / "log").open("wb") as log:
            self._server = subprocess.Popen(
                ["pulseaudio", "-n", "-F", str(self.folder / "server.pa"), "--daemonize=no",
                 "--exit-idle-time=600", "--use-pid-file=no", "--disable-shm=yes", "--realtime=no",
                 "--high-priority=no", "--log-target=stderr", "--log-level=notice"],
                env=self._server_env(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        self._wait_until_up(self._server)

    def _server_env(self) -> dict[str, str]:
        env = self.env() | {"XDG_RUNTIME_DIR": str(self.folder / "run"), "HOME": str(self.folder)}
        for unwanted in ("DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "PULSE_SERVER", "PULSE_CLIENTCONFIG"):
            env.pop(unwanted, None)
        return env

    def _wait_until_up(self, server: subprocess.Popen[bytes]) -> None:
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and server.poll() is None:
            if (self.folder / "native").exists() and self.default_source() == "mic":
                return
            time.sleep(0.02)
        log = (self.folder / "log").read_text(errors="replace")
        self.stop()
        raise RuntimeError(f"The virtual sound server did not start:\n{log}")

    def stop(self) -> None:
        """End the server and every player and recorder started here."""
        for client in self._clients:
            client.terminate()
        self.kill()
        for client in self._clients:
            client.wait(5)
        self._clients.clear()

    def feed(self, wav: Path) -> subprocess.Popen[bytes]:
        """Play a WAV file into the microphone."""
        return self._client("paplay", "--device=mic_feed", str(wav))

    def record_speaker(self, wav: Path) -> subprocess.Popen[bytes]:
        """Record what programs play, 48 kHz stereo; terminate it (and wait) to close the file."""
        return self._client(
            "parec", "--device=speaker.monitor", "--file-format=wav", "--latency-msec=10",
            f"--rate={SPEAKER_RATE}", "--channels=2", "--format=s16le", str(wav),
        )  # fmt: skip

    def _client(self, *command: str) -> subprocess.Popen[bytes]:
        client = subprocess.Popen(command, env=self.env(), stdin=subprocess.DEVNULL)
        self._clients.append(client)
        return client

    def kill(self) -> None:
        """The server dies without a word."""
        if self._server:
            self._server.kill()
            self._server.wait()
            self._server = None
            (self.folder / "native").unlink(missing_ok=True)

    def freeze(self) -> None:
        """The server stands still but keeps its connections."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """A frozen server goes on."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        if not self._server:
            raise RuntimeError("the server is not running")
        self._server.send_signal(number)

    def remove_microphone(self) -> None:
        """The microphone is unplugged; the server moves its listeners elsewhere."""
        self.pactl("unload-module", "module-remap-source")

    def suspend_microphone(self, suspend: bool = True) -> None:
        """The microphone stops delivering, without an error (or, with False, goes on)."""
        self.pactl("suspend-source", "mic", str(int(suspend)))

    def mute_microphone(self, mute: bool = True) -> None:
        """The microphone delivers zeros (or, with False, sound again)."""
        self.pactl("set-source-mute", "mic", str(int(mute)))

    def default_source(self) -> str:
        """The name of the source that programs get."""
        return self._pactl("get-default-source").stdout.strip()

    def pactl(self, *arguments: str) -> str:
        """Run one command of `pactl` against this server."""
        result = self._pactl(*arguments)
        if result.returncode:
            raise RuntimeError(f"pactl {' '.join(arguments)}: {result.stderr.strip()}")
        return result.stdout

    def _pactl(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["pactl", *arguments], env=self.env(), capture_output=True, text=True, timeout=10, check=False
        )
