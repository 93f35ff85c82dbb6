"""At the bottom."""
low = 3


def outer():
    from .. import plain
    return plain.number


class Low:
    def __getattr__(self, name):
        return name.upper()
