"""Crooked patterns, one file each; every one puts its transfers and the truth into a world."""
