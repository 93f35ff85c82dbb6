"""Prints, as JSON, what this interpreter is and how it was built, as far as it knows."""
import json
import sys

try:
    import pyroxene
except ImportError:
    build = None
else:
    build = {name: getattr(pyroxene.build, name) for name in ("profile", "rustc", "llvm", "commit")}
print(json.dumps({"version": sys.version, "build": build}))
