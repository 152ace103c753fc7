"""What a cut plan is asked for, for tests."""


def sheet(**over):
    """An instance in the cutting format: twelve leaves out of one kind of board."""
    data = {
        "kind": "sheet",
        "kerf_mm": 3.2,
        "trim_mm": {"left": 10, "right": 10, "bottom": 10, "top": 10},
        "stages": 3,
        "min_offcut_mm": {"length": 600, "width": 300},
        "stock": [
            {
                "id": "MDF18",
                "length_mm": 2440,
                "width_mm": 1220,
                "quantity": None,
                "cost": 1.0,
                "grain": "length",
                "offcut": False,
            }
        ],
        "parts": [{"id": "a", "length_mm": 2065, "width_mm": 840, "quantity": 12, "grain": "length"}],
    }
    return {**data, **over}
