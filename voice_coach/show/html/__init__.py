"""Self-contained HTML pages: nothing is fetched, every text is escaped, and only our own style and script may run."""

from __future__ import annotations

import base64
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Environment

_FOLDER = Path(__file__).parent
POLICY = (
    "default-src 'none'; script-src {script}; style-src {style}; media-src data:; img-src data:; "
    "base-uri 'none'; form-action 'none'"
)
"""What a browser lets a page do: run the script and the style of these hashes, and play the sound inside it."""


def page(template: str, script: str, style: str = "", **values: Any) -> str:
    """A whole page.

    Args:
        template: file name in this folder.
        script: file name of the script in this folder.
        style: rules of this page alone, after those of all pages; ours, never somebody's text.
        values: what the template shows; texts in it are escaped.
    """
    from markupsafe import Markup

    rules = (_FOLDER / "page.css").read_text("utf-8") + style
    code = (_FOLDER / script).read_text("utf-8")
    return (
        _environment()
        .get_template(template)
        .render(
            policy=POLICY.format(script=_hashed(code), style=_hashed(rules)),
            style=Markup(rules),  # noqa: S704 - our own files
            script=Markup(code),  # noqa: S704 - our own files
            **values,
        )
    )


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _hashed(text: str) -> str:
    """The source expression by which a policy allows exactly this text."""
    return f"'sha256-{base64.b64encode(sha256(text.encode()).digest()).decode()}'"
