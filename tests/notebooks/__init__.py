"""The notebooks, run as their users run them."""
