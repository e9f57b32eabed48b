"""The sender that signs and posts events, and its samples."""
