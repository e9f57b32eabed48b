"""Write a version of the published file and switch readers to it; nothing here knows the meaning of a table."""
