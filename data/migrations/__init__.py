"""The history of the control store's schema, one file per step, run by Alembic."""
