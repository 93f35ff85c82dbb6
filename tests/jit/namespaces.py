"""Code that runs in a namespace: what eval, exec and classes run. What it gives, what it leaves there, and who has the namespace
afterwards."""
import sys


class Names(dict):
    """A namespace that makes what it has not got."""

    def __missing__(self, name):
        if name == "nothing":
            raise KeyError(name)
        return len(name)


def refer(namespace):
    """What its references are, but for those of this function and its caller."""
    return sys.getrefcount(namespace) - 3


expression = compile("a + b * c", "expression", "eval")
made = compile("abc * 2 + a", "made", "eval")
missing = compile("a + nothing", "missing", "eval")
statements = compile("c = a * b\nd = [c, a]\nif c > 40: e = d", "statements", "exec")
inner = compile("[a + n for n in range(3)]", "inner", "eval")
frames = compile("look()", "frames", "eval")


def of_function():
    first = 3
    second = 4
    return first * second


def evaluate(code, namespace, times=300):
    before = refer(namespace)
    results = {}
    for number in range(times):
        namespace["a"] = number % 5
        try:
            result = repr(eval(code, globals(), namespace))
        except NameError as error:
            result = str(error)
        results[result] = results.get(result, 0) + 1
    print(code.co_filename, results, refer(namespace) - before)


evaluate(expression, {"b": 2, "c": 3})
evaluate(expression, Names(b=2, c=1.5))
evaluate(made, Names())
evaluate(missing, Names())
evaluate(missing, {})
evaluate(inner, {})
evaluate(of_function.__code__, {})

# The namespace is the globals themselves.
for _ in range(300):
    a, b, c = 5, 6, 7
    value = eval(expression)
print(value)

namespace = {"b": 7}
for number in range(300):
    namespace["a"] = number % 9
    exec(statements, namespace)
namespace.pop("__builtins__")
print(namespace, refer(namespace))


# The namespace is nobody else's when the code ends.
class Last(dict):
    def __del__(self):
        caller = sys._getframe(1)
        deaths.add((caller.f_code.co_name, caller.f_lineno - caller.f_code.co_firstlineno, self["a"]))


def ends(a):
    return eval(expression, {"b": 1, "c": 2}, Last(a=a, b=1, c=2))


deaths = set()
print({ends(1) for _ in range(300)}, deaths)

# Somebody has the frame.
kept = []


def look():
    frame = sys._getframe(1)
    kept.append(frame)
    return frame.f_locals is namespace


namespace = {}
for _ in range(300):
    eval(frames, globals(), namespace)
print(len(kept), all(frame.f_locals is namespace for frame in kept), refer(namespace))
kept.clear()
print(refer(namespace))


# Classes.
def make(number):
    class Made:
        value = number
        double = value * 2
        if value > 2:
            more = [value + n for n in range(2)]

        def method(self):
            return self.value

    return sorted(name for name in vars(Made) if not name.startswith("__")), Made().method()


for number in (1, 5):
    print({repr(make(number)) for _ in range(300)})
