"""What recognisers make of the field's terms, and the terms: repaired when matching, never in the stored words.

Found by speaking the terms with synthetic voices and reading what the recogniser made of them
(`tests/benchmarks/mishear_terms.py`), and fixed for all drills: hearing is never told what a drill hopes for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from voice_coach.check.reader import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

_REPAIRS = {
    "canary": "cannery, canari, canarie, can airy",
    "guardrails": "guard rails, guard reels, god rails, card rails, guard dreams, gardrails, guardrels",
    "hallucination": "hall of nation, hallucinacion, hallusination, hallo cination",
    "hallucinations": "hall of nations",
    "json": "jason, jay son, j son",
    "json schema": "jason schema, jason skima, jason scheme",
    "eval": "e val",
    "evals": "e vals, evils",
    "eval harness": "email harness, evil harness, e val harness",
    "embedding": "in bedding, m bedding",
    "embeddings": "in beddings, in bettings, m beddings, embettings",
    "idempotent": "item potent, i'd impotent, idem potent, i dem potent, idempotence",
    "idempotency": "item potency, idem potency",
    "lora": "low ra",
    "rag": "r a g",
    "llm": "l l m, ll m, ellem",
    "llms": "l l ms, ll ms, l l m s",
    "pii": "p i i, pi i",
    "sql": "s q l",
    "kubernetes": "cooper netties, cuba netties, kuber netes",
    "pydantic": "pie dantic, pi dantic",
    "pytorch": "pie torch",
    "langchain": "lang chain",
    "weaviate": "we v eight, weave eight",
    "pgvector": "pg vector, p g vector",
    "vllm": "v l l m, vl l m",
    "kappa": "capper",
    "bm25": "b m 25, beam 25, bm 25, b m twenty five",
    "latency": "late and see, latent sea, lately see",
    "retrieval": "retreval",
    "redaction": "re action, remaction",
    "pii redaction": "ai redaction, ai remaction, eye redaction, eye remaction",
    "p95": "p ninety five, p 95, pea 95, b 95, p.95",
    "p99": "p ninety nine, p 99, pea 99, b 99",
    "gdpr": "g d p r, gdp r",
    "regex": "reg ex",
    "rollback": "roll back, role back",
    "rollout": "roll out, role out",
    "allow-list": "allow list, a low list, a loud list",
    "tool calling": "2 calling",
    "chain of thought": "chain on thought, chain unthought",
    "structured output": "structure output, tructured output, structured out put",
    "faithfulness": "8fulness, acefulness",
    "regressions": "redressions",
    "tenant isolation": "tendent isolation",
    "distributed tracing": "tributed tracing, this tributed tracing",
    "graceful degradation": "raceful degradation, braceful degradation",
    "nondeterministic": "non deterministic, known deterministic",
    "deduplicate": "dedupe, d dupe",
    "caching": "cashing",
    "cached": "cashed",
    "semantic cache": "semantic cash, cemented cache",
    "kv cache": "k v cash, kv cash",
    "prompt": "promt",
    "observability": "observe ability",
    "opentelemetry": "open telemetry",
    "jailbreak": "jail break",
}  # fmt: skip
_LONGEST = 4

REPAIRS: dict[tuple[str, ...], str] = {
    tuple(heard.split()): term for term, all_heard in _REPAIRS.items() for heard in all_heard.split(", ")
}
"""What was heard, word by word in plain form, to the term."""


def repaired(words: Sequence[str]) -> list[str]:
    """The words with mis-heard terms put right: as many as before, the rest of a term being empty.

    Longer mis-hearings come first; repairing what is repaired changes nothing.
    """
    forms = [plain(word) for word in words]
    result = list(words)
    index = 0
    while index < len(forms):
        length = next(
            (
                n
                for n in range(_LONGEST, 0, -1)
                if tuple(forms[index : index + n]) in REPAIRS and index + n <= len(forms)
            ),
            0,
        )
        if length:
            result[index] = REPAIRS[tuple(forms[index : index + length])]
            result[index + 1 : index + length] = [""] * (length - 1)
        index += length or 1
    return result
