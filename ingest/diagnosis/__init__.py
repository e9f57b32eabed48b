"""Why a signature fails: hypotheses about what was signed, with what, how, and in which form it was sent; all pure."""
