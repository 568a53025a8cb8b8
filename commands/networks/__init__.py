"""Networks: found, joined and left, opened and run by animators, proposed by members, observed by staff."""
