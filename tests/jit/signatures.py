"""Calls of functions with all kinds of parameters, by all instructions that call: names, defaults, `*` and `**`, bound methods,
properties, items, classes."""
import sys
import types
import weakref


def many(function, *arguments, times=300):
    """Calls it so often that it is compiled, and shows each result and how often it was given."""
    results = {}
    for _ in range(times):
        try:
            result = repr(function(*arguments))
        except BaseException as error:
            result = f"{type(error).__name__}: {error}"
        results[result] = results.get(result, 0) + 1
    print(function.__name__, results)


def plain(a, b):
    return a, b


def defaults(a, b=2, c=3):
    return a, b, c


def only_placed(a, b=2, /, c=3):
    return a, b, c


def only_named(a, *, b, c=3, d=4):
    return a, b, c, d


def rest(a, *others):
    return a, others


def named_rest(a, **others):
    return a, others


def everything(a, b=2, /, c=3, *others, d=4, e, **named):
    return a, b, c, others, d, e, named


def in_cells(a, *others, b=2, **named):
    def get():
        return a, others, b, named
    return get()


def generates(a, b=2, *, c=3):
    yield a
    yield b
    yield c


def generates_all(a, *others, **named):
    yield a
    yield others
    yield named


async def waits(a, *, b=2):
    return a, b


# Each of these is one site, which is compiled with what it calls.
def calls_plain():
    return plain(1, b=2), plain(b=1, a=2), plain(1, 2)


def calls_defaults():
    return defaults(1), defaults(1, c=5), defaults(c=1, b=2, a=3), defaults(1, 2), defaults(1, 2, 3)


def calls_only_placed():
    return only_placed(1), only_placed(1, c=5), only_placed(1, 2, 3)


def calls_only_named():
    return only_named(1, b=2), only_named(1, c=2, b=1), only_named(d=1, c=2, b=3, a=4)


def calls_rest():
    return rest(1), rest(1, 2), rest(1, 2, 3, 4), rest(a=1)


def calls_named_rest():
    return named_rest(1), named_rest(1, b=2), named_rest(b=2, c=3, a=1)


def calls_everything():
    return (
        everything(1, e=5),
        everything(1, 2, 3, 4, 5, e=6, f=7),
        everything(1, c=5, e=6, a=7, b=8),
    )


def calls_in_cells():
    return in_cells(1), in_cells(1, 2, 3, b=4, c=5)


def calls_generators():
    return (
        list(generates(1)),
        list(generates(1, c=5)),
        list(generates(c=1, b=2, a=3)),
        list(generates_all(1, 2, b=3)),
        [item for item in generates(1, 2)],
    )


def calls_coroutine():
    coroutine = waits(1, b=5)
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value


# What is wrong with arguments is found by the evaluator.
def misses():
    return only_named(1)


def misses_placed():
    return defaults(b=1)


def too_many():
    return plain(1, 2, 3)


def twice():
    return plain(1, a=2)


def unexpected():
    return defaults(1, d=2)


def placed_is_named():
    return only_placed(a=1)


# Other functions in the same place.
def calls(function):
    return function(1, b=5)


def calls_placed(function):
    return function(1)


def others():
    found = [calls(function) for function in (plain, defaults, only_named, named_rest, in_cells)]
    found += [calls_placed(function) for function in (defaults, only_placed, rest, named_rest, in_cells)]
    found.append(calls(lambda a, **named: (a, named)))
    return found


# Defaults that change.
def with_defaults():
    def function(a, b=1, *, c=2):
        return a, b, c

    def site():
        return function(0)

    seen = [site() for _ in range(20)]
    function.__defaults__ = (5,)
    seen += [site() for _ in range(3)]
    function.__kwdefaults__["c"] = 6
    seen += [site() for _ in range(3)]
    function.__kwdefaults__ = {"other": 1, "c": 7}
    seen += [site() for _ in range(3)]
    function.__kwdefaults__ = {"c": 8, 5: 6}
    seen += [site() for _ in range(3)]
    function.__defaults__ = (3, 4)
    seen += [site() for _ in range(3)]
    del function.__kwdefaults__["c"]
    try:
        site()
    except TypeError as error:
        seen.append(str(error))
    function.__kwdefaults__ = None
    try:
        site()
    except TypeError as error:
        seen.append(str(error))
    return seen


