"""`len` of what was always a list or a tuple, and then is something else."""


class Strange(list):
    def __len__(self):
        return 77


def of_items(items, n):
    total = 0
    for i in range(n):
        total += len(items[i % len(items)])
    return total


def of_each(things):
    total = 0
    for thing in things:
        try:
            total += len(thing)
        except TypeError as error:
            total += str(error).count("object")
    return total


mixed = [[1]] * 30 + [Strange()] * 40 + ["abc", {1: 2}, 5, 2.5, True, (), []] * 20
for turn in range(14):
    print(turn, of_items([[1], [2, 3], []], 500), of_each([[1]] * 300), of_each([(1, 2)] * 300))
    if turn > 8:
        print(of_each(mixed), of_items([(1, 2), [3]], 100))
