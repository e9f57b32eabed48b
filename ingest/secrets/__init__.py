"""Who signed a body: the signature, the keyring of configured secrets, and the files that hold them."""
