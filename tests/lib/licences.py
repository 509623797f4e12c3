#!/usr/bin/env python3
"""Checks every dependency's licence, and the crates that must not come in, against .deny.toml: those of the
program, and by a list of its own those of the fuzz targets, which are a workspace apart and not shipped.

It does what `cargo deny check licenses bans` does for the lists used here, from `cargo metadata`
alone: cargo-deny takes minutes to build and is not everywhere. Every platform's dependencies count,
not only this one's.

Exit codes: 0 everything is allowed, 1 something is not or an entry is no longer needed.
"""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

OWN_LICENCE = "EUPL-1.2"
# Each has its .deny.toml.
WORKSPACES = (".", "tests/fuzz")
TOKEN = re.compile(r"\s*(\(|\)|/|[A-Za-z0-9.+:-]+)")


class Malformed(Exception):
    """A licence expression that cannot be read."""


def tokens(expression):
    """The words, brackets and slashes of an SPDX expression."""
    position, found = 0, []
    text = expression.strip()
    while position < len(text):
        match = TOKEN.match(text, position)
        if not match:
            raise Malformed(expression)
        found.append(match[1])
        position = match.end()
    return found


def parse(expression):
    """An SPDX expression as ("licence", name), ("and", a, b) or ("or", a, b).

    `/` is the older spelling of OR. AND binds more tightly than OR.
    """
    words = tokens(expression)

    def either():
        left = both()
        while words and words[0] in ("OR", "/"):
            words.pop(0)
            left = ("or", left, both())
        return left

    def both():
        left = one()
        while words and words[0] == "AND":
            words.pop(0)
            left = ("and", left, one())
        return left

    def one():
        if not words:
            raise Malformed(expression)
        word = words.pop(0)
        if word == "(":
            inner = either()
            if not words or words.pop(0) != ")":
                raise Malformed(expression)
            return inner
        if word in (")", "/", "AND", "OR", "WITH"):
            raise Malformed(expression)
        if words and words[0] == "WITH":
            words.pop(0)
            if not words:
                raise Malformed(expression)
            word = f"{word} WITH {words.pop(0)}"
        return ("licence", word)

    tree = either()
    if words:
        raise Malformed(expression)
    return tree


def names(tree):
    """Every licence named in an expression."""
    return {tree[1]} if tree[0] == "licence" else names(tree[1]) | names(tree[2])


def allowed(tree, allow):
    """Whether a choice among the OR branches exists that uses only allowed licences."""
    if tree[0] == "licence":
        return tree[1] in allow
    sides = (allowed(tree[1], allow), allowed(tree[2], allow))
    return all(sides) if tree[0] == "and" else any(sides)


def check(metadata, rules):
    """What is wrong, one line each."""
    problems, seen = [], set()
    allow = set(rules["licenses"]["allow"])
    extra = {entry["crate"]: set(entry["allow"]) for entry in rules["licenses"].get("exceptions", [])}
    banned = {entry["crate"]: entry["reason"] for entry in rules["bans"]["deny"]}
    own, used_exceptions = set(metadata["workspace_members"]), set()
    for package in metadata["packages"]:
        label = f"{package['name']} {package['version']}"
        expression = package.get("license")
        # A package of another workspace of ours has a path and no registry.
        if package["id"] in own or package.get("source", "elsewhere") is None:
            if expression != OWN_LICENCE:
                problems.append(f"{label}: our own licence reads {expression}, not {OWN_LICENCE}")
            continue
        if package["name"] in banned:
            problems.append(f"{label}: banned: {banned[package['name']]}; "
                            f"see who brings it: cargo tree --invert {package['name']}")
        if not expression:
            problems.append(f"{label}: no licence expression (file: {package.get('license_file')})")
            continue
        try:
            tree = parse(expression)
        except Malformed:
            problems.append(f"{label}: the licence `{expression}` is no SPDX expression")
            continue
        seen |= names(tree)
        if package["name"] in extra:
            used_exceptions.add(package["name"])
        if not allowed(tree, allow | extra.get(package["name"], set())):
            problems.append(f"{label}: the licence `{expression}` is not allowed; "
                            "replace the crate, or decide and add it to .deny.toml")
    problems += [f".deny.toml allows {name}, which no dependency has; take it out"
                 for name in sorted(allow - seen)]
    problems += [f".deny.toml has an exception for {name}, which is no dependency; take it out"
                 for name in sorted(extra.keys() - used_exceptions)]
    return problems


def check_workspace(folder, name):
    """Prints what is wrong in one workspace, and says whether anything is."""
    with (folder / ".deny.toml").open("rb") as file:
        rules = tomllib.load(file)
    done = subprocess.run(["cargo", "metadata", "--format-version", "1", "--locked", "--all-features"],
                          cwd=folder, stdout=subprocess.PIPE, check=False)
    if done.returncode != 0:
        print(f"licences: `cargo metadata --locked` failed in {name}; see above", file=sys.stderr)
        return False
    metadata = json.loads(done.stdout)
    problems = check(metadata, rules)
    for problem in problems:
        print(f"licences: {name}: {problem}", file=sys.stderr)
    foreign = sum(package["source"] is not None for package in metadata["packages"])
    print(f"licences: {name}: {foreign} dependencies, {len(problems)} problems")
    return not problems


def main():
    root = Path(__file__).resolve().parent.parent.parent
    return 0 if all([check_workspace(root / name, name) for name in WORKSPACES]) else 1


if __name__ == "__main__":
    sys.exit(main())
