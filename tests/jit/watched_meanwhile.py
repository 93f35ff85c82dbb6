"""A tool asks for the lines of a function while the compiler is at work on code in which calls of it are inlined."""
import sys
import time

import pyroxene

TOOL = 3
LINES = sys.monitoring.events.LINE
seen = []
sys.monitoring.use_tool_id(TOOL, "watcher")
sys.monitoring.register_callback(TOOL, LINES, lambda code, line: seen.append(code.co_name))


def pair(number):
    """A function that is called, and one that calls it, which the compiler needs some time for."""
    more = "".join(f"  total ^= (index + {line}) * total & {line * 3}\n" for line in range(80))
    names = {}
    exec(
        f"def callee(index):\n return index + {number}\n"
        f"def caller(rounds):\n total = 0\n for index in range(rounds):\n  total += callee(index)\n{more}"
        " return total\n",
        names,
    )
    return names["callee"], names["caller"]


def wait(caller, done):
    """Calls until something is so; not for ever, as without the compiler it never is."""
    for _ in range(2000):
        caller(30)
        if done():
            return


def waiting():
    return pyroxene.jit()["waiting"] > 0


for number in range(4):
    callee, caller = pair(number)
    recompiled = pyroxene.jit()["recompiled"]
    # Better code of the function that is called comes first: it is short.
    wait(caller, lambda: pyroxene.jit()["recompiled"] > recompiled and waiting())
    sys.monitoring.set_local_events(TOOL, callee.__code__, LINES)
    while waiting():
        time.sleep(0.01)
        caller(1)
    seen.clear()
    for _ in range(20):
        caller(5)
    print(number, len(seen), set(seen))
    sys.monitoring.set_local_events(TOOL, callee.__code__, 0)
