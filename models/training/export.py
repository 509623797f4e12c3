"""Last stage: the weights as they travel with the repository, and vectors for `urval model check`.

Word vectors as bytes with a scale a row, the rest as 16-bit floats. The vectors come from PyTorch in double
precision over the stored (rounded) weights, so that they check the program and not the rounding.

Usage: export.py TRAINED.safetensors
"""

import hashlib
import json
import pathlib
import sys

import numpy as np
import torch
from safetensors.torch import save_file

import common as c

NAME = "urval-bilingual"
MODELS = c.HERE.parent
WORDS = "embeddings.word_embeddings.weight"
SENTENCES = MODELS / "reference" / "sentences.json"


def rounded(weights):
    out = {}
    for name, tensor in weights.items():
        if name == WORDS:
            scale = tensor.abs().amax(1).clamp(min=1e-8) / 127
            out[name + ".u8"] = ((tensor / scale[:, None]).round().clamp(-127, 127) + 128).to(torch.uint8)
            out[name + ".scale"] = scale.float()
        else:
            out[name] = tensor.half()
    return {k: v.contiguous() for k, v in out.items()}


def widened(stored, dtype=torch.float32):
    out = {k: v.to(dtype) for k, v in stored.items() if not k.startswith(WORDS)}
    out[WORDS] = (stored[WORDS + ".u8"].to(dtype) - 128) * stored[WORDS + ".scale"].to(dtype)[:, None]
    return out


def main():
    c.seed()
    weights = {k: v.float() for k, v in c.read_tensors(sys.argv[1]).items()}
    folder = MODELS / NAME
    folder.mkdir(exist_ok=True)
    stored = rounded(weights)
    save_file(stored, str(folder / "model.safetensors"))
    config = json.loads((c.BASE / "config.json").read_text())
    config = {k: config[k] for k in (
        "model_type", "hidden_act", "hidden_size", "intermediate_size", "layer_norm_eps",
        "max_position_embeddings", "num_attention_heads", "num_hidden_layers", "pad_token_id",
        "position_embedding_type", "type_vocab_size",
    )} | {"vocab_size": int(stored[WORDS + ".u8"].shape[0])}
    (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n")
    tok = c.tokenizer(c.WORK / "tokenizer.json")
    tok.save(str(folder / "tokenizer.json"), pretty=False)

    # The same pass, in double precision and one text at a time.
    c.BF16 = False
    wide = widened(stored, torch.float64)
    sentences = []
    for sentence in json.loads(SENTENCES.read_text()):
        ids = torch.tensor([tok.encode(sentence["text"]).ids])
        with torch.inference_mode():
            vector = double(wide, ids)
        sentences.append(sentence | {"tokens": ids.shape[1], "vector": [round(float(v), 6) for v in vector]})
    reference = {
        "model": NAME,
        "made_with": f"models/training/export.py, torch {torch.__version__.split('+')[0]}, double precision",
        "sentences": sentences,
    }
    (MODELS / "reference" / f"{NAME}.json").write_text(json.dumps(reference, ensure_ascii=False) + "\n")

    kept = c.vectors(weights, c.ids_of(tok, [s["text"] for s in sentences], 512))
    lost = [float(np.dot(a, s["vector"])) for a, s in zip(kept, sentences)]
    print(f"least cosine of stored to trained weights: {min(lost):.5f}")
    for name in ("config.json", "tokenizer.json", "model.safetensors"):
        data = (folder / name).read_bytes()
        print(f'[[model.file]]\nname = "{name}"\nsha256 = "{hashlib.sha256(data).hexdigest()}"\n# {len(data)} bytes')


def double(W, ids):
    """`common.encode` once more without its 32-bit and 16-bit parts."""
    import torch.nn.functional as F

    def norm(name, y):
        return F.layer_norm(y, (c.SIZE,), W[name + ".weight"], W[name + ".bias"], 1e-12)

    x = W[WORDS][ids[0]] + W["embeddings.position_embeddings.weight"][: ids.shape[1]]
    x = norm("embeddings.LayerNorm", x + W["embeddings.token_type_embeddings.weight"][0])
    for layer in range(c.LAYERS):
        p = f"{c.PREFIX}{layer}."

        def linear(name, y, p=p):
            return F.linear(y, W[p + name + ".weight"], W[p + name + ".bias"])

        q, k, v = [linear(f"attention.self.{n}", x).view(-1, c.HEADS, 32).transpose(0, 1) for n in ("query", "key", "value")]
        mixed = torch.softmax(q @ k.transpose(1, 2) * 32**-0.5, -1) @ v
        x = norm(p + "attention.output.LayerNorm", x + linear("attention.output.dense", mixed.transpose(0, 1).reshape(-1, c.SIZE)))
        x = norm(p + "output.LayerNorm", x + linear("output.dense", F.gelu(linear("intermediate.dense", x))))
    return F.normalize(x.mean(0), dim=0)


if __name__ == "__main__":
    main()
