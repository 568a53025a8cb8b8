"""The rules of a group purchase as pure functions (product.md, section 5): no database, no clock, no words."""
