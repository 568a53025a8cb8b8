"""The tests: one folder for each floor, and whole conversations in e2e."""
