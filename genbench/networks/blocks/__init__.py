"""Parts of networks that several modules share."""
