"""The meaning of the files of `sql/`: models, checks, aliases, headers; nothing here connects to data of ours."""
