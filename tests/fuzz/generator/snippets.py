"""Pieces of programs that are written as they are, a list a file in `snippets/`: a piece a line, its further lines
after `| `. A word after `$` is replaced."""
import re
from pathlib import Path

from .expressions import condition
from .values import literal

WORD = re.compile(r"\$(\w+)")


def load(path):
    """The pieces in a file; its first line says what they are."""
    found = []
    for line in path.read_text(encoding="utf-8").splitlines()[1:]:
        if line.startswith("| "):
            found[-1] += "\n" + line[2:]
        else:
            found.append(line)
    return found


SNIPPETS = {path.stem: load(path) for path in sorted((Path(__file__).parent / "snippets").glob("*.txt"))}

# Words that mean the same everywhere; those of a place come besides.
MEANINGS = {
    "label": lambda p: f"'o{p.line()}'",
    "line": lambda p: str(p.line()),
    "int": lambda p: literal(p, "int"),
    "str": lambda p: literal(p, "str"),
    "digit": lambda p: str(p.number(0, 3)),
    "condition": lambda p: condition(p, 0),
}


def fill(p, text, /, **words):
    """The text with its words replaced."""

    def replaced(found):
        word = found[1]
        return words[word] if word in words else MEANINGS[word](p)

    return WORD.sub(replaced, text)


def snippet(p, file, /, **words):
    """One of the pieces of a file."""
    return fill(p, p.pick(SNIPPETS[file]), **words)
