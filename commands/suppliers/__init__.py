"""Suppliers that meet the charter: found, proposed, reviewed by two people, kept up, and lent among members."""
