"""What looks at frames: observers around calls, jumps, f_locals, recursion, calls through C, threads, hooks."""
from .expressions import expr
from .functions import Function, Parameter
from .observers import EVENTS, OFF, switch_off, switch_on, toggle
from .snippets import snippet
from .statements import block, opening
from .tables import scene
from .values import literal


def usable(p, flavour="function", most=150):
    """Functions that may be called here."""
    return [known for known in p.functions if known.flavour == flavour and known.cost <= most]


def attempt(p, name, *lines):
    """Lines under a plain guard."""
    with p.block("try:"):
        for line in lines:
            p.write(line)
    with p.block("except BaseException as e:"):
        p.write(f"fail('{name}{p.line()}', e)")


@scene(10)
def watched_calls(p):
    """Calls to functions that ran before, with observers that come and go."""
    known = usable(p) + usable(p, "generator")
    if not known:
        return
    p.write(switch_on(p))
    for _ in range(p.number(1, 4)):
        function = p.pick(known)
        call = function.call(p)
        attempt(p, "o", f"emit([*zip(range(5), {call})])" if function.flavour == "generator" else f"emit({call})")
        if p.chance(0.4):
            p.write(toggle(p))
    p.write(OFF)
    if p.chance(0.3):
        function = p.pick(known)
        attempt(p, "o", f"emit({function.name}.__code__.co_code == {function.name}.__code__.replace().co_code)",
                f"emit({function.call(p)})" if function.flavour == "function" else "pass")


@scene(4)
def toggled_inside(p):
    """A function that switches observers in its own middle, in a loop that is hot by then."""
    name = p.fresh("f")
    events = " ".join(p.some(EVENTS, 1, 3))
    with p.block(f"def {name}(n):"), p.inside("function") as scope, p.body(300):
        scope.add("n", "int")
        p.budget = 6
        p.write("total = 0")
        opening(p)
        with p.block(f"for i in range({p.pick((6, 12, 30))}):"), p.repeated(6):
            scope.add("i", "int")
            with p.block(f"if i == {p.number(1, 5)}:"):
                p.write(p.pick((switch_on(p), f"monitor_local({name}, {events!r}, rest={p.number(0, 5)})",
                                f"monitor_on({events!r}, rest={p.number(0, 5)})", "trace_on(); trace_here()",
                                "trace_on('opcodes'); trace_here(True)")))
            with p.block(f"elif i == {p.number(3, 9)}:"):
                p.write(p.pick((switch_off(p), "monitor_again()", toggle(p), switch_off(p))))
            scope.loops += 1
            block(p, 3)
            scope.loops -= 1
            p.write("total += n")
        p.write("return total")
    p.functions.append(function_of(p, name))
    for number in range(p.number(1, 3)):
        attempt(p, "ti", f"emit({name}({number}))")
    p.write(OFF)


def function_of(p, name):
    """What is known of a function of one int that was written by hand."""
    function = Function(name, [Parameter("n", "int", "plain", None)], "function", "int")
    function.cost = 200
    return function


AVOIDED = ("case ", "for ", "async for ", "with ", "async with ")


@scene(4)
def jumps(p):
    """A tracer that sends a function to another of its lines."""
    known = [known for known in usable(p) + usable(p, "generator", 80) if known.lines[1] - known.lines[0] > 2]
    if not known:
        return
    for _ in range(p.number(1, 4)):
        function = p.pick(known)
        first, last = function.lines
        # Stock CPython crashes when something jumps inside a generator to its `def`, to a `case`, back to a `for`, or to a
        # `with`, whose line is that of its end too.
        target = p.number(first - (function.flavour == "function"), last + 1)
        if target <= len(p.lines) and p.lines[target - 1].lstrip().startswith(AVOIDED):
            continue
        p.write(f"jump_on({function.name!r}, {p.number(1, 12)}, {target})")
        call = function.call(p, wrong=0)
        attempt(p, "j", f"emit([*zip(range(5), {call})])" if function.flavour == "generator" else f"emit({call})")
    p.write("trace_off()")


@scene(3)
def locals_of_frames(p):
    """f_locals as a proxy: read, written through, of functions, classes, generators, and frames that are over."""
    name = p.fresh("f")
    with p.block(f"def {name}(a, b=2, *c, **d):"):
        for _ in range(p.number(2, 5)):
            p.write(snippet(p, "locals"))
        p.write(p.pick(("return sys._getframe()", "return a", "return locals()", "return sys._getframe().f_locals",
                        "1 // 0", "return lambda: (a, b)")))
    with p.block("try:"):
        p.write(f"r = {name}({p.pick(('1', '1, 2', 'a=3', '1, 2, 3, k=4', literal(p, 'str')))})")
        p.write(snippet(p, "locals_after"))
    with p.block("except Exception as e:"):
        p.write("fail('fl', e)")
        p.write("t = e.__traceback__")
        if p.chance(0.5):
            p.write("while t is not None: emit(sorted(k for k in t.tb_frame.f_locals if k in 'abcdx')); t = t.tb_next")
        else:
            p.write("(t.tb_next or t).tb_frame.clear()")


@scene(3)
def recursion(p):
    """Recursion in every way that there is, against a small limit."""
    name = p.fresh("f")
    p.write(snippet(p, "recursion", name=name))
    p.write(OFF)
    observed = p.chance(0.2)
    if observed:
        p.write(switch_on(p, jumps=False))
    for _ in range(p.number(1, 2)):
        call = f"limited({p.pick((15, 30, 50, 80))}, {name})"
        attempt(p, "rec", p.pick((f"emit({call})", f"emit(next({call}))", f"emit({call})")))
    if observed:
        p.write(OFF)


@scene(4)
def through_c(p):
    """Functions that C calls: keys, callbacks, operators, descriptors; in threads, contexts, and under a hook."""
    known = usable(p, most=60)
    if not known:
        return
    attempt(p, "c", snippet(p, "through_c", name=p.pick(known).name))


@scene(3)
def pending_calls(p):
    """Where the evaluator looks for work: a call that is pending runs there."""
    name = p.fresh("f")
    with p.block(f"def {name}(n):"):
        for _ in range(p.number(2, 5)):
            p.write(snippet(p, "pending", label=f"'q{p.line()}'"))
        p.write(f"return {expr(p, 'int', 1)}")
    if p.chance(0.25):
        p.write(switch_on(p))
    attempt(p, "pe", f"emit({name}(2))", f"emit({name}(0))")
    p.write(OFF)


@scene(2)
def deep_stacks(p):
    """Frames above frames: who called whom, across generators, comprehensions, classes and C."""
    first, second = p.fresh("f"), p.fresh("f")
    p.write(f"def {first}(n): return {snippet(p, 'inner')}")
    with p.block(f"def {second}(n):"):
        p.write(snippet(p, "outer", first=first))
    attempt(p, "d", f"r = {second}({p.number(0, 5)})", "emit([*r])")
