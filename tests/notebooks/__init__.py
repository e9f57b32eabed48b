"""Tests that run the notebooks as their users do."""
