"""The invented business: its catalogue, its sales and their reversals, and Command Center's reports about them."""