def closures():
    """Functions of one code object, each with its own defaults."""
    def make(default, named):
        def function(a, b=default, *, c=named, d=named):
            return a, b, c, d
        return function

    functions = [make(index, [index]) for index in range(5)]
    return [function(1) for function in functions] + [function(1, d=2) for function in functions]


class Loud:
    alive = 0

    def __init__(self):
        Loud.alive += 1

    def __del__(self):
        Loud.alive -= 1


def lets_go():
    """All arguments go, whatever takes them."""
    rest(Loud(), Loud(), Loud())
    named_rest(Loud(), b=Loud(), c=Loud())
    everything(Loud(), Loud(), Loud(), Loud(), e=Loud(), f=Loud())
    list(generates(Loud(), Loud(), c=Loud()))
    in_cells(Loud(), Loud(), b=Loud(), c=Loud())
    try:
        plain(Loud(), Loud(), Loud())
    except TypeError:
        pass
    try:
        defaults(Loud(), d=Loud())
    except TypeError:
        pass
    return Loud.alive


def references(value):
    """The callee has as many references as without the compiler."""
    def counts(a, *others, b, **named):
        return sys.getrefcount(value)
    return counts(value, value, b=value, c=value), counts(value, b=value)


# Bound methods.
class Receiver:
    def __init__(self, value, scale=1, *, shift=0):
        self.value = value * scale + shift

    def method(self, a, b=2):
        return self.value, a, b

    def any_method(self, *others, **named):
        return self.value, others, named

    def generator(self, a):
        yield self.value
        yield a

    @classmethod
    def of_class(cls, a, *, b=1):
        return cls.__name__, a, b

    @property
    def double(self):
        return self.value * 2

    @property
    def raising(self):
        raise AttributeError(f"no {self.value}")

    @property
    def generating(self):
        yield self.value

    def __getitem__(self, key):
        if key == "raise":
            raise KeyError(key)
        return self.value, key


class Derived(Receiver):
    @property
    def double(self):
        return super().double + 1

    def __getitem__(self, key):
        return "derived", super().__getitem__(key)


def bound(receiver):
    method, any_method, generator = receiver.method, receiver.any_method, receiver.generator
    found = []
    for index in range(3):
        found.append((method(index), method(index, 5), any_method(1, 2), any_method()))
        found.append(list(generator(index)))
    return found


def bound_by_name(receiver):
    method, of_class = receiver.method, receiver.of_class
    return method(1, b=3), of_class(1, b=2), receiver.method(b=1, a=2), receiver.of_class(a=1)


def bound_other():
    found = []
    for function in (Receiver(1).method, Derived(2).method, len, plain, [].count, Receiver.of_class):
        try:
            found.append(function("ab"))
        except TypeError as error:
            found.append(str(error))
    return found


def dies_when_called():
    """The method goes when it is called: who watches it is told before the function runs."""
    log = []

    class Method:
        def method(self, value):
            log.append("runs")
            return value

    receiver = Method()
    holder = [receiver.method]
    watch = weakref.ref(holder[0], lambda _: log.append("gone"))
    return holder.pop()(5), log, watch() is None


def bound_wrong(receiver):
    method = receiver.method
    return method()


# Properties and items.
def properties(receiver):
    return receiver.double, receiver.double + 1, list(receiver.generating)


def property_raises(receiver):
    return receiver.raising


def items(receiver):
    return receiver[1], receiver["a"], receiver[None]


def item_raises(receiver):
    return receiver["raise"]


def properties_of(receivers):
    return [receiver.double for receiver in receivers], [receiver[0] for receiver in receivers]


def changed_property():
    class Local:
        @property
        def value(self):
            return 1

        def __getitem__(self, key):
            return 2

    def site(local):
        return local.value, local[0]

    local = Local()
    seen = [site(local) for _ in range(20)]
    Local.value = property(lambda self: 3)
    Local.__getitem__ = lambda self, key: 4
    seen += [site(local) for _ in range(20)]
    Local.value = 5
    Local.__getitem__ = dict.get
    try:
        seen += [site(local) for _ in range(3)]
    except TypeError as error:
        seen.append(str(error))
    return seen


