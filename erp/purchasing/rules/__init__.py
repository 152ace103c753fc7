"""Rules of purchasing: who gets what there is, what is to be bought of whom, and purchase orders."""
