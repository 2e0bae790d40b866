"""A second checker of packages, plain and slow, written from the documents alone.

It imports nothing of the program. Its tables are those that ``docs/tables.md`` prints, its rules
those of ``docs/rules.md``; campaigns compare the program with it.
"""
