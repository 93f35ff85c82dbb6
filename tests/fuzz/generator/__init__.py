"""Writes programs: `generate(seed, number)` gives the same text in every process."""
from . import classes, comprehensions, exceptions, frames, lifetimes, modules, patterns, sites, suspended
from .program import Program
from .tables import SCENES

# The forms that these modules register when they are imported.
FORMS = (classes, comprehensions, exceptions, frames, lifetimes, modules, patterns, sites, suspended)


def generate(seed, number):
    """The program of this number in the series of this seed."""
    p = Program(seed * 2**40 + number)
    classes.prelude(p)
    scenes = SCENES.within("module")
    for number in range(p.number(3, 8)):
        p.cost = 0
        p.budget = 12
        with p.block("try:"):
            begin = p.line()
            while p.line() == begin:  # a scene that finds nothing to work with writes nothing
                p.pick(scenes)(p)
        with p.block("except BaseException as e:"):
            p.write(f"fail('scene {number}', e)")
    return p.text()
