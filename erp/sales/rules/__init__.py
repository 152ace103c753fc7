"""Rules of sales: how a dealer's sheet is read, and which way an order may go."""
