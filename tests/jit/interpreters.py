"""Other interpreters of the process run the same functions, before and after the main one has machine code for them."""
import _interpreters
import os
import sys
import threading

PROGRAM = """
def count(upto):
    total = 0
    for number in range(upto):
        total += step(number)
    return total

def step(number):
    return number * 3 ^ number

def pairs(upto):
    return [pair for pair in gives(upto)]

def gives(upto):
    for number in range(upto):
        yield number, step(number)

def work():
    found = 0
    for _ in range(300):
        found = count(40), pairs(5)[-1]
    return found

result = work()
"""


def told(configuration):
    """What the program finds in an interpreter of its own."""
    out, into = os.pipe()
    interpreter = _interpreters.create(configuration)
    try:
        failed = _interpreters.exec(interpreter, f"{PROGRAM}\nimport os\nos.write({into}, repr(result).encode())")
        return os.read(out, 1000).decode() if failed is None else failed.formatted
    finally:
        _interpreters.destroy(interpreter)
        os.close(out)
        os.close(into)


def here():
    names = {}
    exec(PROGRAM, names)
    return repr(names["result"])


print(here())
for configuration in "isolated", "legacy":
    print(configuration, told(configuration))
print(here())
results = []
threads = [
    threading.Thread(target=lambda configuration=configuration: results.append(told(configuration)))
    for configuration in ["isolated", "legacy"] * 3
]
for thread in threads:
    thread.start()
results.append(here())
for thread in threads:
    thread.join()
print(len(results), set(results))
