"""Generates and runs programs in one process: `run.py --seed S --first N --count K`. For each it prints its number
and a hash of what it logged; with --text the log itself, with --source the program, with --file the log of a program
that lies in a file. The output depends on nothing but the arguments and what the interpreter does."""
import argparse
import hashlib
import os
import resource

import runtime

# A program that runs away shall not take the machine with it.
MEMORY = 8 << 30


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--first", type=int, default=0)
    options.add_argument("--count", type=int, default=1)
    options.add_argument("--text", action="store_true")
    options.add_argument("--source", action="store_true")
    options.add_argument("--file")
    options = options.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    if options.file:
        with open(options.file, encoding="utf-8") as file:
            say(runtime.run(file.read()))
        return

    from generator import generate

    for number in range(options.first, options.first + options.count):
        source = generate(options.seed, number)
        if options.source:
            say(source)
            continue
        log = runtime.run(source)
        if options.text:
            say(log)
            continue
        digest = hashlib.blake2b((source + log).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
        say(f"{number} {digest}\n")


def say(text):
    """Writes past sys.stdout: programs have that, and what was said must be out when one takes the process down."""
    rest = text.encode("utf-8", "backslashreplace")
    while rest:
        rest = rest[os.write(1, rest):]


main()