# Classes.
def instances():
    return [
        each.value
        for each in (Receiver(1), Receiver(1, 2), Receiver(1, shift=3), Receiver(shift=1, value=2), Derived(3))
    ]


class Everything:
    def __init__(self, *others, **named):
        self.others, self.named = others, named


def instances_of_everything():
    each = Everything(1, 2), Everything(), Everything(a=1)
    return [(one.others, one.named) for one in each]


class Point:
    def __init__(self, x, y=2, label=None):
        self.x, self.y, self.label = x, y, label

    def __repr__(self):
        return f"{type(self).__name__}({self.x}, {self.y}, {self.label})"


class Small(Point):
    __slots__ = ()


class Nested:
    def __init__(self, depth, label=None):
        self.inner = Nested(depth - 1) if depth else None


class NestedByName:
    def __init__(self, depth):
        self.inner = NestedByName(depth=depth - 1) if depth else None


class NestedPlain:
    def __init__(self, depth):
        self.inner = NestedPlain(depth - 1) if depth else None


def nested_constructors():
    """How deep constructors nest before the limit of recursion: some count once, others twice."""
    deepest = []
    for kind in (Nested, NestedByName, NestedPlain):
        most = 0
        for depth in range(100, 1000, 100):
            try:
                kind(depth)
            except RecursionError:
                break
            most = depth
        deepest.append(most)
    return deepest


class Refuses:
    def __init__(self, x):
        return x


def classes_by_name():
    return Point(1), Point(1, label=3), Point(label=1, x=2, y=3), Small(x=5), Point(x=1)


def classes_of(*classes):
    return [each(x=1) for each in classes], [each(1, 5) for each in classes]


def class_misses():
    return Point(y=1)


def class_refuses():
    return Refuses(x=1)


def class_refuses_nothing():
    return Refuses(x=None) is not None


def changed_class():
    class Local:
        def __init__(self, x, y=1):
            self.value = x, y

    def site():
        return Local(x=5).value, Local(6).value

    seen = [site() for _ in range(20)]
    Local.__init__ = lambda self, x: setattr(self, "value", x)
    seen += [site() for _ in range(20)]
    Local.__new__ = staticmethod(lambda *others, **named: types.SimpleNamespace(value=named))
    seen += [site() for _ in range(20)]
    return seen


# `*` and `**` at the call.
def passes_on(function, *others, **named):
    return function(*others, **named)


def passes_on_placed(function, *others):
    return function(*others)


def decorated():
    found = []
    for index in range(6):
        found.append(passes_on(plain, index, 2))
        found.append(passes_on_placed(plain, index, 2))
    found.append(passes_on(plain, 1, b=2))
    found.append(passes_on(defaults, 1))
    found.append(passes_on_placed(rest, 1, 2, 3))
    found.append(passes_on(everything, 1, e=2))
    found.append(passes_on(len, "abc"))
    found.append(passes_on(Point, 1, label=2))
    found.append(list(passes_on(generates, 1)))
    return found


def unpacks(function, arguments, named={}):
    return function(*arguments, **named)


def unpacks_all():
    found = [unpacks(rest, (1, 2, 3)) for _ in range(10)]
    for arguments in ((1, 2), [1, 2], range(3), (1, 2, 3), "ab"):
        found.append(unpacks(rest, arguments))
    found.append(unpacks(named_rest, (1,), {"a b": 2}))
    return found


def unpack_fails():
    return unpacks(rest, 5)


def unpack_is_short():
    return unpacks(plain, (1,))


class Meta(type):
    def __call__(cls, *others, **named):
        return cls.__name__, others, named


class OfMeta(metaclass=Meta):
    pass


class Callable:
    def __call__(self, a, *, b=2):
        return a, b


