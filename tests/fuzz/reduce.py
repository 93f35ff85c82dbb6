"""Makes a program smaller on which two interpreters differ: `reduce.py OURS AGAINST PROGRAM RESULT`. First statements
become `pass` in their place, so that line numbers stay; then the rest is rewritten. The difference must stay."""
import ast
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RUN = Path(__file__).with_name("run.py")
# How long one run may take, and all of them.
ONE = 20
ALL = 240


class Pair:
    """The two interpreters, and whether they differ on a program as they did at first."""

    def __init__(self, ours, against):
        self.pythons = (ours, against)
        self.end = time.monotonic() + ALL
        self.tests = 0
        self.file = tempfile.NamedTemporaryFile(suffix=".py")

    def outcome(self, python):
        """The log, or how the process ended."""
        command = [python, "-B", str(RUN), "--file", self.file.name]
        try:
            done = subprocess.run(command, env={"PYTHONHASHSEED": "0"}, capture_output=True, timeout=ONE)
        except subprocess.TimeoutExpired:
            return "hangs"
        return done.stdout if done.returncode == 0 else f"ends with {done.returncode}"

    def differ(self, source):
        """How the two differ on a program; None when they do not."""
        self.tests += 1
        Path(self.file.name).write_text(source, encoding="utf-8")
        ours, against = (self.outcome(python) for python in self.pythons)
        if ours == against:
            return None
        return tuple(result if isinstance(result, str) else "log" for result in (ours, against))

    def over(self):
        return time.monotonic() > self.end


def bodies(tree):
    """Every list of statements, the outermost first."""
    for node in ast.walk(tree):
        for field in ("body", "orelse", "finalbody", "handlers", "cases"):
            found = getattr(node, field, None)
            if isinstance(found, list) and found and isinstance(found[0],
                (ast.stmt, ast.excepthandler, ast.match_case)):
                yield node, field, found


def blanked(lines, statements):
    """The lines with a `pass` in place of statements."""
    lines = list(lines)
    for statement in statements:
        first = min([statement.lineno, *[d.lineno for d in getattr(statement, "decorator_list", ())]])
        if lines[first - 1][:statement.col_offset].strip():
            return None  # not alone in its line
        lines[first - 1] = " " * statement.col_offset + "pass"
        for number in range(first, statement.end_lineno):
            lines[number] = ""
    return lines


def in_place(source, interesting, over):
    """Blanks as many statements as possible."""
    changed = True
    while changed and not over():
        changed = False
        position = 0
        while not over():
            tree = ast.parse(source)
            found = [body for _, field, body in bodies(tree) if field in ("body", "orelse", "finalbody")]
            if position >= len(found):
                break
            body = [one for one in found[position] if not isinstance(one, ast.Pass)]
            position += 1
            size = len(body)
            while size and not over():
                start = 0
                while start < len(body) and not over():
                    lines = blanked(source.split("\n"), body[start:start + size])
                    if lines is not None and interesting("\n".join(lines)):
                        source = "\n".join(lines)
                        del body[start:start + size]
                        changed = True
                    else:
                        start += size
                size //= 2
    return source


def variants(tree):
    """Changes that make a tree smaller; each is a function that makes it and gives what undoes it."""
    for node, field, found in list(bodies(tree)):
        for index in range(len(found) - 1, -1, -1):
            if index < len(found) and (len(found) > 1 or field in ("orelse", "finalbody", "handlers")):
                yield removal(found, index)
        for index, one in enumerate(list(found)):
            for inner in ("body", "orelse", "finalbody"):
                kept = getattr(one, inner, None)
                if isinstance(one, (ast.If, ast.Try, ast.With, ast.For, ast.While)) and isinstance(kept,
                    list) and kept:
                    yield replacement(found, index, one, kept)
    for node in list(ast.walk(tree)):
        for field, value in ast.iter_fields(node):
            if isinstance(value, ast.expr) and not isinstance(value,
                (ast.Constant, ast.Name)) and isinstance(getattr(value, "ctx", ast.Load()), ast.Load):
                for simpler in [child for child in ast.iter_child_nodes(value) if isinstance(child,
                    ast.expr)][:2] + [ast.Constant(0)]:
                    yield exchange(node, field, value, simpler)
            elif isinstance(value, list) and value and isinstance(value[0],
                (ast.expr, ast.keyword, ast.alias, ast.withitem)) and not isinstance(node,
                    (ast.Compare, ast.Assign, ast.Delete)):
                for index in range(len(value)):
                    yield removal(value, index)


def removal(items, index):
    def make():
        if index >= len(items):
            return None
        item = items.pop(index)
        return lambda: items.insert(index, item)
    return make


def replacement(items, index, one, kept):
    def make():
        if index >= len(items) or items[index] is not one:
            return None
        items[index:index + 1] = kept
        return lambda: items.__setitem__(slice(index, index + len(kept)), [one])
    return make


def exchange(node, field, value, simpler):
    def make():
        if getattr(node, field) is not value:
            return None
        setattr(node, field, simpler)
        return lambda: setattr(node, field, value)
    return make


def rewritten(source, interesting, over):
    """Tries smaller trees until none differs any more."""
    tree = ast.parse(source)
    if not interesting(ast.unparse(tree)):
        return source
    best, changed = ast.unparse(tree), True
    while changed and not over():
        changed = False
        for make in variants(tree):
            if over():
                break
            undo = make()
            if undo is None:
                continue
            try:
                text = ast.unparse(ast.fix_missing_locations(tree))
            except Exception:
                text = best
            if text != best and len(text) <= len(best) and interesting(text):
                best, changed = text, True
            else:
                undo()
        tree = ast.parse(best)
    return best + "\n"


def compiles(source):
    try:
        compile(source, "<fuzz>", "exec")
    except (SyntaxError, ValueError):
        return False
    return True


def main():
    ours, against, program, result = sys.argv[1:]
    source = Path(program).read_text(encoding="utf-8")
    pair = Pair(ours, against)
    wanted = pair.differ(source)
    if wanted is None:
        sys.exit("no difference when the program runs alone")

    def interesting(text):
        return compiles(text) and pair.differ(text) == wanted

    source = in_place(source, interesting, pair.over)
    Path(result).write_text(source, encoding="utf-8")
    source = rewritten(source, interesting, pair.over)
    Path(result).write_text(source, encoding="utf-8")
    lines = sum(1 for line in source.split("\n") if line.strip() not in ("", "pass"))
    print(f"{lines} lines after {pair.tests} runs")


main()
