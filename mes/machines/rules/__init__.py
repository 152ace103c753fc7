"""Rules of machines: states, shifts, figures. Moments are aware; stretches of time are exact minutes (Fraction)."""
