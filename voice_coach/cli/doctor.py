"""`doctor` and `devices`: is everything there, and what is there to choose from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from voice_coach.cli.settings import Home, folder

if TYPE_CHECKING:
    from voice_coach.clock import Clock
    from voice_coach.speech.whisper import Recogniser

UTTERANCE_SECONDS = 15
"""As long as the utterances that answers are cut into."""


def doctor(
    microphone: Annotated[
        str | None, typer.Option("--microphone", "--mic", help="Name or number (see `devices`).")
    ] = None,
    loudspeaker: Annotated[str | None, typer.Option(help="Name or number (see `devices`).")] = None,
    voice: Annotated[str | None, typer.Option(help="The coach's voice (see `devices`).")] = None,
    rate: Annotated[int, typer.Option(help="Words a minute it speaks.")] = 170,
    model: Annotated[str, typer.Option(help="Recogniser: a model's name or a folder.")] = "base",
    engine: Annotated[
        str | None,
        typer.Option(help="Address of a server that recognises; a bundled recording is sent to it."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One line of JSON.")] = False,
    home: Home = None,
) -> None:
    """Check microphone, loudspeaker, voice, models, data folder and disk; say what to do about each.

    Speaks a sentence and records two seconds, which are not kept. Leaves with 1 if practising is impossible.
    """
    from dataclasses import asdict

    from rich.text import Text

    from voice_coach import doctor as parts
    from voice_coach.audio.microphone import Microphone
    from voice_coach.cli import desk
    from voice_coach.cli.screen import announce, console, print_json
    from voice_coach.clock import SystemClock
    from voice_coach.content.load import Library

    clock = SystemClock()
    choices = desk.Choices(folder(home), microphone, loudspeaker, voice or "", rate, model, engine=engine)
    speaker = desk.voice(choices)
    assert speaker is not None  # noqa: S101 - only `voice=None` gives none

    if engine:
        announce(f"A bundled recording is sent to {desk.without_password(engine)} to be recognised.")

    def load_recogniser() -> str:
        desk.recogniser(choices, needed=True).load()
        return (
            f"{model} at {desk.without_password(engine)}"
            if engine
            else f"{model} is there, verified, and loads"
        )

    def hear() -> float:
        ears = desk.recogniser(choices, needed=True)
        ears.load()
        return spoken_load(ears, clock)

    def load_judge() -> str:
        library = Library(choices.home)
        desk.judge(choices.home, library.core())
        return f"loads; {len(library.drills())} drills can be read"

    checks = (
        lambda: parts.data_folder(choices.home),
        lambda: parts.disk_space(choices.home),
        lambda: parts.loads("recogniser", load_recogniser),
        lambda: parts.speed(hear, None if engine else model),
        lambda: parts.loads("judge and drills", load_judge),
        lambda: parts.voice(speaker, lambda: clock.sleep(0.05)),
        lambda: parts.microphone(Microphone(choices.microphone, clock)),
    )
    signs = {"ok": ("ok", "green"), "warning": ("warning", "yellow"), "problem": ("problem", "bold red")}
    screen = console()
    results = []
    for result in parts.examine(checks):
        results.append(result)
        if not as_json:
            word, style = signs[result.status]
            screen.print(
                Text.assemble((f"{word:9}", style), (f"{result.part:23}", "bold"), result.text),
                soft_wrap=True,
            )
    impossible = any(result.blocks for result in results)
    if as_json:
        print_json({"ready": not impossible, "checks": [asdict(result) for result in results]})
    elif impossible:
        screen.print(
            "\nPractising aloud is not possible yet. Typing an answer may be: voice-coach practice --typed"
        )
    else:
        screen.print("\nReady: voice-coach practice")
    if impossible:
        raise typer.Exit(1)


def spoken_load(recogniser: Recogniser, clock: Clock) -> float:
    """Seconds that an utterance takes for each second of speech; the second of two, as the first warms up."""
    from voice_coach.audio.file import AudioFile
    from voice_coach.demo import RECORDING
    from voice_coach.records import SAMPLE_RATE, Frame

    pcm = b""
    with AudioFile(RECORDING, clock, pace=False).open() as items:
        for item in items:
            pcm += item.pcm if isinstance(item, Frame) else b""
            if len(pcm) >= 2 * UTTERANCE_SECONDS * SAMPLE_RATE:
                break
    recogniser.words(pcm)
    before = clock.monotonic()
    recogniser.words(pcm)
    return (clock.monotonic() - before) / (len(pcm) / 2 / SAMPLE_RATE)


def devices(home: Home = None) -> None:
    """List microphones, loudspeakers and voices with the names that options take."""
    from rich.text import Text

    from voice_coach.audio import portaudio
    from voice_coach.audio.microphone import list_microphones
    from voice_coach.cli.desk import CACHE
    from voice_coach.cli.screen import console
    from voice_coach.errors import DeviceError, NoLoudspeakerError, VoiceError
    from voice_coach.speech.voice import Voice

    screen = console()
    for title, look in (
        ("Microphones", list_microphones),
        ("Loudspeakers", lambda: portaudio.devices(portaudio.library(NoLoudspeakerError), "output")),
    ):
        screen.print(Text(title, style="bold"))
        try:
            for device in look():
                mark = ", the default" if device.default else ""
                screen.print(Text(f"  {device.index:3}  {device.name}{mark}"), soft_wrap=True)
        except DeviceError as error:
            screen.print(Text(f"  {error}", style="yellow"), soft_wrap=True)
    screen.print(Text("Voices", style="bold"))
    try:
        for voice in Voice(folder(home) / CACHE / "voice").voices():
            screen.print(Text(f"  {voice.id}  {voice.name}  {voice.language}"), soft_wrap=True)
    except VoiceError as error:
        screen.print(Text(f"  {error}", style="yellow"), soft_wrap=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(doctor)
    app.command()(devices)
