"""Instances that keep their attributes in dictionaries: methods and values of the class that these may hide, stores into them; ints in lists."""
import gc
import weakref


class Node:
    limit = 5

    def __init__(self, value):
        self.value = value
        self.next = None

    def get(self):
        return self.value

    def bump(self, by=1):
        self.value += by
        return self


def nodes(n):
    """Every second one has a dictionary of its own."""
    made = [Node(i) for i in range(n)]
    for node in made[::2]:
        vars(node)["own"] = 1
        for name in "abc":
            setattr(node, name, name)
    return made


def methods(items, rounds):
    total = 0
    for _ in range(rounds):
        for item in items:
            total += item.get()
            total += item.limit
            item.bump()
    return total


def hidden(items, rounds):
    """What an instance has of its own comes before what the class has."""
    shown = []
    for i in range(rounds):
        for item in items:
            if i == rounds // 2:
                item.get = lambda: -1
                vars(item)["limit"] = 100
            shown.append(item.get() + item.limit)
        if i == rounds - 3:
            for item in items:
                del item.get
                del vars(item)["limit"]
    return sum(shown), shown[-len(items):]


class Key:
    """A key that is no string but as good as one."""

    def __init__(self, name):
        self.name = name

    def __hash__(self):
        return hash(self.name)

    def __eq__(self, other):
        return self.name == other


class Names(dict):
    def __getitem__(self, name):
        return None

    def __setitem__(self, name, value):
        raise KeyError(name)


def odd_dicts(rounds):
    found = []
    items = nodes(6)
    methods(items, rounds)
    vars(items[0])[1] = 2
    vars(items[1])[Key("get")] = lambda: 1000
    items[2].__dict__ = Names(value=7, get=lambda: 70)
    items[3].__dict__ = {"value": 8}
    items[4].__dict__ = Names(value=9)
    for _ in range(3):
        found.append(methods(items, rounds))
        found.append([item.value for item in items if item is not items[2]])
    return found


class Seen:
    def __init__(self, log, name):
        self.log = log
        self.name = name

    def __del__(self):
        self.log.append(self.name)


def put(item, value):
    item.value = value
    item.next = value


def stores(rounds):
    items = nodes(8)
    log = []
    for i in range(rounds):
        for item in items:
            put(item, i)
    for i in range(rounds):
        put(items[i % 8], Seen(log, i))
    seen = len(log), log[:5]
    for item in items:
        # Another order: the entries lie elsewhere.
        kept = dict(vars(item))
        vars(item).clear()
        vars(item).update(reversed(kept.items()))
    for i in range(rounds):
        for item in items:
            put(item, i)
        if i % 50 == 7:
            del items[0].value
            del items[3].next
    return seen, len(log), [sorted(map(str, vars(item).items())) for item in items]


def looks(rounds):
    """Somebody looks at the instance when what was in it dies."""

    class Looks:
        def __init__(self, item):
            self.item = item

        def __del__(self):
            now.append((self.item.value == 0, list(vars(self.item))))

    now = []
    for i in range(rounds):
        item = Node(0)
        item.extra = i
        vars(item)
        put(item, Looks(item) if i % 10 == 3 else 0)
        put(item, 0)
    gc.collect()
    return len(now), now[:2]


def tracked(rounds):
    """The collector learns of a dictionary when there is something in it that it must know of."""
    known = []
    for i in range(rounds):
        item = Node(1)
        vars(item)["more"] = 2
        value = [item] if i % 4 == 1 else 3
        put(item, value)
        known.append(gc.is_tracked(vars(item)) or i % 4 != 1)
        if i % 4 == 1:
            gone = weakref.ref(item)
            del item, value
            if i % 100 == 1:
                gc.collect()
                known.append(gone() is None)
    return all(known), len(known)


class Module:
    """Its dictionary is that of the module."""


SHARED = 0


def global_and_attribute(module, n):
    total = 0
    for i in range(n):
        before = SHARED
        module.SHARED = i
        total += SHARED * 2 - before
    return total


class Changes:
    def __init__(self, items):
        self.items = items

    def __eq__(self, other):
        self.items.clear()
        return False


class Number(int):
    def __eq__(self, other):
        return other == 3

    __hash__ = int.__hash__


def among(item, items):
    return item in items, item not in items


def memberships(rounds):
    places = [[1, 2, 3], (1, 2, 3), [], (), [10**20, 5], [1.0, 2.5], [True, 0], ["a", 4], [None], [Number(7)]]
    values = [3, 4, 1, 0, True, 10**20, 2.5, -1, "a", None, Number(8), float("nan")]
    found = []
    for _ in range(rounds):
        found = [among(value, place) for value in values for place in places]
    changing = []
    for _ in range(rounds):
        items = [1, 2]
        items += [Changes(items), 3]
        changing.append(among(3, items))
    return [a for a, _ in found], all(a != b for a, b in found), set(changing)


class Small:
    """Methods that are no larger than their calls."""

    def __init__(self):
        self.cells = [[i, i + 1] if i % 3 else [i] for i in range(12)]

    def single(self, i):
        return len(self.cells[i]) == 1

    def first(self, i):
        return self.cells[i][0]


def many_calls(small, n):
    total = 0
    for i in range(n):
        a, b, c, d = i % 12, (i + 1) % 12, (i + 5) % 12, (i + 7) % 12
        if small.single(a) or small.single(b):
            total += small.first(a) + small.first(b)
        if small.single(c) and not small.single(d):
            total += small.first(c) - small.first(d)
        if small.single(d) and not small.single(c):
            total += small.first(d) - small.first(c)
        if small.single(a) == small.single(c):
            total += small.first(b) * small.first(d)
        if small.single(b) == small.single(d):
            total += small.first(a) * small.first(c)
        if i == n - 1:
            small.cells[3] = []
        try:
            total += small.first(3)
        except IndexError as error:
            total += len(error.__traceback__.tb_next.tb_frame.f_locals)
    return total


def main():
    print(methods(nodes(10), 400))
    print(hidden(nodes(6), 400))
    print(odd_dicts(200))
    print(stores(400))
    print(looks(400))
    print(tracked(800))
    module = Module()
    module.__dict__ = globals()
    print(global_and_attribute(module, 3000), SHARED)
    print(memberships(60))
    print(many_calls(Small(), 4000))


main()
