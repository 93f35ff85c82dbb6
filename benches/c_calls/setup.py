"""The extension as setuptools builds it."""
from setuptools import Extension, setup

setup(ext_modules=[Extension("pyroxene_bench_calls", ["calls.c"])])
