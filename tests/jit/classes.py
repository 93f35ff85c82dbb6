"""Calls of classes: what `__init__` sees, what it raises, and what it must not return."""
import sys, traceback
class P:
    def __init__(self, x, y):
        self.x = x
        self.y = y
class Q(P):
    def __init__(self, x):
        P.__init__(self, x, x+1)
        self.z = x
class R:
    def __init__(self, x):
        if x == 777: raise ValueError(x)
        self.x = x
class B:
    def __init__(self, x):
        self.x = x
        if x == 555: return 5
class F:
    def __init__(self, x):
        self.f = sys._getframe(1).f_code.co_name if x % 300 == 0 else None
        self.n = sys._getframe().f_back.f_lineno
def f(n):
    t = 0
    for i in range(n):
        p = P(i, i + 0.5)
        t += p.x + p.y
    return t
def g(n):
    t = 0
    for i in range(n):
        q = Q(i)
        t += q.x + q.y + q.z
    return t
def h(n):
    t = 0
    for i in range(n):
        t += R(i).x
    return t
def b(n):
    t = 0
    for i in range(n):
        t += B(i).x
    return t
def ff(n):
    out = []
    for i in range(n):
        v = F(i)
        if v.f: out.append((v.f, v.n))
    return out
for k in range(3):
    print(f(2000), g(2000))
    try: h(2000)
    except ValueError: traceback.print_exc(file=sys.stdout)
    try: b(2000)
    except TypeError: traceback.print_exc(file=sys.stdout)
    print(ff(1000))
    print(sys.getrefcount(P.__init__), sys.getrefcount(P))
