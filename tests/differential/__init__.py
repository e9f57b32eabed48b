"""Random histories of everything that decides money, told as senders tell it, and the comparison of their tables.

Nothing here knows the simulator of the product: an error in the picture of ClickBank's data would be in both.
"""
