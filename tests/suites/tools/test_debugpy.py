"""debugpy: it traces with sys.monitoring, changes the code of hot functions, and shows stacks and variables."""
import socket
import unittest

from dap import Client
from support import PROGRAM, STACK, needs_gdb, program, tool


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def line_of(text):
    """The line of the program that contains `text`."""
    with open(PROGRAM, encoding="utf-8") as file:
        return next(number for number, line in enumerate(file, 1) if text in line)


class Debugpy(unittest.TestCase):
    def session(self, port):
        """Stops the program at a breakpoint, looks around, steps, and lets it go."""
        client = Client(port)
        self.addCleanup(client.close)
        attached = client.attach()
        line = line_of("time.sleep")
        found = client.request("setBreakpoints", source={"path": PROGRAM}, breakpoints=[{"line": line}])
        self.assertTrue(found["breakpoints"][0]["verified"])
        client.request("configurationDone")
        client.answer(attached)

        thread = client.event("stopped")["threadId"]
        frames = client.request("stackTrace", threadId=thread)["stackFrames"]
        names = [frame["name"].rpartition(".")[2] for frame in frames]
        self.assertEqual(names[: len(STACK)], STACK)
        self.assertEqual(frames[0]["line"], line)
        scopes = client.request("scopes", frameId=frames[0]["id"])["scopes"]
        variables = client.request("variables", variablesReference=scopes[0]["variablesReference"])["variables"]
        values = {variable["name"]: variable["value"] for variable in variables}
        # Where the program is when the breakpoint comes is chance: it makes one size after the other.
        self.assertIn(values["size"], ("2000000", "1000000"))
        self.assertEqual(self.evaluate(client, frames[0], "len(data) + 1"), str(int(values["size"]) + 1))
        self.assertEqual(self.evaluate(client, frames[1], "items"), "[2000000, 1000000]")

        client.request("next", threadId=thread)
        client.event("stopped")
        frames = client.request("stackTrace", threadId=thread)["stackFrames"]
        self.assertEqual(frames[0]["line"], line + 1)
        client.request("setBreakpoints", source={"path": PROGRAM}, breakpoints=[])
        client.request("continue", threadId=thread)
        client.request("disconnect", restart=False, terminateDebuggee=False)

    def evaluate(self, client, frame, expression):
        return client.request("evaluate", expression=expression, frameId=frame["id"], context="watch")["result"]

    def test_listens(self):
        port = free_port()
        with program("-m", "debugpy", "--listen", f"127.0.0.1:{port}"):
            self.session(port)

    @needs_gdb
    def test_attaches(self):
        port = free_port()
        with program() as child:
            tool("debugpy", "--listen", f"127.0.0.1:{port}", "--pid", str(child.pid))
            self.session(port)

    def test_conditional_breakpoint(self):
        port = free_port()
        with program("-m", "debugpy", "--listen", f"127.0.0.1:{port}"):
            client = Client(port)
            self.addCleanup(client.close)
            attached = client.attach()
            point = {"line": line_of("time.sleep"), "condition": "size == 1_000_000"}
            client.request("setBreakpoints", source={"path": PROGRAM}, breakpoints=[point])
            client.request("configurationDone")
            client.answer(attached)
            thread = client.event("stopped")["threadId"]
            frame = client.request("stackTrace", threadId=thread)["stackFrames"][0]
            self.assertEqual(self.evaluate(client, frame, "size"), "1000000")
            client.request("disconnect", restart=False, terminateDebuggee=False)
