"""Turns single bits of an export, in memory, and counts those that the independent verifier misses.

Called by the stories: flips.py EXPORT VKEY COUNT SEED. Prints how many were tried and which were missed.
"""
import os, random, sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs", "verify"))
import urval_verify as verifier


class Memory:
    def __init__(self, files):
        self.files, self.names = files, set(files)

    def get(self, name):
        verifier.need(name in self.files, "missing: " + name)
        return self.files[name]


def main():
    root, vkey, count, seed = sys.argv[1], verifier.Key(sys.argv[2], 1), int(sys.argv[3]), int(sys.argv[4])
    folder = verifier.Folder(root)
    good = {name: folder.get(name) for name in folder.names}
    verifier.check_log(Memory(good), vkey)
    names, chance, missed = sorted(good), random.Random(seed), []
    weights = [len(good[name]) for name in names]
    for _ in range(count):
        name = chance.choices(names, weights)[0]
        bit = chance.randrange(len(good[name]) * 8)
        bent = bytearray(good[name])
        bent[bit // 8] ^= 1 << bit % 8
        try:
            verifier.check_log(Memory({**good, name: bytes(bent)}), vkey)
            missed.append("%s bit %d" % (name, bit))
        except verifier.Wrong:
            pass
    print("%d tried, missed: %s" % (count, missed))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
