"""Our layers, and what several networks share of them."""
