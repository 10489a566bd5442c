"""Who may call: API keys, and the sites that each may see."""
