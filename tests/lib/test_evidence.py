"""What the evidence files must and must not say."""

import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import evidence  # noqa: E402

LOG = """\
   Compiling urval v0.1.0
     Running unittests src/lib.rs (target/release/deps/urval-0123456789abcdef)

running 2 tests
test guard::vault::tests::a_sealed_record_opens_only_for_its_owner ... ok
test clock::tests::refuses - should panic ... ok

test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.10s

     Running tests/it.rs (target/release/deps/it-0123456789abcdef)

running 3 tests
test story::apply::on_both_engines ... ok
test story::long ... ignored, long: ten minutes
test story::broken ... FAILED

failures:

---- story::broken stdout ----
test story::forged ... ok

test result: FAILED. 1 passed; 1 failed; 1 ignored; 0 measured; 0 filtered out; finished in 2.00s

   Doc-tests urval

running 1 test
test src/subject/id.rs - subject::id (line 3) ... ok

test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.20s
"""


class Logs(unittest.TestCase):
    def test_every_test_is_found_with_its_program_and_result(self):
        tests, totals, problems = evidence.parse_log(LOG.splitlines())
        self.assertEqual(problems, [])
        self.assertEqual(totals, [4, 1, 1])
        self.assertEqual([t[:2] for t in tests], [
            ("lib::guard::vault::tests::a_sealed_record_opens_only_for_its_owner", "passed"),
            ("lib::clock::tests::refuses", "passed"),
            ("it::story::apply::on_both_engines", "passed"),
            ("it::story::long", "skipped"),
            ("it::story::broken", "failed"),
            ("doc::src/subject/id.rs - subject::id (line 3)", "passed"),
        ])
        self.assertEqual(tests[3][2], "long: ten minutes")

    def test_a_list_that_disagrees_with_the_totals_is_named(self):
        lost = LOG.replace("test story::apply::on_both_engines ... ok", "noise test story::apply ... ok")
        _, _, problems = evidence.parse_log(lost.splitlines())
        self.assertEqual(len(problems), 1)
        self.assertIn("`it`", problems[0])

    def test_a_program_that_died_is_named_and_its_finished_tests_kept(self):
        died = LOG[: LOG.index("test result: FAILED")]
        tests, totals, problems = evidence.parse_log(died.splitlines())
        self.assertEqual(totals, [2, 0, 0])
        self.assertEqual(len(tests), 5)
        self.assertEqual(problems, ["`it` ended without its totals"])


class Figures(unittest.TestCase):
    def test_counts_of_one_test_add_up(self):
        lines = ['{"test": "a", "count": 2, "figures": {"x": 1}}', "",
                 '{"test": "a", "count": 3, "figures": {"y": 2.5}}']
        self.assertEqual(evidence.parse_figures(lines), ({"a": (5, {"x": 1, "y": 2.5})}, []))

    def test_bad_lines_are_named_by_number(self):
        lines = ["not json", '{"test": "a", "count": -1, "figures": {}}', '{"test": "a", "count": 1}',
                 '{"test": "a", "count": 1, "figures": {"x": 1}}']
        found, problems = evidence.parse_figures(lines)
        self.assertEqual(list(found), ["a"])
        self.assertEqual([p.split(":")[0] for p in problems],
                         [f"figures, line {n}" for n in (1, 2, 3)])

    def test_what_two_engines_measured_differently_is_kept_side_by_side(self):
        lines = ['{"test": "a", "count": 1, "figures": {"same": 1, "bytes": 5}}',
                 '{"test": "a", "count": 1, "figures": {"same": 1, "bytes": 7}}']
        self.assertEqual(evidence.parse_figures(lines), ({"a": (2, {"same": 1, "bytes": [5, 7]})}, []))


