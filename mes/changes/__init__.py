"""Changes after release: door sets that are not wanted any more are taken out of the work.

The clerk sees, set by set and piece by piece, how far each has come and which packages and labels become void;
what is on a vehicle or has left cannot be cancelled. One transaction takes the packages off the load lists, empties
and voids them, voids the pieces with their remakes, takes them off the order's counts and off what stock has to
give. It lies above shipping because it reaches all of them, in their own lock order: loads, packages with their
contents, pieces, the order, the demands. Every label is refused from then on (E26).
It has no table: a set says when it became void, the order's history who cancelled it and why.
"""
