"""How each vendor says it. One folder a vendor, all alike; `contract.py` says what a folder must offer."""
