"""What every domain shares: how commands are declared, parsed, checked, answered and talked through."""
