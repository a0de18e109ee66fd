"""The trained network as int8 ONNX, the form in which the program carries it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn

if TYPE_CHECKING:
    from pathlib import Path

    from tests.benchmarks.training.network import Network

_OPSET = 17


class _OnePiece(nn.Module):
    """One unpadded piece: ids and segment ids of shape (tokens,) to logits of shape (tokens, labels)."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(self, ids: torch.Tensor, kinds: torch.Tensor) -> torch.Tensor:
        batch = ids.unsqueeze(0)
        logits: torch.Tensor = self.network(batch, torch.ones_like(batch), kinds.unsqueeze(0))
        return logits.squeeze(0)


def export(network: Network, path: Path) -> None:
    """Writes the network to `path`, weights as int8 (one scale per output channel), activations scaled on the fly."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    full = path.with_suffix(".fp32.onnx")
    example = torch.arange(100, 140)
    torch.onnx.export(
        _OnePiece(network.eval()),
        (example, torch.zeros_like(example)),
        str(full),
        input_names=["ids", "kinds"],
        output_names=["logits"],
        dynamic_axes={"ids": {0: "tokens"}, "kinds": {0: "tokens"}, "logits": {0: "tokens"}},
        opset_version=_OPSET,
        dynamo=False,
    )
    quantize_dynamic(
        full, path, weight_type=QuantType.QInt8, per_channel=True, extra_options={"MatMulConstBOnly": True}
    )
    full.unlink()
