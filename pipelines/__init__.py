"""The steps of a night, from packages to suspects, as plain functions."""
