"""Why a signature fails: hypotheses about the bytes, the key, the function and the form of the header; all pure."""
