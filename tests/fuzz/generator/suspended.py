"""Generators, coroutines and asynchronous generators: their statements, and how they are driven."""
from .expressions import condition, expr
from .functions import define
from .program import SCALARS
from .statements import block, opening, prologue, suite
from .tables import scene, statement
from .values import literal

THROWN = ("Refusal('t')", "ValueError('t')", "GeneratorExit()", "StopIteration(4)", "KeyError", "KeyboardInterrupt()",
          "StopAsyncIteration()", "Refusal")


@statement(9, simple=True, flavours=("generator", "asyncgen"))
def yielded(p):
    text = f"yield {expr(p, p.pick(SCALARS + ('list', 'any')), 1)}" if p.chance(0.9) else "yield"
    way = p.random()
    if way < 0.5:
        p.write(text)
    elif way < 0.8:
        p.write(f"{p.bind(p.fresh(), 'any')} = {text}")
    else:
        p.write(f"emit('y{p.line()}', ({text}))")


@statement(4, simple=True, flavours=("generator",))
def delegated(p):
    found = [known for known in p.functions if known.flavour == "generator" and known.callable_from(p)]
    source = p.pick(found).call(p, depth=0) if found and p.chance(0.7) else p.pick(("(1, 2)", "'ab'", "range(2)",
        "Countdown(2)", "iter([3])", "(w for w in 'cd')", expr(p, "any", 0)))
    text = f"yield from {source}"
    p.write(p.pick((text, f"{p.bind(p.fresh(), 'any')} = {text}", f"emit(({text}))")))


@statement(7, simple=True, flavours=("coroutine", "asyncgen"))
def awaited(p):
    found = [known for known in p.functions if known.flavour == "coroutine" and known.callable_from(p)]
    value = expr(p, p.pick(SCALARS), 1)
    source = p.pick(found).call(p, depth=0) if found and p.chance(0.5) else p.pick((f"Suspend({value})",
        f"Suspend({value}, {p.number(0, 3)})", f"Plain({value})", f"old_coroutine({value})", f"({value})"))
    p.write(p.pick((f"await {source}", f"{p.bind(p.fresh(), 'any')} = await {source}",
                    f"emit('a{p.line()}', await {source})")))


@statement(4, flavours=("coroutine", "asyncgen"))
def async_for(p):
    found = [known for known in p.functions if known.flavour == "asyncgen" and p.affords(known.cost * 4)]
    source = p.pick(found).call(p, depth=0) if found and p.chance(0.6) else f"AsyncCountdown({p.number(0, 4)})"
    if p.chance(0.05):
        source = expr(p, "any", 0)
    with p.repeated(4):
        p.scope.loops += 1
        suite(p, f"async for {p.bind(p.fresh(), 'any')} in {source}:")
        p.scope.loops -= 1
    if p.chance(0.3):
        suite(p, "else:", 1)


@statement(3, flavours=("generator", "coroutine", "asyncgen"))
def persistent(p):
    """Code that suspends inside try: throw and close arrive there."""
    with p.block("try:"):
        pause(p)
        block(p, 2)
    way = p.random()
    if way < 0.6:
        name = p.fresh("e")
        caught = ("Refusal", "ValueError", "GeneratorExit", "BaseException", "(Refusal, ValueError)", "Exception")
        with p.block(f"except {p.pick(caught)} as {name}:"):
            p.write(f"fail('t{p.line()}', {name})")
            if p.chance(0.5):
                pause(p)
            if p.chance(0.3):
                p.write(p.pick(("raise", "raise KeyError('again')", f"raise RuntimeError('r') from {name}")))
    if way > 0.4:
        with p.block("finally:"):
            p.write(f"emit('finally{p.line()}')")
            if p.chance(0.25):
                pause(p)
    if p.chance(0.2) and way < 0.6 and not p.scope.locked:
        p.write("return" if p.scope.flavour == "asyncgen" else f"return {literal(p, 'int')}")


def pause(p):
    """A place where this code suspends."""
    if p.may_yield() and (not p.may_await() or p.chance(0.6)):
        p.write(f"yield {literal(p, 'int')}")
    else:
        p.write(f"await Suspend({literal(p, 'str')})")


@statement(2, flavours=("function", "generator"))
def iterated(p):
    """A generator used where it suits: in a loop, unpacked, zipped, half-used and dropped."""
    found = [known for known in p.functions if known.flavour == "generator" and p.affords(known.cost * 2)]
    if not found:
        return p.write("pass")
    call = p.pick(found).call(p)
    way = p.random()
    if way < 0.4:
        with p.repeated(4):
            p.scope.loops += 1
            suite(p, f"for {p.bind(p.fresh(), 'any')} in {call}:")
            p.scope.loops -= 1
    else:
        name = p.bind(p.fresh(), "list")
        p.write(f"{name} = " + p.pick(("[*{c}][:5]", "list(zip({c}, 'ab'))", "[next({c}, 5)]",
                                       "[w for w in {c} if w][:4]", "list(map(type, {c}))[:2]",
                                       "[*{c}, *{c}][:6]")).format(c=call))


def body(p, function):
    """The body of any suspended code: it suspends at least once."""
    prologue(p)
    opening(p)
    block(p, 3)
    pause(p)
    block(p, 4)
    if function.flavour in ("generator", "coroutine") and p.chance(0.6):
        p.write(f"return {expr(p, function.result, 1)}")


