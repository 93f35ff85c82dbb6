"""Auditing hooks see what the program does, and nothing that the compiler does besides."""
import sys

events = []


def hook(event, arguments):
    if event == "compile":
        events.append(arguments[1])
        raise RuntimeError("nothing is to be compiled")


def some(numbers):
    return any(number > 40 for number in numbers), all(number < 40 for number in numbers)


def handles(number):
    try:
        if number > 9000:
            raise ValueError(number)
    except ValueError as error:
        return error.args[0] - number
    return number


sys.addaudithook(hook)
total = 0
for round in range(12000):
    total += handles(round)
    if round % 4 == 0:
        total += some(range(round % 50))[0]
print(total, events)
