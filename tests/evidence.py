#!/usr/bin/env python3
"""Turns the output of `cargo test` into one evidence file a test.

The data protection impact assessment points at tests by id; each file says what was run, on which
commit and configuration, on what machine, and what came of it:

    dpia/evidence/it.story.no_decision_without_a_person.json

A test may report figures (how many applications, the largest difference found) by appending one
JSON line to the file named in the environment variable URVAL_FIGURES:

    {"test": "story::no_decision_without_a_person", "count": 60, "figures": {"difference_max": 0}}

The name may also be that of a story, which is a module of tests (one for each engine): the story then
has a file of its own, and has passed when all its tests have.

The files are the outcome of a run on one machine and are not committed.

    tests/evidence.py --log LOG... [--figures FILE] --started TIME [--root DIR] [--out DIR]
    tests/evidence.py --totals LOG          prints PASSED FAILED IGNORED

Exit codes: 0 done, 1 the output, a figure line or the folder is not as expected (what can be
written is still written).
"""

import argparse
import hashlib
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
from pathlib import Path

# What decides how the program treats an application: with another of these, a result is no evidence
# for the program as it is configured now. Folders count with every file below them.
CONFIGURATION = ["models/manifest.toml", "policies", "src/demo/kravprofil.toml", "Cargo.lock"]

RUNNING = re.compile(r"^\s*Running (?:unittests )?(\S+) \((.+)\)$")
DOC_TESTS = re.compile(r"^\s*Doc-tests (\S+)$")
TEST = re.compile(r"^test (.+?)(?: - should panic)? \.\.\. (ok|FAILED|ignored)(?:, (.*))?$")
RESULT = re.compile(r"^test result: (?:ok|FAILED)\. (\d+) passed; (\d+) failed; (\d+) ignored;")
RESULTS = {"ok": "passed", "FAILED": "failed", "ignored": "skipped"}


def parse_log(lines):
    """The tests of one log as [(test id, result, reason)], the totals that libtest itself gave, and
    what was wrong: a list and totals that disagree mean that something a test printed was mixed into
    libtest's lines, so that some test would be missing here.
    """
    tests, totals, suite, seen = [], [0, 0, 0], "unknown", []
    # After `failures:` comes what the tests themselves printed.
    quoting, problems = False, []
    for line in lines:
        line = line.rstrip("\n")
        if match := RUNNING.match(line):
            # The library's and each program's own tests are told apart by their source file.
            source = match[1].removeprefix("src/").removeprefix("tests/").removesuffix(".rs")
            suite, seen, quoting = source.replace("/", "::"), [], False
        elif match := DOC_TESTS.match(line):
            suite, seen, quoting = "doc", [], False
        elif line == "failures:":
            quoting = True
        elif not quoting and (match := TEST.match(line)):
            seen.append((f"{suite}::{match[1]}", RESULTS[match[2]], match[3]))
        elif match := RESULT.match(line):
            given = [int(match[i]) for i in (1, 2, 3)]
            counted = [sum(r == w for _, r, _ in seen) for w in ("passed", "failed", "skipped")]
            if given != counted:
                problems.append(f"`{suite}`: libtest counted {given} passed, failed and ignored, "
                                f"but its list shows {counted}")
            tests += seen
            totals = [a + b for a, b in zip(totals, given)]
            seen = []
    # A program that died before its totals: what it had finished still counts.
    if seen:
        problems.append(f"`{suite}` ended without its totals")
        tests += seen
    return tests, totals, problems


def parse_figures(lines):
    """{test: (count, figures)} of the lines that tests wrote, and what was wrong with them."""
    found, problems = {}, []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
            test, count, figures = entry["test"], entry["count"], entry["figures"]
            if not isinstance(test, str) or not isinstance(figures, dict):
                raise TypeError
            if not isinstance(count, int) or isinstance(count, bool) or count < 0:
                raise TypeError
        except (ValueError, KeyError, TypeError):
            problems.append(f"figures, line {number}: expected "
                            '{"test": "…", "count": N, "figures": {…}}')
            continue
        before_count, before = found.get(test, (0, {}))
        for name, value in figures.items():
            # Two engines may measure the same thing: what differs is kept side by side.
            seen = before.setdefault(name, [])
            if value not in seen:
                seen.append(value)
        found[test] = (before_count + count, before)
    found = {test: (count, {name: values[0] if len(values) == 1 else values
                            for name, values in figures.items()})
             for test, (count, figures) in found.items()}
    return found, problems


def fingerprint(root):
    """A digest over the configuration files, each with its own, so that a difference can be named."""
    files = []
    for name in CONFIGURATION:
        path = root / name
        if path.is_dir():
            files += sorted(p for p in path.rglob("*") if p.is_file())
        else:
            files.append(path)
    listed = []
    for path in files:
        digest = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "absent"
        listed.append({"path": path.relative_to(root).as_posix(), "sha256": digest})
    whole = hashlib.sha256()
    for entry in listed:
        whole.update(f"{entry['sha256']}  {entry['path']}\n".encode())
    return {"sha256": whole.hexdigest(), "files": listed}


