"""Runs unittest with its own command line and tells what became of each test: a line of JSON for each event, in the
file that the variable PYROXENE_OUTCOMES names."""

import json
import os
import unittest


class Result(unittest.TextTestResult):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.file = open(os.environ["PYROXENE_OUTCOMES"], "a", encoding="ascii", buffering=1)

    def tell(self, **event):
        self.file.write(json.dumps(event) + "\n")

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
        self.tell(event="finish")


if __name__ == "__main__":
    runner = unittest.TextTestRunner(resultclass=Result, verbosity=2)
    unittest.main(module=None, testRunner=runner)
