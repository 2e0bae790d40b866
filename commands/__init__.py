"""The commands of the command line, a module per part of the work."""
