"""Mutations of packages: cells, headers, quotes, bytes, manifests, ZIP structure.

Each takes a package in its making and dice, and spoils it; most leave a package that is wrong, some
one that is right still.
"""
