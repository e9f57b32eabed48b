"""What a soak is made of: deliveries, readers, samples of memory and files, and the account at the end."""
