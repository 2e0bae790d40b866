"""Errors planted at known places in large files of two banks, a platform and a clearing house."""
