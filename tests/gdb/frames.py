"""Calls of every kind inside each other, at the end of which a debugger stops in a function of Rust."""


def innermost(entry):
    id(entry)  # from here on the debugger looks for the next line
    return repr(entry)


class Holder:
    def method(self, items):
        # From C back into Python: the frames below belong to another run of the evaluator.
        return sorted(items, key=innermost)


def generator(holder, word="ruby"):
    yield holder.method([word])


def outermost(count):
    numbers = list(range(count))
    return numbers, list(generator(Holder()))


outermost(3)
