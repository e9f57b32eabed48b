"""The inbox: a delivery is durable here before its sender gets 200; both its writing and its reading end."""
