"""What the recogniser makes of the field's terms: each spoken by several synthetic voices, and heard.

    python tests/benchmarks/mishear_terms.py            each term with what came out for it, worst first
    python tests/benchmarks/mishear_terms.py --json     the same as JSON, term -> {heard: times}

From its output, read by a person, the repair map of `voice_coach/check/misheard.py` was written. Needs espeak-ng
and the model of the extra `offline`.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from voice_coach.check.text import tokens

VOICES = ("en-us", "en-gb", "en-us+f3", "en-gb-scotland", "en-us+m7", "en-029")
TERMS = (
    "guardrails", "hallucination", "embeddings", "retrieval", "RAG", "re-ranking", "idempotent", "LoRA", "fine-tuning", "PII redaction",
    "eval harness", "exponential backoff", "p95", "p99", "canary", "canary release", "shadow traffic", "feature flag", "rollback", "rollout",
    "prompt injection", "jailbreak", "system prompt", "few-shot", "chain of thought", "temperature", "top p", "logits", "token budget",
    "context window", "KV cache", "semantic cache", "prompt caching", "vector database", "BM25", "hybrid search", "cosine similarity",
    "chunking", "golden set", "regression suite", "LLM as a judge", "kappa", "calibration", "precision and recall", "A/B test", "drift",
    "observability", "traces", "OpenTelemetry", "dashboards", "alerting", "latency", "time to first token", "throughput", "streaming",
    "timeout", "circuit breaker", "fallback", "graceful degradation", "dead letter queue", "rate limit", "quota", "multi-tenant",
    "tenant isolation", "access control", "audit log", "allow-list", "JSON schema", "structured output", "pydantic", "regex", "validator",
    "read-only", "SQL", "sandbox", "tool calling", "agent", "orchestrator", "gateway", "human in the loop", "escalation", "review queue",
    "confidence threshold", "quantization", "distillation", "GPU", "vLLM", "LangChain", "pgvector", "Kubernetes", "GDPR", "SOC 2", "SLA",
    "nondeterministic", "grounding", "citations", "toxicity", "moderation", "unit economics", "cost per request", "trade-off",
)  # fmt: skip
CARRIERS = ("and then we need {} in this design", "I would look at {} before anything else")


def main() -> None:
    heard = hear()
    wrong = {term: counts for term, counts in heard.items() if any(not same(term, text) for text in counts)}
    if "--json" in sys.argv:
        sys.stdout.write(json.dumps(wrong, indent=1) + "\n")
        return
    total = sum(sum(counts.values()) for counts in heard.values())
    right = sum(times for term, counts in heard.items() for text, times in counts.items() if same(term, text))
    for term, counts in sorted(wrong.items(), key=lambda item: -sum(item[1].values())):
        others = {text: times for text, times in counts.items() if not same(term, text)}
        sys.stdout.write(
            f"{term:24} " + ", ".join(f"{text} ({times})" for text, times in others.items()) + "\n"
        )
    sys.stdout.write(f"{right} of {total} heard right ({right / total:.0%})\n")


def same(term: str, text: str) -> bool:
    """Whether the term was heard, however spelt."""
    return [t.stem for t in tokens(term.split())] == [t.stem for t in tokens(text.split())]


def hear() -> dict[str, Counter[str]]:
    """For each term what was heard in its place, and how often."""
    from faster_whisper import WhisperModel

    from voice_coach.speech.weights import locate

    model = WhisperModel(
        str(locate("base", Path("nowhere"))), device="cpu", compute_type="int8", cpu_threads=2
    )
    found: dict[str, Counter[str]] = {term: Counter() for term in TERMS}
    with tempfile.TemporaryDirectory() as folder:
        for number, voice in enumerate(VOICES):
            for term in TERMS:
                carrier = CARRIERS[number % len(CARRIERS)]
                file = Path(folder) / "term.wav"
                subprocess.run(
                    ["espeak-ng", "-v", voice, "-s", "150", "-w", str(file), carrier.format(term)], check=True
                )
                segments, _ = model.transcribe(
                    str(file), language="en", beam_size=5, condition_on_previous_text=False
                )
                text = " ".join(segment.text for segment in segments)
                before, after = (
                    re.escape(part.strip()).replace(r"\ ", r"\W+") for part in carrier.split("{}")
                )
                place = re.search(f"{before}(.*?){after}", text, re.IGNORECASE)
                found[term][place.group(1).strip(" ,.") if place else "?"] += 1
    return found


if __name__ == "__main__":
    main()
