"""The licence check refuses what it should, and reads every form of expression in use."""

import unittest

import licences

RULES = {"licenses": {"allow": ["MIT", "Apache-2.0"]},
         "bans": {"deny": [{"crate": "openssl-sys", "reason": "C"}]}}


def package(name, expression, own=False):
    return {"id": f"{name} 1", "name": name, "version": "1", "license": expression, "own": own}


def problems(*packages, rules=RULES):
    needed = [package("a", "MIT"), package("b", "Apache-2.0")]
    everything = [*needed, *packages]
    return licences.check({"packages": everything,
                           "workspace_members": [p["id"] for p in everything if p["own"]]}, rules)


class Expressions(unittest.TestCase):
    def accepts(self, expression, *allow):
        return licences.allowed(licences.parse(expression), set(allow))

    def test_one_allowed_branch_of_or_is_enough_and_every_part_of_and_is_needed(self):
        self.assertTrue(self.accepts("GPL-3.0 OR MIT", "MIT"))
        self.assertFalse(self.accepts("GPL-3.0 AND MIT", "MIT"))
        self.assertTrue(self.accepts("(GPL-3.0 OR MIT) AND ISC", "MIT", "ISC"))

    def test_and_binds_before_or(self):
        self.assertTrue(self.accepts("MIT OR GPL-3.0 AND ISC", "MIT"))
        self.assertFalse(self.accepts("(MIT OR GPL-3.0) AND ISC", "MIT"))

    def test_a_slash_is_or(self):
        self.assertTrue(self.accepts("GPL-3.0/MIT", "MIT"))
        self.assertTrue(self.accepts("GPL-3.0 / MIT", "MIT"))

    def test_an_exception_is_another_licence_than_its_base(self):
        self.assertFalse(self.accepts("GPL-2.0 WITH Classpath-exception-2.0", "GPL-2.0"))
        self.assertTrue(self.accepts("Apache-2.0 WITH LLVM-exception", "Apache-2.0 WITH LLVM-exception"))

    def test_what_is_no_expression_is_refused(self):
        for text in ("", "MIT OR", "(MIT", "MIT)", "MIT ISC", "AND", "MIT WITH", "MIT; ISC"):
            with self.assertRaises(licences.Malformed, msg=text):
                licences.parse(text)


class Rules(unittest.TestCase):
    def test_what_is_allowed_passes(self):
        self.assertEqual(problems(package("us", "EUPL-1.2", own=True)), [])

    def test_each_kind_of_wrong_is_named_with_its_crate(self):
        for bad in (package("bad", "GPL-3.0"), package("bad", None), package("bad", "see file?"),
                    package("openssl-sys", "MIT"), package("us", "MIT", own=True)):
            found = problems(bad)
            self.assertEqual(len(found), 1, bad)
            self.assertTrue(found[0].startswith(bad["name"] + " 1: "), found)

    def test_entries_that_nobody_needs_any_longer_are_named(self):
        rules = {"licenses": {"allow": ["MIT", "Apache-2.0", "Zlib"],
                              "exceptions": [{"crate": "gone", "allow": ["MPL-2.0"]}]},
                 "bans": {"deny": []}}
        found = problems(rules=rules)
        self.assertEqual(len(found), 2)
        self.assertIn("Zlib", found[0])
        self.assertIn("gone", found[1])

    def test_a_package_of_ours_in_another_workspace_is_ours(self):
        beside = {**package("beside", "EUPL-1.2"), "source": None}
        self.assertEqual(problems(beside), [])
        self.assertEqual(len(problems({**beside, "license": "MIT"})), 1)
        self.assertEqual(len(problems({**beside, "source": "registry+https://example.org"})), 1)

    def test_an_exception_holds_for_its_crate_only(self):
        rules = {"licenses": {"allow": ["MIT", "Apache-2.0"],
                              "exceptions": [{"crate": "spell", "allow": ["MPL-2.0"]}]},
                 "bans": {"deny": []}}
        self.assertEqual(problems(package("spell", "MPL-2.0"), rules=rules), [])
        self.assertEqual(len(problems(package("spell", "MPL-2.0"), package("x", "MPL-2.0"), rules=rules)), 1)


if __name__ == "__main__":
    unittest.main()
