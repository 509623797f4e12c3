"""Runs our encoder beside ONNX Runtime: the same weights, the same sentences, one machine, taking turns.

Made with (requirements.txt):
    python        3.11
    onnxruntime   1.32.0
    onnx          1.23.2
    numpy         2.4.6
    tokenizers    0.23.3
    safetensors   0.8.0

Use:
    python -m venv VENV && VENV/bin/pip install -r models/bench/requirements.txt
    cargo build --release
    VENV/bin/python models/bench/compare.py [--sentences FILE] [--rounds 5] [--json FILE]

Nothing else should run meanwhile. `taskset` limits both sides alike.

ONNX Runtime gets what speaks for it: its fused operators, pooling in the graph, the best of a grid of
settings for each model and set of texts, batches padded before the clock starts, and no tokenising, which our
program's times on sentences include. Both sides go once unmeasured over a set and then count the best of
three, in a fresh process each round. The 8-bit model is what `quantize_dynamic` makes of the same graph.
"""

import argparse
import collections
import concurrent.futures
import csv
import gc
import hashlib
import json
import math
import os
import pathlib
import platform
import random
import statistics
import subprocess
import sys
import tempfile
import time
import tomllib

import numpy as np
import onnxruntime

# onnx, tokenizers and safetensors are imported where they are used: the measured process goes without.

MODELS = pathlib.Path(__file__).resolve().parent.parent
NAME = "urval-bilingual"
FOLDER = MODELS / NAME
WORDS = "embeddings.word_embeddings.weight"
SEED = 20261125
ENGINES = {
    "float": "Urval, float",
    "integer": "Urval, integer",
    "f32": "ONNX Runtime, f32",
    "int8": "ONNX Runtime, int8",
}
FIXED, FIXED_TEXTS = 128, 256  # as in `urval model bench`
BATCHES = (1, 8, 16, 32, 64)
ALONE, WARM, TIMES = 20, 20, 200  # tokens of the sentence read alone, unmeasured and measured readings of it

# threads: of the session; callers: Python threads that call it; longest: texts sorted, longest first.
Setting = collections.namedtuple("Setting", "threads callers batch longest")


def say(text=""):
    print(text, flush=True)


def median(values):
    values = [value for value in values if value is not None]
    return statistics.median(values) if values else None


# ---- weights, and the network in double precision ---------------------------------------------------------


def read_config():
    return json.loads((FOLDER / "config.json").read_text(encoding="utf-8"))


def read_weights():
    """All tensors as float32, word vectors widened as `training/export.py` describes them."""
    from safetensors.numpy import load_file

    stored = load_file(FOLDER / "model.safetensors")
    out = {name: tensor.astype(np.float32) for name, tensor in stored.items() if not name.startswith(WORDS)}
    out[WORDS] = (stored[WORDS + ".u8"].astype(np.float32) - 128) * stored[WORDS + ".scale"][:, None]
    return out


def plain_vector(config, W, ids):
    """One text's vector, written out in numpy and double precision."""
    size, heads = config["hidden_size"], config["num_attention_heads"]
    wide = size // heads
    erf = np.vectorize(math.erf, otypes=[np.float64])

    def tensor(name):
        return W[name].astype(np.float64)

    def linear(name, x):
        return x @ tensor(name + ".weight").T + tensor(name + ".bias")

    def norm(name, x):
        x = x - x.mean(-1, keepdims=True)
        x = x / np.sqrt((x * x).mean(-1, keepdims=True) + config["layer_norm_eps"])
        return x * tensor(name + ".weight") + tensor(name + ".bias")

    x = W[WORDS][ids].astype(np.float64) + tensor("embeddings.position_embeddings.weight")[: len(ids)]
    x = norm("embeddings.LayerNorm", x + tensor("embeddings.token_type_embeddings.weight")[0])
    for layer in range(config["num_hidden_layers"]):
        p = f"encoder.layer.{layer}."
        q, k, v = (
            linear(p + "attention.self." + part, x).reshape(-1, heads, wide).transpose(1, 0, 2)
            for part in ("query", "key", "value")
        )
        scores = q @ k.transpose(0, 2, 1) / math.sqrt(wide)
        shares = np.exp(scores - scores.max(-1, keepdims=True))
        mixed = (shares / shares.sum(-1, keepdims=True)) @ v
        mixed = mixed.transpose(1, 0, 2).reshape(-1, size)
        x = norm(p + "attention.output.LayerNorm", x + linear(p + "attention.output.dense", mixed))
        inner = linear(p + "intermediate.dense", x)
        inner = inner * 0.5 * (1 + erf(inner / math.sqrt(2)))
        x = norm(p + "output.LayerNorm", x + linear(p + "output.dense", inner))
    mean = x.mean(0)
    return mean / np.linalg.norm(mean)


