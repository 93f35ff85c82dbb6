# What functions of C do that go over what they are called with. `called` keeps the function of C as long as the call takes. What
# the iterable gives stays on the stack: its variable is never bound.
# `operator` is what an operator or a comparison of an object does whose class says in Python what that is, and `truth` a comparison where
# only its truth is wanted: `method` is the class's method, and `rest` does what there is left to do where that gives `refusal`, which
# is `NotImplemented`.
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


def operator(method, left, right, number, rest, refusal):
    if (result := method(left, right)) is refusal:
        return rest(left, right, number)
    return result


def truth(method, left, right, number, rest, refusal):
    if (result := method(left, right)) is refusal:
        result = rest(left, right, number)
    del left, right
    return not not result


def set(iterable, called):
    return {item for item in iterable}


def tuple(iterable, called):
    return (*[item for item in iterable],)
