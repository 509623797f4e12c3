"""Stage 4: from a criterion to what an applicant writes that meets it.

Half of the steps are stage 3's, on this project's own pairs with some of its other data mixed in, so that
nothing is forgotten. The other half are contrastive (van den Oord et al. 2018): a criterion, or the anchor of
one of its levels, in Swedish or English, must be nearest to evidence for it, in either language, among other
criteria's evidence and among lines that look like evidence and are none: negated, wished, another person's
merit, a neighbouring field. The weights kept are the mean over the second half of the run (Izmailov et al. 2018).

One criterion in ten, drawn by its text, is never trained on: the log shows the figures for those.

Usage: second.py [--steps N]
"""

import argparse
import random
import re
import time

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import save_file

import common as c
from distil import SCALE, Teacher, both_ways
from measure import Development, load

BATCH, CRITERIA, PART = 128, 24, 40
RATE_WORDS, RATE_BODY = 3e-4, 4e-5
STEPS = 900
SHARES = {"own": 0.6, "everyday": 0.22, "documents": 0.08, "labels": 0.06, "described": 0.04}
HELD = 0.1


def held(one):
    return c.fraction("criterion" + one["sv"]["criterion"]) < HELD


NEGATIONS = {
    "sv": (re.compile(r"^(Jag|Vi) (har|hade|är|var|kan|kunde|fick|blev|\w+ade|\w+te|\w+er|\w+ar)\b(?! inte| aldrig)"),
           ["inte", "aldrig", "ännu inte", "tyvärr inte"]),
    "en": (re.compile(r"^(I|We) (have|had|am|was|were|can|could)\b(?! not| never)"), ["not", "never", "not yet"]),
}


def negated(text, language):
    """The sentence with a negation behind its verb, or nothing where the pattern does not fit."""
    pattern, words = NEGATIONS[language]
    found = pattern.match(text)
    return found and text[: found.end()] + " " + random.choice(words) + text[found.end() :]


class Criteria:
    """Draws the contrastive steps."""

    def __init__(self, tok, rows):
        self.tok, self.rows, self.left = tok, rows, []

    def draw(self):
        if len(self.left) < CRITERIA:
            self.left = random.sample(self.rows, len(self.rows))
        chosen, self.left = self.left[:CRITERIA], self.left[CRITERIA:]
        queries, evidence, against = [], [], []
        for number, one in enumerate(chosen):
            language = random.choice(["sv", "en"])
            if random.random() < 0.6 or "strong" not in one["sv"]:
                key, levels = "criterion", ("strong", "adequate")
            else:
                key = random.choice(["strong", "strong", "adequate", "adequate", "weak"])
                levels = (key,)
            queries.append(one[language][key])
            fitting = [e for e in one["evidence"] if e["level"] in levels] or one["evidence"]
            for e in random.sample(fitting, min(2, len(fitting))):
                spoken = random.choice(["sv", "sv", "en"])
                evidence.append((number, e[spoken]))
                other = negated(e[spoken], spoken)
                if other and key != "weak":
                    against.append((number, other))
            if key == "weak":
                continue  # A claim without an example is what this anchor means.
            for e in random.sample(one["against"], min(3, len(one["against"]))):
                against.append((number, e[random.choice(["sv", "sv", "en"])]))
        return queries, evidence, against

    def step(self, trainer):
        queries, evidence, against = self.draw()
        sets = [c.ids_of(self.tok, texts) for texts in (queries, [t for _, t in evidence], [t for _, t in against])]
        # Texts of about one length together, whatever they are: little padding.
        ids = [one for own in sets for one in own]
        order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
        parts = [order[at : at + PART] for at in range(0, len(order), PART)]
        batches = [c.padded(ids, part) for part in parts]
        trainer.begin(batches)
        made = torch.cat([trainer.read(b) for b in batches])[torch.tensor(np.argsort(np.concatenate(parts)))]
        q, e, a = made.split([len(own) for own in sets])
        owner = torch.tensor([n for n, _ in evidence])
        sim = q @ torch.cat([e, a]).T * SCALE
        # Each right line against all wrong ones: the criterion's other right lines do not count.
        same = owner[:, None] == owner[None, :]
        rows = sim[owner]
        mask = torch.zeros_like(rows)
        mask[:, : len(owner)] = (same & ~torch.eye(len(owner), dtype=torch.bool)).float() * -1e9
        forward = F.cross_entropy(rows + mask, torch.arange(len(owner)))
        back = F.cross_entropy((e @ q.T) * SCALE, owner)
        return forward + 0.5 * back


def sources():
    (everyday, _), skills = c.everyday(), c.skills()
    out = [("own", sv, en) for sv, en in c.own_pairs()]
    for one in c.own_criteria():
        if not held(one):
            out += [("own", one["sv"][k], one["en"][k]) for k in one["sv"]]
            out += [("own", e["sv"], e["en"]) for e in one["evidence"] + one["against"]]
    out += [("everyday", sv, en) for sv, en in everyday]
    out += [("documents", sv, en) for sv, en in c.documentation()]
    out += [("labels", sv, en) for sv, en, _ in skills]
    out += [("described", sv, text) for sv, _, text in skills if len(text) > 30]
    return out


