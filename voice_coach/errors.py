"""Every error the coach raises on purpose, as one tree.

    CoachError                  one sentence: what happened, and what to do about it
    |-- UsageError              the command was used in a way it cannot serve (exit code 2)
    |-- ContentError            a drill or rubric file is wrong; names file and line (exit code 2)
    |-- AudioFileError          a file cannot be read as audio
    |-- DeviceError             a sound device cannot be used at all
    |   |-- NoMicrophoneError
    |   |-- NoLoudspeakerError
    |   `-- MicrophoneLostError it worked and then stopped; what was recorded is in the journal
    |-- JournalError            the recording cannot be written or read
    |-- VoiceError              text could not be turned into speech
    |-- WeightsError            a model is absent, damaged or not the one expected
    |-- HearingError            the recogniser failed
    |-- CheckError              the check could not run; never turned into "missed"
    `-- ArchiveError            attempts cannot be stored or read

Faces print `str(error)` and leave with `error.exit_code`; nothing else is caught on purpose.
"""


class CoachError(Exception):
    """Base of all; its text is complete sentences for the person at the desk."""

    exit_code = 1


class UsageError(CoachError):
    """Misuse: an unknown name, a path that is not there, options that contradict."""

    exit_code = 2


class ContentError(CoachError):
    """A drill or rubric file that cannot be used; the text names the file and, where known, the line."""

    exit_code = 2


class AudioFileError(CoachError):
    """A file that cannot be read as audio."""


class DeviceError(CoachError):
    """A sound device that cannot be used."""


class NoMicrophoneError(DeviceError):
    """No microphone could be opened; the text names the package or setting to fix."""


class NoLoudspeakerError(DeviceError):
    """No loudspeaker could be opened."""


class MicrophoneLostError(DeviceError):
    """The microphone worked and then stopped; the audio so far is kept."""


class JournalError(CoachError):
    """The recording cannot be written to disk or read back."""


class VoiceError(CoachError):
    """Text could not be turned into speech."""


class WeightsError(CoachError):
    """A model's weights are absent, damaged or not the expected ones."""


class HearingError(CoachError):
    """The recogniser could not be loaded or failed while decoding."""


class CheckError(CoachError):
    """The check could not run."""


class ArchiveError(CoachError):
    """The archive of attempts cannot be read or written."""