def actions(p, word):
    """Steps for a drive."""
    found = []
    for _ in range(p.number(3, 9)):
        way = p.random()
        if way < 0.35:
            found.append("'next'" if word == "generator" else "('send', None)")
        elif way < 0.6:
            found.append(f"('send', {literal(p, p.pick(SCALARS)) if p.chance(0.7) else None})")
        elif way < 0.78:
            found.append(f"('throw', {p.pick(THROWN)})")
        elif way < 0.85:
            found.append("'close'")
        else:
            found.append("'look'")
    if p.chance(0.8):
        found.insert(0, "'next'" if word == "generator" else "('send', None)")
    return ", ".join(found)


@scene(8)
def generators(p):
    """A generator, driven by steps, used in loops, dropped half-way."""
    function = define(p, body, "generator", size=9, most=250)
    p.functions.append(function)
    for number in range(p.number(1, 3)):
        name = p.fresh("g")
        with p.block("try:"):
            p.write(f"{name} = {function.call(p, depth=0)}")
            p.write(p.pick((f"drive({name}, {actions(p, 'generator')}, label={name!r})",
                            f"drive({name}, {actions(p, 'generator')})", f"emit([*zip(range(6), {name})])",
                            f"emit(next({name}, None), suspended({name})); del {name}", f"for w in {name}: emit(w)",
                            f"weak({name}, {name!r}); next({name}); {name} = None",
                            f"a, *b = {name}; emit(a, b)",
                            f"{name}.gi_frame.f_locals; emit({name}.gi_code.co_name, {name}.gi_frame.f_lineno)",
                            f"for w in {name}:\n    emit(w); break\ndrive({name}, 'look', 'next', 'close')")))
        with p.block("except BaseException as e:"):
            p.write(f"fail({name!r}, e)")


@scene(5)
def coroutines(p):
    """A coroutine, run to its end, driven by steps, or several in turns."""
    function = define(p, body, "coroutine", size=8, most=200)
    p.functions.append(function)
    call = function.call(p, depth=0, wrong=0)
    with p.block("try:"):
        p.write(p.pick((f"emit(awaited({call}))", f"emit(awaited({call}, {literal(p, 'int')}, {literal(p, 'str')}))",
                        f"emit(awaited({call}, Refusal('in')))",
                        f"drive({call}, {actions(p, 'coroutine')})",
                        f"emit(run_all({call}, {function.call(p, depth=0, wrong=0)}))",
                        f"drive({call}.__await__(), {actions(p, 'generator')})",
                        f"{call}", f"c = {call}; drive(c, ('send', None), 'look', 'close', 'look'); del c")))
    with p.block("except BaseException as e:"):
        p.write("fail('co', e)")


@scene(5)
def async_generators(p):
    """An asynchronous generator: iterated, and driven through asend, athrow and aclose."""
    function = define(p, body, "asyncgen", size=8, most=200)
    p.functions.append(function)
    call = function.call(p, depth=0, wrong=0)
    user = p.fresh("f")
    with p.block(f"async def {user}():"):
        p.write(f"g = {call}")
        for _ in range(p.number(1, 5)):
            name = p.fresh("e")
            step = p.pick(("await anext(g)", "await g.__anext__()", f"await g.asend({literal(p, 'int')})",
                           f"await g.athrow({p.pick(THROWN)})", "await g.aclose()", "await anext(g, 'default')",
                           "[w async for w in g][:4]", "suspended(g)", "await anext(g)", "await g.asend(None)"))
            p.write(f"try: emit({step})")
            p.write(f"except {p.pick(('BaseException', 'Exception', 'StopAsyncIteration'))} as {name}: emit('step', "
                    f"brief({name}))")
        if p.chance(0.5):
            p.write(p.pick((f"async for w in {call}: emit(w)", "async for w in g: emit(w)",
                            f"emit([w async for w in {call} if w])",
                            f"emit({{w: 1 async for w in {call} if type(w) is int}})", "await g.aclose()",
                            "del g", "emit(list(zip('ab', [w async for w in g])))")))
    with p.block("try:"):
        p.write(p.pick((f"emit(awaited({user}()))", f"emit(awaited({user}(), 1, 2))",
                        f"emit(awaited({user}(), None, Refusal('in')))",
                        f"drive({user}(), {actions(p, 'coroutine')})",
                        f"emit(run_all({user}(), {user}()))", f"drive({call}.asend(None), {actions(p, 'coroutine')})",
                        f"drive({call}.athrow(Refusal), {actions(p, 'coroutine')})")))
    with p.block("except BaseException as e:"):
        p.write("fail('ag', e)")


@scene(2)
def asynchronous_expression(p):
    """A generator expression that is asynchronous, and await in odd places."""
    user = p.fresh("f")
    with p.block(f"async def {user}({p.bind(p.fresh('a'), 'int')}=3):"), p.inside("coroutine"), p.body(100):
        p.write(f"g = (w async for w in AsyncCountdown({p.number(0, 4)}) if {condition(p, 1)})")
        p.write(p.pick(("async for w in g: emit(w)", "emit(await anext(g, 'none'))", "emit([w async for w in g])",
                        "emit([await Suspend(w) for w in range(2)])",
                        "emit([w async for w in g if await Plain(w)])",
                        "emit({w: await Suspend(w) async for w in g})",
                        "emit(await Suspend(1) + await Plain(2), f'{await Suspend(3)}')",
                        "emit((await Suspend((lambda: 4)())) if await Plain(1) else 0)",
                        "x = [0]; x[await Suspend(0)] += await Suspend(5); emit(x)")))
        p.write(f"return {expr(p, 'int', 2)}")
    p.write(f"try: emit(awaited({user}()))")
    p.write("except Exception as e: fail('ax', e)")


