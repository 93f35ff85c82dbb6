"""A loop that comes round right after a branch: in front of the jump backward lies the branch's history, which can be any
number, the one of a prefix too. (This one was taken for a jump to the start of its function.)"""
import sys
n = 0


def log():
    global n
    n += 1
    if n > 1:
        raise SystemExit("run() starts again, though called once")


def work(i):
    import gc

    gc.collect()
    for j in range(9):
        sys.modules["test.qq%d.z" % j] = 1


def run(tests):
    save = set(sys.modules)
    log()
    for idx, name in enumerate(tests):
        work(idx)
        new = [m for m in list(sys.modules) if m not in save and m.startswith(("test.", "test_"))]
        for m in new:
            parent, _, nm = m.rpartition(".")
            try:
                sys.modules["nono"]
            except KeyError:
                pass


run("abcd")
print(n)
