"""Lost or damaged files made again; nothing here decides to accept a loss."""