def no_functions():
    """Calls with names and of unpacked arguments of what is no Python function."""
    return (
        sorted([3, 1, 2], reverse=True, key=abs), int("ff", base=16), dict(a=1, **{"b": 2}), "{a}".format(a=5),
        max(*[1, 5, 3]), max(*range(4)), max(*(1, 2), key=abs), OfMeta(1, a=2), OfMeta(*[1], **{"a": 2}),
        Callable()(1, b=3), Callable()(*[1], **{"b": 4}), Receiver(1).method(*(1,), **{"b": 3}),
    )


def no_function_named(function):
    return function(1, a=2)


def no_function_unpacked(function, arguments, named):
    return function(*arguments, **named)


def no_function_fails():
    seen = []
    for function in (len, 5, Callable(), int, Receiver):
        try:
            seen.append(no_function_named(function))
        except TypeError as error:
            seen.append(str(error))
    for function, arguments, named in ((len, 5, {}), (5, (), {}), (len, (1,), {}), (len, "a", {1: 2}), (int, [], {"a": 1})):
        try:
            seen.append(no_function_unpacked(function, arguments, named))
        except TypeError as error:
            seen.append(str(error))
    return seen


def no_function_lets_go():
    for _ in range(10):
        no_function_unpacked(dict, ([("a", Loud())],), {"b": Loud()})
        no_function_unpacked(list, [iter([Loud(), Loud()])], {})
        try:
            no_function_unpacked(len, [Loud()], {"a": Loud()})
        except TypeError:
            pass
    return Loud.alive


def unpacked_goes():
    for _ in range(10):
        passes_on(rest, Loud(), Loud())
        passes_on_placed(plain, Loud(), Loud())
        unpacks(plain, (Loud(), Loud()))
    return Loud.alive


def from_c():
    """Arguments that C gives."""
    return sorted([3, 1, 2], key=lambda value, *, sign=-1: value * sign), max("ab", "c", key=len)


def frames():
    """What a callee sees of its caller."""
    def seen(*others, **named):
        frame = sys._getframe(1)
        return frame.f_code.co_name, frame.f_lineno - frame.f_code.co_firstlineno, others, named
    return seen(1, a=2), seen()


def raises_deep(depth, *, step=1, **named):
    if depth <= 0:
        raise ValueError(depth, named)
    return raises_deep(depth - step, step=step, **named)


def recursion():
    try:
        raises_deep(3, extra=1)
    except ValueError as error:
        traceback, lines = error.__traceback__, []
        while traceback is not None:
            lines.append(traceback.tb_lineno - traceback.tb_frame.f_code.co_firstlineno)
            traceback = traceback.tb_next
        return error.args, lines


def traced():
    log = []

    def tracer(frame, event, argument):
        if frame.f_code.co_name in ("only_named", "double", "method", "rest"):
            log.append((event, frame.f_code.co_name, frame.f_lineno - frame.f_code.co_firstlineno))
        return tracer

    receiver = Receiver(1)
    method = receiver.method
    sys.settrace(tracer)
    try:
        only_named(1, b=2)
        rest(1, 2)
        method(1)
        receiver.double
    finally:
        sys.settrace(None)
    return log


def main():
    for function in (
        calls_plain, calls_defaults, calls_only_placed, calls_only_named, calls_rest, calls_named_rest,
        calls_everything, calls_in_cells, calls_generators, calls_coroutine, misses, misses_placed, too_many, twice,
        unexpected, placed_is_named, others, with_defaults, closures, lets_go, bound_other, dies_when_called,
        changed_property, classes_by_name, class_misses, class_refuses, class_refuses_nothing, changed_class, decorated,
        unpacks_all, unpack_fails, unpack_is_short, unpacked_goes, no_functions, no_function_fails,
        no_function_lets_go, instances, instances_of_everything, from_c, frames, recursion, traced,
    ):
        many(function)
    many(references, object())
    many(nested_constructors)
    many(classes_of, Point)
    many(classes_of, Point, Small)
    receiver, derived = Receiver(5), Derived(6)
    for each in (receiver, derived):
        many(bound, each)
        many(bound_by_name, each)
        many(bound_wrong, each)
        many(properties, each)
        many(property_raises, each)
        many(items, each)
        many(item_raises, each)
    many(properties_of, [receiver, derived, receiver])


main()
