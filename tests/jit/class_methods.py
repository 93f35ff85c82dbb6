"""Class methods, which are not bound where they are called; comparisons of what is equal to itself only; the deaths of iterators; long ints."""
import sys
import traceback


class Strength:
    def __init__(self, value):
        self.value = value

    @classmethod
    def stronger(cls, one, other):
        return one.value < other.value

    @classmethod
    def weakest(cls, one, other=None):
        if other is None or cls.stronger(one, other):
            return cls.__name__, other
        return cls.__name__, one

    @classmethod
    def stack(cls, wanted):
        if wanted:
            frame = sys._getframe(0)
            return cls.__name__, sorted(frame.f_locals), frame.f_back.f_code.co_name, sys.getrefcount(cls.stack) > 0
        return None

    @classmethod
    def raises(cls, value):
        return 10 // value

    @staticmethod
    def plain(value):
        return value


class Special(Strength):
    @classmethod
    def stronger(cls, one, other):
        return one.value <= other.value

    length = classmethod(len)


class Meta(type):
    def stronger(cls, one, other):
        return "meta"

    @property
    def weakest(cls):
        return lambda one, other=None: ("property", None)


class Odd(Strength, metaclass=Meta):
    pass


def compare(class_, items):
    found = 0
    for one in items:
        for other in items:
            if class_.stronger(one, other):
                found += 1
            name, weaker = class_.weakest(one, other)
            found += len(name)
            if weaker is not None and weaker is not one:
                found += class_.plain(2)
    return found


def looked(n):
    return [seen for seen in (Strength.stack(i % 50 == 49) for i in range(n)) if seen]


def failing(n):
    lines = set()
    for i in range(n):
        try:
            Strength.raises(i % 10)
        except ZeroDivisionError as error:
            lines.add(tuple(frame.name for frame in traceback.extract_tb(error.__traceback__)))
    return lines


def changing(n):
    """The method becomes another, and none of the class."""
    found = []
    items = [Strength(i) for i in range(4)]

    class Local(Strength):
        pass

    for i in range(n):
        found.append(compare(Local, items))
        if i == n // 2:
            Local.stronger = lambda one, other: True
        elif i == n // 2 + 20:
            Local.stronger = staticmethod(lambda one, other: False)
        elif i == n // 2 + 40:
            del Local.stronger
        elif i == n // 2 + 60:
            Strength.stronger = classmethod(lambda cls, one, other: cls is Local)
    return sorted(set(found))


class Equal:
    def __init__(self, value):
        self.value = value

    def __eq__(self, other):
        return self.value == getattr(other, "value", None)


class Late:
    pass


def same(one, other):
    return one == other, one != other, 1 if one == other else 2, 3 if one != other else 4


def comparisons(n):
    a, b, none = Strength(1), Strength(2), None
    found = []
    for _ in range(n):
        found = [same(a, a), same(a, b), same(a, none), same(none, none), same(Equal(1), a), same(a, Equal(1)), same(a, 1), same(int, int)]
    x, y = Late(), Late()
    before = [same(x, y) for _ in range(n)]
    Late.__eq__ = lambda self, other: True
    after = [same(x, y) for _ in range(n)]
    return found, set(before), set(after)


def find(items, wanted):
    for item in items:
        if item == wanted:
            return item
    return None


class Seen:
    def __init__(self, log):
        self.log = log

    def __del__(self):
        frame = sys._getframe(1)
        self.log.append((frame.f_code.co_name, frame.f_lineno - frame.f_code.co_firstlineno))


def first_of_new(log, i):
    for item in [i, Seen(log), 2]:
        return item


def iterators(n):
    """Loops that are left: the iterator dies, and with it the list, if nobody else has it."""
    items, pair = [1, 2, 3], (4, 5)
    log = []
    total = 0
    for i in range(n):
        total += find(items, 2) + find(pair, 4)
        total += find(items, 7) is None
        total += first_of_new(log, i)
    return total, len(log), log[0], set(log[-50:])


class Hash:
    def __init__(self):
        self.value = 0

    def update(self, number):
        self.value ^= number


def long_ints(n):
    numbers = [(1 << 62) + 12345, (1 << 61) | 7, 1 << 59, (1 << 31) - 1, -(1 << 62) + 3, -(1 << 63), (1 << 63) - 1, 5]
    hashed = Hash()
    seen = set()
    for i in range(n):
        hashed.update(numbers[i % 8])
        kept = hashed.value
        hashed.update(numbers[(i + 3) % 8])
        seen.add((kept, hashed.value))
    total = [0]
    for i in range(n):
        total[0] = (total[0] * 3 + numbers[i % 8]) % 1000000000000000003
    return len(seen), hashed.value, min(seen), max(seen), total


def main():
    items = [Strength(i) for i in range(6)]
    for class_ in (Strength, Special, Odd):
        for _ in range(60):
            last = compare(class_, items)
        print(class_.__name__, last)
    print([Special.length([1, 2]) if 0 else "no" for _ in range(3)])
    print(looked(600)[-1])
    print(failing(400))
    print(comparisons(400))
    print(iterators(1200))
    print(long_ints(3000))
    print(changing(300))


main()
