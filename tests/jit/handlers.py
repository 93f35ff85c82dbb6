"""Exceptions and their handlers in code that is hot: what is caught where, and all that others see of it: tracebacks,
contexts, `sys.exc_info()`, reference counts, destructors, tools that are switched on in a handler."""

import contextlib
import gc
import sys
import traceback
import weakref

ROUNDS = 1500


class Problem(Exception):
    pass


class Other(Problem):
    pass


def boom(i):
    raise Problem(i)


def deep(i, depth):
    if depth:
        return deep(i, depth - 1) + 1
    if i % 3 == 0:
        raise Other(i)
    return i


def shape(error):
    """All of a traceback that is the same everywhere."""
    entries = []
    tb = error.__traceback__
    while tb is not None:
        code = tb.tb_frame.f_code
        entries.append((code.co_name, tb.tb_lineno - code.co_firstlineno, tb.tb_lasti))
        tb = tb.tb_next
    return entries


# --- who catches ---


def local_raise(n):
    caught = 0
    for i in range(n):
        try:
            if i % 2:
                raise Problem(i)
            caught += 10
        except Problem as error:
            caught += error.args[0]
    return caught


def callee_raise(n):
    caught = 0
    for i in range(n):
        try:
            boom(i)
        except Problem:
            caught += 1
    return caught


def from_the_deep(n):
    caught = total = 0
    for i in range(n):
        try:
            total += deep(i, i % 7)
        except Other as error:
            caught += error.args[0]
    return caught, total


def keys(n):
    known = {i: i for i in range(0, n, 3)}
    misses = hits = 0
    for i in range(n):
        try:
            hits += known[i]
        except KeyError as error:
            misses += error.args[0]
    return misses, hits


def kinds(n):
    things = [1, 0, "a", None, [1], {}]
    out = {}
    for i in range(n):
        thing = things[i % len(things)]
        try:
            result = 10 // thing
        except ZeroDivisionError:
            result = "zero"
        except (TypeError, KeyError) as error:
            result = type(error).__name__
        else:
            result = ("else", result)
        finally:
            out[i % 7] = i
        out[result] = out.get(result, 0) + 1
    return sorted(map(repr, out.items()))


def indices(n):
    items = [1, 2, 3]
    total = 0
    for i in range(n):
        try:
            total += items[i % 5]
        except IndexError:
            total -= 1
    return total


def attributes(n):
    class Thing:
        pass

    thing = Thing()
    missing = 0
    for i in range(n):
        try:
            thing.missing
        except AttributeError as error:
            missing += error.name == "missing"
    return missing


def stops(n):
    total = 0
    source = iter(range(n))
    while True:
        try:
            total += next(source)
        except StopIteration:
            break
    return total


def by_iterator(n):
    class Source:
        def __init__(self, last):
            self.at, self.last = 0, last

        def __iter__(self):
            return self

        def __next__(self):
            self.at += 1
            if self.at == self.last:
                raise Problem("in next")
            if self.at > self.last + 3:
                raise StopIteration
            return self.at

    out = 0
    for i in range(n):
        source = Source(i % 5)
        try:
            for item in source:
                out += item
        except Problem as error:
            out += 100
    return out


def not_caught(n):
    def inner(i):
        try:
            boom(i)
        except KeyError:
            return "no"

    caught = 0
    for i in range(n):
        try:
            inner(i)
        except Problem:
            caught += 1
    return caught


def finally_returns(i):
    try:
        if i % 2:
            raise Problem(i)
        return "body"
    finally:
        if i % 4 == 1:
            return "finally"


def finallys(n):
    out = {}
    for i in range(n):
        try:
            result = finally_returns(i)
        except Problem:
            result = "raised"
        out[result] = out.get(result, 0) + 1
    return sorted(out.items())


def loops_in_handlers(n):
    total = 0
    for i in range(n):
        try:
            raise Problem(i)
        except Problem as error:
            for j in range(5):
                if j == 3:
                    continue
                total += j * error.args[0]
                if i % 11 == 0:
                    break
    return total


