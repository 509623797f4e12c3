"""Makes the files for `urval model eval --retrieval` from JobTech's taxonomy: which skills belong to an
occupation group, found from the group's Swedish definition. Nothing of it is ever trained on.

    python3 models/evaluation/jobtech.py DATA OUT
    urval model eval --retrieval --queries OUT/queries.tsv --corpus OUT/corpus.tsv --qrels OUT/qrels --hybrid

DATA is the folder with the open data (skills/jobtech/…, CC0). The data stays out of the repository.
"""

import json
import pathlib
import sys


def main(data, out):
    groups = json.loads((data / "skills/jobtech/ssyk-level-4-groups-with-related-skills.json").read_text())
    queries, corpus, judgements = [], {}, []
    for group in groups["data"]["concepts"]:
        definition = " ".join(group["definition"].split())
        skills = [r for r in group["related"] if r["type"] == "skill"]
        if definition:
            queries.append((group["id"], definition))
        for skill in skills:
            corpus[skill["id"]] = " ".join(skill["preferred_label"].split())
            judgements.append((group["id"], skill["id"]))
    out.mkdir(parents=True, exist_ok=True)
    (out / "queries.tsv").write_text("".join(f"{i}\t{t}\n" for i, t in queries))
    (out / "corpus.tsv").write_text("".join(f"{i}\t{t}\n" for i, t in sorted(corpus.items())))
    (out / "qrels").write_text("".join(f"{q} 0 {d} 1\n" for q, d in judgements))
    print(f"{len(queries)} queries, {len(corpus)} documents, {len(judgements)} judgements")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
