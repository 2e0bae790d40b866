"""Graphs from records: ownership closures, and money followed from transfer to transfer."""