def commit(root):
    """The commit that was tested and whether files differed from it; None outside a repository."""
    def git(*arguments):
        done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True)
        return done.stdout.strip() if done.returncode == 0 else None
    try:
        return {"id": git("rev-parse", "--verify", "--quiet", "HEAD"),
                "dirty": git("status", "--porcelain") != ""}
    except FileNotFoundError:
        return {"id": None, "dirty": True}


def machine():
    """What the figures were measured on; nothing that names the machine or its owner."""
    def first(path, pattern):
        try:
            found = re.search(pattern, Path(path).read_text(encoding="utf-8"), re.MULTILINE)
        except OSError:
            return None
        return found[1].strip() if found else None
    memory = first("/proc/meminfo", r"^MemTotal:\s+(\d+) kB")
    return {
        "cpu": first("/proc/cpuinfo", r"^model name\s*:\s*(.+)$") or platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_bytes": int(memory) * 1024 if memory else None,
        "os": first("/etc/os-release", r'^PRETTY_NAME="?([^"\n]+)'),
        "kernel": platform.release(),
    }


def file_name(test):
    """One file name a test: `::` becomes a dot, what a file name should not hold is encoded."""
    return re.sub(r"[^A-Za-z0-9_.-]", lambda m: "".join(f"%{b:02X}" for b in m[0].encode()),
                  test.replace("::", ".")) + ".json"


def write(path, value):
    """Whole or not at all: a crash leaves the old file, and at worst a `.tmp` beside it."""
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, suffix=".tmp",
                                     delete=False) as out:
        json.dump(value, out, ensure_ascii=False, indent=2, sort_keys=True)
        out.write("\n")
        out.flush()
        os.fsync(out.fileno())
    os.replace(out.name, path)


def older(path):
    """An evidence file of an earlier run, or None when there is none that can be read."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def stories(tests, figures):
    """The modules of tests under whose names figures were reported, as [(id, result, reason)]."""
    found, known = [], {test for test, _, _ in tests}
    for key in sorted(figures):
        for name in sorted({test.split("::", 1)[0] + "::" + key for test in known} | {key}):
            results = {result for test, result, _ in tests if test.startswith(name + "::")}
            if results and name not in known:
                worst = next(r for r in ("failed", "passed", "skipped") if r in results)
                found.append((name, worst, None))
    return found


def collect(tests, figures, common, out):
    """Writes one file a test and removes those of tests that are gone. Returns what was wrong."""
    problems, names, figures = [], set(), dict(figures)
    out.mkdir(parents=True, exist_ok=True)
    for test, result, reason in tests + stories(tests, figures):
        path = out / file_name(test)
        names.add(path.name)
        short = test.split("::", 1)[-1]
        keys = [key for key in (test, short) if key in figures]
        count, numbers = figures.pop(keys[0]) if keys else (None, {})
        if result == "skipped":
            # A short run does not take away what a long run showed of the same program.
            before = older(path)
            if before and before.get("result") != "skipped" and all(
                    before.get(key) == common[key] for key in ("commit", "configuration")):
                continue
        write(path, common | {"test": test, "result": result, "reason": reason,
                              "count": count, "figures": numbers})
    for key in sorted(figures):
        problems.append(f"figures: `{key}` is not a test of this run")
    for path in out.glob("*.json"):
        if path.name not in names:
            path.unlink()
    return problems


def main(arguments):
    parser = argparse.ArgumentParser(description="evidence files from the output of `cargo test`")
    parser.add_argument("--log", type=Path, action="append", default=[])
    parser.add_argument("--totals", type=Path)
    parser.add_argument("--figures", type=Path)
    parser.add_argument("--started")
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parent.parent)
    parser.add_argument("--out", type=Path, default=Path("dpia/evidence"))
    options = parser.parse_args(arguments)

    if options.totals:
        with options.totals.open(encoding="utf-8", errors="replace") as lines:
            print(*parse_log(lines)[1])
        return 0

    if not options.log or not options.started:
        parser.error("--log and --started are needed")
    tests, problems = [], []
    for log in options.log:
        with log.open(encoding="utf-8", errors="replace") as lines:
            found, _, wrong = parse_log(lines)
        tests += found
        problems += wrong
    figures = {}
    if options.figures and options.figures.exists():
        with options.figures.open(encoding="utf-8") as lines:
            figures, wrong = parse_figures(lines)
        problems += wrong
    if not tests:
        problems.append("no test was found in the logs")
    else:
        common = {"commit": commit(options.root), "configuration": fingerprint(options.root),
                  "machine": machine(), "started": options.started}
        out = options.root / options.out
        problems += collect(tests, figures, common, out)
        print(f"evidence: {len(tests)} tests in {options.out}, "
              f"configuration {common['configuration']['sha256'][:12]}")
    for problem in problems:
        print(f"evidence: {problem}", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
