#!/usr/bin/env python3
"""Checks a log of Urval, or a proof out of one, without anything of Urval.

Written from the public texts (C2SP signed-note, tlog-checkpoint, tlog-tiles, tlog-proof,
tlog-cosignature; RFC 6962; RFC 8032) with the standard library alone, so that it can be read through
before it is believed. Python 3.9 or later.

  urval_verify.py log DIR|URL --vkey KEY [--seen CHECKPOINT]... [--witness KEY]... [--require N]
  urval_verify.py proof FILE.tlog-proof --vkey KEY [--witness KEY]... [--require N]

KEY is a verifier key, or a file with one. Take it from somewhere else than what is checked. A URL is the
log's prefix, such as https://HOST/logg; entries there need --header 'Cookie: ...' of somebody who may
oversee, or --hashes-only. Exit code 0: everything holds. 1: something does not, or cannot be read.
"""
import argparse, base64, functools, hashlib, json, os, re, sys, urllib.request

# -- Ed25519, RFC 8032 section 5.1, points in extended coordinates ---------------------------------
P = 2**255 - 19
Q = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P

def add(a, b):
    s, t = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    c, d = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = t - s, d - c, d + c, t + s
    return (e * f % P, g * h % P, f * g % P, e * h % P)

def times(n, point):
    out = (0, 1, 1, 0)
    while n:
        if n & 1:
            out = add(out, point)
        point, n = add(point, point), n >> 1
    return out

def same(a, b):
    return (a[0] * b[2] - b[0] * a[2]) % P == 0 and (a[1] * b[2] - b[1] * a[2]) % P == 0

def point(encoded):
    y = int.from_bytes(encoded, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if y >= P or (x * x - x2) % P or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return (x, y, 1, x * y % P)

BASE = point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))

@functools.lru_cache(maxsize=4096)
def signed_by(public, message, signature):
    if len(signature) != 64 or len(public) != 32:
        return False
    a, r, s = point(public), point(signature[:32]), int.from_bytes(signature[32:], "little")
    # A key or nonce of small order would verify what nobody signed.
    if a is None or r is None or s >= Q or same(times(8, a), (0, 1, 1, 0)) or same(times(8, r), (0, 1, 1, 0)):
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % Q
    return same(times(s, BASE), add(r, times(h, a)))

# -- signed notes and checkpoints -------------------------------------------------------------------
class Wrong(Exception):
    """Something does not hold; the text says what."""

def need(holds, what):
    if not holds:
        raise Wrong(what)

def unbase64(text):
    need(re.fullmatch(r"[A-Za-z0-9+/]*={0,2}", text) and len(text) % 4 == 0, "something is not base64")
    out = base64.b64decode(text)
    need(base64.b64encode(out).decode() == text, "base64 in an odd spelling")
    return out

class Key:
    def __init__(self, given, kind):
        self.text = (open(given, encoding="utf-8").read() if os.path.exists(given) else given).strip()
        self.name, _, rest = self.text.partition("+")
        self.id, _, encoded = rest.partition("+")
        material = unbase64(encoded)
        need(material[:1] == bytes([kind]) and len(material) == 33, "not a key of the kind expected")
        self.kind, self.public = kind, material[1:]
        known = hashlib.sha256(self.name.encode() + b"\n" + material).hexdigest()[:8]
        need(self.id == known, "the parts of a verifier key do not fit each other")

    def verifies(self, text, signature):
        if self.kind == 1:
            return signed_by(self.public, text.encode(), signature)
        time = int.from_bytes(signature[:8], "big")
        message = "cosignature/v1\ntime %d\n%s" % (time, text)
        return time < 2**63 and signed_by(self.public, message.encode(), signature[8:])

    def signed(self, text, lines):
        """Whether the note is signed by this key; a false line by it spoils the note."""
        mine = [s[4:] for name, s in lines if name == self.name and s[:4].hex() == self.id]
        need(all(self.verifies(text, s) for s in mine), "a false signature by " + self.name)
        return bool(mine)

def read_note(data):
    note = data.decode("utf-8", "replace")
    need("\ufffd" not in note, "a note is not UTF-8")
    need(not re.search(r"[\x00-\x09\x0b-\x1f]", note) and "\n\n" in note, "not a signed note")
    body, _, block = note.rpartition("\n\n")
    need(block.endswith("\n") and block.count("\n") <= 100, "a note that ends in the middle, or never")
    lines = []
    for line in block[:-1].split("\n"):
        match = re.fullmatch("\u2014 ([^ +]+) ([A-Za-z0-9+/=]+)", line)
        need(match and not re.search(r"\s", match[1]), "a signature line is not one")
        signature = unbase64(match[2])
        need(len(signature) > 4, "a signature line without a signature")
        lines.append((match[1], signature))
    return body + "\n", lines

def read_checkpoint(data, vkey):
    text, lines = read_note(data)
    need(vkey.signed(text, lines), "a checkpoint is not signed by the log")
    parts = text[:-1].split("\n")
    need(len(parts) >= 3 and all(parts) and parts[0] == vkey.name, "a checkpoint is of another log")
    need(re.fullmatch(r"0|[1-9][0-9]{0,18}", parts[1]), "the size in a checkpoint is not a plain number")
    root = unbase64(parts[2])
    need(len(root) == 32, "the root in a checkpoint is not a hash")
    return int(parts[1]), root

