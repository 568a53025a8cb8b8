"""What every forgiving search shares: the words of a query, what they may mean in any language, and how
well a document holds them. What is found, and in which order, is left to the domains."""
