"""What one call between Python and C costs, for each way of calling. The C is in ../c_calls."""
import pyperf
import pyroxene_bench_calls as calls

STATEMENTS = {
    "c_call_noargs": "calls.noargs()",
    "c_call_o": "calls.o(x)",
    "c_call_fastcall": "calls.fastcall(x, x)",
    "c_call_fastcall_keywords": "calls.fastcall_keywords(x, flag=x)",
    "c_call_varargs": "calls.varargs(x, x)",
    "c_method_o": "thing.o(x)",
    "c_type_vectorcall": "Thing(x)",
    "c_type_new": "Plain(x)",
    "c_attribute": "thing.value",
    "c_add": "thing + x",
}
# How many calls back into Python one call of C makes.
CALLBACKS = 100
# How many calls a loop stands for, here and in the statements above.
INNER = 10


def identity(x):
    return x


def main():
    runner = pyperf.Runner()
    thing = calls.Thing(1)
    names = {"calls": calls, "Thing": calls.Thing, "Plain": calls.Plain, "thing": thing, "x": 1}
    for name, statement in STATEMENTS.items():
        runner.timeit(name, statement, globals=names, duplicate=INNER)

    # From C back into Python.
    def repeat(loops):
        repeated = calls.repeat
        start = pyperf.perf_counter()
        for _ in range(loops * INNER // CALLBACKS):
            repeated(identity, CALLBACKS)
        return pyperf.perf_counter() - start

    items = list(range(CALLBACKS))

    def sort(loops):
        start = pyperf.perf_counter()
        for _ in range(loops * INNER // CALLBACKS):
            sorted(items, key=identity)
        return pyperf.perf_counter() - start

    runner.bench_time_func("c_callback", repeat, inner_loops=INNER)
    runner.bench_time_func("c_callback_sorted", sort, inner_loops=INNER)


main()
