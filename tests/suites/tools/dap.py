"""As much of the Debug Adapter Protocol as a test needs: requests, their answers, and events."""
import json
import socket
import time


class Client:
    """A connection to a debug adapter."""

    def __init__(self, port, patience=60):
        self.end = time.monotonic() + patience
        self.socket = self.connect(port)
        self.stream = self.socket.makefile("rb")
        self.sequence = 0
        self.events = []

    def connect(self, port):
        while True:
            try:
                found = socket.create_connection(("127.0.0.1", port), timeout=60)
            except ConnectionRefusedError:
                if time.monotonic() > self.end:
                    raise
                time.sleep(0.1)
            else:
                return found

    def receive(self):
        """The next message."""
        length = 0
        while line := self.stream.readline().strip():
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        if not length:
            raise EOFError("the adapter is gone")
        return json.loads(self.stream.read(length))

    def send(self, command, **arguments):
        """A request, whose answer is not waited for; gives its number."""
        self.sequence += 1
        request = {"seq": self.sequence, "type": "request", "command": command, "arguments": arguments}
        text = json.dumps(request).encode()
        self.socket.sendall(b"Content-Length: %d\r\n\r\n%s" % (len(text), text))
        return self.sequence

    def answer(self, number):
        """The answer to a request; events that come meanwhile are kept."""
        while True:
            message = self.receive()
            if message["type"] == "event":
                self.events.append(message)
            elif message["type"] == "response" and message["request_seq"] == number:
                assert message["success"], message
                return message.get("body", {})

    def request(self, command, **arguments):
        """A request; gives its answer."""
        return self.answer(self.send(command, **arguments))

    def event(self, name):
        """The next event of that name."""
        while True:
            for message in self.events:
                if message["event"] == name:
                    self.events.remove(message)
                    return message.get("body", {})
            message = self.receive()
            if message["type"] == "event":
                self.events.append(message)

    def attach(self):
        """Everything up to the place where breakpoints may be set; gives what configurationDone ends."""
        self.request("initialize", adapterID="test", pathFormat="path", linesStartAt1=True, columnsStartAt1=True)
        number = self.send("attach", justMyCode=False)
        self.event("initialized")
        return number

    def close(self):
        self.stream.close()
        self.socket.close()
