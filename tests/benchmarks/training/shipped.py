"""The weights that ship, back as a network that can learn on: what four and eight bits kept of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

_UINT4 = 21
"""What ONNX calls numbers of four bits, which its reader of arrays does not know."""
LOOSE = 0.4
"""Of a rounding step, how far `loosen` moves a weight at most; from one half on it would round to another."""
_KINDS = "encoder.embeddings.token_type_embeddings.weight"


def resume(network: nn.Module, path: Path) -> None:
    """Gives the network the weights of an ONNX file that `export` wrote; word vectors stay as they are.

    Raises:
        ValueError: the file lacks a weight, or has one of another shape.
    """
    import onnx

    graph = onnx.load(path).graph
    stored = {
        one.name: onnx.numpy_helper.to_array(one) for one in graph.initializer if one.data_type != _UINT4
    }
    found: dict[str, NDArray[Any]] = {
        name.removeprefix("network."): values
        for name, values in stored.items()
        if name.startswith("network.") and values.dtype == np.float32
    }
    own = network.state_dict()
    found.update(_rounded(graph, stored, own))
    if (
        _KINDS in found and "part.weight" not in found
    ):  # where segments were told apart by the encoder's own vectors
        found["part.weight"] = found[_KINDS] - found[_KINDS][0]
    for name, values in own.items():
        if "word_embeddings" in name or name == "rows":
            continue
        if name not in found and name not in {"mean", "spread"}:
            raise ValueError(f"{path} has no {name}")
        if name in found:
            own[name] = torch.from_numpy(np.array(found[name], np.float32)).reshape(values.shape)
    network.load_state_dict(own)


def loosen(network: nn.Module, block: int) -> None:
    """Moves weights of four bits, in place, to somewhere at random in the range that rounds to them.

    On the grid itself each is half a step away from its neighbours, and small steps of learning move none; so spread,
    those near a border cross it. What the network says is the same before and after, once rounded.

    Args:
        network: as `resume` left it.
        block: weights that share a scale.
    """
    for module in network.modules():
        if isinstance(module, nn.Linear) and module.weight.numel() % block == 0:
            blocks = module.weight.data.view(-1, block)
            low = blocks.amin(dim=1, keepdim=True).clamp(max=0)
            high = blocks.amax(dim=1, keepdim=True).clamp(min=0)
            moved = blocks + (torch.rand_like(blocks) - 0.5) * 2 * LOOSE * (high - low) / 15
            # The ends of a block set its scale.
            module.weight.data = torch.where((blocks == low) | (blocks == high), blocks, moved).view_as(
                module.weight
            )


def _rounded(
    graph: Any, stored: dict[str, NDArray[Any]], own: Collection[str]
) -> Iterator[tuple[str, NDArray[Any]]]:
    """The weights that were rounded, by their names."""
    for node in graph.node:
        if node.op_type == "MatMulNBits":
            yield _weight_of(node.name, own), _four_bits(*(stored[part] for part in node.input[1:4]))
        elif node.op_type == "MatMulInteger":
            yield _weight_of(node.name, own), _eight_bits(stored, node.input[1].removesuffix("_quantized")).T
        elif node.op_type == "Gather" and node.input[0].endswith(".weight_quantized"):
            key = node.input[0].removesuffix("_quantized")
            yield key.removeprefix("network."), _eight_bits(stored, key)


def _weight_of(node: str, own: Collection[str]) -> str:
    """The weight that a node multiplies by; the graph names modules only from the outermost one that was called on."""
    path = node.removeprefix("/network").strip("/").rpartition("/")[0].replace("/", ".")
    (name,) = (name for name in own if f".{name}".endswith(f".{path}.weight"))
    return name


def _four_bits(packed: NDArray[Any], scales: NDArray[Any], zeros: NDArray[Any]) -> NDArray[Any]:
    """Two weights a byte, the lower half first, with a scale and a zero for each block; of shape (outputs, inputs)."""
    outputs, blocks = packed.shape[:2]
    scales = scales.reshape(outputs, blocks, 1)
    zeros = _halves(zeros.reshape(outputs, -1))[:, :blocks, None]
    return np.asarray(((_halves(packed) - zeros) * scales).reshape(outputs, -1))


def _halves(packed: NDArray[Any]) -> NDArray[Any]:
    both = np.stack((packed & 15, packed >> 4), axis=-1)
    return both.reshape(*packed.shape[:-1], -1).astype(np.float32)


def _eight_bits(stored: dict[str, NDArray[Any]], key: str) -> NDArray[Any]:
    """A scale for each output, which is the last axis."""
    return np.asarray(
        (stored[f"{key}_quantized"].astype(np.float32) - stored[f"{key}_zero_point"]) * stored[f"{key}_scale"]
    )
