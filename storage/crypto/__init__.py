"""What encryption has to remember: keys (sealed by those who know how), devices, and what waits for keys."""
