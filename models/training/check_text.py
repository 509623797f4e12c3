"""Checks the text written for this project: form, duplicates, signs of personal data, and that no sentence of
the evaluation stands in it."""

import json
import re
import sys

import common as c

SUSPECT = re.compile(r"@|https?:|www\.|\b\d{6}[-+ ]?\d{4}\b|\b0\d{1,3}[- ]\d{2,3} ?\d{2}")
EVALUATION = c.HERE.parent / "evaluation"


def main():
    faults = []
    pairs = c.own_pairs()
    criteria = c.own_criteria()
    texts = [t for pair in pairs for t in pair]
    for one in criteria:
        for language in ("sv", "en"):
            texts += one[language].values()
            texts += [e[language] for e in one["evidence"] + one["against"]]
        levels = {e["level"] for e in one["evidence"]}
        if not levels <= {"weak", "adequate", "strong"} or "strong" not in levels:
            faults.append(f"{one['id']}: levels {levels}")
        kinds = {e["kind"] for e in one["against"]}
        if one["id"][0] == "c" and not all(set(one[s]) == {"criterion", *c.ANCHORS} for s in ("sv", "en")):
            faults.append(f"{one['id']}: anchors {sorted(one['sv'])}")
        if not kinds <= {"negated", "wished", "other", "near"} or "negated" not in kinds:
            faults.append(f"{one['id']}: kinds {kinds}")
    faults += [f"empty or with a tab: {t!r}" for t in texts if not t.strip() or "\t" in t]
    faults += [f"looks like an address or a number of a person: {t}" for t in texts if SUSPECT.search(t)]
    seen = {}
    for sv, en in pairs:
        if c.plain(sv) in seen:
            faults.append(f"twice: {sv}")
        seen[c.plain(sv)] = en
    ids = [one["id"] for one in criteria]
    faults += [f"id twice: {i}" for i in set(ids) if ids.count(i) > 1]
    known = {c.plain(t) for t in texts}
    for path in sorted(EVALUATION.glob("*.jsonl")):
        for line in open(path, encoding="utf-8"):
            row = json.loads(line)
            own = [row.get("evidence"), row.get("edited"), row.get("learner"), *row.get("distractors", [])]
            faults += [f"{path.name} {row['id']} stands in the training text" for t in own if t and c.plain(t) in known]
    for sv, en in (r[:2] for r in c.tsv(EVALUATION / "everyday.tsv")):
        if c.plain(sv) in known or c.plain(en) in known:
            faults.append(f"everyday.tsv: {sv}")
    evidence = sum(len(one["evidence"]) for one in criteria)
    against = sum(len(one["against"]) for one in criteria)
    print(f"{len(pairs)} pairs, {len(criteria)} criteria, {evidence} evidence lines, {against} against, {len(faults)} faults")
    print("\n".join(faults))
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