# ---- the ONNX models --------------------------------------------------------------------------------------


class Graph:
    """Nodes and constants as they are added, every node named after what it gives."""

    FUSED = "com.microsoft"

    def __init__(self):
        self.nodes, self.constants = [], {}

    def constant(self, name, array):
        from onnx import numpy_helper

        self.constants[name] = numpy_helper.from_array(np.ascontiguousarray(array), name)
        return name

    def node(self, kind, inputs, output, domain="", **attributes):
        from onnx import helper

        name = output + ".node"
        self.nodes.append(helper.make_node(kind, inputs, [output], name=name, domain=domain, **attributes))
        return output

    def fused(self, kind, inputs, output, **attributes):
        return self.node(kind, inputs, output, self.FUSED, **attributes)

    def model(self, size):
        from onnx import TensorProto, helper

        value = helper.make_tensor_value_info
        inputs = [value(name, TensorProto.INT32, ["texts", "length"]) for name in ("ids", "mask")]
        outputs = [value("vectors", TensorProto.FLOAT, ["texts", size])]
        graph = helper.make_graph(self.nodes, NAME, inputs, outputs, list(self.constants.values()))
        versions = [helper.make_opsetid("", 17), helper.make_opsetid(self.FUSED, 1)]
        return helper.make_model(graph, opset_imports=versions, ir_version=9)


def embedding(g, config, W):
    """Token, position and type vectors. A plain Gather, so that the 8-bit model keeps its words in bytes
    without also rounding positions and norm, as it would in EmbedLayerNormalization. Every text is of type 0,
    so that its vector is added to the positions beforehand."""
    positions = W["embeddings.position_embeddings.weight"] + W["embeddings.token_type_embeddings.weight"][0]
    words = g.node("Gather", [g.constant("words", W[WORDS]), "ids"], "embedded")
    start = g.constant("start", np.zeros(1, np.int64))
    length = g.node("Shape", ["ids"], "length", start=1, end=2)
    here = g.node("Slice", [g.constant("positions", positions), start, length], "here")
    return skip_norm(g, config, W, words, here, "embeddings.LayerNorm")


def skip_norm(g, config, W, x, skip, name, bias=None):
    constants = [name + ".weight", name + ".bias"] + ([bias] if bias else [])
    inputs = [x, skip] + [g.constant(constant, W[constant]) for constant in constants]
    return g.fused("SkipLayerNormalization", inputs, name, epsilon=config["layer_norm_eps"])


def product(g, W, name, x):
    """Without its bias, which the operator after it adds."""
    return g.node("MatMul", [x, g.constant(name + ".weight", W[name + ".weight"].T)], name)