def long_loop_in_handler(n):
    """Machine code is entered in the handler."""
    total = 0.0
    try:
        raise Problem("outer")
    except Problem as error:
        for i in range(n):
            total += 0.5
            assert sys.exception() is error
            try:
                if i % 2:
                    raise Other(i)
            except Other as other:
                assert sys.exception() is other
                assert other.__context__ is error
            assert sys.exc_info()[1] is error
    assert sys.exception() is None
    return total


def continues_and_breaks(n):
    out = 0
    for i in range(n):
        try:
            try:
                if i % 3 == 0:
                    continue
                if i == n - 2:
                    break
                boom(i)
            finally:
                out += 1
        except Problem:
            out += 1000
            continue
    return i, out


def numbers_meanwhile(n):
    """Locals that are unboxed when it raises."""
    total, count, flag = 0.0, 0, True
    for i in range(n):
        total += i * 0.5
        count += i
        flag = not flag
        try:
            if i % 4 == 0:
                boom(i)
            count += 1
        except Problem:
            total -= 1.0
            count -= 2
        if count < 0:
            flag = False
    return total, count, flag


def stack_meanwhile(n):
    """Values below the ones that go."""
    out = 0
    for i in range(n):
        for j in (1, 2):
            try:
                out += max(i, j, len(str(deep(i, j))), [i, (j, 1.5)][0])
            except Other:
                out -= 1
    return out


