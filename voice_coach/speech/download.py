"""The child process of `weights.py`: fetches one model from the hub into a folder, and ends.

Its own process because the hub's library reads its settings from the environment when it is first imported,
and because its threads would make the person who presses Ctrl-C wait for the end of the download. It is
started by path and imports nothing of this package.

Standard input: a line with `{"repository", "folder", "listing", "home", "endpoint"}`, then held open: when
it closes, the parent has gone and so does this process. The file `listing` gets what the hub says of each
file (`{name: {"size", "sha256"}}`) before the download begins. Standard output: `{"endpoint"}`, and after a
failure `error` and `kind`: `absent`, `refused`, `disk` or `network`.
"""

from __future__ import annotations

import contextlib
import errno
import fnmatch
import json
import os
import sys
import threading
from pathlib import Path
from typing import Any

PATTERNS = ("config.json", "preprocessor_config.json", "model.bin", "tokenizer.json", "vocabulary.*")
"""What `faster_whisper.utils.download_model` fetches."""

PRIVATE = {
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1",
    "HF_HUB_DISABLE_SYMLINKS_WARNING": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "HF_HUB_DISABLE_XET": "1",  # plain HTTP, which resumes within the folder and keeps no cache elsewhere
}
"""Settings of the hub's library under which nothing but the download leaves the machine."""


def fetch(request: dict[str, Any]) -> None:
    """List the repository's files in `listing`, then download them.

    Raises:
        Exception: whatever the hub's library raises.
    """
    from huggingface_hub import HfApi, snapshot_download

    endpoint = request["endpoint"]
    model = HfApi(endpoint=endpoint, token=False).model_info(request["repository"], files_metadata=True)
    files = {
        file.rfilename: {"size": file.size, "sha256": file.lfs["sha256"] if file.lfs else None}
        for file in model.siblings or ()
        if any(fnmatch.fnmatchcase(file.rfilename, pattern) for pattern in PATTERNS)
    }
    listing = Path(request["listing"])
    part = listing.with_suffix(".part")
    part.write_text(json.dumps(files), encoding="utf-8")
    part.replace(listing)
    snapshot_download(
        request["repository"],
        revision=model.sha,
        allow_patterns=list(PATTERNS),
        local_dir=request["folder"],
        endpoint=endpoint,
        token=False,
    )


def kind(error: Exception) -> str:
    """What sort of failure the library's exception is."""
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, RepositoryNotFoundError

    if isinstance(error, RepositoryNotFoundError | HFValidationError):
        return "absent"
    if isinstance(error, HfHubHTTPError):
        return "refused"
    if isinstance(error, OSError) and (error.filename is not None or error.errno == errno.ENOSPC):
        return "disk"
    return "network"


def answer(request: dict[str, Any]) -> dict[str, str]:
    """What standard output gets for `request`."""
    os.environ.update(PRIVATE, HF_HOME=request["home"])
    from huggingface_hub import constants

    reply = {"endpoint": request["endpoint"] or constants.ENDPOINT}
    try:
        fetch(request)
    except Exception as error:  # noqa: BLE001 - the library's HTTP client has changed twice, with its exceptions
        first = next(iter(str(error).splitlines()), "")
        reply |= {"kind": kind(error), "error": f"{type(error).__name__}: {first}"}
    return reply


def leave_with_parent() -> None:
    """End this process at once when standard input closes."""

    def wait() -> None:
        sys.stdin.read()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def main() -> None:
    """Answer one request."""
    request = json.loads(sys.stdin.readline())
    leave_with_parent()
    with contextlib.redirect_stdout(sys.stderr):
        reply = answer(request)
    print(json.dumps(reply), flush=True)  # noqa: T201 - the reply
    os._exit(0)  # the thread that waits for the parent holds standard input


if __name__ == "__main__":
    main()
