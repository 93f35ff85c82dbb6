"""Imports, type parameters and annotations, and functions so large that their bytecode needs extended arguments."""
from .expressions import condition
from .snippets import snippet
from .statements import block
from .tables import scene, statement
from .values import literal


@statement(2, simple=True, flavours=("function", "generator", "module", "coroutine"))
def import_statement(p):
    """Anything that can be imported, where it can be."""
    if p.weight > 4:
        return p.write("import small.plain")
    text = snippet(p, "imports")
    if "*" in text and p.scope.flavour != "module":
        text = "import small.deep"
    if text.startswith("import small.") and "; " not in text and " as " not in text and p.scope.flavour != "module":
        text += " as q"
    p.write(text)


@scene(3)
def imports(p):
    """A few imports, each guarded."""
    for _ in range(p.number(1, 4)):
        text = snippet(p, "imports")
        p.write(f"try: {text}")
        p.write("except ImportError as e: emit('import', brief(e), e.name, e.name_from)")
        p.write("except Exception as e: fail('import', e)")
    function, stream = p.fresh("f"), p.fresh("s")
    if p.chance(0.5):
        use = p.pick(("return m.number", "m.number += 1; return m.number", "return m.twice(2)",
                      "return m.Thing().size", "return m.__name__", "return m.lazy_x"))
        p.write(f"def {function}(m): {use}")
        p.write(f"{stream} = Stream('{stream}')")
        p.write("import small.plain, small.deep.lower")
        p.write(f"for m in [small.plain] * 12 + [small] * 9 + [small.deep.lower] * 5 + [small.plain] "
                f"* {p.pick((3, 60))}:")
        p.write(f"    try: {stream}({function}(m))")
        p.write(f"    except Exception as e: {stream}.error(e)")
        p.write(f"{stream}.end()")


PARAMETERS = ("T", "T: int", "T: (int, str)", "*Ts", "**P", "T = int", "T: 'later'", "T, U", "T, *Ts, **P",
              "T: list[U], U", "*Ts = *tuple[int]", "T: undefined_bound", "T = undefined_default")


@scene(3)
def type_parameters(p):
    """type statements, generic functions and classes; what is evaluated late may fail late."""
    name = p.fresh("X")
    parameters = p.pick(PARAMETERS)
    value = p.pick(("int", "list[int]", "dict[str, T]", "tuple[int, ...]", "int | str", "undefined_type", "lambda: T",
                    f"{name}[int]", "[T for _ in 'ab']", "emit('evaluated')", "1 // 0", "type(T)"))
    way = p.number(0, 4)
    with p.block("try:"):
        if way == 0:
            p.write(f"type {name} = {value.replace('T', 'int') if p.chance(0.5) else value}")
            p.write(p.pick((f"emit({name}, {name}.__value__, {name}.__type_params__)",
                            f"emit(type({name}), {name}.__name__, {name}.__module__); {name}.__value__",
                            f"emit({name} | int)", f"emit({name}.__value__ is {name}.__value__)")))
        elif way == 1:
            p.write(f"type {name}[{parameters}] = {value}")
            p.write(p.pick((f"emit({name}[int], {name}.__parameters__)",
                            f"emit({name}.__value__, {name}.__type_params__)",
                            f"emit([t.__bound__ for t in {name}.__type_params__])",
                            f"emit([t.__default__ for t in {name}.__type_params__])")))
        elif way == 2:
            p.write(f"def {name}[{parameters}](x: T, y: {p.pick(('T', 'int', 'undefined_type'))} "
                    f"= {literal(p, 'int')}) -> T: "
                    f"return {p.pick(('x', 'T', '(x, T)', '[T for _ in range(2)]', 'lambda: T'))}")
            p.write(p.pick((f"emit({name}(1), {name}.__type_params__)", f"emit({name}.__annotations__)",
                            f"emit([getattr(t, '__constraints__', None) for t in {name}.__type_params__])",
                            f"emit({name}('a', 2), {name}.__qualname__)")))
        elif way == 3:
            with p.block(f"class {name}[{parameters}]{p.pick(('', '(dict)', '(Described)', '()', '(list[T])'))}:"):
                p.write(p.pick(("field: T = 1", "x = T", "def method(self, y: T) -> 'T': return (T, y)",
                                "def method[V](self, y: V): return (T, V, __class__)", "type Inner = T",
                                "emit(T, __qualname__)", "__slots__ = ('a',)", "T = 5")))
            p.write(p.pick((f"emit({name}.__type_params__, {name}.__orig_bases__)",
                            f"emit({name}[int], {name}.__parameters__)", f"emit({name}.__mro__)",
                            f"emit({name}[int](1) if {name}.__bases__[0] is Described "
                            f"else {name}.__dict__.get('method'))", f"emit({name}[int, str])")))
        else:
            p.write(f"x{name}: {p.pick(('int', 'undefined_type', 'list[int]', repr('later')))} = {literal(p, 'int')}")
            p.write(f"def {name}(a: {p.pick(('int', 'emit(1)', 'undefined_type'))}, *b: int, c: str = 'x', **d: "
                    f"dict) -> {p.pick(('int', 'None', '5'))}: a: int; b: list = 3; return b")
            p.write(f"emit({name}(1), {name}.__annotations__, __annotations__)")
    with p.block("except Exception as e:"):
        p.write("fail('type', e)")