def comprehended(n):
    out = 0
    i = 0.5
    for k in range(n):
        x = k * 0.5
        try:
            out += sum([10 // (x % 5) for x in range(k % 7, k % 7 + 3)])
        except ZeroDivisionError:
            out += 1
        out += x
    return out, i


# --- raise ---


def reraised(n):
    log = {}
    for i in range(n):
        try:
            try:
                boom(i)
            except Problem:
                if i % 2:
                    raise
                raise Other(i) from None
        except Other as error:
            log["other"] = (
                error.__cause__,
                error.__suppress_context__,
                type(error.__context__),
                shape(error),
            )
        except Problem as error:
            log["same"] = shape(error)
    return log


def chained(n):
    out = None
    for i in range(n):
        try:
            try:
                {}[i]
            except KeyError as error:
                raise Problem(i) from error
        except Problem as error:
            cause = error.__cause__
            out = (cause is error.__context__, shape(cause), shape(error))
            try:
                1 // 0
            except ZeroDivisionError as third:
                assert third.__context__ is error
    return out


def wrongly(n):
    out = {}
    for i in range(n):
        try:
            if i % 4 == 0:
                raise 3
            if i % 4 == 1:
                raise Problem from 3
            if i % 4 == 2:
                raise
            raise Problem("good") from KeyError("cause")
        except Exception as error:
            text = f"{type(error).__name__}: {error} ({error.__cause__!r})"
            out[text] = shape(error)
    return out


def catches_no_class(n):
    out = {}
    for i in range(n):
        try:
            try:
                boom(i)
            except "no class":
                pass
        except TypeError as error:
            out[str(error)] = (type(error.__context__).__name__, shape(error))
        try:
            try:
                boom(i)
            except (KeyError, 3):
                pass
        except TypeError as error:
            out[str(error)] = shape(error)
    return out


def deletes_name(n):
    unbound = 0
    for i in range(n):
        try:
            boom(i)
        except Problem as error:
            pass
        try:
            error
        except UnboundLocalError:
            unbound += 1
        try:
            boom(i)
        except Problem as error:
            del error
    return unbound


def asserts(n):
    out = 0
    for i in range(n):
        try:
            assert i % 3, f"not {i % 3}"
        except AssertionError as error:
            out += len(str(error))
    return out


# --- groups ---


def groups(n):
    out = {}
    for i in range(n):
        result = []
        try:
            try:
                if i % 3 == 0:
                    raise ExceptionGroup("g", [Problem(1), KeyError(2), OSError(3)])
                if i % 3 == 1:
                    raise Problem(i)
            except* Problem as group:
                result.append(("p", [type(e).__name__ for e in group.exceptions]))
            except* KeyError as group:
                result.append(("k", [type(e).__name__ for e in group.exceptions]))
                if i % 2:
                    raise
            else:
                result.append("else")
        except BaseException as error:
            result.append((type(error).__name__, [repr(e) for e in error.exceptions]))
        out[i % 6] = result
    return out


def nested_groups(n):
    out = None
    for i in range(n):
        try:
            try:
                raise ExceptionGroup("a", [ExceptionGroup("b", [Problem(i)]), OSError()])
            except* Problem:
                raise Other("again")
        except ExceptionGroup as group:
            out = [type(e).__name__ for e in group.exceptions], shape(group)
    return out


# --- with ---


class Manager:
    log = []

    def __init__(self, swallows):
        self.swallows = swallows

    def __enter__(self):
        return self

    def __exit__(self, kind, value, tb):
        if kind is not None:
            assert sys.exception() is value and type(value) is kind
            assert tb is value.__traceback__
        Manager.log.append(kind and kind.__name__)
        del Manager.log[:-4]
        return self.swallows


def withs(n):
    out = 0
    for i in range(n):
        try:
            with Manager(i % 2) as outer, Manager(i % 3 == 0):
                out += outer.swallows
                if i % 4 == 0:
                    boom(i)
                if i % 4 == 1:
                    continue
                out += 1
        except Problem as error:
            out += 1000
            last = shape(error)
    return out, last, Manager.log


def with_bad_exit(n):
    class Bad:
        def __enter__(self):
            if self.enters:
                raise Problem("enter")

        def __exit__(self, *_):
            raise Other("exit")

    bad = Bad()
    out = {}
    for i in range(n):
        bad.enters = i % 2
        try:
            with bad:
                out[0] = i
                {}[i]
        except Problem as error:
            out[str(error)] = type(error.__context__).__name__, shape(error)
    try:
        for i in range(n):
            with contextlib.suppress(KeyError):
                {}[i]
        with 3:
            pass
    except TypeError as error:
        out["with"] = str(error)
    return out


def suppressed(n):
    out = 0
    for i in range(n):
        with contextlib.suppress(KeyError, Problem):
            boom(i)
            out += 1000
        out += 1
    return out


# --- what others see ---


def tracebacks(n):
    text = frame = None
    for i in range(n):
        try:
            deep(0, 3)
        except Other as error:
            text = "".join(traceback.format_exception(error))
            frame = error.__traceback__.tb_frame is sys._getframe()
            inner = error.__traceback__.tb_next.tb_frame
            last = inner.f_back.f_code.co_name, sorted(inner.f_locals), inner.f_lineno - inner.f_code.co_firstlineno
            shown = shape(error)
    return text, frame, last, shown


def kept_frame(i):
    """Its frame has an object when it returns."""
    x, y = i * 0.5, [i]
    try:
        boom(i)
    except Problem as error:
        kept = error
    y.append(x)
    return kept, y


def kept_frames(n):
    out = None
    for i in range(n):
        kept, y = kept_frame(i)
        frame = kept.__traceback__.tb_frame
        seen = dict(frame.f_locals)
        assert seen.pop("kept") is kept and seen.pop("y") is y
        out = (seen, y, frame.f_back.f_code.co_name, sys.getrefcount(y))
        del kept, frame, seen
    gc.collect()
    return out


def returned_local(i):
    thing = [i]
    try:
        boom(i)
    except Problem as error:
        Manager.log = [error.__traceback__]
    return thing


def returned_locals(n):
    out = set()
    for i in range(n):
        thing = returned_local(i)
        frame = Manager.log.pop().tb_frame
        out.add((frame.f_locals["thing"] is thing, sys.getrefcount(thing)))
        del frame
        out.add(sys.getrefcount(thing))
    return sorted(map(repr, out))


def returned_constant(i):
    half, thing = i * 0.5, [i]
    try:
        boom(i)
    except Problem as error:
        Manager.log = [error.__traceback__]
    half += 1.0


def returned_constants(n):
    """Somebody has the frame, which is not to be seen as it was before."""
    out = set()
    for i in range(n):
        returned_constant(i)
        frame = Manager.log.pop().tb_frame
        seen = frame.f_locals
        line = frame.f_lineno - frame.f_code.co_firstlineno
        out.add((seen["half"] == i * 0.5 + 1.0, seen["thing"] == [i], line, frame.f_back is sys._getframe()))
        frame.clear()
        out.add(tuple(frame.f_locals))
    return sorted(map(repr, out))


def freed_at_return(i):
    class Dies:
        def __del__(self):
            above = sys._getframe(1)
            order.append((above.f_code.co_name, sys.exception() is None))

    order = Manager.log = []
    first, second = Dies(), [Dies()]
    try:
        boom(i)
    except Problem:
        order.append("caught")
    return second.append(Dies())


def freed_at_returns(n):
    """What the locals hold dies when nobody has the frame any more."""
    out = set()
    for i in range(n):
        freed_at_return(i)
        out.add(tuple(Manager.log))
    return sorted(map(repr, out))


def counts(n):
    thing = object()
    out = set()
    for i in range(n):
        try:
            raise Problem(thing)
        except Problem as error:
            out.add(("handler", sys.getrefcount(error), sys.getrefcount(thing)))
            kept = weakref.ref(error)
        out.add(("after", kept() is None, sys.getrefcount(thing)))
        try:
            (thing, [thing, boom(thing)])
        except Problem:
            out.add(("no name", sys.getrefcount(thing)))
        out.add(("end", sys.getrefcount(thing)))
    return sorted(map(repr, out))


def deaths(n):
    class Dies:
        def __init__(self, name):
            self.name = name

        def __del__(self):
            frame = sys._getframe(1)
            order.append((self.name, frame.f_lineno - frame.f_code.co_firstlineno, sys.exception() is None))

    order = []
    for i in range(n):
        del order[:]
        try:
            (Dies("a"), Dies("b"), [Dies("c"), boom(Dies("d"))])
        except Problem:
            order.append("handler")
        order.append("after")
    return order


def infos(n):
    out = set()
    for i in range(n):
        out.add(("before", sys.exc_info()))
        try:
            boom(i)
        except Problem as error:
            first = error
            out.add((sys.exc_info()[0].__name__, sys.exc_info()[1] is error))
            try:
                raise Other
            except Other:
                out.add((sys.exception().__context__ is first, type(sys.exception()).__name__))
            out.add(("back", sys.exception() is first))
        finally:
            out.add(("finally", sys.exception()))
        del first
    return sorted(map(repr, out))


def handler_ends_by(how, i):
    for j in range(3):
        try:
            boom(j)
        except Problem:
            if how == "return":
                return sys.exception() is not None
            if how == "break":
                break
            if how == "continue":
                continue
            if how == "raise":
                raise
    return sys.exception()


def handler_ends(n):
    out = set()
    for i in range(n):
        for how in ("return", "break", "continue", "raise"):
            try:
                out.add((how, handler_ends_by(how, i)))
            except Problem as error:
                out.add((how, len(shape(error))))
            assert sys.exception() is None
    return sorted(map(repr, out))


def recursion(n):
    def down(i):
        return down(i + 1)

    caught = 0
    for i in range(max(n // 500, 3)):
        try:
            down(0)
        except RecursionError:
            caught += 1
    return caught


def initialized(n):
    class Made:
        def __init__(self, i):
            if i % 2:
                raise Problem(i)
            self.i = i

    out = 0
    for i in range(n):
        try:
            out += Made(i).i
        except Problem as error:
            out -= len(shape(error))
    return out


def generators(n):
    def numbers(i):
        try:
            yield i
            yield boom(i)
        except Problem as error:
            yield len(shape(error))
        finally:
            out.add(sys.exception())
            yield "end"
        raise Problem("after")

    out = set()
    total = 0
    for i in range(n):
        try:
            for item in numbers(i):
                total += item == "end" or item
        except Problem as error:
            out.add(tuple(shape(error)))
    return total, sorted(map(repr, out))


# --- tools ---


def traced(n):
    lines = []

    def tracer(frame, event, argument):
        lines.append((event, frame.f_code.co_name, frame.f_lineno - frame.f_code.co_firstlineno))
        return tracer

    caught = 0
    for i in range(n):
        try:
            boom(i)
        except Problem:
            caught += 1
            if i == n - 3:
                sys._getframe().f_trace = tracer
                sys.settrace(tracer)
    sys.settrace(None)
    return caught, lines


def monitored(n):
    monitoring = sys.monitoring
    events, tool = monitoring.events, monitoring.PROFILER_ID
    names = ["RAISE", "EXCEPTION_HANDLED", "RERAISE", "PY_UNWIND", "PY_THROW", "STOP_ITERATION"]
    log = []
    monitoring.use_tool_id(tool, "test")
    for name in names:
        def callback(code, at, error, name=name):
            log.append((name, code.co_name, at, type(error).__name__))
        monitoring.register_callback(tool, getattr(events, name), callback)
    wanted = 0
    for name in names:
        wanted |= getattr(events, name)
    for i in range(n):
        try:
            try:
                boom(i)
            except KeyError:
                pass
            finally:
                if i == n // 2:
                    monitoring.set_events(tool, wanted)
                if i == n // 2 + 2:
                    monitoring.set_events(tool, 0)
        except Problem:
            if i == n - 3:
                monitoring.set_events(tool, wanted)
    monitoring.set_events(tool, 0)
    monitoring.free_tool_id(tool)
    return log


def monitored_from_the_start(n):
    monitoring = sys.monitoring
    events, tool = monitoring.events, monitoring.PROFILER_ID
    count = 0

    def callback(code, at, error):
        nonlocal count
        count += 1

    monitoring.use_tool_id(tool, "test")
    monitoring.register_callback(tool, events.RAISE, callback)
    monitoring.register_callback(tool, events.EXCEPTION_HANDLED, callback)
    monitoring.set_events(tool, events.RAISE | events.EXCEPTION_HANDLED)
    result = monitored_loop(n)
    monitoring.set_events(tool, 0)
    monitoring.free_tool_id(tool)
    return result, count


def monitored_loop(n):
    caught = 0
    for i in range(n):
        try:
            boom(i)
        except Problem:
            caught += 1
    return caught


def written_locals(n):
    """Somebody writes a local of the frame that will handle it."""

    def poke(i):
        if i % 50 == 0:
            sys._getframe(1).f_locals["total"] = 0.0
        raise Problem(i)

    total = 0.0
    for i in range(n):
        total += 1.0
        try:
            poke(i)
        except Problem:
            total += 0.5
    return total


def nameless(n):
    """The name of its file is no text: that is found out while an exception is set."""
    source = """
def catches(items, n):
    caught = 0
    for index in range(n):
        try:
            items[index % 7]
        except IndexError:
            caught += 1
    return caught
"""
    namespace = {}
    exec(compile(source, "a\udc80.py", "exec"), namespace)
    return namespace["catches"]([1, 2, 3], n * 20)


TESTS = [
    local_raise, callee_raise, from_the_deep, keys, kinds, indices, attributes, stops, by_iterator, not_caught, finallys,
    loops_in_handlers, long_loop_in_handler, continues_and_breaks, numbers_meanwhile, stack_meanwhile, comprehended,
    reraised, chained, wrongly, catches_no_class, deletes_name, asserts, groups, nested_groups, withs, with_bad_exit,
    suppressed, tracebacks, kept_frames, returned_locals, returned_constants, freed_at_returns, counts, deaths, infos,
    handler_ends, recursion, initialized, generators, traced, monitored, monitored_from_the_start, written_locals,
    nameless,
]  # fmt: skip

for test in TESTS:
    for _ in range(5):
        test(40)
    for _ in range(2):
        print(test.__name__, test(ROUNDS))
assert sys.exception() is None
