"""What the training log shows on the way: development figures, on text that no stage trains on."""

import numpy as np
import torch

import common as c


def retrieval(a, b):
    """Share of rows of `a` whose nearest row of `b` is their own, and the other way."""
    m = a @ b.T
    own = np.arange(len(m))
    return (m.argmax(1) == own).mean(), (m.argmax(0) == own).mean()


class Development:
    """Held-out everyday sentences, held-out documentation, and how far English has moved from the teacher."""

    def __init__(self, tok, teacher):
        _, self.everyday = c.everyday()
        self.documents = [(r[0], r[1]) for r in list(c.tsv(c.DATA / "parallel/dev.tsv"))[:1000]]
        self.ids = {}
        for name, rows in (("everyday", self.everyday), ("documents", self.documents)):
            self.ids[name] = [c.ids_of(tok, [r[side] for r in rows]) for side in (0, 1)]
        old = c.tokenizer(c.BASE / "tokenizer.json")
        self.english = c.vectors(teacher, c.ids_of(old, [en for _, en in self.everyday]))

    def __call__(self, weights):
        out = []
        detached = {k: v.detach() for k, v in weights.items()}
        for name, (sv, en) in self.ids.items():
            a, b = c.vectors(detached, sv), c.vectors(detached, en)
            there, back = retrieval(a, b)
            out.append(f"{name} sv>en {there:.3f} en>sv {back:.3f}")
            if name == "everyday":
                out.append(f"en~teacher {(b * self.english).sum(1).mean():.3f}")
        return " | ".join(out)


def load(path):
    return {k: v.float() for k, v in c.read_tensors(path).items()}


if __name__ == "__main__":
    import sys

    torch.set_num_threads(2)
    print(Development(c.tokenizer(c.WORK / "tokenizer.json"), c.base_weights())(load(sys.argv[1])))
