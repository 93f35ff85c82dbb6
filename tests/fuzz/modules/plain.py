"""Names of every kind."""
__all__ = ["number", "text", "Thing", "twice"]
number = 7
text = "plain"
_hidden = "hidden"


class Thing:
    kind = "thing"

    def __init__(self, size=1):
        self.size = size

    def __repr__(self):
        return f"Thing({self.size})"


def twice(value):
    return value + value


def change(by):
    global number
    number += by
    return number
