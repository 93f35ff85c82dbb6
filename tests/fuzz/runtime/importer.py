"""Imports the modules in `modules/` (`small` and what lies in it), compiled once a process: each program gets modules
of its own, with code objects that no other program has run."""
import marshal
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path

from . import log

FOLDER = Path(__file__).parent.parent / "modules"
NAME = "small"


class Importer:
    """A finder and loader; what it loads counts as part of the program, so that frames of it are shown."""

    def __init__(self):
        self.codes = {}
        for path in sorted(FOLDER.rglob("*.py")):
            parts = [NAME, *path.relative_to(FOLDER).with_suffix("").parts]
            package = parts[-1] == "__init__"
            name = ".".join(parts[:-1] if package else parts)
            code = compile(path.read_text(encoding="utf-8"), log.FILE, "exec", dont_inherit=True)
            self.codes[name] = (marshal.dumps(code), package)

    def find_spec(self, name, path=None, target=None):
        """What the import system asks."""
        if name not in self.codes:
            return None
        return ModuleSpec(name, self, is_package=self.codes[name][1])

    def create_module(self, spec):
        """An ordinary module will do."""

    def exec_module(self, module):
        """Runs a fresh copy of the code, which may log."""
        module.emit = log.emit
        exec(marshal.loads(self.codes[module.__name__][0]), vars(module))


def install():
    """Makes `import small` work."""
    sys.meta_path.insert(0, Importer())


def forget():
    """Removes the modules, so that the next import runs them."""
    for name in [name for name in sys.modules if name.partition(".")[0] == NAME]:
        del sys.modules[name]
