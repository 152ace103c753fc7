"""Labels straight to network printers: printers, a queue that prints each label once, and the wire to them."""
