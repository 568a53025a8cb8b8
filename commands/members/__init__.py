"""Members: their profiles, the register that they come from, and how they find each other."""
