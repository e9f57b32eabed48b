"""Systems that receive webhooks, and the load that measures them."""
