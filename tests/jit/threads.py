"""Threads, signals, forks and subprocesses while code is hot."""
import os
import signal
import sys
import threading


def work(n):
    total = 0
    for i in range(n):
        total += i % 7
    return total


def in_threads():
    results = []

    def run(n):
        results.append(work(n))

    threads = [threading.Thread(target=run, args=(20_000,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def interrupted():
    hits = []

    def handler(number, frame):
        hits.append(frame.f_code.co_name)
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    try:
        count = 0
        while True:
            count += 1
    except KeyboardInterrupt:
        return hits
    finally:
        signal.signal(signal.SIGALRM, before)


def forked(turn):
    work(5_000)
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        total = sum(work(500) for _ in range(30)) + work(50_000)
        os._exit(total % 100)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


for turn in range(5):
    print(in_threads())
    print(interrupted())
    print(forked(turn), work(1000))
