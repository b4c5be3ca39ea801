"""The leaderboard: records to rows to tables, pictures and a page."""
