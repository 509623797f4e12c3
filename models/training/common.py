"""What every stage shares: where things lie, the network, the data, batches.

The network is the published BERT encoder (Devlin et al. 2019) as sentence-transformers' MiniLM uses it
(Wang et al. 2020): token, position and type embeddings, six post-norm layers, mean pooling over all
tokens, length 1. Written out here so that gradients, dtype and padding are ours to see.
"""

import contextlib
import csv
import gzip
import hashlib
import json
import os
import pathlib
import random
import re

import numpy as np
import torch
import torch.nn.functional as F
from safetensors import safe_open
from tokenizers import Tokenizer

HERE = pathlib.Path(__file__).resolve().parent
# Everything that is made on the way lies here, outside the repository.
WORK = pathlib.Path(os.environ.get("URVAL_TRAINING", pathlib.Path.home() / ".cache" / "urval-training"))
# The open data, as `README.md` lists it.
DATA = pathlib.Path(os.environ.get("URVAL_DATA", HERE.parents[2] / "shared" / "data"))
BASE = WORK / "base"
TEXT = HERE / "text"

LAYERS, HEADS, SIZE = 6, 12, 384
PREFIX = "encoder.layer."
SEED = 20261125


def seed(offset=0):
    """One seed for every stage; the same machine and thread count then give the same weights."""
    random.seed(SEED + offset)
    np.random.seed(SEED + offset)
    torch.manual_seed(SEED + offset)
    torch.set_num_threads(int(os.environ.get("URVAL_THREADS", "2")))


def read_tensors(path):
    with safe_open(str(path), "pt") as file:
        return {name: file.get_tensor(name) for name in file.keys()}


def base_weights():
    """The English base model's tensors, without the pooler that it never trained."""
    tensors = read_tensors(BASE / "model.safetensors")
    return {k: v.float() for k, v in tensors.items() if "pooler" not in k and v.is_floating_point()}


def tokenizer(path):
    loaded = Tokenizer.from_file(str(path))
    loaded.no_padding()
    loaded.no_truncation()
    return loaded


def ids_of(tok, texts, most=64):
    """Token ids with [CLS] and [SEP], cut at `most`: only training cuts, the service never does."""
    out = []
    for encoding in tok.encode_batch(texts):
        ids = encoding.ids
        out.append(np.array(ids if len(ids) <= most else ids[: most - 1] + [ids[-1]], np.int64))
    return out


def padded(ids, rows):
    length = max(len(ids[i]) for i in rows)
    x = np.zeros((len(rows), length), np.int64)
    mask = np.zeros((len(rows), length), np.float32)
    for r, i in enumerate(rows):
        x[r, : len(ids[i])] = ids[i]
        mask[r, : len(ids[i])] = 1
    return torch.from_numpy(x), torch.from_numpy(mask)


def low_precision():
    """bfloat16 where the processor multiplies it (x86 AVX512-BF16, AMX): about twice as fast."""
    if os.environ.get("URVAL_BF16", "auto") == "auto":
        with contextlib.suppress(OSError):
            return "avx512_bf16" in pathlib.Path("/proc/cpuinfo").read_text()
    return os.environ.get("URVAL_BF16") == "1"


BF16 = low_precision()


