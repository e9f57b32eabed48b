"""The parts of a soak: traffic, readers, samples of memory and files, and the account at the end."""
