"""A package in a package."""
from . import lower
from .lower import *
from ..plain import number as plain_number

total = lower.low + plain_number
