"""Group purchases and tenders: who takes part, what tips, what is ordered, and what everybody owes."""
