"""Writes the stored vectors that `urval model check` compares our encoder with.

The vectors come from another implementation than ours: PyTorch and the `BertModel` of the
`transformers` library, in double precision on a CPU, with mean pooling over the attention mask
and L2 normalisation as the model card describes them.

Made with (pin these to get the same file again):
    python        3.11
    torch         1.13.1   (Debian package python3-torch 1.13.1+dfsg-4, CPU)
    transformers  4.40.2
    tokenizers    0.19.1
    safetensors   0.4.3
    numpy         1.24.2

Use:
    python make_reference.py MODEL_FOLDER OUTPUT.json

No sentence is about a real person. The file stores six decimals a number: the cosine with the
full vector differs from 1 by less than 1e-9.
"""

import json
import os
import sys

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TRANSFORMERS_OFFLINE"] = "1"

import tokenizers
import torch
import transformers
from transformers import AutoTokenizer, BertModel

LONG = (
    "The municipality is looking for a trainee who wants to learn how public procurement works in practice. "
    "During the first months you will follow experienced colleagues in the purchasing unit, read old contracts, "
    "take part in meetings with suppliers and write short summaries for the politicians who decide. "
    "After that you will be responsible for a small procurement of your own, from the first description of the "
    "need to the signed agreement, with support from a supervisor who knows the law well. "
    "We believe that you have studied law, economics, political science or engineering, that you write clearly, "
    "and that you can explain difficult questions to people who do not share your background. "
    "Experience of voluntary work, of leading a group, or of working in a shop or a restaurant is just as welcome "
    "as experience of an office. You need to speak and write English well, and a driving licence is useful because "
    "the schools and the care homes lie far apart. We read every application without the name of the applicant, "
    "and nobody is chosen or turned away by a computer program. "
    "Whoever is invited will meet two members of staff and one representative of the trade union, "
    "and receives a written answer within three weeks."
)

SENTENCES = [
    ("en-plain", "I have led a team of five people in a home-care unit for two years."),
    ("en-short", "Procurement"),
    ("en-question", "Who decides which applicant is invited to an interview?"),
    ("sv-plain", "Jag har lett en grupp på fem personer inom hemtjänsten i två år."),
    ("sv-letters", "Åsa önskar ändå ägna årets höst åt översättning av länsstyrelsens författningar."),
    ("sv-decomposed", "A\u030asa o\u0308nskar a\u0308nda\u030a arbeta pa\u030a ho\u0308sten."),
    ("emoji", "I like working with people 😀 and with data 📊!"),
    ("punctuation", "C++, C#, .NET; SQL (PostgreSQL/SQLite) -- e.g. 95 % of \"all\" cases… 1 000 000 kr?!"),
    ("right-to-left-mark", "Fluent in \u200fالعربية\u200f and English\u200e."),
    ("control-letters", "One\u0000line\u0007with\tstray\u00a0control\r\nletters\u200b."),
    ("digits", "2019-09-01 to 2021-06-30, 37.5 hours a week, grade 4 of 5"),
    ("long", LONG),
]


def main() -> None:
    folder, output = sys.argv[1], sys.argv[2]
    torch.set_num_threads(1)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = BertModel.from_pretrained(folder, torch_dtype=torch.float64).eval()
    kept = []
    for name, text in SENTENCES:
        batch = tokenizer(text, return_tensors="pt", truncation=False, padding=False)
        with torch.no_grad():
            hidden = model(**batch).last_hidden_state
        mask = batch["attention_mask"].unsqueeze(-1).to(hidden.dtype)
        mean = (hidden * mask).sum(dim=1) / mask.sum(dim=1)
        vector = torch.nn.functional.normalize(mean, p=2, dim=1)[0].tolist()
        kept.append(
            {
                "id": name,
                "text": text,
                "tokens": int(batch["input_ids"].shape[1]),
                "vector": [round(value, 6) for value in vector],
            }
        )
    made_with = f"torch {torch.__version__}, transformers {transformers.__version__}, tokenizers {tokenizers.__version__}"
    with open(output, "w", encoding="utf-8") as file:
        file.write("{\n")
        file.write(f'  "model": "all-MiniLM-L6-v2",\n  "made_with": {json.dumps(made_with)},\n  "sentences": [\n')
        lines = [json.dumps(item, ensure_ascii=True, separators=(",", ":")) for item in kept]
        file.write("    " + ",\n    ".join(lines))
        file.write("\n  ]\n}\n")
    for item in kept:
        print(item["id"], item["tokens"], item["vector"][:3])


if __name__ == "__main__":
    main()
