"""What a class has dies in a destructor, while code that has just loaded it goes on."""

ROUNDS = 4000
replace = False
junk = []


def litter():
    """Takes the memory of what has just died."""
    junk.extend([number, number, number] for number in range(50))
    junk.extend(make_function(number) for number in range(50))


def make_function(number):
    return lambda *arguments: ("another", number, arguments)


class Attribute:
    pass


class ReplacesAttribute:
    def __del__(self):
        if replace:
            Attribute.table = None
            litter()


def use_attribute(dies):
    return [Attribute.table, (dies := None)]


def attribute():
    return use_attribute(ReplacesAttribute())


class Method:
    pass


class DeletesMethod:
    def __del__(self):
        if replace:
            del Method.use
            litter()


def give_method():
    def use(self, dies):
        dies = None
        return "constant of the method", self is not None, 12345678.5

    Method.use = use


def method(receiver=Method()):
    return receiver.use(DeletesMethod())


class ReplacesInit:
    def __del__(self):
        if replace:
            Made.__init__ = lambda self, dies: None
            litter()


class Made:
    pass


def give_init():
    def __init__(self, dies):
        dies = None
        self.text = "constant of the initialiser"
        self.number = 87654321.25

    Made.__init__ = __init__


def init():
    made = Made(ReplacesInit())
    return made.text, made.number


def often(function):
    for _ in range(ROUNDS):
        result = function()
    return result


Attribute.table = [1, 2, 3]
give_method()
give_init()
for function in attribute, method, init:
    print(function.__name__, often(function))
replace = True
for function in attribute, method, init:
    print(function.__name__, function())
    replace = True
try:
    method()
except AttributeError as error:
    print(error)
