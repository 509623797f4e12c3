"""What the finished model's cosines mean, for `scale` in the manifest: from the criteria that no stage trained on.

`nothing`: above nineteen of twenty cosines between a criterion and another criterion's evidence.
`full`: the median cosine between a criterion, or its adequate or strong anchor, whichever is nearest, and
strong evidence for it. Usage: scale.py TRAINED.safetensors
"""

import sys

import numpy as np

import common as c
from measure import load
from second import held


def main():
    c.seed()
    weights, tok = load(sys.argv[1]), c.tokenizer(c.WORK / "tokenizer.json")
    rows = [one for one in c.own_criteria() if held(one) and "strong" in one["sv"]]
    wrong, right = [], []
    for language in ("sv", "en"):
        asked = [[one[language][k] for k in ("criterion", "adequate", "strong")] for one in rows]
        q = c.vectors(weights, c.ids_of(tok, [t for three in asked for t in three])).reshape(len(rows), 3, -1)
        lines = [(n, e["level"], e[language]) for n, one in enumerate(rows) for e in one["evidence"]]
        e = c.vectors(weights, c.ids_of(tok, [t for _, _, t in lines]))
        near = np.einsum("ckd,ed->cek", q, e).max(2)
        for column, (owner, level, _) in enumerate(lines):
            wrong += [near[n, column] for n in range(len(rows)) if n != owner]
            right += [near[owner, column]] if level == "strong" else []
    print(f"{len(rows)} criteria: nothing = {np.quantile(wrong, 0.95):.2f}, full = {np.quantile(right, 0.5):.2f}")
    print("wrong pairs", np.quantile(wrong, [0.05, 0.5, 0.95]).round(3), "strong", np.quantile(right, [0.05, 0.5, 0.95]).round(3))


if __name__ == "__main__":
    main()
