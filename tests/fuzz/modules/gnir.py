"""Sees a module that is not finished."""
import small.ring as ring

seen = len([name for name in vars(ring) if not name.startswith("__")])
try:
    emit("gnir sees", ring.after)
except AttributeError as error:
    emit("gnir", str(error))
