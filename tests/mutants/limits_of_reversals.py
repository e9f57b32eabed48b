"""Limits of reversals: which sale, which dispute, which part of the money they take back."""

from __future__ import annotations

REVERSALS = ()
