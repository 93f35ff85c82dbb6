"""A package for programs to import."""
emit("import", __name__)
value = 1


def __getattr__(name):
    if name.startswith("lazy"):
        emit("lazy", name)
        return len(name)
    raise AttributeError(f"no {name}")
