# What functions of C do that go over what they are called with. `called` keeps the function of C as long as the call takes. What
# the iterable gives stays on the stack: its variable is never bound.
# Compiled once, when the compiler wants it, without what handles exceptions in it: that would only put variables back.


def all(iterable, called):
    for item in iterable:
        if not item:
            return False
    return True


def any(iterable, called):
    for item in iterable:
        if item:
            return True
    return False


def set(iterable, called):
    return {item for item in iterable}


def tuple(iterable, called):
    return (*[item for item in iterable],)
