"""Networks that models share, each module with generator(...) and critic(...)."""
