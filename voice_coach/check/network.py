"""The judge's files: weights and vocabulary, each checked by its SHA-256 before use, and the runtime."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from voice_coach.errors import CheckError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray
    from tokenizers import Tokenizer

TOKENIZER_SHA256 = "5fd1c882abbd30517dced455a2c9768945ec726b96727927e4959348d9de550b"
_TOKENIZER = Path(__file__).parent / "reader_data" / "tokenizer.json"


def verified(path: Path, sha256: str) -> bytes:
    """The file's content, which is what the hash says.

    Raises:
        CheckError: it cannot be read, or is something else.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CheckError(f"{path} of the judge cannot be read ({error.strerror}); install again.") from error
    if hashlib.sha256(content).hexdigest() != sha256:
        raise CheckError(
            f"{path} is damaged or another version (its SHA-256 is not {sha256}); install again."
        )
    return content


def loaded(model: bytes) -> Any:
    """A session on one thread, so that the order of its sums never changes.

    Raises:
        CheckError: the runtime cannot load it.
    """
    try:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.enable_mem_pattern = False  # a plan kept for every length of input would grow with the answer
        return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # the library raises types of its own
        raise CheckError(f"A network of the judge could not be loaded: {error}.") from error


def outcome(session: Any, inputs: Mapping[str, NDArray[Any]], wanted: Sequence[str]) -> list[NDArray[Any]]:
    """What the network makes of the inputs.

    Raises:
        CheckError: the runtime failed.
    """
    try:
        found: list[NDArray[Any]] = session.run(list(wanted), dict(inputs))
    except Exception as error:  # the runtime raises types of its own
        raise CheckError(f"The reader failed: {error}.") from error
    return found


def tokenizer() -> Tokenizer:
    """The reader's word pieces (BERT's vocabulary), without truncation and padding.

    Raises:
        CheckError: it is missing or not the expected one.
    """
    content = verified(_TOKENIZER, TOKENIZER_SHA256)
    try:
        from tokenizers import Tokenizer

        words = Tokenizer.from_buffer(content)
        words.no_truncation()
        words.no_padding()
    except Exception as error:  # the library raises types of its own
        raise CheckError(f"The tokenizer could not be loaded: {error}.") from error
    return words
