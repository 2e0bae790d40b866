"""A labelled province: honest and crooked institutions, written as submission packages."""

from simulator.degradation import LEVELS
from simulator.province import write_province

__all__ = ["LEVELS", "write_province"]
