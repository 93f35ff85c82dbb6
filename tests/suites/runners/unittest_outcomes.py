"""Runs unittest with its own command line and tells what became of each test: a line of JSON for each event, in the
file that the variable PYROXENE_OUTCOMES names. After `--apart` come names of modules, each of which gets a process of
its own."""

import json
import os
import subprocess
import sys
import unittest

# Set for a process that is not the only one: the end of its tests is not the end of all.
PART = "PYROXENE_PART"


class Teller:
    """Writes what happens. Its file is opened once: a test may take away what it needs to be opened again."""

    def __init__(self):
        self.file = open(os.environ["PYROXENE_OUTCOMES"], "a", encoding="ascii", buffering=1)

    def __call__(self, **event):
        self.file.write(json.dumps(event) + "\n")


class Result(unittest.TextTestResult):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.tell = Teller()

    def outcome(self, test, outcome):
        # A subtest's id is that of its test, a space, and its parameters.
        self.tell(event="outcome", id=test.id().split(" ")[0], outcome=outcome)

    def startTest(self, test):
        self.tell(event="start", id=test.id())
        super().startTest(test)

    def addSuccess(self, test):
        self.outcome(test, "passed")
        super().addSuccess(test)

    def addFailure(self, test, err):
        self.outcome(test, "failed")
        super().addFailure(test, err)

    def addError(self, test, err):
        self.outcome(test, "failed")
        super().addError(test, err)

    def addSubTest(self, test, subtest, err):
        if err is not None:
            self.outcome(test, "failed")
        super().addSubTest(test, subtest, err)

    def addSkip(self, test, reason):
        self.outcome(test, "skipped")
        super().addSkip(test, reason)

    def addExpectedFailure(self, test, err):
        self.outcome(test, "xfailed")
        super().addExpectedFailure(test, err)

    def addUnexpectedSuccess(self, test):
        self.outcome(test, "xpassed")
        super().addUnexpectedSuccess(test)

    def stopTestRun(self):
        super().stopTestRun()
        if PART not in os.environ:
            self.tell(event="finish")


def apart(modules):
    """Runs each module in a process of its own. One that a signal ends counts as crashed itself."""
    tell = Teller()
    for module in modules:
        environment = os.environ | {PART: "1"}
        done = subprocess.run([sys.executable, __file__, "-v", module], env=environment)
        if done.returncode < 0:
            tell(event="outcome", id=module, outcome="crashed")
    tell(event="finish")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--apart"]:
        sys.exit(apart(sys.argv[2:]))
    runner = unittest.TextTestRunner(resultclass=Result, verbosity=2)
    unittest.main(module=None, testRunner=runner)
