"""What every part shares: the contracts of the tables, the stores, the settings, the codes and the errors."""
