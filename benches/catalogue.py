"""Prints what pyperformance offers, as JSON: the benchmarks of its manifest, and how each is started."""
import json
import os.path

from pyperformance._manifest import load_manifest


def main():
    found = []
    for benchmark in load_manifest(None).benchmarks:
        found.append(
            {
                "name": benchmark.name,
                "script": benchmark.runscript,
                "options": list(benchmark.extra_opts or ()),
                "packages": os.path.exists(benchmark.requirements_lockfile),
            }
        )
    print(json.dumps(found))


main()
