"""Words of the field, the same ones before everything that is heard, whatever the drill.

Whisper writes a word that it has just read far more readily: of the field's terms in the benchmark it gets 89 in 100
with these and 55 without, and none in speech and noise that hold none. On accented speech it costs a word in a
hundred, so the recogniser compares where it is in doubt, and the hearing that follows the report does without. Hearing
never knows what a drill hopes for; what it is told here covers all of them alike. Short sentences, since after a bare
list it writes lists, without capitals and full stops; what is hard to hear stands last, where it counts most.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from voice_coach.records import Word

VERSION = 2
"""Changes with the text, since words depend on it."""

TEXT = (
    "Retrieval, embeddings in a vector database, chunking, a reranker, BM25. Few-shot examples, chain of thought, "
    "LoRA, quantization. Structured output follows a JSON schema. Use a seed. The eval harness, a golden set, an LLM "
    "as a judge. Handlers are idempotent, exponential backoff, a dead letter queue. Tenant isolation, row-level "
    "security, encryption at rest, guardrails, prompt injection, an audit log. Canary, kill switch, data drift, "
    "retraining, p95 latency, KV cache, semantic cache. Rate limiting, token bucket, time to live, timeouts, "
    "webhooks. Human in the loop, fallback, graceful degradation, observability, distributed tracing. Tool calling in "
    "a sandbox, allow list. PII redaction. Batching helps throughput. Shadow traffic finds regressions. Grounding and "
    "faithfulness are rated."
)
"""213 of the 223 tokens that Whisper takes as the text before."""

TERMS = tuple(
    tuple(term.split())
    for term in (
        "retrieval, embeddings, vector database, chunking, reranker, bm25, grounding, faithfulness, few shot, "
        "chain of thought, structured output, json schema, seed, lora, quantization, eval harness, golden set, "
        "regressions, llm as a judge, idempotent, exponential backoff, dead letter queue, pii redaction, tenant "
        "isolation, row level security, encryption at rest, guardrails, prompt injection, audit log, canary, kill "
        "switch, shadow traffic, data drift, retraining, p95, kv cache, semantic cache, batching, throughput, "
        "rate limiting, token bucket, time to live, timeouts, webhooks, tool calling, allow list, sandbox, human "
        "in the loop, fallback, graceful degradation, observability, distributed tracing"
    ).split(", ")
)
"""The terms of the text, in plain form."""

RECITED = 8
"""So many words in a row as they stand above are the recogniser's own, read off instead of heard."""


def forms(text: str) -> list[str]:
    """The words of a text in plain form."""
    return re.findall(r"[a-z0-9]+", text.lower())


_FORMS = f" {' '.join(forms(TEXT))} "


def recited(text: str) -> bool:
    """Whether a recogniser that was given the glossary has read it off."""
    words = forms(text)
    return any(f" {' '.join(words[at : at + RECITED])} " in _FORMS for at in range(len(words) - RECITED + 1))


def terms(words: Sequence[Word]) -> Iterator[Sequence[Word]]:
    """Where one of the terms stands in the words: the words that are it, in order."""
    plain = [(form, at) for at, word in enumerate(words) for form in forms(word.text)]
    for first in range(len(plain)):
        for term in TERMS:
            found = plain[first : first + len(term)]
            if tuple(form for form, _ in found) == term:
                yield words[found[0][1] : found[-1][1] + 1]