def block(g, config, W, x, p):
    parts = [p + "attention.self." + part for part in ("query", "key", "value")]
    weight = np.concatenate([W[part + ".weight"].T for part in parts], 1)
    bias = np.concatenate([W[part + ".bias"] for part in parts])
    inputs = [x, g.constant(p + "qkv.weight", weight), g.constant(p + "qkv.bias", bias), "mask"]
    mixed = g.fused("Attention", inputs, p + "attention", num_heads=config["num_attention_heads"])
    dense = p + "attention.output.dense"
    mixed = product(g, W, dense, mixed)
    x = skip_norm(g, config, W, mixed, x, p + "attention.output.LayerNorm", dense + ".bias")
    bias = g.constant(p + "intermediate.dense.bias", W[p + "intermediate.dense.bias"])
    inner = g.fused("BiasGelu", [product(g, W, p + "intermediate.dense", x), bias], p + "gelu")
    dense = p + "output.dense"
    return skip_norm(g, config, W, product(g, W, dense, inner), x, p + "output.LayerNorm", dense + ".bias")


def pooling(g, x):
    """The mean over a text's own tokens at length 1: the sum will do, the division falls out."""
    second = g.constant("second", np.ones(1, np.int64))
    weights = g.node("Unsqueeze", [g.node("Cast", ["mask"], "weights", to=1), second], "weights.row")
    total = g.node("Squeeze", [g.node("MatMul", [weights, x], "total.row"), second], "total")
    g.node("LpNormalization", [total], "vectors", axis=-1, p=2)


def write_float(config, W, path):
    import onnx

    assert config["hidden_act"] == "gelu" and config["position_embedding_type"] == "absolute"
    g = Graph()
    x = embedding(g, config, W)
    for layer in range(config["num_hidden_layers"]):
        x = block(g, config, W, x, f"encoder.layer.{layer}.")
    pooling(g, x)
    onnx.save(g.model(config["hidden_size"]), path)


def write_int8(float_path, path):
    import logging

    from onnx import TensorProto
    from onnxruntime.quantization import QuantType, quantize_dynamic

    # It recommends a preparation that fuses operators, which ours are already.
    logging.getLogger().setLevel(logging.ERROR)
    # A scale a column: as fast, and much nearer to the float model. Shapes behind the fused operators are not
    # inferred, hence the default type.
    quantize_dynamic(
        float_path, path, per_channel=True, weight_type=QuantType.QInt8,
        extra_options={"DefaultTensorType": TensorProto.FLOAT},
    )


def open_session(path, threads):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


# ---- texts ------------------------------------------------------------------------------------------------


