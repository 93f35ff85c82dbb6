"""The tables that say how often each form of expression, statement or scene is written. A form registers itself."""


class Table:
    """Forms, each as often as it weighs."""

    def __init__(self):
        self.forms = []
        self.by_flavour = {}

    def add(self, weight, form, flavours=None):
        """A form; `flavours` are the scopes where it may stand, all when None."""
        self.forms += [(form, flavours)] * weight
        self.by_flavour.clear()

    def within(self, flavour):
        """The forms that may stand in a scope."""
        found = self.by_flavour.get(flavour)
        if found is None:
            found = [form for form, flavours in self.forms if flavours is None or flavour in flavours]
            self.by_flavour[flavour] = found
        return found


EXPRESSIONS = {}
STATEMENTS = Table()
SIMPLE = Table()
SCENES = Table()


def expression(kind, weight=1, flavours=None):
    """Registers `form(program, depth)`, which gives the text of an expression of a kind."""

    def register(form):
        EXPRESSIONS.setdefault(kind, Table()).add(weight, form, flavours)
        return form

    return register


def statement(weight=1, flavours=None, simple=False):
    """Registers `form(program)`, which writes a statement; a simple one holds no others."""

    def register(form):
        STATEMENTS.add(weight, form, flavours)
        if simple:
            SIMPLE.add(weight, form, flavours)
        return form

    return register


def scene(weight=1):
    """Registers `form(program)`, which writes a part of the module: something defined, and how it is used."""

    def register(form):
        SCENES.add(weight, form)
        return form

    return register
