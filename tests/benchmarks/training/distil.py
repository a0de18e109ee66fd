"""How far one network's tags are from another's: what a network of fewer layers learns from the full one.

Knowledge distillation (Hinton et al. 2015), token by token: a teacher's probabilities say more of each token than a
label of the whole answer does. The layers to leave out were found one after the other, each time the one without which
the tags move least.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch.nn import functional

from voice_coach.check.reader import CONCEPTS, SIZES, VERDICTS_READ

if TYPE_CHECKING:
    import torch

_TINY = 1e-9
_STANCE = 0.5
"""How much the stance counts beside verdicts and red flags."""


def divergence(logits: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """Kullback-Leibler divergence of what is said from what is wanted, both logits of shape (texts, sum(SIZES)): summed
    over concepts and red flags, the mean over texts."""
    (verdicts, claims, stance), (verdicts_wanted, claims_wanted, stance_wanted) = (
        one.split(SIZES, dim=-1) for one in (logits, wanted)
    )
    by_concept = (-1, len(CONCEPTS), len(VERDICTS_READ))
    raised = claims_wanted.sigmoid()
    doubt = -(raised * (raised + _TINY).log() + (1 - raised) * (1 - raised + _TINY).log())
    flags = functional.binary_cross_entropy_with_logits(claims, raised, reduction="none") - doubt
    return (
        _divergence(verdicts.reshape(by_concept), verdicts_wanted.reshape(by_concept)).sum(-1)
        + flags.sum(-1)
        + _STANCE * _divergence(stance, stance_wanted)
    ).mean()


def _divergence(logits: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """Over the last axis."""
    return (wanted.softmax(-1) * (wanted.log_softmax(-1) - logits.log_softmax(-1))).sum(-1)
