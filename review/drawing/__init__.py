"""Drawings as SVG, made on the server; the same for pages and for printed case files."""