def encode(W, x, mask):
    """Unit vectors of a padded batch: tensors `W`, ids [rows, length], mask [rows, length] -> [rows, 384]."""
    rows, length = x.shape
    hidden = F.embedding(x, W["embeddings.word_embeddings.weight"])
    hidden = hidden + W["embeddings.position_embeddings.weight"][:length]
    hidden = hidden + W["embeddings.token_type_embeddings.weight"][0]
    hidden = F.layer_norm(
        hidden, (SIZE,), W["embeddings.LayerNorm.weight"], W["embeddings.LayerNorm.bias"], 1e-12
    )
    full = bool(mask.all())
    # Plain products: torch 2.7's fused attention has a slow backward pass on short texts.
    away = None if full else (mask - 1)[:, None, None, :] * 1e9
    dtype = torch.bfloat16 if BF16 else torch.float32
    for layer in range(LAYERS):
        p = f"{PREFIX}{layer}."

        def linear(name, y, p=p):
            return F.linear(y.to(dtype), W[p + name + ".weight"].to(dtype), W[p + name + ".bias"].to(dtype))

        def norm(name, y, p=p):
            return F.layer_norm(y, (SIZE,), W[p + name + ".weight"], W[p + name + ".bias"], 1e-12)

        q, k, v = [
            linear("attention.self." + n, hidden).view(rows, length, HEADS, 32).transpose(1, 2)
            for n in ("query", "key", "value")
        ]
        scores = torch.matmul(q, k.transpose(2, 3)).float() * (32**-0.5)
        weights = torch.softmax(scores if away is None else scores + away, dim=-1)
        mixed = torch.matmul(weights.to(dtype), v)
        mixed = mixed.transpose(1, 2).reshape(rows, length, SIZE)
        hidden = norm("attention.output.LayerNorm", hidden + linear("attention.output.dense", mixed).float())
        wide = F.gelu(linear("intermediate.dense", hidden))
        hidden = norm("output.LayerNorm", hidden + linear("output.dense", wide).float())
    weight = mask[:, :, None]
    return F.normalize((hidden * weight).sum(1) / weight.sum(1), dim=-1)


@torch.inference_mode()
def vectors(W, ids, batch=128):
    """Unit vectors of many texts, in their order, as numpy float32."""
    order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
    out = np.zeros((len(ids), SIZE), np.float32)
    for at in range(0, len(order), batch):
        rows = order[at : at + batch]
        out[rows] = encode(W, *padded(ids, rows)).numpy()
    return out


class Trainer:
    """AdamW (Loshchilov & Hutter 2019) over a student. Of the word vectors only the rows that a step meets
    are touched, moments and decay included: the rest of the 70 MB stays where it is.

    A step is: `begin`, `read` for every batch of texts, `end` with the loss.
    """

    WORDS = "embeddings.word_embeddings.weight"
    BETA1, BETA2, EPSILON, DECAY, CLIP = 0.9, 0.999, 1e-8, 0.01, 1.0

    def __init__(self, student, rate_words, rate_body):
        self.student = student
        self.rates = rate_words, rate_body
        self.body = [v.requires_grad_(True) for k, v in student.items() if k != self.WORDS]
        self.optimiser = torch.optim.AdamW(self.body, lr=rate_body, weight_decay=self.DECAY, fused=True)
        self.mean = torch.zeros_like(student[self.WORDS])
        self.square = torch.zeros_like(student[self.WORDS])
        self.steps = 0

    def begin(self, batches):
        """`batches`: what the step will read, each from `padded`."""
        self.rows = torch.unique(torch.cat([x.flatten() for x, _ in batches]))
        self.own = self.student[self.WORDS][self.rows].requires_grad_(True)

    def read(self, batch):
        x, mask = batch
        return encode(self.student | {self.WORDS: self.own}, torch.searchsorted(self.rows, x), mask)

    def end(self, loss, share):
        """`share`: of the full rates, 0..1."""
        self.steps += 1
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.body + [self.own], self.CLIP)
        self.optimiser.param_groups[0]["lr"] = self.rates[1] * share
        self.optimiser.step()
        rate, grad, rows = self.rates[0] * share, self.own.grad, self.rows
        with torch.no_grad():
            mean = self.mean[rows].mul_(self.BETA1).add_(grad, alpha=1 - self.BETA1)
            square = self.square[rows].mul_(self.BETA2).addcmul_(grad, grad, value=1 - self.BETA2)
            self.mean[rows], self.square[rows] = mean, square
            size = (square / (1 - self.BETA2**self.steps)).sqrt_().add_(self.EPSILON)
            moved = self.own * (1 - rate * self.DECAY) - rate / (1 - self.BETA1**self.steps) * mean / size
            self.student[self.WORDS][rows] = moved

    def state(self):
        student = {k: v.detach() for k, v in self.student.items()}
        return {"student": student, "optimiser": self.optimiser.state_dict(), "mean": self.mean,
                "square": self.square, "steps": self.steps}

    def restore(self, state):
        with torch.no_grad():
            for name, tensor in self.student.items():
                tensor.copy_(state["student"][name])
        self.optimiser.load_state_dict(state["optimiser"])
        self.mean, self.square, self.steps = state["mean"], state["square"], state["steps"]