def split_notes(data):
    notes = re.findall(rb"(?:(?!\xe2\x80\x94 )[^\n]*\n)+(?:\xe2\x80\x94 [^\n]*\n)+", data)
    need(b"".join(notes) == data and notes, "the list of checkpoints is not one")
    return notes

# -- the tree, RFC 6962 -----------------------------------------------------------------------------
def leaf_hash(leaf):
    return hashlib.sha256(b"\0" + leaf).digest()

def node(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()

class Edge:
    """The roots of the complete subtrees, smallest last, of a tree that grows."""

    def __init__(self, size=0, roots=()):
        self.size, self.roots = size, list(roots)

    def push(self, hash, leaves=1):
        size = self.size // leaves
        while size & 1:
            hash, size = node(self.roots.pop(), hash), size >> 1
        self.roots.append(hash)
        self.size += leaves

    def root(self):
        if not self.roots:
            return hashlib.sha256(b"").digest()
        return functools.reduce(lambda right, left: node(left, right), reversed(self.roots))

def tree(hashes):
    edge = Edge()
    for hash in hashes:
        edge.push(hash)
    return edge.root()

def climb(hash, index, size, proof):
    """The root that a proof leads to."""
    if size == 1 or not proof:
        need(size == 1 and not proof, "a proof of the wrong length")
        return hash
    left = 1 << ((size - 1).bit_length() - 1)
    if index < left:
        return node(climb(hash, index, left, proof[:-1]), proof[-1])
    return node(proof[-1], climb(hash, index - left, size - left, proof[:-1]))

# -- a log ------------------------------------------------------------------------------------------
class Folder:
    def __init__(self, root):
        self.root = root
        self.names = {os.path.relpath(os.path.join(at, name), root) for at, _, names in os.walk(root)
                      for name in names}

    def get(self, name):
        need(name in self.names, "missing: " + name)
        path = os.path.join(self.root, name)
        need(not os.path.islink(path), "a link: " + name)
        with open(path, "rb") as file:
            return file.read()

class Host:
    names = None

    def __init__(self, prefix, headers):
        self.prefix, self.headers = prefix.rstrip("/"), dict(header.split(": ", 1) for header in headers)

    def get(self, name):
        request = urllib.request.Request(self.prefix + "/" + name, headers=self.headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.read(17 << 20)
        except OSError as error:
            raise Wrong("%s: %s" % (name, error))

def path(row, number, width):
    groups = ["%03d" % (number % 1000)]
    while number >= 1000:
        number //= 1000
        groups.insert(0, "x%03d" % (number % 1000))
    return "tile/%s/%s%s" % (row, "/".join(groups), "" if width == 256 else ".p/%d" % width)

def read_hashes(log, level, number, width):
    data = log.get(path(level, number, width))
    need(len(data) == 32 * width, "of the wrong length: " + path(level, number, width))
    return [data[at:at + 32] for at in range(0, len(data), 32)]

def read_entries(log, number, width):
    name, entries, at = path("entries", number, width), [], 0
    data = log.get(name)
    while at < len(data):
        end = at + 2 + int.from_bytes(data[at:at + 2], "big")
        entries.append(data[at + 2:end])
        at = end
    need(at == len(data) and len(entries) == width, "cut off, or too many or too few entries: " + name)
    return entries

def check_leaf(leaf, seq, prev):
    try:
        said = json.loads(leaf)
    except ValueError:
        raise Wrong("entry %d cannot be read" % seq)
    spelled = json.dumps(said, sort_keys=True, separators=(",", ":")).encode()
    need(isinstance(said, dict) and spelled == leaf, "entry %d is not in the canonical form" % seq)
    need(said.get("seq") == seq, "entry %d carries another number" % seq)
    need(prev is None or said.get("prev") == prev.hex(), "entry %d does not point to the one before" % seq)
    return said.get("action")

def check_log(log, vkey, seen=(), hashes_only=False):
    """Raises Wrong unless everything holds; gives the size and the first entry that is there."""
    shown = log.get("checkpoint")
    size, root = read_checkpoint(shown, vkey)
    heads, expected, minimum = [(size, root)] + list(seen), {"checkpoint"}, 0
    if log.names is not None:
        expected |= {"checkpoints", "vkey"}
        need(log.get("vkey") == (vkey.text + "\n").encode(), "the key in the folder is another one")
        notes = split_notes(log.get("checkpoints"))
        need(notes[-1] == shown, "the list of checkpoints does not end in the current one")
        listed = [read_checkpoint(note, vkey) for note in notes]
        need(all(a[0] <= b[0] for a, b in zip(listed, listed[1:])), "checkpoints out of order")
        heads += listed
        if "minimum-index" in log.names:
            expected.add("minimum-index")
            text = log.get("minimum-index")
            need(re.fullmatch(rb"[1-9][0-9]{0,18}\n", text), "minimum-index is not a number")
            minimum = int(text)
            need(minimum % 256 == 0 and minimum < size, "minimum-index cannot be true")
    need(all(at <= size for at, _ in heads), "rolled back: a larger checkpoint was signed")
    roots = {}
    for at, signed in heads:
        need(roots.setdefault(at, signed) == signed, "forked: two signed checkpoints of %d entries" % at)

    # Of entries that were pruned one hash for each 256 is left; the signed root vouches for them below.
    blocks = []
    for number in range(-(-minimum // 65536)):
        blocks += read_hashes(log, 1, number, min(256, size // 256 - number * 256))
    blocks = blocks[:minimum // 256]
    edge, prev, told = Edge(), None if minimum else bytes(32), not minimum
    for at, hash in enumerate(blocks):
        need(roots.get(at * 256, edge.root()) == edge.root(), "rewritten: a checkpoint of %d" % (at * 256))
        edge.push(hash, 256)
    for number in range(minimum // 256, -(-size // 256)):
        first, width = number * 256, min(256, size - number * 256)
        hashes = read_hashes(log, 0, number, width)
        expected |= {path(0, number, width), path("entries", number, width)}
        entries = [None] * width if hashes_only else read_entries(log, number, width)
        for seq, (hash, leaf) in enumerate(zip(hashes, entries), first):
            need(seq not in roots or edge.root() == roots[seq], "rewritten: a checkpoint of %d entries" % seq)
            if leaf is not None:
                need(leaf_hash(leaf) == hash, "entry %d was altered, or its hash" % seq)
                told |= check_leaf(leaf, seq, prev) == "log.pruned"
            prev = hash
            edge.push(hash)
        if width == 256:
            blocks.append(tree(hashes))
    need(edge.size == size and edge.root() == root, "the entries do not give the signed root")
    need(told or hashes_only, "the beginning is gone and no entry tells of a pruning")
    level = 1
    while blocks:
        for number in range(-(-len(blocks) // 256)):
            part = blocks[number * 256:number * 256 + 256]
            expected.add(path(level, number, len(part)))
            need(read_hashes(log, level, number, len(part)) == part,
                 "altered: " + path(level, number, len(part)))
        blocks = [tree(blocks[at:at + 256]) for at in range(0, len(blocks) - len(blocks) % 256, 256)]
        level += 1
    more = (log.names or expected) - expected
    need(not more, "does not belong to the log: " + ", ".join(sorted(more)[:3]))
    return size, minimum

# -- a proof ----------------------------------------------------------------------------------------
def check_proof(data, vkey):
    form = rb"c2sp\.org/tlog-proof@v1\nextra ([!-~]*)\nindex (0|[1-9][0-9]{0,18})((?:\n[!-~]+){0,64})\n\n(.*)"
    match = re.fullmatch(form, data, re.S)
    need(match, "not a proof that carries its entry")
    leaf, index, checkpoint = unbase64(match[1].decode()), int(match[2]), match[4]
    proof = [unbase64(line) for line in match[3].decode().split("\n")[1:]]
    size, root = read_checkpoint(checkpoint, vkey)
    need(index < size and all(len(hash) == 32 for hash in proof), "not a proof for this checkpoint")
    need(climb(leaf_hash(leaf), index, size, proof) == root, "the proof does not lead to the signed root")
    check_leaf(leaf, index, None)
    return index, size, leaf, checkpoint

def check_witnesses(note, keys, wanted):
    found = len({key.public for key in keys if key.signed(*read_note(note))})
    need(found >= wanted, "%d witnesses cosigned, %d are required" % (found, wanted))
    return found

def main():
    ask = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ask.add_argument("what", choices=["log", "proof"])
    ask.add_argument("where")
    ask.add_argument("--vkey", required=True)
    ask.add_argument("--require", type=int)
    ask.add_argument("--hashes-only", action="store_true")
    for name in ["--seen", "--witness", "--header"]:
        ask.add_argument(name, action="append", default=[])
    given = ask.parse_args()
    try:
        vkey, keys = Key(given.vkey, 1), [Key(key, 4) for key in given.witness]
        wanted = len(keys) if given.require is None else given.require
        if given.what == "proof":
            index, size, leaf, note = check_proof(open(given.where, "rb").read(), vkey)
            print("entry %d is in the log %s of %d entries\n%s" % (index, vkey.name, size, leaf.decode()))
        else:
            remote = re.match("https?://", given.where)
            log = Host(given.where, given.header) if remote else Folder(given.where)
            seen = [read_checkpoint(open(file, "rb").read(), vkey) for file in given.seen]
            size, minimum = check_log(log, vkey, seen, given.hashes_only)
            note = log.get("checkpoint")
            print("the log %s holds: %d entries, from %d" % (vkey.name, size, minimum))
        found = check_witnesses(note, keys, wanted)
        if keys:
            print("%d of the named witnesses cosigned" % found)
    except (Wrong, OSError) as error:
        print("DOES NOT HOLD: %s" % error, file=sys.stderr)
        return 1
    return 0

if __name__ == "__main__":
    sys.exit(main())
