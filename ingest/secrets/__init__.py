"""The signature of a body, the keyring of configured secrets, and the files that hold them."""
