"""What every part shares: the tables' contracts, stores, settings, codes and errors."""