@scene(1)
def large(p):
    """More names, constants and distance than one byte of an instruction holds."""
    name = p.fresh("f")
    count = p.number(258, 275)
    way = p.number(0, 3)
    with p.block(f"def {name}(n, flag=False):"):
        if way == 0:
            p.write(f"{'; '.join([f'a{number} = n + {number}' for number in range(count)])}")
            p.write(f"a{count - 1} += a{count - 2}; emit(a{count - 1}); poke('a{count - 1}', 3); del a{count - 3}")
            p.write(p.pick((f"return [a{count - 1} for i in range(3)]", f"return a{count - 1}",
                            f"return lambda: a{count - 1} + a0", f"return sum([a{count - 1}, a5]), a{count - 3}",
                            f"for a{count - 1} in 'ab': emit(a{count - 1})")))
        elif way == 1:
            with p.block("for i in range(5):"):
                p.write("; ".join([f"x = {number + 1000}" for number in range(count)]))
                p.write("if flag: continue")
                p.write("; ".join([f"x = n.real + {number}" for number in range(60)]))
                p.write("if i == n: break")
            p.write("return x, i")
        elif way == 2:
            p.write("x = types.SimpleNamespace()")
            p.write("; ".join([f"x.f{number} = {number}" for number in range(count)]))
            with p.block("try:"):
                p.write("; ".join([f"x.f{number} += x.f{number - 1}" for number in range(1, count)]))
                p.write(f"x.f{count - 1}.absent")
            with p.block("except AttributeError as e:"):
                p.write("emit(brief(e), e.__traceback__.tb_lasti)")
            p.write(f"return [x.f{count - 1} for _ in 'abc'], x.f{count - 2}")
        else:
            p.write(f"r = dict({', '.join([f'k{number}={number}' for number in range(count)])})")
            p.write(f"t = ({', '.join([f'n + {number}' for number in range(count)])})")
            p.write(f"l = [{', '.join([str(number) for number in range(count)])}]")
            p.write(f"*a, b = t; emit(len(a), b, len(l), "
                    f"len(r)); {'; '.join([f'c{number} = l[{number}]' for number in range(3)])}")
            with p.block("while n > 0:"):
                p.write("n -= 1")
                block(p, 1)
            p.write("return r['k5'], t[-1], l[-1]")
    observed = p.chance(0.3)
    if observed:
        p.write(p.pick(("trace_on()", "monitor_on('LINE BRANCH JUMP', rest=3)", "monitor_on('INSTRUCTION')",
                        "profile_on()", "trace_on('opcodes')")))
    for _ in range(p.number(1, 3)):
        p.write(f"try: emit({name}({p.number(0, 4)}, {p.pick(('True', 'False'))}))")
        p.write("except Exception as e: fail('large', e)")
    if observed:
        p.write("trace_off(); profile_off(); monitor_off()")


@scene(2)
def class_bodies(p):
    """What happens in the body of a class: its own scope, names looked up in several places, failing half-way."""
    name = p.fresh("C")
    outer = p.fresh("f")
    with p.block(f"def {outer}(a, b={literal(p, 'int')}):"):
        p.write(p.pick(("x = 'outer'", "x = a; del x", "x = [a]", "pass")))
        bases = p.pick(("", "Described", "*[object]", "metaclass=Meta", "**{}", "undefined_base", "5",
                        "object, metaclass=lambda *r: r"))
        with p.block(f"class {name}({bases}):"), p.inside("class"):
            for _ in range(p.number(1, 4)):
                p.write(snippet(p, "class_body"))
            if p.chance(0.3):
                p.write(f"v = {condition(p, 1)}")
        p.write(p.pick((f"return {name}", f"return sorted(k for k in vars({name}) if k[0] != '_')",
                        f"return {name}().m()", f"return {name}.__static_attributes__",
                        f"return getattr({name}, 'x', a)", f"return {name}.z({name}())",
                        f"return {name}.__name__, a")))
    for argument in p.some(("1", "'s'", "[2]", "None"), 1, 2):
        p.write(f"try: emit({outer}({argument}))")
        p.write("except Exception as e: fail('body', e)")


@scene(2)
def made_at_run_time(p):
    """exec, eval and compile with namespaces and closures; code objects taken apart and put together."""
    with p.block("try:"):
        p.write(snippet(p, "made"))
    p.write("except Exception as e: fail('made', e)")
