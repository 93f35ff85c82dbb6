"""Looks every exported symbol up in the running process, as an extension module's loader does.

Reads lines "name<TAB>kind" on standard input and prints a line for each name that is not found in libpython.
"""
import ctypes
import sys


class Info(ctypes.Structure):
    """What dladdr(3) says of an address."""

    _fields_ = [
        ("file", ctypes.c_char_p),
        ("base", ctypes.c_void_p),
        ("name", ctypes.c_char_p),
        ("address", ctypes.c_void_p),
    ]


def main():
    process = ctypes.CDLL(None)
    lookup = process.dlsym
    lookup.restype = ctypes.c_void_p
    lookup.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
    describe = process.dladdr
    describe.argtypes = [ctypes.c_void_p, ctypes.POINTER(Info)]
    info = Info()
    for line in sys.stdin:
        name = line.split("\t")[0].strip()
        address = lookup(None, name.encode())
        if not address:
            print(f"{name}: not found in the process")
        elif not describe(address, ctypes.byref(info)):
            print(f"{name}: belongs to no library")
        elif b"libpython3.13.so" not in info.file:
            print(f"{name}: found in {info.file.decode()}")


main()
