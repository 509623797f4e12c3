"""Stage 1: the English vocabulary, kept with its ids, and Swedish pieces behind it.

English keeps its pieces, so the teacher's space stays exact for English. The Swedish pieces come from the
Swedish side of the parallel data alone, lower-cased, with their accents: `för` and `for` are two words.
"""

import json
from collections import Counter

from tokenizers import Tokenizer
from tokenizers.implementations import BertWordPieceTokenizer

import common as c

PIECES = 15_000
# Everyday words and skill labels count more than the wording of manuals.
WEIGHT_EVERYDAY, WEIGHT_SKILLS = 8, 6


def main():
    c.seed()
    train, _ = c.everyday()
    lines = [sv for sv, _ in c.documentation()]
    lines += [sv for sv, _ in train] * WEIGHT_EVERYDAY
    lines += [sv for sv, _, _ in c.skills()] * WEIGHT_SKILLS
    old = c.tokenizer(c.BASE / "tokenizer.json")
    english = old.get_vocab()
    swedish = BertWordPieceTokenizer(lowercase=True, strip_accents=False, clean_text=True)
    swedish.train_from_iterator(lines, vocab_size=26_000, min_frequency=4, show_progress=False)
    counted = Counter(t for e in swedish.encode_batch(lines) for t in e.tokens)
    # Every Swedish letter also inside a word, whatever the counts say.
    letters = [mark + letter for letter in "åäöéüæø" for mark in ("", "##")]
    wanted = letters + [t for t, _ in counted.most_common() if not t.startswith("[")]
    vocabulary = dict(english)
    for piece in wanted:
        if piece not in vocabulary and len(vocabulary) < len(english) + PIECES:
            vocabulary[piece] = len(vocabulary)
    published = json.loads(old.to_str())
    # Composed first: text out of documents often has its letters and their accents apart.
    bert = {
        "type": "BertNormalizer",
        "clean_text": True,
        "handle_chinese_chars": True,
        "strip_accents": False,
        "lowercase": True,
    }
    published["normalizer"] = {"type": "Sequence", "normalizers": [{"type": "NFC"}, bert]}
    published["model"]["vocab"] = vocabulary
    published["padding"] = published["truncation"] = None
    made = Tokenizer.from_str(json.dumps(published))
    made.save(str(c.WORK / "tokenizer.json"), pretty=False)
    sample = [sv for sv, _ in c.everyday()[1]]
    words = sum(len(s.split()) for s in sample)
    for name, tok in (("base", old), ("ours", made)):
        pieces = sum(len(e.ids) - 2 for e in tok.encode_batch(sample))
        print(f"{name}: {len(tok.get_vocab())} pieces, {pieces / words:.2f} a Swedish word")


if __name__ == "__main__":
    main()
