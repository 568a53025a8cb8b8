"""The benchmarks: Kring beside a bare bot, on a real homeserver and on one that answers at once."""
