"""A labelled province: honest and crooked institutions, written as submission packages."""

from simulator.province import write_province

__all__ = ["write_province"]