# ---- data ------------------------------------------------------------------------------------------


def fraction(text):
    """A number in 0..1 that only depends on the text: draws that every stage repeats alike."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6], "big") / 2**48


def plain(text):
    return re.sub(r"\W+", " ", text.lower()).strip()


def tsv(path):
    opener = gzip.open if str(path).endswith(".gz") else open
    with opener(path, "rt", encoding="utf-8") as file:
        next(file)
        for line in file:
            yield line.rstrip("\n").split("\t")


def documentation():
    """Public product documentation; machine-translated and one-sided subjects are thinned out."""
    for row in tsv(DATA / "parallel/sv_en.tsv.gz"):
        if len(row) < 4 or not 2 <= len(row[0].split()) <= 26:
            continue
        share = (0.4 if row[2].endswith("-mt") else 1) * (
            0.4 if row[3] in ("itpro", "scm", "retail", "fin-ops") else 1
        )
        if fraction("doc" + row[0]) < share:
            yield row[0], row[1]


def everyday():
    """Tatoeba: (training pairs, 1,000 held-out pairs); nothing of the second, on either side, is in the first."""
    rows = [(r[0], r[1]) for r in tsv(DATA / "parallel/tatoeba_sv_en.tsv") if len(r) == 2]
    held, seen_sv, seen_en = [], set(), set()
    for sv, en in sorted(rows, key=lambda r: fraction("held" + r[0] + r[1])):
        a, b = plain(sv), plain(en)
        if len(held) < 1000 and a not in seen_sv and b not in seen_en:
            held.append((sv, en))
            seen_sv.add(a)
            seen_en.add(b)
    train = [(sv, en) for sv, en in rows if plain(sv) not in seen_sv and plain(en) not in seen_en]
    return train, held


def skills():
    """ESCO skills: (Swedish label, English label, English description). Occupations are never read."""
    return [tuple(r[1:4]) for r in tsv(DATA / "skills/esco-sv-en/skills_sv_en.tsv") if len(r) >= 4 and r[1]]


def own_pairs():
    """Application text written for this project."""
    out = []
    for path in sorted(TEXT.glob("pairs-*.tsv")):
        out += [(r[0], r[1]) for r in tsv(path) if len(r) == 2]
    return out


ANCHORS = ("weak", "adequate", "strong")


def own_criteria():
    """Criteria with evidence and what is no evidence, written for this project; most with level anchors.

    The minimal contrasts (one line of evidence and the same negated, wished, done by another) have none.
    """
    out = []
    for path in sorted(TEXT.glob("criteria-*.jsonl")):
        with open(path, encoding="utf-8") as file:
            out += [json.loads(line) for line in file if line.strip()]
    for path in sorted(TEXT.glob("contrasts-*.jsonl")):
        with open(path, encoding="utf-8") as file:
            for row in map(json.loads, filter(str.strip, file)):
                one = {"id": row["id"]}
                one |= {spoken: {"criterion": row[spoken]["criterion"]} for spoken in ("sv", "en")}
                one["evidence"] = [{"level": "strong"} | {s: row[s]["evidence"] for s in ("sv", "en")}]
                one["against"] = [
                    {"kind": kind} | {s: row[s][kind] for s in ("sv", "en")}
                    for kind in ("negated", "wished", "other")
                ]
                out.append(one)
    return out


def write_csv(path, header, rows):
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
