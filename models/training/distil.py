"""Stage 3: the student reads Swedish to where the teacher reads the English of the same sentence.

Reimers & Gurevych 2020 ("Making monolingual sentence embeddings multilingual using knowledge distillation"):
squared distance between student(sv) and teacher(en), here with the cross-entropy of the right one among the
batch, both ways, at scale 20; and in every fourth step student(en) is held to teacher(en). ESCO's English
descriptions pull only by cross-entropy: a label is no translation of its description.

Usage: distil.py [--steps N]. Every 400 steps a checkpoint is written; started again, it goes on from there.
"""

import argparse
import random
import time

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import save_file

import common as c
from measure import Development, load

BATCH, SCALE, WARM = 128, 20.0, 0.05
RATE_WORDS, RATE_BODY = 1e-3, 1.2e-4
# How often each source is gone through.
PASSES = {"documents": 1.0, "everyday": 7.0, "labels": 4.0, "described": 2.0}


class Teacher:
    """Vectors of the English sides, made when first asked for."""

    def __init__(self, weights, tok, texts):
        self.weights = weights
        self.ids = c.ids_of(tok, texts)
        self.known = np.full((len(texts), c.SIZE), np.nan, np.float32)

    def __call__(self, rows):
        missing = [r for r in rows if np.isnan(self.known[r, 0])]
        if missing:
            self.known[missing] = c.vectors(self.weights, [self.ids[r] for r in missing])
        return torch.from_numpy(self.known[rows])


def sources():
    documents, (everyday, _), skills = list(c.documentation()), c.everyday(), c.skills()
    out = [(name, sv, en) for name, rows in (("documents", documents), ("everyday", everyday)) for sv, en in rows]
    out += [("labels", sv, en) for sv, en, _ in skills]
    out += [("described", sv, text) for sv, _, text in skills if len(text) > 30]
    return out


def plan(rows, lengths):
    """The batches of the whole run: each of one source and of texts of about one length, in random order."""
    batches = []
    for name, passes in PASSES.items():
        own = [i for i, row in enumerate(rows) if row[0] == name]
        order = []
        while len(order) < int(len(own) * passes):
            random.shuffle(own)
            order += own
        order = order[: int(len(own) * passes)]
        for at in range(0, len(order), BATCH * 40):
            chunk = sorted(order[at : at + BATCH * 40], key=lambda i: lengths[i])
            batches += [chunk[b : b + BATCH] for b in range(0, len(chunk), BATCH)]
    batches = [b for b in batches if len(b) > BATCH // 2]
    random.shuffle(batches)
    return batches


def both_ways(a, b):
    sim = a @ b.T * SCALE
    own = torch.arange(len(a))
    return (F.cross_entropy(sim, own) + F.cross_entropy(sim.T, own)) / 2


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--steps", type=int, default=0, help="end after so many (0: the whole plan)")
    options = options.parse_args()
    c.seed()
    tok = c.tokenizer(c.WORK / "tokenizer.json")
    base = c.base_weights()
    rows = sources()
    teacher = Teacher(base, c.tokenizer(c.BASE / "tokenizer.json"), [en for _, _, en in rows])
    swedish, english = (c.ids_of(tok, [r[side] for r in rows]) for side in (1, 2))
    batches = plan(rows, [len(x) for x in swedish])
    total = min(options.steps or len(batches), len(batches))
    student = load(c.WORK / "initial.safetensors")
    trainer = c.Trainer(student, RATE_WORDS, RATE_BODY)
    first, kept = 0, c.WORK / "distil.checkpoint"
    if kept.exists():
        saved = torch.load(kept)
        trainer.restore(saved)
        first = saved["steps"]
    develop = Development(tok, base)
    print(f"{len(rows)} pairs, {len(batches)} batches, {total} steps, from {first}", flush=True)
    began, seen = time.time(), 0
    for step in range(first, total):
        done = step / total
        rate = min(1, (done + 1e-3) / WARM) * (1 - done)
        batch = batches[step]
        target = teacher(batch)
        read = [c.padded(swedish, batch)]
        hold = rows[batch[0]][0] != "described" and step % 4 == 0
        if hold:
            read.append(c.padded(english, batch))
        trainer.begin(read)
        made = trainer.read(read[0])
        loss = both_ways(made, target) * 0.5
        if rows[batch[0]][0] != "described":
            loss = loss + (made - target).square().sum(1).mean()
        if hold:
            loss = loss + (trainer.read(read[1]) - target).square().sum(1).mean()
        trainer.end(loss, rate)
        seen += len(batch)
        if (step + 1) % 50 == 0:
            print(f"{time.time() - began:.0f}s step {step + 1} pairs {seen} loss {loss.item():.4f}", flush=True)
        if (step + 1) % 400 == 0 or step + 1 == total:
            half = c.WORK / "distil.checkpoint.half"
            torch.save(trainer.state(), half)
            half.rename(kept)
        if (step + 1) % 400 == 0 or step + 1 == total:
            print("   ", develop(student), flush=True)
    save_file({k: v.detach().contiguous() for k, v in student.items()}, str(c.WORK / "distilled.safetensors"))


if __name__ == "__main__":
    main()
