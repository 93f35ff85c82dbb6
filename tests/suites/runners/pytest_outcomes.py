"""A pytest plugin that tells what became of each test: a line of JSON for each event, in the file that the variable
PYROXENE_OUTCOMES names. Under xdist the controller writes, so that a worker's crash is told too."""

import json
import os


def pytest_configure(config):
    if not hasattr(config, "workerinput"):
        path = os.environ["PYROXENE_OUTCOMES"]
        config.pluginmanager.register(Outcomes(path), "pyroxene-outcomes")


class Outcomes:
    def __init__(self, path):
        self.file = open(path, "a", encoding="ascii", buffering=1)

    def tell(self, **event):
        self.file.write(json.dumps(event) + "\n")

    def pytest_runtest_logstart(self, nodeid):
        self.tell(event="start", id=nodeid)

    def pytest_runtest_logreport(self, report):
        outcome = outcome_of(report)
        if outcome is not None:
            self.tell(event="outcome", id=report.nodeid, outcome=outcome)

    def pytest_collectreport(self, report):
        if report.skipped:
            self.tell(event="outcome", id=report.nodeid, outcome="skipped")
        elif report.failed:
            self.tell(event="outcome", id=f"collecting {report.nodeid}", outcome="failed")

    def pytest_sessionfinish(self, exitstatus):
        # 0: all passed, 1: some failed, 5: none was chosen. Anything else broke off.
        if int(exitstatus) in (0, 1, 5):
            self.tell(event="finish")


def outcome_of(report):
    """What a phase of a test says about it; None when it says nothing."""
    if report.when == "???":  # how xdist reports the test during which a worker died
        return "crashed"
    if report.failed:
        return "failed"
    expected = hasattr(report, "wasxfail")
    if report.skipped:
        return "xfailed" if expected else "skipped"
    if report.when == "call":
        return "xpassed" if expected else "passed"
    return None
