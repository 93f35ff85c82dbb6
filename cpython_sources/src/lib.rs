//! CPython's own C: where it comes from, what becomes of each file, and how it is compiled and linked.