def pool():
    """Both languages of the text that was written for training, without what occurs twice."""
    out = set()
    for path in sorted((MODELS / "training" / "text").glob("pairs-*.tsv")):
        with open(path, encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
                out |= {row["sv"], row["en"]}
    return sorted(" ".join(text.split()) for text in out if text)


def texts_and_ids(path, count):
    """Sentences that both sides read, and their token ids. Ours reads what is longer than the model's limit
    in several windows, and refuses what it does not know a piece of: neither would be the same work."""
    from tokenizers import Tokenizer

    if path:
        lines = [" ".join(line.split()) for line in path.read_text(encoding="utf-8").split("\n")]
    else:
        lines = pool()
        lines = random.Random(SEED).sample(lines, min(count, len(lines)))
    tokenizer = Tokenizer.from_file(str(FOLDER / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    manifest = tomllib.loads((MODELS / "manifest.toml").read_text(encoding="utf-8"))
    limit = next(model["max_tokens"] for model in manifest["model"] if model["name"] == NAME)
    unknown = {tokenizer.token_to_id("[UNK]")}
    lines = [line for line in lines if line]
    both = [(line, encoding.ids) for line, encoding in zip(lines, tokenizer.encode_batch(lines))]
    kept = [(line, ids) for line, ids in both if len(ids) <= limit and set(ids[1:-1]) - unknown]
    if len(kept) < len(lines):
        left = len(lines) - len(kept)
        say(f"left out: {left} sentences of more than {limit} tokens or of none that is known")
    if not kept:
        sys.exit("there is no sentence to read")
    return [line for line, _ in kept], [np.array(ids, np.int32) for _, ids in kept]


def padded(texts):
    ids = np.zeros((len(texts), max(map(len, texts))), np.int32)
    mask = np.zeros_like(ids)
    for row, text in enumerate(texts):
        ids[row, : len(text)] = text
        mask[row, : len(text)] = 1
    return {"ids": ids, "mask": mask}


def batches(texts, setting):
    order = range(len(texts))
    if setting.longest:
        order = sorted(order, key=lambda i: -len(texts[i]))
    groups = [order[at : at + setting.batch] for at in range(0, len(order), setting.batch)]
    return [padded([texts[i] for i in group]) for group in groups]


def alone(texts):
    """The same sentence as our program takes: the first of those nearest to twenty tokens."""
    return min(range(len(texts)), key=lambda i: abs(len(texts[i]) - ALONE))


def work(config, texts):
    """Multiply-adds, counted as our program counts them."""
    size, wide = config["hidden_size"], config["intermediate_size"]
    a_token = 4 * size * size + 2 * size * wide
    return config["num_hidden_layers"] * sum(len(t) * (a_token + 2 * len(t) * size) for t in texts)


# ---- ONNX Runtime's times ---------------------------------------------------------------------------------


def vectors(session, texts):
    """One text at a time: the 8-bit model rounds by the batch, and this is the kindest batch to it."""
    return np.concatenate([session.run(None, padded([text]))[0] for text in texts])


def read_all(session, prepared, callers):
    """Seconds for all batches; several callers take them from one queue."""
    if callers == 1:
        began = time.perf_counter()
        for batch in prepared:
            session.run(None, batch)
        return time.perf_counter() - began
    todo = collections.deque(prepared)

    def caller():
        while True:
            try:
                batch = todo.popleft()
            except IndexError:
                return
            session.run(None, batch)

    with concurrent.futures.ThreadPoolExecutor(callers) as threads:
        began = time.perf_counter()
        for done in [threads.submit(caller) for _ in range(callers)]:
            done.result()
        return time.perf_counter() - began


def latency(session, text, times=TIMES):
    batch, taken = padded([text]), []
    for _ in range(WARM + times):
        began = time.perf_counter()
        session.run(None, batch)
        taken.append((time.perf_counter() - began) * 1e3)
    return sorted(taken[WARM:])[times // 2]


def cores():
    """Those this process may use, and how many of them are not another's second thread."""
    try:
        mine = sorted(os.sched_getaffinity(0))
    except AttributeError:
        mine = list(range(os.cpu_count() or 1))
    seen = set()
    for cpu in mine:
        path = pathlib.Path(f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list")
        seen.add(path.read_text() if path.exists() else str(cpu))
    return len(mine), len(seen)


def grid(path, texts, sortings):
    """Texts a second for every setting: one warming batch a caller, then the better of two."""
    out = []
    logical, physical = cores()
    ways = [(logical, 1), (1, logical), (physical, 1), (1, physical)]
    for threads, callers in dict.fromkeys(ways):
        session = open_session(path, threads)
        for longest in sortings:
            for batch in BATCHES:
                setting = Setting(threads, callers, batch, longest)
                prepared = batches(texts, setting)
                read_all(session, prepared[:callers], callers)
                seconds = min(read_all(session, prepared, callers) for _ in range(2))
                out.append((setting, len(texts) / seconds))
    return out


def best_settings(path, sample, fixed):
    """The best setting for each set of texts and for one text alone, with all that was tried."""
    tried = {"mixed": grid(path, sample, (False, True)), "fixed": grid(path, fixed, (False,))}
    best = {name: max(one, key=lambda pair: pair[1])[0] for name, one in tried.items()}
    text = sample[alone(sample)]
    tried["alone"] = []
    for threads in sorted({1, *cores()}):
        tried["alone"].append((threads, latency(open_session(path, threads), text, 50)))
    best["alone"] = min(tried["alone"], key=lambda pair: pair[1])[0]
    return best, tried


def in_words(setting):
    order = "longest first" if setting.longest else "as they come"
    session = f"{setting.callers} caller(s) of a session with {setting.threads} thread(s)"
    return f"batch {setting.batch}, {order}, {session}"


def print_grid(engine, best, tried):
    for name in ("mixed", "fixed"):
        say(f"\n{ENGINES[engine]}, {name}, texts/s by batch:\n")
        say("| callers × threads | texts | " + " | ".join(map(str, BATCHES)) + " |")
        say("|---|---|" + "---:|" * len(BATCHES))
        rows = collections.defaultdict(list)
        for setting, rate in tried[name]:
            order = "longest first" if setting.longest else "as they come"
            key = f"{setting.callers} × {setting.threads}", order
            rows[key].append(f"**{rate:.1f}**" if setting == best[name] else f"{rate:.1f}")
        for (way, order), cells in rows.items():
            say(f"| {way} | {order} | " + " | ".join(cells) + " |")
    alone_in_words = [f"{ms:.2f} ms with {threads} thread(s)" for threads, ms in tried["alone"]]
    say("\nAlone: " + ", ".join(alone_in_words) + ".")


# ---- one engine, one round, one process -------------------------------------------------------------------


def resident_mb():
    """From the kernel's own account; nothing elsewhere than on Linux."""
    status = pathlib.Path("/proc/self/status")
    if status.exists():
        for line in status.read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
    return None


def child(spec_path):
    """ONNX Runtime in a fresh process; prints what `urval model bench --json` prints."""
    spec = json.loads(pathlib.Path(spec_path).read_text())
    arrays = np.load(spec["texts"])
    mixed = np.split(arrays["mixed"], np.cumsum(arrays["lengths"])[:-1])
    texts = {"mixed": mixed, "fixed": list(arrays["fixed"])}
    best = {name: Setting(*spec["best"][name]) for name in texts}
    out = {"libraries_mb": resident_mb(), "sets": []}
    session = None
    for name, setting in best.items():
        if session is None or setting.threads != best["mixed"].threads:
            session = None
            gc.collect()
            began = time.perf_counter()
            session = open_session(spec["model"], setting.threads)
            out.setdefault("load_s", time.perf_counter() - began)
        prepared = batches(texts[name], setting)
        read_all(session, prepared, setting.callers)
        seconds = min(read_all(session, prepared, setting.callers) for _ in range(3))
        tokens = sum(map(len, texts[name]))
        title = "mixed" if name == "mixed" else f"fixed-{FIXED}"
        out["sets"].append({"name": title, "texts": len(texts[name]), "tokens": tokens, "seconds": seconds})
        # With the one session, before a second replaces it.
        out.setdefault("resident_mb", resident_mb())
    session = None
    text = mixed[alone(mixed)]
    session = open_session(spec["model"], spec["best"]["alone"])
    out["latency_ms"] = {"median": latency(session, text), "tokens": len(text)}
    print(json.dumps(out))


def output_of(command, folder):
    """The JSON a program prints. It runs in our temporary folder, where a data folder does no harm."""
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"`{' '.join(map(str, command))}` ended with {done.returncode}")
    return json.loads(done.stdout)


def run_engine(engine, urval, folder):
    if engine in ("float", "integer"):
        command = [urval, "model", "bench", "--sentences", folder / "sentences.txt"]
        command += ["--arithmetic", engine, "--json"]
    else:
        command = [sys.executable, __file__, "--child", folder / f"{engine}.json"]
    result = output_of(command, folder)
    result["sets"] = {one["name"]: one for one in result["sets"]}
    return result


def measure(rounds, urval, folder):
    """All engines in turn, each round beginning with another one."""
    out, names = [], list(ENGINES)
    for turn in range(rounds):
        at = turn % len(names)
        result = {}
        for engine in names[at:] + names[:at]:
            print(f"round {turn + 1} of {rounds}: {ENGINES[engine]}", file=sys.stderr, flush=True)
            result[engine] = run_engine(engine, urval, folder)
        out.append(result)
    return out


# ---- the report -------------------------------------------------------------------------------------------


def shares(rounds, amount, processors):
    """ONNX Runtime's share of the peak that our float program measured in the same round."""
    for one in rounds:
        peak = one["float"].get("peak_gflops_per_core")
        for engine in ("f32", "int8"):
            for name, result in one[engine]["sets"].items():
                done = 2 * amount[name] / result["seconds"] / 1e9
                result["share_of_peak"] = done / (peak * processors) if peak else None


def rate(result, name):
    """Higher is better in both: tokens a second of a set, or sentences a second alone."""
    if name == "alone":
        return 1000 / result["latency_ms"]["median"]
    return result["sets"][name]["tokens"] / result["sets"][name]["seconds"]


def ratios(rounds, engine, other, name):
    return [rate(one[engine], name) / rate(one[other], name) for one in rounds]


def number(value, digits=0, unit=""):
    return "–" if value is None else f"{value:,.{digits}f}{unit}"


def ratio_cells(rounds, engine, name):
    """Median and range of the rounds' ratios to either ONNX Runtime model."""
    cells = []
    for other in ("f32", "int8"):
        of = ratios(rounds, engine, other, name)
        cells.append("1" if engine == other else f"{median(of):.2f} ({min(of):.2f}–{max(of):.2f})")
    return cells


def table(head, rows):
    say("| " + " | ".join(head) + " |")
    say("|---|" + "---:|" * (len(head) - 1))
    for row in rows:
        say("| " + " | ".join(row) + " |")
    say()


def print_set(rounds, name):
    one = rounds[0]["f32"]["sets"][name]
    say(f"### {name}: {one['texts']:,} texts, {one['tokens']:,} tokens\n")
    rows = []
    for engine, title in ENGINES.items():
        results = [r[engine]["sets"][name] for r in rounds]
        share = median(None if r.get("share_of_peak") is None else r["share_of_peak"] * 100 for r in results)
        rows.append(
            [title, number(median(r["texts"] / r["seconds"] for r in results), 1)]
            + [number(median(r["tokens"] / r["seconds"] for r in results))]
            + ratio_cells(rounds, engine, name) + [number(share, 0, " %")]
        )
    table(["", "sentences/s", "tokens/s", "× ORT f32", "× ORT int8", "share of peak"], rows)


def print_rest(rounds):
    say(f"### one sentence of {rounds[0]['f32']['latency_ms']['tokens']} tokens alone, start, memory\n")
    rows = []
    for engine, title in ENGINES.items():
        results = [r[engine] for r in rounds]
        rows.append(
            [title, number(median(r["latency_ms"]["median"] for r in results), 2)]
            + ratio_cells(rounds, engine, "alone")
            + [number(median(r.get("load_s") for r in results), 3)]
            + [number(median(r.get("resident_mb") for r in results))]
        )
    table(["", "ms", "× ORT f32", "× ORT int8", "load s", "resident MB"], rows)


NOTES = """\
Medians over the rounds ({rounds}), in each the best of three after a warming pass. × is the row's speed by
the column's, computed in each round, with the least and the greatest in brackets: above 1 the row is faster.
Tokens are the texts' own, padding not counted. Our times on sentences include tokenising, ONNX Runtime's do
not, and its padded batches are ready before the clock starts: to our disadvantage. Peak: {peak} GFLOP/s a
core in 32-bit floats, measured by our program; integer work is counted in the same unit, so that its share
can exceed 100 %. Load: opening the model for ours, creating a session from a file for ONNX Runtime, files in
the page cache. Resident: VmRSS after the runs; for ONNX Runtime after the mixed set, Python and its libraries
included ({libraries} MB without a session).
"""


def print_notes(rounds, best):
    peak = median(one["float"].get("peak_gflops_per_core") for one in rounds)
    libraries = median(one["f32"]["libraries_mb"] for one in rounds)
    say(NOTES.format(rounds=len(rounds), peak=number(peak, 1), libraries=number(libraries)))
    for engine in ("f32", "int8"):
        for name in ("mixed", "fixed"):
            say(f"- {ENGINES[engine]}, {name}: {in_words(best[engine][name])}")
        say(f"- {ENGINES[engine]}, alone: a session with {best[engine]['alone']} thread(s)")


def print_doubts(rounds, processors):
    """What makes the comparison unequal."""
    out = []
    for one in rounds:
        for engine in ("float", "integer"):
            ours = one[engine]
            for name, result in one["f32"]["sets"].items():
                found = ours["sets"][name]
                if (found["texts"], found["tokens"]) != (result["texts"], result["tokens"]):
                    mine = f"{found['texts']} texts of {found['tokens']} tokens"
                    theirs = f"{result['texts']} of {result['tokens']} for ONNX Runtime"
                    out.append(f"{engine}, {name}: {mine}, {theirs}")
            if ours["latency_ms"]["tokens"] != one["f32"]["latency_ms"]["tokens"]:
                out.append(f"{engine} reads another sentence alone than ONNX Runtime")
            if ours["workers"] != processors:
                out.append(f"{engine} has {ours['workers']} workers on {processors} cores")
            if ours["arithmetic"] != engine or not ours["model"].startswith(NAME):
                out.append(f"asked for {NAME} in {engine}, got {ours['model']} in {ours['arithmetic']}")
    for doubt in dict.fromkeys(out):
        say(f"\n**Not equal**: {doubt}.")


def machine():
    name, flags = platform.processor() or platform.machine(), []
    info = pathlib.Path("/proc/cpuinfo")
    for line in info.read_text().splitlines() if info.exists() else []:
        key, _, value = (part.strip() for part in line.partition(":"))
        if key == "model name":
            name = value
        if key in ("flags", "Features"):
            flags = value.split()
    logical, physical = cores()
    wanted = ("avx2", "avx512f", "avx512_vnni", "avx_vnni", "amx_int8", "asimd", "asimddp", "i8mm")
    return {
        "cpu": name, "flags": [flag for flag in wanted if flag in flags], "cores": logical,
        "physical_cores": physical, "system": platform.platform(), "load_average": os.getloadavg()[0],
    }


def versions():
    from importlib.metadata import version

    packages = {name: version(name) for name in ("onnxruntime", "onnx", "numpy", "tokenizers", "safetensors")}
    return {"python": platform.python_version()} | packages


# ---- main -------------------------------------------------------------------------------------------------


def check_float(session, config, W, texts):
    """Against the plain network, padded beside one another and alone; stops when they differ."""
    by_length = sorted(texts, key=len)
    some = [by_length[(len(by_length) - 1) * part // 5] for part in range(6)]
    # Double precision is slow; no text needs to be long for this.
    some = [text[:64] for text in some]
    right = np.stack([plain_vector(config, W, text) for text in some])
    together = (session.run(None, padded(some))[0] * right).sum(1)
    apart = (vectors(session, some) * right).sum(1)
    least = float(min(together.min(), apart.min()))
    say(f"ONNX Runtime f32 to numpy float64, {len(some)} sentences: least cosine {least:.9f}")
    if not least > 0.99999:
        sys.exit("the ONNX model does not compute what the weights say")
    return least


def check_int8(exact, session, texts):
    """How far 8 bits are from the float model; no reason to stop, but to be read beside its speed."""
    cosines = (vectors(exact, texts) * vectors(session, texts)).sum(1)
    mean, least = float(cosines.mean()), float(cosines.min())
    say(f"ONNX Runtime int8 to f32, {len(texts)} sentences: mean cosine {mean:.5f}, least {least:.5f}")
    return {"mean": mean, "least": least}


def make_models(config, folder, sample):
    paths = {engine: folder / f"{engine}.onnx" for engine in ("f32", "int8")}
    W = read_weights()
    write_float(config, W, paths["f32"])
    exact = open_session(paths["f32"], cores()[1])
    checks = {"float64": check_float(exact, config, W, sample)}
    write_int8(paths["f32"], paths["int8"])
    checks["int8"] = check_int8(exact, open_session(paths["int8"], cores()[1]), sample)
    return paths, checks


def arguments():
    verbatim = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=verbatim)
    program = MODELS.parent / "target" / "release" / "urval"
    parser.add_argument("--urval", type=pathlib.Path, default=program,
                        help="our program (default: target/release/urval below the root)")
    parser.add_argument("--sentences", type=pathlib.Path, help="one a line (default: text for training)")
    parser.add_argument("--count", type=int, default=2000, help="sentences taken from the default text")
    parser.add_argument("--sample", type=int, default=400, help="of them for choosing ONNX Runtime's setting")
    parser.add_argument("--fixed-texts", type=int, default=FIXED_TEXTS, help=argparse.SUPPRESS)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="write all numbers there")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    return parser.parse_args()


def run(how, folder):
    config, host = read_config(), machine()
    say(f"# {NAME}: Urval beside ONNX Runtime\n")
    amount = f"{host['cores']} cores ({host['physical_cores']} physical)"
    say(f"{host['cpu']}, {amount}, {' '.join(host['flags'])}")
    say(f"Load average at the start: {host['load_average']:.2f}")
    say(", ".join(f"{name} {version}" for name, version in versions().items()) + "\n")
    lines, mixed = texts_and_ids(how.sentences, how.count)
    written = "".join(line + "\n" for line in lines)
    (folder / "sentences.txt").write_text(written, encoding="utf-8", newline="\n")
    lengths = [len(text) for text in mixed]
    digest = hashlib.sha256(written.encode()).hexdigest()
    say(f"{len(mixed):,} sentences of {min(lengths)} to {max(lengths)} tokens, median {median(lengths):.0f}; "
        f"SHA-256 {digest[:16]}\n")
    fixed = np.random.default_rng(SEED).integers(0, config["vocab_size"], (how.fixed_texts, FIXED), np.int32)
    sample = random.Random(SEED).sample(mixed, min(how.sample, len(mixed)))
    paths, checks = make_models(config, folder, sample)
    gc.collect()

    np.savez(folder / "texts.npz", mixed=np.concatenate(mixed), lengths=lengths, fixed=fixed)
    best, tried = {}, {}
    for engine, path in paths.items():
        best[engine], tried[engine] = best_settings(path, sample, list(fixed))
        print_grid(engine, best[engine], tried[engine])
        spec = {"model": str(path), "texts": str(folder / "texts.npz"), "best": best[engine]}
        (folder / f"{engine}.json").write_text(json.dumps(spec))

    rounds = measure(how.rounds, how.urval.resolve(), folder)
    amount = {"mixed": work(config, mixed), f"fixed-{FIXED}": work(config, list(fixed))}
    shares(rounds, amount, host["cores"])
    ours = rounds[0]["float"]
    say(f"\n## Results\n\n{ours['model']}, {ours['workers']} workers, {ours['isa']}\n")
    for name in amount:
        print_set(rounds, name)
    print_rest(rounds)
    print_notes(rounds, best)
    print_doubts(rounds, host["cores"])
    return {
        "machine": host, "versions": versions(),
        "sentences": {"count": len(mixed), "tokens": sum(lengths), "sha256": digest},
        "cosines": checks, "tried": tried, "best": best, "rounds": rounds,
        "ratios": {
            name: {f"{a}/{b}": ratios(rounds, a, b, name) for a in ENGINES for b in ("f32", "int8") if a != b}
            for name in (*amount, "alone")
        },
    }


def main():
    how = arguments()
    if how.child:
        return child(how.child)
    if not how.urval.is_file():
        sys.exit(f"there is no program at {how.urval}: build it, or name it with --urval")
    # Both hold two models and the sentences, and go when we do.
    with tempfile.TemporaryDirectory(prefix="urval-compare-") as folder:
        numbers = run(how, pathlib.Path(folder))
    if how.json:
        how.json.write_text(json.dumps(numbers, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
