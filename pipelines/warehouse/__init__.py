"""The warehouse: one DuckDB file derived from the lake, in which every transfer stands once."""

from pipelines.warehouse.load import LoadReport, load

__all__ = ["LoadReport", "load"]
