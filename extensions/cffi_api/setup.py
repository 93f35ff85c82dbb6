"""setuptools hands the building to cffi: the way that cffi documents."""

from setuptools import setup

setup(packages=["streamstats"], package_dir={"": "src"}, cffi_modules=["build_streamstats.py:ffi"])
