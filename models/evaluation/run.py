"""Measures a model on everything in this folder and prints a table; with --json FILE also the numbers.

    python3 models/evaluation/run.py --urval target/release/urval [--data DATA] [--json FILE] [MODEL …]

Without MODEL the default one is measured. DATA is the folder with the open data: with it JobTech's definitions
and skills are measured too (`jobtech.py`); where it is absent the line says so. Every figure comes from
`urval model eval`; this script only cuts the files by kind and puts the figures side by side.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

import jobtech

HERE = pathlib.Path(__file__).resolve().parent


def rows(name):
    return [json.loads(line) for line in (HERE / name).read_text(encoding="utf-8").splitlines() if line.strip()]


class Measure:
    def __init__(self, urval, model, folder):
        self.urval, self.model, self.folder = urval, model, folder

    def run(self, *arguments):
        command = [self.urval, "--data", str(self.folder / "data"), "model", "eval", *self.model, *arguments, "--json"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"{' '.join(command)}\n{done.stderr}")
        return json.loads(done.stdout)

    def criteria(self, lines):
        file = self.folder / "lines.jsonl"
        file.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
        return self.run("--criteria", str(file))

    def all(self, data):
        out = {}
        for spoken in ("sv", "en"):
            found = self.run("--criteria", str(HERE / f"criteria.{spoken}.jsonl"))
            out["fingerprint"] = found["model"]
            for key in ("top1", "mrr", "auc", "distractors_behind"):
                out[f"criteria {spoken} {key}"] = found[key]
            negation = rows(f"negation.{spoken}.jsonl")
            for kind in ("negated", "wished", "other"):
                found = self.criteria([row for row in negation if row["kind"] == kind])
                out[f"negation {spoken} {kind} behind"] = found["distractors_behind"]
        found = self.run("--criteria", str(HERE / "compounds.sv.jsonl"))
        out["compounds top1"], out["compounds distractors behind"] = found["top1"], found["distractors_behind"]
        learner = rows("learner.sv.jsonl")
        edited, written = (
            self.criteria([{"criterion": row["criterion"], "evidence": row[key]} for row in learner])
            for key in ("edited", "learner")
        )
        out["learner: mean cosine, edited"] = statistics.fmean(edited["cosines"])
        out["learner: mean cosine, learner"] = statistics.fmean(written["cosines"])
        out["learner: mean difference"] = statistics.fmean(
            a - b for a, b in zip(edited["cosines"], written["cosines"], strict=True)
        )
        out["learner: AUC edited"], out["learner: AUC learner"] = edited["auc"], written["auc"]
        found = self.run("--pairs", str(HERE / "everyday.tsv"))
        out["everyday 300 sv>en"] = found["forward"]["success_1"]
        out["everyday 300 en>sv"] = found["backward"]["success_1"]
        if data is None:
            print("SKIPPED: JobTech: --data names no folder with the open data")
        else:
            files = self.folder / "jobtech"
            jobtech.main(data, files)
            found = self.run(
                "--retrieval", "--queries", str(files / "queries.tsv"), "--corpus", str(files / "corpus.tsv"),
                "--qrels", str(files / "qrels"), "--hybrid",
            )
            for which in ("model", "lexical", "hybrid"):
                out[f"jobtech MRR {which}"] = found[which]["mrr"]
        return out


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--urval", default=str(HERE.parents[1] / "target/release/urval"))
    options.add_argument("--data", type=pathlib.Path)
    options.add_argument("--json", type=pathlib.Path)
    options.add_argument("models", nargs="*")
    options = options.parse_args()
    found = {}
    for name in options.models or [None]:
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            model = []
            if name:
                models = folder / "models"
                model = [name, "--models", str(models)]
                if name != "urval-bilingual":
                    subprocess.run([options.urval, "model", "fetch", *model], check=True, capture_output=True)
            found[name or "default"] = Measure(options.urval, model, folder).all(options.data)
    names = list(found)
    print("| | " + " | ".join(names) + " |\n|---|" + "---|" * len(names))
    for key in found[names[0]]:
        if key != "fingerprint":
            print(f"| {key} | " + " | ".join(f"{found[name].get(key, float('nan')):.3f}" for name in names) + " |")
    for name in names:
        print(f"{name}: {found[name]['fingerprint']}")
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