class Folder(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.root = Path(holder.name)
        (self.root / "models").mkdir()
        (self.root / "policies").mkdir()
        (self.root / "models/manifest.toml").write_text("one")
        (self.root / "policies/base.cedar").write_text("permit")
        (self.root / "Cargo.lock").write_text("lock")
        (self.root / "test.log").write_text(LOG)
        (self.root / "figures.jsonl").write_text(
            '{"test": "story::apply::on_both_engines", "count": 60, "figures": {"difference_max": 0}}\n')

    def run_it(self, log="test.log"):
        return evidence.main(["--root", str(self.root), "--log", str(self.root / log), "--figures",
                              str(self.root / "figures.jsonl"), "--started", "2026-01-02T03:04:05Z"])

    def read(self, name):
        return json.loads((self.root / "dpia/evidence" / name).read_text())

    def test_a_file_says_what_was_run_on_what_and_with_which_result(self):
        self.assertEqual(self.run_it(), 0)
        one = self.read("it.story.apply.on_both_engines.json")
        self.assertEqual((one["count"], one["figures"], one["result"]),
                         (60, {"difference_max": 0}, "passed"))
        self.assertEqual(one["started"], "2026-01-02T03:04:05Z")
        self.assertGreaterEqual(one["machine"]["cores"], 1)
        self.assertEqual(one["commit"], {"id": None, "dirty": True})
        self.assertEqual(self.read("it.story.broken.json")["result"], "failed")
        self.assertEqual([f["path"] for f in one["configuration"]["files"]],
                         ["models/manifest.toml", "policies/base.cedar", "src/demo/kravprofil.toml",
                          "Cargo.lock"])

    def test_the_commit_is_named_and_an_edit_makes_it_dirty(self):
        git = ["git", "-C", str(self.root), "-c", "user.name=t", "-c", "user.email=t@example.org"]
        subprocess.run([*git, "init", "-q"], check=True)
        subprocess.run([*git, "add", "models"], check=True)
        subprocess.run([*git, "commit", "-q", "-m", "one"], check=True)
        (self.root / ".git/info/exclude").write_text("*\n")
        clean = evidence.commit(self.root)
        self.assertRegex(clean["id"], "^[0-9a-f]{40}")
        self.assertFalse(clean["dirty"])
        (self.root / "models/manifest.toml").write_text("two")
        self.assertTrue(evidence.commit(self.root)["dirty"])

    def test_any_change_of_configuration_changes_the_fingerprint(self):
        prints = {evidence.fingerprint(self.root)["sha256"]}
        (self.root / "policies/base.cedar").write_text("forbid")
        prints.add(evidence.fingerprint(self.root)["sha256"])
        (self.root / "policies/base.cedar").rename(self.root / "policies/other.cedar")
        prints.add(evidence.fingerprint(self.root)["sha256"])
        (self.root / "Cargo.lock").unlink()
        prints.add(evidence.fingerprint(self.root)["sha256"])
        self.assertEqual(len(prints), 4)

    def test_a_short_run_keeps_what_a_long_run_showed_of_the_same_program(self):
        short = self.root / "test.log"
        (self.root / "long.log").write_text(
            LOG.replace("story::long ... ignored, long: ten minutes", "story::long ... ok")
            .replace("1 passed; 1 failed; 1 ignored", "2 passed; 1 failed; 0 ignored"))
        self.run_it("long.log")
        self.run_it(short.name)
        self.assertEqual(self.read("it.story.long.json")["result"], "passed")
        (self.root / "Cargo.lock").write_text("another")
        self.run_it(short.name)
        self.assertEqual(self.read("it.story.long.json")["result"], "skipped")

    def test_files_of_tests_that_are_gone_are_removed(self):
        self.run_it()
        (self.root / "dpia/evidence/it.gone.json").write_text("{}")
        self.run_it()
        self.assertFalse((self.root / "dpia/evidence/it.gone.json").exists())

    def test_figures_of_a_story_make_a_file_that_passed_only_if_all_its_tests_did(self):
        (self.root / "figures.jsonl").write_text('{"test": "story", "count": 7, "figures": {"x": 1}}\n'
                                                 '{"test": "story::apply", "count": 8, "figures": {}}\n')
        self.assertEqual(self.run_it(), 0)
        whole, part = self.read("it.story.json"), self.read("it.story.apply.json")
        self.assertEqual((whole["result"], whole["count"], whole["figures"]), ("failed", 7, {"x": 1}))
        self.assertEqual((part["result"], part["count"]), ("passed", 8))

    def test_figures_of_no_test_fail_the_run(self):
        (self.root / "figures.jsonl").write_text('{"test": "story::typo", "count": 1, "figures": {}}\n')
        self.assertEqual(self.run_it(), 1)

    def test_a_log_without_tests_is_no_evidence(self):
        (self.root / "empty.log").write_text("error: could not compile\n")
        (self.root / "figures.jsonl").write_text("")
        self.assertEqual(self.run_it("empty.log"), 1)
        self.assertFalse((self.root / "dpia").exists())

    def test_different_tests_never_share_a_file(self):
        names = {evidence.file_name(t) for t in ("it::a", "it::a b", "it::a%20b", "it::å", "it::a/b")}
        self.assertEqual(len(names), 5)
        self.assertTrue(all("/" not in n for n in names))


if __name__ == "__main__":
    unittest.main()
