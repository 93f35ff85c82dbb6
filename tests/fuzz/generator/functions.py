"""Functions: their signatures, and calls that fit them or just do not."""
from .expressions import expr
from .program import KINDS
from .values import literal

PARAMETER_KINDS = ("int", "int", "str", "float", "list", "tuple", "dict", "any", "any", "obj")
RESULTS = ("int", "int", "str", "float", "list", "tuple", "any")
# Defined with a signature of one kind, calls meet values of another one this often.
POLYMORPH = 0.12


class Parameter:
    """A parameter of a function."""

    __slots__ = ("name", "kind", "sort", "default")

    def __init__(self, name, kind, sort, default):
        self.name = name
        self.kind = kind
        # One of: only (positional), plain, rest (*x), word (keyword only), words (**x).
        self.sort = sort
        self.default = default


class Function:
    """A function that a program has."""

    def __init__(self, name, parameters, flavour, result):
        self.name = name
        self.parameters = parameters
        self.flavour = flavour
        self.result = result
        # What a call costs.
        self.cost = 1
        # The first and the last line of its body.
        self.lines = (0, 0)

    def callable_from(self, p):
        """Whether a call is affordable there."""
        return p.affords(self.cost)

    def call(self, p, name=None, depth=1, wrong=0.05):
        """The text of a call."""
        p.spend(self.cost)
        return f"{name or self.name}({arguments(p, self.parameters, depth, wrong)})"


def signature(p, most=4, plain=False):
    """Parameters in an order that the language allows."""
    count = p.number(0, most)
    if plain or p.chance(0.45):
        sorts = ["plain"] * count
    else:
        ranks = ("only", "plain", "plain", "rest", "word", "word", "words")
        sorts = sorted([p.pick(ranks) for _ in range(count)], key=ranks.index)
        for single in ("rest", "words"):
            while sorts.count(single) > 1:
                sorts.remove(single)
    found, optional = [], False
    for sort in sorts:
        kind = {"rest": "tuple", "words": "dict"}.get(sort) or p.pick(PARAMETER_KINDS)
        default = None
        if sort == "word" and p.chance(0.5) or sort in ("only", "plain") and (optional or p.chance(0.25)):
            default = literal(p, kind)
            optional = optional or sort != "word"
        found.append(Parameter(p.fresh("a"), kind, sort, default))
    return found


def written(p, parameters, first=None, annotated=True):
    """The text of a signature; `first` is a name to stand before all others."""
    texts = [first] if first else []
    sorts = [parameter.sort for parameter in parameters]
    slash = first is not None and bool(parameters) and p.chance(0.1) and "only" not in sorts
    if slash:
        texts.append("/")
    for number, parameter in enumerate(parameters):
        if parameter.sort == "word" and "rest" not in sorts and (number == 0 or sorts[number - 1] != "word"):
            texts.append("*")
        text = {"rest": "*", "words": "**"}.get(parameter.sort, "") + parameter.name
        if annotated and parameter.kind not in ("any", "obj") and p.chance(0.1):
            text += f": {parameter.kind}"
        if parameter.default is not None:
            text += f"={parameter.default}"
        texts.append(text)
        if parameter.sort == "only" and (number + 1 == len(sorts) or sorts[number + 1] != "only"):
            texts.append("/")
    return ", ".join(texts)


def value(p, parameter, depth):
    """An argument for a parameter."""
    kind = parameter.kind
    if kind == "any" or p.chance(POLYMORPH):
        kind = p.pick(KINDS)
    return expr(p, kind, depth)


def arguments(p, parameters, depth=1, wrong=0.05):
    """The text of arguments that fit, or in a share of cases do not."""
    positional, keywords = [], []
    open_words = False
    for parameter in parameters:
        if parameter.default is not None and p.chance(0.4) and not keywords:
            if parameter.sort in ("only", "plain"):
                open_words = True  # what follows has to be named
            continue
        if parameter.sort == "rest":
            if not open_words and not keywords:
                positional += [expr(p, "any", depth) for _ in range(p.number(0, 2))]
        elif parameter.sort == "words":
            keywords += [(f"extra{number}", expr(p, "any", depth)) for number in range(p.number(0, 2))]
        elif parameter.sort == "word" or parameter.sort == "plain" and (open_words or p.chance(0.2)):
            open_words = True
            keywords.append((parameter.name, value(p, parameter, depth)))
        elif not open_words:
            positional.append(value(p, parameter, depth))
    if p.chance(wrong):
        misfit(p, positional, keywords)
    return joined(p, positional, keywords)


def misfit(p, positional, keywords):
    """Makes a call that the function refuses, most likely."""
    way = p.number(0, 3)
    if way == 0:
        positional.append(literal(p, "int"))
    elif way == 1 and positional:
        positional.pop()
    elif way == 2:
        keywords.append(("unknown", "1"))
    elif keywords:
        keywords.pop()


def joined(p, positional, keywords):
    """Writes arguments plainly or through * and **."""
    texts = list(positional)
    if texts and p.chance(0.12):
        cut = p.number(0, len(texts))
        rest = ", ".join(texts[cut:])
        texts = [*texts[:cut], f"*({rest}{',' if len(texts) - cut == 1 else ''})" if p.chance(0.5) else f"*[{rest}]"]
    words = [f"{name}={text}" for name, text in keywords]
    if words and p.chance(0.2):
        cut = p.number(0, len(keywords))
        packed = ", ".join([f"{name!r}: {text}" for name, text in keywords[cut:]])
        words = [*words[:cut], "**{" + packed + "}"]
    return ", ".join(texts + words)


HEADS = {"function": "def", "generator": "def", "coroutine": "async def", "asyncgen": "async def"}


def define(p, write_body, flavour="function", name=None, parameters=None, first=None, result=None, size=8, most=400,
           decorators=()):
    """Writes a function: `write_body(p, function)` writes what is in it, with the parameters in scope. Does not make
    its name known."""
    name = name or p.fresh("f")
    parameters = signature(p) if parameters is None else parameters
    function = Function(name, parameters, flavour, result or p.pick(RESULTS))
    for decorator in decorators:
        p.write(f"@{decorator}")
    head = f"{HEADS[flavour]} {name}({written(p, parameters, first)})"
    if p.chance(0.05):
        head += f" -> {p.pick(KINDS[:4])}"
    with p.block(head + ":"), p.inside(flavour) as scope, p.body(most):
        for parameter in parameters:
            scope.add(parameter.name, parameter.kind)
        p.budget = size
        begin = p.line()
        write_body(p, function)
        function.lines = (begin, p.line() - 1)
        function.cost = max(p.cost, 1)
    return function
