"""How long the interpreter takes from its start to its end."""
import sys

import pyperf

# What a command-line tool of some size imports before it does anything.
IMPORTS = "import argparse, asyncio, dataclasses, json, logging, pathlib, re, subprocess, typing"

runner = pyperf.Runner()
runner.bench_command("startup", [sys.executable, "-c", "pass"])
runner.bench_command("startup_no_site", [sys.executable, "-S", "-c", "pass"])
runner.bench_command("startup_imports", [sys.executable, "-c", IMPORTS])
