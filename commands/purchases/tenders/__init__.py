"""Tenders: the cooperative's own purchases at agreed prices, which members call off (product.md, section 5)."""
