"""Rules of pricing: the price of a line with its terms, and what is wrong with a book. Pure; Decimals only."""
