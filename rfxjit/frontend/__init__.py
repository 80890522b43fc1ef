"""The front door: from a Python function to the rfx level."""
