"""The examination: labelled provinces are simulated, judged as any night is, and compared."""
