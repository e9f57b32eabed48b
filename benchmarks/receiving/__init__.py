"""Systems that take webhooks in, and the load that measures them."""
