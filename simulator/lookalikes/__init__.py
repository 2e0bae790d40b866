"""Innocent look-alikes, a file for each typology that they resemble."""