class Mixture:
    """Draws stage 3's steps: each of one source and of texts of about one length."""

    def __init__(self, rows, lengths):
        self.rows, self.lengths = rows, lengths
        self.by = {name: [i for i, r in enumerate(rows) if r[0] == name] for name in SHARES}
        self.ready = {name: [] for name in SHARES}

    def draw(self):
        name = random.choices(list(SHARES), SHARES.values())[0]
        if not self.ready[name]:
            order = random.sample(self.by[name], len(self.by[name]))
            for at in range(0, len(order), BATCH * 20):
                chunk = sorted(order[at : at + BATCH * 20], key=lambda i: self.lengths[i])
                self.ready[name] += [chunk[b : b + BATCH] for b in range(0, len(chunk), BATCH)]
            random.shuffle(self.ready[name])
        return name, self.ready[name].pop()


def measure(weights, tok, rows):
    """Held-out criteria: share whose nearest evidence is their own, area under the curve, false lines behind."""
    weights = {k: v.detach() for k, v in weights.items()}
    out = []
    for language in ("sv", "en"):
        q = c.vectors(weights, c.ids_of(tok, [one[language]["criterion"] for one in rows]))
        lines = [(n, e[language]) for n, one in enumerate(rows) for e in one["evidence"] if e["level"] != "weak"]
        wrong = [(n, e[language], e["kind"]) for n, one in enumerate(rows) for e in one["against"]]
        e = c.vectors(weights, c.ids_of(tok, [t for _, t in lines]))
        a = c.vectors(weights, c.ids_of(tok, [t for _, t, _ in wrong]))
        owner = np.array([n for n, _ in lines])
        sim = q @ e.T
        top = (owner[sim.argmax(1)] == np.arange(len(q))).mean()
        own = owner[None, :] == np.arange(len(q))[:, None]
        right, other = sim[own], np.sort(sim[~own])
        auc = (np.searchsorted(other, right) / len(other)).mean()
        behind = {}
        for row, (n, _, kind) in zip(a, wrong):
            best = sim[n][owner == n].mean()
            behind.setdefault(kind, []).append(float(q[n] @ row) < best)
        shares = " ".join(f"{k} {np.mean(v):.2f}" for k, v in behind.items())
        out.append(f"{language}: top-1 {top:.2f} AUC {auc:.3f} behind: {shares}")
    return " | ".join(out)


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--steps", type=int, default=STEPS)
    options.add_argument("--start", default=str(c.WORK / "distilled.safetensors"))
    options.add_argument("--out", default=str(c.WORK / "second.safetensors"))
    options = options.parse_args()
    c.seed(1)
    tok = c.tokenizer(c.WORK / "tokenizer.json")
    base = c.base_weights()
    rows = sources()
    teacher = Teacher(base, c.tokenizer(c.BASE / "tokenizer.json"), [en for _, _, en in rows])
    swedish, english = (c.ids_of(tok, [r[side] for r in rows]) for side in (1, 2))
    mixture = Mixture(rows, [len(x) for x in swedish])
    all_criteria = c.own_criteria()
    criteria = Criteria(tok, [one for one in all_criteria if not held(one)])
    kept_out = [one for one in all_criteria if held(one)]
    student = load(options.start)
    trainer = c.Trainer(student, RATE_WORDS, RATE_BODY)
    develop = Development(tok, base)
    print(f"{len(rows)} pairs, {len(criteria.rows)} criteria, {len(kept_out)} held out", flush=True)
    print("   ", develop(student), "\n   ", measure(student, tok, kept_out), flush=True)
    mean, count, began = None, 0, time.time()
    for step in range(options.steps):
        done = step / options.steps
        rate = min(1, (done + 1e-3) / 0.05) * (1 - 0.9 * done)
        if step % 2 == 0:
            loss = criteria.step(trainer)
        else:
            name, batch = mixture.draw()
            target = teacher(batch)
            read = [c.padded(swedish, batch)]
            hold = name != "described" and step % 4 == 1
            if hold:
                read.append(c.padded(english, batch))
            trainer.begin(read)
            made = trainer.read(read[0])
            loss = both_ways(made, target) * 0.5
            if name != "described":
                loss = loss + (made - target).square().sum(1).mean()
            if hold:
                loss = loss + (trainer.read(read[1]) - target).square().sum(1).mean()
        trainer.end(loss, rate)
        if step >= options.steps // 2 and step % 10 == 0:
            now = {k: v.detach() for k, v in student.items()}
            count += 1
            if mean is None:
                mean = {k: v.clone() for k, v in now.items()}
            else:
                for k, v in now.items():
                    mean[k] += (v - mean[k]) / count
        if (step + 1) % 50 == 0:
            print(f"{time.time() - began:.0f}s step {step + 1} loss {loss.item():.4f}", flush=True)
        if (step + 1) % 300 == 0:
            print("   ", develop(student), "\n   ", measure(student, tok, kept_out), flush=True)
    print("mean of the second half:\n   ", develop(mean), "\n   ", measure(mean, tok, kept_out), flush=True)
    save_file({k: v.contiguous() for k, v in mean.items()}, options.out)


if __name__ == "__main__":
    main()
