"""The parts of the simulated history: what is sold, what happens to it, how it is worded, what goes wrong.

``ingest.simulation.simulator`` is the way in.
"""
