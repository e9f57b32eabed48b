"""The erasure of a person; nothing here knows the pipeline."""
