"""Imports a module that imports this one."""
emit("ring begins")
before = 1
from small import gnir

after = gnir.seen + 1
